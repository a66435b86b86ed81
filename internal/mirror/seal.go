package mirror

import (
	"errors"
	"fmt"
)

func (f *file) place(parts ...string) string {
	text := "mirror/" + f.realm
	for _, p := range parts {
		text += "/" + p
	}
	return text
}

// unseal opens and expands a value.
func (f *file) unseal(place string, sealed []byte) ([]byte, error) {
	plain, err := f.seal.Open(place, sealed)
	if err != nil {
		return nil, errors.Join(errDamaged, err)
	}
	out, err := f.codec.in.DecodeAll(plain, nil)
	if err != nil {
		return nil, errors.Join(errDamaged, err)
	}
	return out, nil
}

func (f *file) sealed(place string, plain []byte) ([]byte, error) {
	var room rooms
	return f.sealedIn(&room, place, plain)
}

// rooms are what values are made in, one after the other. The zero value has none yet.
type rooms struct{ plain, packed []byte }

// sealedIn is sealed that uses room again.
func (f *file) sealedIn(room *rooms, place string, plain []byte) ([]byte, error) {
	room.packed = f.codec.out.EncodeAll(plain, room.packed[:0])
	out, err := f.seal.Seal(place, room.packed)
	if err != nil {
		return nil, fmt.Errorf("sealing %s: %w", place, err)
	}
	return out, nil
}
