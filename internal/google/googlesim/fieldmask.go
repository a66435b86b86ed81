package googlesim

import (
	"reflect"
	"strings"
)

// mask is a parsed field mask: the children of a message, nil meaning "everything below".
// The key "*" stands for all fields of a level.
type mask map[string]mask

// parseMask reads a mask of paths with dots or slashes, commas and parentheses.
func parseMask(text string) (mask, bool) {
	p := maskParser{text: strings.Map(func(r rune) rune {
		if r == ' ' || r == '\n' || r == '\t' {
			return -1
		}
		return r
	}, text)}
	m := p.list()
	return m, p.pos == len(p.text) && len(m) > 0 && !p.bad
}

type maskParser struct {
	text string
	pos  int
	bad  bool
}

func (p *maskParser) list() mask {
	out := mask{}
	for {
		p.path(out)
		if p.pos < len(p.text) && p.text[p.pos] == ',' {
			p.pos++
			continue
		}
		return out
	}
}

func (p *maskParser) path(out mask) {
	start := p.pos
	for p.pos < len(p.text) && !strings.ContainsRune(".,/()", rune(p.text[p.pos])) {
		p.pos++
	}
	name := p.text[start:p.pos]
	if name == "" {
		p.bad = true
		return
	}
	if strings.Contains(name, "_") {
		name = camel(name)
	}
	sub, seen := out[name]
	if p.pos == len(p.text) || p.text[p.pos] == ',' || p.text[p.pos] == ')' {
		out[name] = nil
		return
	}
	child := mask{}
	switch p.text[p.pos] {
	case '.', '/':
		p.pos++
		p.path(child)
	case '(':
		p.pos++
		child = p.list()
		if p.pos >= len(p.text) || p.text[p.pos] != ')' {
			p.bad = true
			return
		}
		p.pos++
	}
	if seen && sub == nil {
		return // the whole field was asked for already
	}
	if sub == nil {
		sub = mask{}
	}
	sub.merge(child)
	out[name] = sub
}

func (m mask) merge(other mask) {
	for k, v := range other {
		old, seen := m[k]
		switch {
		case v == nil || (seen && old == nil):
			m[k] = nil
		case !seen:
			m[k] = v
		default:
			old.merge(v)
		}
	}
}

// has reports whether the dotted path, or anything above or below it, is in the mask.
func (m mask) has(path string) bool {
	for _, name := range strings.Split(path, ".") {
		if m == nil {
			return true
		}
		if _, all := m["*"]; all {
			return true
		}
		sub, ok := m[name]
		if !ok {
			return false
		}
		m = sub
	}
	return true
}

// unknown returns the first path of the mask that the type does not have.
func (m mask) unknown(t reflect.Type) (string, bool) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		for name := range m {
			return name, true
		}
		return "", false
	}
	fields := jsonFields(t)
	for name, sub := range m {
		if name == "*" {
			continue
		}
		i, ok := fields[name]
		if !ok {
			return name, true
		}
		if sub == nil {
			continue
		}
		if bad, found := sub.unknown(t.Field(i).Type); found {
			return name + "." + bad, true
		}
	}
	return "", false
}

// prune removes from an answer everything a response mask does not name. Messages and lists are
// copied before they are cut, since answers share them with the spreadsheet.
func (m mask) prune(v reflect.Value) {
	if m == nil {
		return
	}
	if _, all := m["*"]; all {
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return
		}
		fresh := reflect.New(v.Type().Elem())
		fresh.Elem().Set(v.Elem())
		m.prune(fresh.Elem())
		v.Set(fresh)
	case reflect.Slice:
		if v.IsNil() {
			return
		}
		fresh := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(fresh, v)
		for i := range fresh.Len() {
			m.prune(fresh.Index(i))
		}
		v.Set(fresh)
	case reflect.Struct:
		var dropped []string
		for name, i := range jsonFields(v.Type()) {
			sub, ok := m[name]
			if !ok {
				v.Field(i).SetZero()
				dropped = append(dropped, v.Type().Field(i).Name)
				continue
			}
			sub.prune(v.Field(i))
		}
		unforce(v, dropped)
	}
}

func unforce(v reflect.Value, dropped []string) {
	force := v.FieldByName("ForceSendFields")
	if !force.IsValid() || force.Len() == 0 {
		return
	}
	var kept []string
	for _, name := range force.Interface().([]string) {
		if !sent(dropped, name) {
			kept = append(kept, name)
		}
	}
	force.Set(reflect.ValueOf(kept))
}

// assign copies the masked fields of src over dst; a field named in the mask and absent from src is
// reset, as Sheets does. Both are structs of one type; src may be invalid, meaning an empty message.
// Structs below dst are copied before they are changed, so callers may share them.
func (m mask) assign(dst, src reflect.Value) {
	fields := jsonFields(dst.Type())
	if _, all := m["*"]; all || m == nil {
		for _, i := range fields {
			copyField(dst, src, i)
		}
		return
	}
	for name, sub := range m {
		i, ok := fields[name]
		if !ok {
			continue
		}
		f := dst.Field(i)
		if sub == nil || f.Kind() != reflect.Pointer || f.Type().Elem().Kind() != reflect.Struct {
			copyField(dst, src, i)
			continue
		}
		fresh := reflect.New(f.Type().Elem())
		if !f.IsNil() {
			fresh.Elem().Set(f.Elem())
		}
		var inner reflect.Value
		if src.IsValid() && !src.Field(i).IsNil() {
			inner = src.Field(i).Elem()
		}
		sub.assign(fresh.Elem(), inner)
		f.Set(fresh)
	}
}

func copyField(dst, src reflect.Value, i int) {
	if !src.IsValid() {
		dst.Field(i).SetZero()
		return
	}
	dst.Field(i).Set(src.Field(i))
}

// responseMask reads the fields parameter of a request against the type of its answer; an absent
// parameter gives a nil mask.
func responseMask(text string, answer any) (mask, error) {
	if text == "" {
		return nil, nil
	}
	m, ok := parseMask(text)
	bad, found := text, false
	if ok {
		bad, found = m.unknown(reflect.TypeOf(answer))
	}
	if ok && !found {
		return m, nil
	}
	e := badRequest("Request contains an invalid argument.")
	e.details = []any{map[string]any{"@type": "type.googleapis.com/google.rpc.BadRequest",
		"fieldViolations": []any{map[string]any{
			"field": bad, "description": "Error expanding 'fields' parameter. Cannot find matching fields for path '" +
				bad + "'."}}}}
	return nil, e
}

// updateMask reads the fields member of a batchUpdate request against the type it updates.
func updateMask(text string, target any) (mask, error) {
	if strings.TrimSpace(text) == "" {
		return nil, badRequest("At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)")
	}
	m, ok := parseMask(text)
	if !ok {
		return nil, badRequest("Invalid field: %s", text)
	}
	if bad, found := m.unknown(reflect.TypeOf(target)); found {
		return nil, badRequest("Invalid field: %s", snake(bad))
	}
	return m, nil
}

func camel(s string) string {
	parts := strings.Split(s, "_")
	for i := 1; i < len(parts); i++ {
		if parts[i] != "" {
			parts[i] = strings.ToUpper(parts[i][:1]) + parts[i][1:]
		}
	}
	return strings.Join(parts, "")
}
