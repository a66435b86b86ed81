// Package record reads QuickBooks' JSON objects: one record with its numbers as text, looked up by paths such as
// "CustomerRef.name" or "CustomField.Sales Rep", and turned into typed cells.
package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// Record is one JSON object whose numbers keep their spelling. It is immutable; With returns a changed copy. The zero
// value is no record and has no members. A record keeps the JSON text that it was read from, and decodes a member when
// it is asked for. Of several members with one name the last one counts.
type Record struct {
	text    []byte // a valid JSON object without blanks around it; nil in the zero Record
	members []member
}

// textOptions make jsontext accept exactly what encoding/json accepts.
var textOptions = []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}

// NewDecoder returns a decoder for the JSON text of an answer, which accepts what encoding/json accepts.
func NewDecoder(text []byte) *jsontext.Decoder {
	return jsontext.NewDecoder(bytes.NewBuffer(text), textOptions...)
}

// Parse returns the record in JSON text; null is the zero Record. The record keeps data, which must not be changed
// afterwards.
func Parse(data []byte) (Record, error) {
	if !jsontext.Value(data).IsValid(textOptions...) {
		return Record{}, explain(data)
	}
	return newRecord(value(trimBlanks(data)), nil)
}

// Valid reads records of which the text is known to be valid because it was that of a [Record]. It makes less work and
// less garbage than Parse. The zero value is ready; it is not safe for concurrent use.
type Valid struct{ room []member }

// Parse returns the record in valid JSON text without blanks around it; null is the zero Record. The record keeps data,
// which must not be changed afterwards. With text that is not valid it may panic.
func (v *Valid) Parse(data []byte) (Record, error) {
	if cap(v.room)-len(v.room) < usualMembers {
		v.room = make([]member, 0, min(max(2*cap(v.room), 2*usualMembers), membersChunk))
	}
	r, err := newRecord(value(data), v.room[len(v.room):])
	if len(v.room)+len(r.members) <= cap(v.room) {
		v.room = v.room[:len(v.room)+len(r.members)]
	}
	return r, err
}

// explain returns why data is not valid JSON.
func explain(data []byte) error {
	dec := NewDecoder(data)
	if err := dec.SkipValue(); err != nil {
		return fmt.Errorf("reading a record: %w", err)
	}
	return errors.New("reading a record: text follows it")
}

// Decode reads the decoder's next value, which must be an object or null.
func (r *Record) Decode(dec *json.Decoder) error {
	*r = Record{}
	var data json.RawMessage
	err := dec.Decode(&data)
	if err == nil {
		*r, err = newRecord(value(data), nil)
	}
	if err != nil {
		return fmt.Errorf("reading a record: %w", err)
	}
	return nil
}

// DecodeList reads the decoder's next value, which must be an array of objects or null. text is what the decoder was
// made for. The records keep it: it must not be changed afterwards, and stays in memory as long as one of them.
func DecodeList(dec *jsontext.Decoder, text []byte) ([]Record, error) {
	switch open, err := dec.ReadToken(); {
	case err != nil:
		return nil, fmt.Errorf("reading records: %w", err)
	case open.Kind() == 'n':
		return nil, nil
	case open.Kind() != '[':
		return nil, errors.New("reading records: they are no array")
	}
	var list []Record
	var room []member
	for dec.PeekKind() != ']' {
		if cap(room)-len(room) < usualMembers {
			room = make([]member, 0, membersChunk)
		}
		r, err := decodeRecord(dec, text, room[len(room):])
		if err != nil {
			return nil, fmt.Errorf("reading records: %w", err)
		}
		if len(room)+len(r.members) <= cap(room) {
			room = room[:len(room)+len(r.members)]
		}
		list = append(list, r)
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil, fmt.Errorf("reading records: %w", err)
	}
	return list, nil
}

// The members of a list's records are allocated together, in chunks.
const (
	usualMembers = 100
	membersChunk = 4000
)

// decodeRecord reads the decoder's next value, which must be an object or null. Its members are appended to room, which
// must be empty.
func decodeRecord(dec *jsontext.Decoder, text []byte, room []member) (Record, error) {
	open, err := dec.ReadToken()
	switch {
	case err != nil:
		return Record{}, err
	case open.Kind() == 'n':
		return Record{}, nil
	case open.Kind() != '{':
		return Record{}, errNoObject
	}
	base := int(dec.InputOffset()) - 1
	for dec.PeekKind() != '}' {
		name, err := dec.ReadValue()
		if err != nil {
			return Record{}, err
		}
		m := member{nameEnd: uint32(int(dec.InputOffset()) - base), plain: isPlain(name[1 : len(name)-1])}
		m.from = m.nameEnd - uint32(len(name))
		v, err := dec.ReadValue()
		if err != nil {
			return Record{}, err
		}
		m.to = uint32(int(dec.InputOffset()) - base)
		m.valueFrom = m.to - uint32(len(v))
		room = append(room, m)
	}
	if _, err := dec.ReadToken(); err != nil {
		return Record{}, err
	}
	end := int(dec.InputOffset())
	return Record{text[base:end:end], room[:len(room):len(room)]}, nil
}

