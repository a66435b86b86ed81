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
	if len(p.steps) == 0 {
		return refText(value(r.text))
	}
	return lookupIn(r.find(p.steps[0].name), p.steps)
}

// lookupIn looks up the rest of a path in the member that its first step names.
func lookupIn(v value, steps []step) (any, bool) {
	if choose := steps[0]; choose.index >= 0 || choose.key != "" {
		v = element(v, choose)
	}
	return lookup(v, steps[1:])
}

func lookup(v value, steps []step) (any, bool) {
	switch v.kind() {
	case '{':
		if len(steps) == 0 {
			return refText(v)
		}
		return lookupIn(v.member(steps[0].name), steps)
	case '[':
		return lookupAll(v, steps)
	case '"', '0', 't', 'f':
		if len(steps) == 0 {
			return v.scalar(), true
		}
	}
	return nil, false
}

// element returns the element of an array that a step chooses, or nil if there is none.
func element(v value, s step) value {
	n := 0
	for item := range v.elements() {
		if s.key == "" && n == s.index {
			return item
		}
		if s.key != "" && item.kind() == '{' && item.member(s.key).isScalarText(s.val) {
			return item
		}
		n++
	}
	return nil
}

// valueMembers are where named elements (custom fields, company settings) keep their value.
var valueMembers = []string{"StringValue", "Value", "NumberValue", "DateValue", "BooleanValue"}

func lookupAll(list value, steps []step) (any, bool) {
	if len(steps) > 0 {
		if v, found, ok := lookupNamed(list, restOf(steps)); found {
			return v, ok
		}
	}
	var first any
	var texts []string
	items := 0
	for item := range list.elements() {
		items++
		if v, ok := lookup(item, steps); ok {
			first = v
			texts = append(texts, scalarText(v))
		}
	}
	switch {
	case texts == nil:
		return nil, false
	case items == 1:
		return first, true
	}
	return strings.Join(texts, ", "), true
}

// lookupNamed returns the value of the first element of that name which has one. found reports that there is such an
// element, with or without a value.
func lookupNamed(list value, name string) (v any, found, ok bool) {
	for item := range list.elements() {
		if item.kind() != '{' || !item.member("Name").isScalarText(name) {
			continue
		}
		found = true
		if v, ok := namedValue(item); ok {
			return v, true, true
		}
	}
	return nil, found, false
}

// namedValue returns the value of a named element.
func namedValue(item value) (any, bool) {
	for _, m := range valueMembers {
		if v, ok := lookup(item.member(m), nil); ok && scalarText(v) != "" {
			return declared(v, item.member("Type").scalarText()), true
		}
	}
	return nil, false
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
func refText(o value) (any, bool) {
	for _, m := range []string{"name", "value", "Address", "FreeFormNumber", "URI"} {
		if s := o.member(m).scalarText(); s != "" {
			return s, true
		}
	}
	return nil, false
}
