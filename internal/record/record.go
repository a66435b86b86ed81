// Package record reads QuickBooks' JSON objects: one record with its numbers as text, looked up by paths such as
// "CustomerRef.name" or "CustomField.Sales Rep", and turned into typed cells.
package record

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
)

// Record is one JSON object whose numbers keep their spelling. It is immutable; With returns a changed copy. The zero
// value is no record and has no members. Its representation is private, so that a record may be decoded only as far as
// it is needed.
type Record struct {
	members map[string]any
}

// Parse decodes one record from JSON text.
func Parse(data []byte) (Record, error) {
	var r Record
	dec := json.NewDecoder(bytes.NewReader(data))
	if err := r.Decode(dec); err != nil {
		return Record{}, err
	}
	if _, err := dec.Token(); err != io.EOF {
		return Record{}, fmt.Errorf("reading a record: text follows it")
	}
	return r, nil
}

// Decode reads the decoder's next value, which must be an object.
func (r *Record) Decode(dec *json.Decoder) error {
	dec.UseNumber()
	r.members = nil
	if err := dec.Decode(&r.members); err != nil {
		return fmt.Errorf("reading a record: %w", err)
	}
	return nil
}

// Exists reports whether there is a record, that is, whether r is not the zero value.
func (r Record) Exists() bool { return r.members != nil }

// Object returns the named member if it is an object, and otherwise the zero Record.
func (r Record) Object(name string) Record {
	o, _ := r.members[name].(map[string]any)
	return Record{o}
}

// List returns the objects in the named member if it is an array.
func (r Record) List(name string) []Record {
	items, _ := r.members[name].([]any)
	var list []Record
	for _, item := range items {
		if o, ok := item.(map[string]any); ok {
			list = append(list, Record{o})
		}
	}
	return list
}

// Text returns the member as text: a string as it is, a number as it was spelt, a boolean as true or false. It returns
// "" if the member is missing, null, an object or an array.
func (r Record) Text(name string) string { return scalarText(r.members[name]) }

// Number returns the spelling of a member that is a JSON number, and false for anything else.
func (r Record) Number(name string) (string, bool) {
	n, ok := r.members[name].(json.Number)
	return n.String(), ok
}

// Ref returns the value and the name of a reference member such as CustomerRef.
func (r Record) Ref(name string) (value, title string) {
	o := r.Object(name)
	return o.Text("value"), o.Text("name")
}

// IsRef reports whether the record is a reference: an object whose member "value" is a string.
func (r Record) IsRef() bool {
	_, ok := r.members["value"].(string)
	return ok
}

// Members yields the members, sorted by name. A value is nil, a string, a json.Number, a bool, a Record, or a []any of
// those.
func (r Record) Members() iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		for _, name := range slices.Sorted(maps.Keys(r.members)) {
			if !yield(name, wrap(r.members[name])) {
				return
			}
		}
	}
}

func wrap(v any) any {
	switch v := v.(type) {
	case map[string]any:
		return Record{v}
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = wrap(item)
		}
		return list
	}
	return v
}

// With returns a copy in which one member is replaced or added. The value is a string, json.Number, bool or nil.
func (r Record) With(name string, value any) Record {
	changed := maps.Clone(r.members)
	if changed == nil {
		changed = map[string]any{}
	}
	changed[name] = value
	return Record{changed}
}

// Unwrap returns the name and the object of a record's only member. It returns false if the record has more members or
// the member is not an object.
func (r Record) Unwrap() (name string, inner Record, ok bool) {
	if len(r.members) != 1 {
		return "", Record{}, false
	}
	for name = range r.members {
		inner = r.Object(name)
	}
	return name, inner, inner.Exists()
}

// JSON returns the record as JSON text from which Parse makes an equal one. It returns nil for the zero value. The
// caller must not change it.
func (r Record) JSON() []byte {
	if !r.Exists() {
		return nil
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(r.members); err != nil {
		return nil // only With can put in what is no JSON
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

func scalarText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		if v {
			return "true"
		}
		return "false"
	}
	return ""
}