var errNoObject = errors.New("it is no object")

// newRecord returns the record in valid JSON text without blanks around it. Its members are appended to room, which
// must be empty.
func newRecord(v value, room []member) (Record, error) {
	switch v.kind() {
	case 'n':
		return Record{}, nil
	case '{':
		members := v.appendMembers(room)
		return Record{v, members[:len(members):len(members)]}, nil
	}
	return Record{}, errNoObject
}

// object returns the value as a record if it is an object, and otherwise the zero Record.
func (v value) object() Record {
	if v.kind() != '{' {
		return Record{}
	}
	return Record{v, v.appendMembers(nil)}
}

// JSON returns the record's text, nil for the zero Record. It is shared with the record, and perhaps with the whole
// answer that the record came in: callers must neither change nor, for long, keep it.
func (r Record) JSON() []byte { return r.text }

// Exists reports whether there is a record, that is, whether r is not the zero value.
func (r Record) Exists() bool { return r.text != nil }

// find returns the value of a member, or nil if there is none.
func (r Record) find(name string) value {
	for i := len(r.members) - 1; i >= 0; i-- {
		m := &r.members[i]
		if m.plain && int(m.nameEnd-m.from) != len(name)+len(`""`) { // says the same, before the spelling is looked at
			continue
		}
		if m.is(r.text, name) {
			return m.value(r.text)
		}
	}
	return nil
}

// Object returns the named member if it is an object, and otherwise the zero Record.
func (r Record) Object(name string) Record { return r.find(name).object() }

// List returns the objects in the named member if it is an array.
func (r Record) List(name string) []Record {
	var list []Record
	for item := range r.find(name).elements() {
		if o := item.object(); o.Exists() {
			list = append(list, o)
		}
	}
	return list
}

// Text returns the member as text: a string as it is, a number as it was spelt, a boolean as true or false. It returns
// "" if the member is missing, null, an object or an array.
func (r Record) Text(name string) string { return r.find(name).scalarText() }

// Number returns the spelling of a member that is a JSON number, and false for anything else.
func (r Record) Number(name string) (string, bool) {
	v := r.find(name)
	if v.kind() != '0' {
		return "", false
	}
	return string(v), true
}

// Ref returns the value and the name of a reference member such as CustomerRef.
func (r Record) Ref(name string) (id, title string) {
	v := r.find(name)
	return v.member("value").scalarText(), v.member("name").scalarText()
}

// IsRef reports whether the record is a reference: an object whose member "value" is a string.
func (r Record) IsRef() bool { return r.find("value").kind() == '"' }

// Members yields the members, sorted by name. A value is nil, a string, a json.Number, a bool, a Record, or a []any of
// those.
func (r Record) Members() iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		names := make([]string, 0, len(r.members))
		values := make(map[string]value, len(r.members))
		for _, m := range r.members {
			name := m.name(r.text)
			if _, have := values[name]; !have {
				names = append(names, name)
			}
			values[name] = m.value(r.text)
		}
		slices.Sort(names)
		for _, name := range names {
			if !yield(name, values[name].decode()) {
				return
			}
		}
	}
}

// decode returns the value as Members yields it.
func (v value) decode() any {
	switch v.kind() {
	case '{':
		return v.object()
	case '[':
		list := []any{}
		for item := range v.elements() {
			list = append(list, item.decode())
		}
		return list
	}
	return v.scalar().value()
}

// With returns a copy in which one member is replaced or added. The value is a string, json.Number, bool or nil.
func (r Record) With(name string, to any) Record {
	text := []byte{'{'}
	for _, m := range r.members {
		if !m.is(r.text, name) {
			text = append(append(text, r.text[m.from:m.to]...), ',')
		}
	}
	text = append(appendQuoted(text, name), ':')
	switch v := to.(type) {
	case string:
		text = appendQuoted(text, v)
	case json.Number:
		text = append(text, v...)
	case bool:
		text = append(text, scalarText(v)...)
	default:
		text = append(text, "null"...)
	}
	changed := append(text, '}')
	return Record{changed, value(changed).appendMembers(make([]member, 0, len(r.members)+1))}
}

// Unwrap returns the name and the object of a record's only member. It returns false if the record has more members or
// the member is not an object.
func (r Record) Unwrap() (name string, inner Record, ok bool) {
	if len(r.members) == 0 {
		return "", Record{}, false
	}
	last := r.members[len(r.members)-1]
	name = last.name(r.text)
	for _, m := range r.members {
		if !m.is(r.text, name) {
			return "", Record{}, false
		}
	}
	inner = last.value(r.text).object()
	return name, inner, inner.Exists()
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
