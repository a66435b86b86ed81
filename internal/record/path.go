package record

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"ledgersheet/internal/table"
)

// Path finds a value in a record. The grammar is
//
//	A.B          member B of member A
//	A[0].B       of A's first element
//	A[Name=X].B  of A's first element whose member Name is X
//
// Where a member is an array and the path does not choose an element, the rest of the path is the Name of one
// (CustomField.Sales Rep, NameValue.OfferingSku), or else is looked up in every element and the texts are joined by
// ", " (LinkedTxn.TxnId). Of several elements with that Name the first one with a value counts. A path that ends at a
// reference stands for its name, or its value when it has none.
type Path struct {
	text  string
	steps []step
}

type step struct {
	name     string
	index    int // ≥ 0: that element
	key, val string
}

// maxPath limits a path's length. Real paths have fewer than 60 characters.
const maxPath = 200

// ParsePath parses a path. Its error says what is wrong and where.
func ParsePath(s string) (Path, error) {
	if s == "" || len(s) > maxPath {
		return Path{}, fmt.Errorf("a path has 1 to %d characters", maxPath)
	}
	p := Path{text: s}
	for _, part := range splitPath(s) {
		st := step{name: part, index: -1}
		if open := strings.IndexByte(part, '['); open >= 0 {
			inside, closed := strings.CutSuffix(part[open+1:], "]")
			if !closed {
				return Path{}, fmt.Errorf("%q has a bracket that does not end the step", part)
			}
			st.name = part[:open]
			if key, val, ok := strings.Cut(inside, "="); ok && key != "" {
				st.key, st.val = key, val
			} else if n, err := strconv.Atoi(inside); err == nil && n >= 0 {
				st.index = n
			} else {
				return Path{}, fmt.Errorf("%q is neither a position nor Name=Value", inside)
			}
		}
		if strings.TrimSpace(st.name) == "" || st.name != strings.TrimSpace(st.name) {
			return Path{}, fmt.Errorf("%q has an empty step or one with blanks around it", s)
		}
		p.steps = append(p.steps, st)
	}
	return p, nil
}

// splitPath splits at the dots outside brackets.
func splitPath(s string) []string {
	var parts []string
	depth, from := 0, 0
	for i := range len(s) {
		switch {
		case s[i] == '[':
			depth++
		case s[i] == ']':
			depth--
		case s[i] == '.' && depth == 0:
			parts = append(parts, s[from:i])
			from = i + 1
		}
	}
	return append(parts, s[from:])
}

// String returns the path as it was written.
func (p Path) String() string { return p.text }

// Leaf returns the name of the last step, which hints at the kind of value.
func (p Path) Leaf() string {
	if len(p.steps) == 0 {
		return ""
	}
	return p.steps[len(p.steps)-1].name
}

// Lookup returns the value at the path: a string, json.Number or bool. It returns false if there is none.
func (p Path) Lookup(r Record) (any, bool) {
	if !r.Exists() {
		return nil, false
	}
	return lookup(r.members, p.steps)
}

func lookup(v any, steps []step) (any, bool) {
	switch v := v.(type) {
	case nil:
		return nil, false
	case map[string]any:
		if len(steps) == 0 {
			return refText(v)
		}
		next, ok := v[steps[0].name]
		if !ok {
			return nil, false
		}
		if choose := steps[0]; choose.index >= 0 || choose.key != "" {
			next, ok = element(next, choose)
			if !ok {
				return nil, false
			}
		}
		return lookup(next, steps[1:])
	case []any:
		return lookupAll(v, steps)
	case string, json.Number, bool:
		if len(steps) == 0 {
			return v, true
		}
	}
	return nil, false
}

func element(v any, s step) (any, bool) {
	items, ok := v.([]any)
	if !ok {
		return nil, false
	}
	if s.key == "" {
		if s.index >= len(items) {
			return nil, false
		}
		return items[s.index], true
	}
	for _, item := range items {
		if o, ok := item.(map[string]any); ok && scalarText(o[s.key]) == s.val {
			return o, true
		}
	}
	return nil, false
}

// valueMembers are where named elements (custom fields, company settings) keep their value.
var valueMembers = []string{"StringValue", "Value", "NumberValue", "DateValue", "BooleanValue"}

func lookupAll(items []any, steps []step) (any, bool) {
	if len(steps) > 0 {
		if v, found, ok := lookupNamed(items, restOf(steps)); found {
			return v, ok
		}
	}
	var texts []string
	for _, item := range items {
		if v, ok := lookup(item, steps); ok {
			if len(items) == 1 {
				return v, true
			}
			texts = append(texts, scalarText(v))
		}
	}
	if texts == nil {
		return nil, false
	}
	return strings.Join(texts, ", "), true
}

// lookupNamed returns the value of the first element of that name which has one. found reports that there is such an
// element, with or without a value.
func lookupNamed(items []any, name string) (value any, found, ok bool) {
	for _, item := range items {
		o, isObject := item.(map[string]any)
		if !isObject || scalarText(o["Name"]) != name {
			continue
		}
		found = true
		for _, m := range valueMembers {
			if v, ok := lookup(o[m], nil); ok && scalarText(v) != "" {
				return declared(v, scalarText(o["Type"])), true, true
			}
		}
	}
	return nil, found, false
}

// declared returns a custom field's value as what its type says that it is, or unchanged if it is not.
// https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/invoice
func declared(v any, kind string) any {
	text, ok := v.(string)
	if !ok {
		return v
	}
	switch kind {
	case "NumberType":
		if _, err := table.ParseDecimal(text); err == nil {
			return json.Number(text)
		}
	case "BooleanType":
		switch strings.ToLower(text) {
		case "true":
			return true
		case "false":
			return false
		}
	}
	return v
}

func restOf(steps []step) string {
	names := make([]string, len(steps))
	for i, s := range steps {
		names[i] = s.name
	}
	return strings.Join(names, ".")
}

// refText returns the value for which an object at the end of a path stands, such as a reference or an e-mail address.
func refText(o map[string]any) (any, bool) {
	for _, m := range []string{"name", "value", "Address", "FreeFormNumber", "URI"} {
		if s := scalarText(o[m]); s != "" {
			return s, true
		}
	}
	return nil, false
}
