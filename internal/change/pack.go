package change

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
)

// MarshalJSON encodes null, a string, a number with its own digits, or a boolean.
func (v Value) MarshalJSON() ([]byte, error) {
	switch v.Kind {
	case 0:
		return []byte("null"), nil
	case 'n', 'b':
		return []byte(v.Text), nil
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v.Text); err != nil {
		return nil, fmt.Errorf("encoding a value: %w", err)
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
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

// Pack encodes the set in at most limit bytes, with as many items as fit.
func (s *Set) Pack(limit int) ([]byte, error) {
	kept := *s
	for {
		var b bytes.Buffer
		out := gzip.NewWriter(&b)
		if err := json.NewEncoder(out).Encode(kept); err != nil {
			return nil, fmt.Errorf("encoding a difference: %w", err)
		}
		if err := out.Close(); err != nil {
			return nil, fmt.Errorf("packing a difference: %w", err)
		}
		if b.Len() <= limit || len(kept.Items) == 0 {
			return b.Bytes(), nil
		}
		kept.Items, kept.Complete, kept.Reversible = kept.Items[:len(kept.Items)/2], false, false
	}
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
