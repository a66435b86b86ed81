package record

import (
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
	s := p.lookup(r)
	return s.value(), s.exists()
}

// Cell is Lookup and Convert in one, and makes less garbage.
func (p Path) Cell(r Record, want table.Kind) (table.Cell, bool) {
	s := p.lookup(r)
	return s.cell(want), s.exists()
}

// OwnCell is Lookup and ConvertOwn in one.
func (p Path) OwnCell(r Record, want table.Kind) (table.Cell, bool) {
	s := p.lookup(r)
	if own := s.kind(want); own == table.Text {
		want = own
	}
	return s.cell(want), s.exists()
}

func (p Path) lookup(r Record) scalar {
	switch {
	case !r.Exists():
		return scalar{}
	case len(p.steps) == 0:
		return refText(r.text)
	}
	return lookupIn(r.find(p.steps[0].name), p.steps)
}

// lookupIn looks up the rest of a path in the member that its first step names.
func lookupIn(v value, steps []step) scalar {
	if choose := steps[0]; choose.index >= 0 || choose.key != "" {
		v = element(v, choose)
	}
	return lookup(v, steps[1:])
}

func lookup(v value, steps []step) scalar {
	switch v.kind() {
	case '{':
		if len(steps) == 0 {
			return refText(v)
		}
		return lookupIn(v.member(steps[0].name), steps)
	case '[':
		return lookupAll(v, steps)
	}
	if len(steps) == 0 {
		return v.scalar()
	}
	return scalar{}
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

func lookupAll(list value, steps []step) scalar {
	if len(steps) > 0 {
		if s, found := lookupNamed(list, restOf(steps)); found {
			return s
		}
	}
	var first scalar
	var texts []string
	items := 0
	for item := range list.elements() {
		items++
		if s := lookup(item, steps); s.exists() {
			first = s
			texts = append(texts, s.String())
		}
	}
	if texts == nil || items == 1 {
		return first
	}
	return scalar{kindOf: '"', text: strings.Join(texts, ", ")}
}

// lookupNamed returns the value of the first element of that name which has one. found reports that there is such an
// element, with or without a value.
func lookupNamed(list value, name string) (s scalar, found bool) {
	for item := range list.elements() {
		if item.kind() != '{' || !item.member("Name").isScalarText(name) {
			continue
		}
		found = true
		if s := namedValue(item); s.exists() {
			return s, true
		}
	}
	return scalar{}, found
}

// namedValue returns the value of a named element.
func namedValue(item value) scalar {
	for _, m := range valueMembers {
		if s := lookup(item.member(m), nil); s.String() != "" {
			return declared(s, item.member("Type").scalarText())
		}
	}
	return scalar{}
}

// declared returns a custom field's value as what its type says that it is, or unchanged if it is not.
// https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/invoice
func declared(s scalar, kind string) scalar {
	if s.kindOf != '"' {
		return s
	}
	switch kind {
	case "NumberType":
		if _, err := table.ParseDecimal(s.String()); err == nil {
			return scalar{kindOf: '0', text: s.String()}
		}
	case "BooleanType":
		if lower := strings.ToLower(s.String()); lower == "true" || lower == "false" {
			return scalar{kindOf: 't', text: lower}
		}
	}
	return s
}

func restOf(steps []step) string {
	names := make([]string, len(steps))
	for i, s := range steps {
		names[i] = s.name
	}
	return strings.Join(names, ".")
}

// refText returns the value for which an object at the end of a path stands, such as a reference or an e-mail address.
func refText(o value) scalar {
	for _, m := range []string{"name", "value", "Address", "FreeFormNumber", "URI"} {
		if s := o.member(m).scalar(); s.String() != "" {
			if s.kindOf != '"' {
				s = scalar{kindOf: '"', text: s.String()}
			}
			return s
		}
	}
	return scalar{}
}
