package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"ledgersheet/internal/boltstore"
	"ledgersheet/internal/vault"
)

// Rotated is how a key was replaced.
type Rotated struct {
	Secrets int
	// Key is the file with the new key. Kept is the file with the old one; it is empty if the key is in the settings,
	// which a person must then change.
	Key, Kept string
}

// RotateKey seals all secrets under a new key. The steps are: the new key is written to a file of its own; all secrets
// are sealed anew in one transaction; the store is written anew without its free pages, in which they still stand under
// the old key; the old key file gets another name, and the new one its. Whoever is killed in between leaves a store
// that opens with one of the two files, and the next start or rotation does the rest.
func (f *Folder) RotateKey(ctx context.Context) (Rotated, error) {
	release, there, err := f.hold()
	if err != nil {
		return Rotated{}, err
	}
	if err := release(); err != nil || !there {
		return Rotated{}, errors.Join(err, fmt.Errorf("%w in %s", ErrNoStore, f.dir))
	}
	if done, err := f.finishRotation(ctx); err != nil || done.Key != "" {
		return done, err
	}
	old, err := f.primary()
	if err != nil {
		return Rotated{}, err
	}
	next, _, err := vault.LoadOrCreateKey(f.next())
	if err != nil {
		return Rotated{}, fmt.Errorf("nothing was changed: %w", err)
	}
	f.keeper.Did("new key written")
	from, err := vault.New(old)
	if err != nil {
		return Rotated{}, err
	}
	store, err := boltstore.Open(f.store(), from, boltstore.Options{LockWait: f.patience})
	if err != nil {
		return Rotated{}, fmt.Errorf("nothing was changed: %w", explainPermission(err, f.dir))
	}
	to, err := vault.New(next)
	n := 0
	if err == nil {
		n, err = store.Reseal(ctx, from, to)
	}
	if err = errors.Join(err, store.Close()); err != nil {
		return Rotated{}, fmt.Errorf("the old key stays in force: %w", err)
	}
	f.keeper.Did("secrets sealed")
	done, err := f.finishRotation(ctx)
	done.Secrets = n
	return done, err
}

// finishRotation does what is left of a rotation if the store is sealed under the next key already, and nothing
// otherwise: it then returns no key.
func (f *Folder) finishRotation(context.Context) (Rotated, error) {
	next, err := vault.LoadKey(f.next())
	if errors.Is(err, fs.ErrNotExist) {
		return Rotated{}, nil
	}
	if err != nil { // not written to its end, so nothing is sealed under it
		return Rotated{}, os.Remove(f.next())
	}
	old, err := f.primary()
	if err != nil {
		return Rotated{}, err
	}
	if old == next { // it has come into the settings
		return Rotated{}, os.Remove(f.next())
	}
	seal, err := vault.New(next)
	if err != nil {
		return Rotated{}, err
	}
	store, err := boltstore.Open(f.store(), seal, boltstore.Options{LockWait: f.patience})
	if errors.Is(err, boltstore.ErrWrongKey) {
		return Rotated{}, nil
	}
	if err != nil {
		return Rotated{}, explainPermission(err, f.dir)
	}
	if err := store.Close(); err != nil {
		return Rotated{}, err
	}
	if err := boltstore.Compact(f.store(), f.patience); err != nil {
		return Rotated{}, fmt.Errorf("the new key is in force, but the old secrets are still in the store's free "+
			"pages; make room and do it again: %w", err)
	}
	f.keeper.Did("store written anew")
	if f.given != nil {
		return Rotated{Key: f.next()}, nil
	}
	was, err := vault.New(old)
	if err != nil {
		return Rotated{}, err
	}
	kept := f.key() + "." + was.KeyID() + ".old"
	if err := vault.ReplaceKey(f.key(), f.next(), kept); err != nil {
		return Rotated{}, err
	}
	f.keeper.Did("key files exchanged")
	return Rotated{Key: f.key(), Kept: kept}, nil
}
