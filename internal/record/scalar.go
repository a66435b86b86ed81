package record

import (
	"encoding/json"
	"fmt"
)

// Scalar decodes any JSON value that should be text: numbers and booleans as they were spelt; null, objects and arrays
// as "".
type Scalar string

// UnmarshalJSON implements json.Unmarshaler.
func (t *Scalar) UnmarshalJSON(b []byte) error {
	switch {
	case len(b) == 0 || b[0] == 'n' || b[0] == '{' || b[0] == '[':
		*t = ""
		return nil
	case b[0] == '"':
		var s string
		if err := json.Unmarshal(b, &s); err != nil {
			return fmt.Errorf("reading text: %w", err)
		}
		*t = Scalar(s)
		return nil
	}
	*t = Scalar(b)
	return nil
}
