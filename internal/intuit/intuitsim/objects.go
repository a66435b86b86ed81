package intuitsim

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// ObjectSpec describes an entity of the accounting API that is not built in. The simulator then has a few records of
// it, with the described members. They are only as true as the description: the simulator cannot tell whether a real
// company has such members. A built-in object stays as strict as it is, whatever a description says, and a name that
// looks like one of its own misspelt stays unknown.
type ObjectSpec struct {
	// Name is the object's name in queries, such as JournalCode.
	Name string
	// List says that entries can be inactive, which queries then leave out unless they name Active.
	List bool
	// Lines is the member that holds the lines; empty if there are none.
	Lines string
	// Fields lists what its records hold besides Id, SyncToken, MetaData and Active.
	Fields []FieldSpec
}

// Knows reports whether an object is built in, so that descriptions of it are ignored.
func Knows(object string) bool { return entitiesByPath[strings.ToLower(object)] != nil }

// FieldSpec is a value in a record.
type FieldSpec struct {
	// Path leads through the record's JSON: A.B is a member of a member, A[0] an element of an array, and A[Name=X] the
	// one whose member Name is X. That of a value in a line begins with the member that holds the lines.
	Path string
	Kind FieldKind
	// Queryable says that a WHERE or an ORDERBY may name it.
	Queryable bool
}

// FieldKind is what a field holds.
type FieldKind uint8

// The kinds of fields.
const (
	TextField   FieldKind = iota
	AmountField           // money, with two decimals
	NumberField
	DateField
	TimeField
	FlagField
)

// recordsPerObject is how many records an object of the options has; the last one of a list is inactive.
const recordsPerObject = 4

// withObjects adds the described entities to the known ones.
func withObjects(known map[string]*entity, specs []ObjectSpec) map[string]*entity {
	all := maps.Clone(known)
	for _, spec := range specs {
		path := strings.ToLower(spec.Name)
		if path == "" || all[path] != nil || isMisspelt(path, maps.Keys(known)) {
			continue
		}
		e := &entity{
			name: spec.Name, path: path, list: spec.List, naming: "Id", noCDC: true, props: properties(""), spec: &spec,
		}
		if spec.List {
			e.props = append(e.props, property{"Active", flagProperty})
		}
		for _, f := range spec.Fields {
			name := strings.TrimSuffix(f.Path, ".value") // a reference compares by its id under its own name
			root, _, _ := strings.Cut(name, ".")
			switch {
			case e.position(name) >= 0:
			case f.Queryable:
				e.props = append(e.props, property{name, f.Kind.property()})
			default:
				e.refused = append(e.refused, root)
			}
		}
		for _, name := range []string{"Name", "DisplayName"} {
			if e.position(name) >= 0 {
				e.naming = name
			}
		}
		all[path] = e
	}
	return all
}

func (k FieldKind) property() propertyKind {
	switch k {
	case AmountField, NumberField:
		return amountProperty
	case DateField:
		return dateProperty
	case TimeField:
		return timeProperty
	case FlagField:
		return flagProperty
	}
	return textProperty
}

// makeObjects makes the records of the described entities, in the order of their names.
func (g *generator) makeObjects() {
	for _, path := range slices.Sorted(maps.Keys(g.entities)) {
		e := g.entities[path]
		if e.spec == nil {
			continue
		}
		for n := 1; n <= recordsPerObject; n++ {
			r := &record{inactive: e.list && n == recordsPerObject}
			g.add(e.name, r, fixed(g.objectOf(e, n, r.inactive)))
		}
	}
}

// objectOf makes the members of the n-th record.
func (c *Company) objectOf(e *entity, n int, inactive bool) object {
	var o object
	spec := e.spec
	lines := make([]object, 2)
	for i := range lines {
		lines[i].set("Id", strconv.Itoa(i+1))
	}
	for at, f := range spec.Fields {
		root, rest, nested := strings.Cut(f.Path, ".")
		switch {
		case root == "Id" || root == "SyncToken" || root == "MetaData" || root == "Active" && spec.List:
			// every record has them
		case root == spec.Lines && root != "" && nested:
			for i := range lines {
				c.place(&lines[i], e, steps(rest), c.valueOf(f, rest, n+i, at))
			}
		default:
			value := c.valueOf(f, f.Path, n, at)
			if text, ok := value.(string); ok && f.Path == e.naming {
				value = shown(text, inactive)
			}
			c.place(&o, e, steps(f.Path), value)
		}
	}
	if spec.Lines != "" {
		o.set(spec.Lines, lines)
	}
	return o
}

// valueOf makes a value for the field at a place of its list, in the n-th record.
func (c *Company) valueOf(f FieldSpec, path string, n, at int) any {
	switch f.Kind {
	case AmountField:
		return (cents(1_000*n) + cents(at)*101).json()
	case NumberField:
		return n
	case DateField:
		return (c.today - day(10*n)).String()
	case TimeField:
		return stamp(c.clock, c.zone)
	case FlagField:
		return n%2 == 1
	}
	leaf := path[strings.LastIndexByte(path, '.')+1:]
	return fmt.Sprintf("%s %d", leaf, n)
}

