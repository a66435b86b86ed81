// Package record reads QuickBooks' JSON objects: one record with its numbers as text, looked up by paths such as
// "CustomerRef.name" or "CustomField.Sales Rep", and turned into typed cells.
package record

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// Record is one JSON object whose numbers are json.Number, so that no digit is lost.
type Record map[string]any

// Parse reads one record from JSON text.
func Parse(data []byte) (Record, error) {
	dec := json.NewDecoder(strings.NewReader(string(data)))
	dec.UseNumber()
	var r Record
	if err := dec.Decode(&r); err != nil {
		return nil, fmt.Errorf("reading a record: %w", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, fmt.Errorf("reading a record: text follows it")
	}
	return r, nil
}

// Object returns the member that is an object, nil otherwise.
func (r Record) Object(name string) Record {
	switch o := r[name].(type) {
	case map[string]any:
		return o
	case Record:
		return o
	}
	return nil
}

// List returns the objects of a member that is an array.
func (r Record) List(name string) []Record {
	items, _ := r[name].([]any)
	var list []Record
	for _, item := range items {
		if o, ok := item.(map[string]any); ok {
			list = append(list, o)
		}
	}
	return list
}

// Text returns the member as text: strings as they are, numbers as they were spelt, truth values as true or false.
// It is empty when the member is missing, null, an object or an array.
func (r Record) Text(name string) string { return scalarText(r[name]) }

// Ref returns the value and the name of a reference member such as CustomerRef.
func (r Record) Ref(name string) (value, title string) {
	o := r.Object(name)
	return o.Text("value"), o.Text("name")
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
