package change

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/klauspost/compress/gzip"
)

// MarshalJSON encodes null, a string, a number with its own digits, or a boolean.
func (v Value) MarshalJSON() ([]byte, error) {
	switch v.Kind {
	case 0:
		return []byte("null"), nil
	case 'n', 'b':
		return []byte(v.Text), nil
	}
	b, _ := jsontext.AppendQuote(nil, v.Text) // it fails for what is not UTF-8, which it has then replaced
	return b, nil
}

// UnmarshalJSON decodes what MarshalJSON returns.
func (v *Value) UnmarshalJSON(data []byte) error {
	*v = Value{}
	switch {
	case len(data) == 0 || data[0] == 'n':
	case data[0] == '"':
		v.Kind = 's'
		return json.Unmarshal(data, &v.Text)
	case data[0] == 't' || data[0] == 'f':
		*v = Value{Kind: 'b', Text: string(data)}
	default:
		*v = Value{Kind: 'n', Text: string(data)}
	}
	return nil
}

// maxUnpacked limits the unpacked size of a set.
const maxUnpacked = 16 << 20

// smallSet is up to how many bytes a set is packed without tables, which would take a hundred times as much room.
const smallSet = 64 << 10

// Pack encodes the set in at most limit bytes, with as many items as fit, and reports whether it still is complete.
func (s *Set) Pack(limit int) (data []byte, complete bool, err error) {
	kept := *s
	for {
		text, err := json.Marshal(kept)
		if err != nil {
			return nil, false, fmt.Errorf("encoding a difference: %w", err)
		}
		packed, err := pack(text)
		if err != nil {
			return nil, false, fmt.Errorf("packing a difference: %w", err)
		}
		if len(packed) <= limit && len(text) <= maxUnpacked || len(kept.Items) == 0 {
			return packed, kept.Complete, nil
		}
		kept.Items, kept.Complete, kept.Reversible = kept.Items[:len(kept.Items)/2], false, false
	}
}

func pack(text []byte) ([]byte, error) {
	level := gzip.DefaultCompression
	if len(text) <= smallSet {
		level = gzip.StatelessCompression
	}
	var b bytes.Buffer
	out, err := gzip.NewWriterLevel(&b, level)
	if err != nil {
		return nil, err
	}
	if _, err := out.Write(text); err != nil {
		return nil, err
	}
	err = out.Close()
	return b.Bytes(), err
}

// Unpack decodes what Pack returned.
func Unpack(data []byte) (*Set, error) {
	in, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("unpacking a difference: %w", err)
	}
	var s Set
	if err := json.NewDecoder(io.LimitReader(in, maxUnpacked)).Decode(&s); err != nil {
		return nil, fmt.Errorf("reading a difference: %w", err)
	}
	return &s, nil
}