// place puts a value at a path of a record. Behind a reference there are only the id and the name of the record
// referred to.
func (c *Company) place(o *object, e *entity, path []step, value any) {
	for i, s := range path[:len(path)-1] {
		// AttachableRef is a list of references and none itself.
		if strings.HasSuffix(s.name, "Ref") && s.name != "AttachableRef" && !s.array {
			path, value = path[:i+1], c.refer(e, strings.TrimSuffix(s.name, "Ref"))
			break
		}
	}
	if to, ok := value.(object); ok && to == nil {
		return
	}
	o.place(path, value)
}

// refer makes a reference for a record of an entity, to the first record of the list that the reference's name ends
// with, as QuickBooks names them: DepositToAccountRef refers to an account, SalesTermRef to a term.
func (c *Company) refer(e *entity, name string) object {
	switch name {
	case "Currency":
		return c.currency()
	case "Entity": // may be about anybody and says who
		return append(c.refer(e, "Customer"), member{"type", "Customer"})
	}
	to := e
	if name != "Parent" {
		to = nil
		for _, other := range c.entities {
			fits := strings.HasSuffix(name, other.name) && len(c.records(other)) > 0
			if fits && (to == nil || len(other.name) > len(to.name)) {
				to = other
			}
		}
	}
	switch {
	case to == nil:
		return ref("1", name+" 1")
	case len(c.records(to)) == 0:
		return nil // the first record has no parent
	}
	r := c.records(to)[0]
	o := r.object(c)
	for _, naming := range []string{"FullyQualifiedName", "DisplayName", "Name"} {
		if v, ok := o.get(naming); ok {
			return ref(r.id, propertyText(v))
		}
	}
	return ref(r.id, "")
}

// step is one part of a field's path.
type step struct {
	name     string
	array    bool // an element of an array
	index    int
	key, val string // the element whose member key is val, if key is set
}

func steps(path string) []step {
	var out []step
	for _, part := range splitPath(path) {
		name, inside, array := strings.Cut(strings.TrimSuffix(part, "]"), "[")
		s := step{name: name, array: array}
		if key, val, ok := strings.Cut(inside, "="); ok {
			s.key, s.val = key, val
		} else {
			s.index, _ = strconv.Atoi(inside)
		}
		out = append(out, s)
	}
	return out
}

// splitPath splits at the dots outside brackets.
func splitPath(path string) []string {
	var parts []string
	inside, from := false, 0
	for i := range len(path) {
		switch {
		case path[i] == '[':
			inside = true
		case path[i] == ']':
			inside = false
		case path[i] == '.' && !inside:
			parts = append(parts, path[from:i])
			from = i + 1
		}
	}
	return append(parts, path[from:])
}

// place puts a value at a path, creating the members on the way. It does not overwrite an existing value.
func (o *object) place(path []step, value any) {
	s := path[0] // there is one even of the empty path
	at := slices.IndexFunc(*o, func(m member) bool { return m.name == s.name })
	if at < 0 {
		at = len(*o)
		o.set(s.name, nil)
	}
	slot := &(*o)[at].value
	if !s.array {
		if len(path) == 1 {
			if *slot == nil {
				*slot = value
			}
			return
		}
		child, _ := (*slot).(object)
		if *slot == nil || child != nil {
			child.place(path[1:], value)
			*slot = child
		}
		return
	}
	list, _ := (*slot).([]object)
	if s.key != "" {
		s.index = slices.IndexFunc(list, func(e object) bool { v, _ := e.get(s.key); return v == s.val })
		if s.index < 0 {
			s.index = len(list)
			list = append(list, object{{s.key, s.val}})
		}
	}
	for len(list) <= s.index {
		list = append(list, object{})
	}
	if len(path) > 1 {
		list[s.index].place(path[1:], value)
	}
	*slot = list
}

// isMisspelt reports whether a name, in lower case, differs from one of the others only in case, or by one letter that
// is missing, extra, wrong or swapped with its neighbour. A simulator that accepted it as a new name would hide the
// mistake.
func isMisspelt(name string, others func(yield func(string) bool)) bool {
	for other := range others {
		a, b := name, strings.ToLower(other)
		for a != "" && b != "" && a[0] == b[0] {
			a, b = a[1:], b[1:]
		}
		for a != "" && b != "" && a[len(a)-1] == b[len(b)-1] {
			a, b = a[:len(a)-1], b[:len(b)-1]
		}
		if len(a) <= 1 && len(b) <= 1 || len(a) == 2 && len(b) == 2 && a[0] == b[1] && a[1] == b[0] {
			return true
		}
	}
	return false
}
