package googlesim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// decodeBody fills dst, a pointer to a struct of the Sheets or Drive client, from a JSON body by the
// rules Google's front end applies: unknown names, wrong shapes and doubly set unions are refused
// with every fault listed. A scalar that was sent although it is zero is noted in the struct's
// ForceSendFields, so the engine can tell "0" from "absent". prefix names the request field the
// body is bound to ("data" for values.update, empty for most methods).
func decodeBody(body []byte, dst any, prefix string) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var tree any
	if err := dec.Decode(&tree); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return badRequest("Invalid JSON payload received. Unexpected end of string. Expected a value.")
		}
		return badRequest("Invalid JSON payload received. Unexpected token.")
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return badRequest("Invalid JSON payload received. Parsing terminated before end of input.")
	}
	d := decoder{fields: map[reflect.Type]map[string]int{}}
	d.message(reflect.ValueOf(dst).Elem(), tree, prefix)
	return d.err()
}

type violation struct {
	field, text string
}

type decoder struct {
	fields map[reflect.Type]map[string]int
	faults []violation
}

func (d *decoder) err() error {
	if len(d.faults) == 0 {
		return nil
	}
	var lines []string
	var list []any
	for _, f := range d.faults {
		lines = append(lines, f.text)
		v := map[string]any{"description": f.text}
		if f.field != "" {
			v["field"] = f.field
		}
		list = append(list, v)
	}
	e := badRequest("%s", strings.Join(lines, "\n"))
	e.details = []any{map[string]any{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": list}}
	return e
}

func (d *decoder) fault(path, format string, args ...any) {
	d.faults = append(d.faults, violation{path, fmt.Sprintf(format, args...)})
}

func (d *decoder) message(v reflect.Value, tree any, path string) {
	obj, ok := tree.(map[string]any)
	if !ok {
		if _, list := tree.([]any); list && path != "" {
			parent, name := splitPath(path)
			d.fault(parent, "Invalid JSON payload received. Unknown name %q%s: Proto field is not repeating, cannot "+
				"start list.", name, at(parent))
			return
		}
		d.fault(path, "Invalid value at '%s' (type.googleapis.com/google.apps.sheets.v4.%s), %s", path,
			v.Type().Name(), shown(tree))
		return
	}
	names := d.names(v.Type())
	keys := make([]string, 0, len(obj))
	for k := range obj {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	set := ""
	for _, k := range keys {
		i, known := names[k]
		if !known {
			d.fault(path, "Invalid JSON payload received. Unknown name %q%s: Cannot find field.", k, at(path))
			continue
		}
		if obj[k] == nil {
			continue // a JSON null leaves the field as it is
		}
		if isUnion(v.Type().Name()) {
			if set != "" {
				d.fault(path, "Invalid value at '%s' (oneof), oneof field '%s' is already set. Cannot set '%s'", path,
					unionName(v.Type().Name()), k)
				continue
			}
			set = k
		}
		d.field(v, i, obj[k], joinPath(path, snake(k)))
	}
}

func (d *decoder) field(parent reflect.Value, i int, tree any, path string) {
	v := parent.Field(i)
	if d.value(v, tree, path) && v.Kind() != reflect.Pointer && v.Kind() != reflect.Slice && v.IsZero() {
		if force := parent.FieldByName("ForceSendFields"); force.IsValid() {
			force.Set(reflect.Append(force, reflect.ValueOf(parent.Type().Field(i).Name)))
		}
	}
}

// value reports whether the tree was of the field's kind.
func (d *decoder) value(v reflect.Value, tree any, path string) bool {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		if v.Elem().Kind() == reflect.Struct {
			d.message(v.Elem(), tree, path)
			return true
		}
		return d.value(v.Elem(), tree, path)
	case reflect.Struct:
		d.message(v, tree, path)
		return true
	case reflect.Slice:
		return d.list(v, tree, path)
	case reflect.Map:
		return d.entries(v, tree, path)
	case reflect.Interface:
		v.Set(reflect.ValueOf(tree))
		return true
	}
	if _, isList := tree.([]any); isList {
		parent, name := splitPath(path)
		d.fault(parent, "Invalid JSON payload received. Unknown name %q%s: Proto field is not repeating, cannot "+
			"start list.", name, at(parent))
		return false
	}
	if _, isObject := tree.(map[string]any); isObject {
		parent, name := splitPath(path)
		d.fault(parent, "Invalid JSON payload received. Unknown name %q%s: Cannot find field.", name, at(parent))
		return false
	}
	text, quoted := tree.(string)
	number, isNumber := tree.(json.Number)
	if isNumber {
		text = number.String()
	}
	switch v.Kind() {
	case reflect.String:
		if !quoted {
			d.fault(path, "Invalid value at '%s' (TYPE_STRING), %s", path, shown(tree))
			return false
		}
		v.SetString(text)
	case reflect.Bool:
		b, isBool := tree.(bool)
		if !isBool && (text != "true" && text != "false") {
			d.fault(path, "Invalid value at '%s' (TYPE_BOOL), %s", path, shown(tree))
			return false
		}
		v.SetBool(b || text == "true")
	case reflect.Int64, reflect.Int32, reflect.Int, reflect.Uint64:
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || n != float64(int64(n)) {
			d.fault(path, "Invalid value at '%s' (TYPE_INT32), %s", path, shown(tree))
			return false
		}
		if v.Kind() == reflect.Uint64 {
			v.SetUint(uint64(n))
		} else {
			v.SetInt(int64(n))
		}
	case reflect.Float64:
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			d.fault(path, "Invalid value at '%s' (TYPE_DOUBLE), %s", path, shown(tree))
			return false
		}
		v.SetFloat(n)
	}
	return true
}

func (d *decoder) list(v reflect.Value, tree any, path string) bool {
	items, ok := tree.([]any)
	if !ok {
		d.fault(path, "Invalid value at '%s' (type.googleapis.com/google.protobuf.ListValue), %s", path, shown(tree))
		return false
	}
	if rows, isGrid := v.Addr().Interface().(*[][]any); isGrid {
		*rows = d.grid(items, path)
		return true
	}
	out := reflect.MakeSlice(v.Type(), len(items), len(items))
	inner := v.Type().Elem()
	for i, item := range items {
		switch {
		case item == nil:
			d.fault(path, "Invalid value at '%s[%d]' (type.googleapis.com/google.apps.sheets.v4.%s), null",
				path, i, typeName(inner))
		case inner.Kind() == reflect.Interface:
			out.Index(i).Set(reflect.ValueOf(item))
		default:
			d.value(out.Index(i), item, fmt.Sprintf("%s[%d]", path, i))
		}
	}
	v.Set(out)
	return true
}

func typeName(t reflect.Type) string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Name()
}

// grid reads rows of cell values. For a row that is no list Google names the whole, not the element.
func (d *decoder) grid(items []any, path string) [][]any {
	rows := make([][]any, len(items))
	for i, item := range items {
		row, ok := item.([]any)
		if !ok && item != nil {
			d.fault(path, "Invalid value at '%s' (type.googleapis.com/google.protobuf.ListValue), %s", path,
				shown(item))
		}
		rows[i] = row
	}
	return rows
}

// names maps the JSON names of a struct, camel and snake case, to field numbers.
func (d *decoder) names(t reflect.Type) map[string]int {
	if m, ok := d.fields[t]; ok {
		return m
	}
	m := jsonFields(t)
	for name, i := range m {
		m[snake(name)] = i
	}
	d.fields[t] = m
	return m
}

func jsonFields(t reflect.Type) map[string]int {
	m := map[string]int{}
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if name != "" && name != "-" {
			m[name] = i
		}
	}
	return m
}

// sent reports whether a zero scalar was present in the body.
func sent(forced []string, name string) bool { return slices.Contains(forced, name) }

func isUnion(name string) bool { return name == "Request" || name == "ExtendedValue" }

func unionName(name string) string {
	if name == "Request" {
		return "kind"
	}
	return "value"
}

func snake(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r >= 'A' && r <= 'Z' {
			b.WriteByte('_')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

func joinPath(parent, name string) string {
	if parent == "" {
		return name
	}
	return parent + "." + name
}

func splitPath(path string) (parent, name string) {
	i := strings.LastIndexByte(path, '.')
	if i < 0 {
		return "", path
	}
	return path[:i], path[i+1:]
}

func at(path string) string {
	if path == "" {
		return ""
	}
	return " at '" + path + "'"
}

func shown(tree any) string {
	switch t := tree.(type) {
	case string:
		return strconv.Quote(t)
	case json.Number:
		return t.String()
	case bool:
		return strconv.FormatBool(t)
	}
	return "object"
}

// entries reads a map of text (appProperties) or of messages (the criteria of filters).
func (d *decoder) entries(v reflect.Value, tree any, path string) bool {
	obj, ok := tree.(map[string]any)
	if !ok {
		d.fault(path, "Invalid value%s (Map), %v", at(path), tree)
		return false
	}
	m := reflect.MakeMapWithSize(v.Type(), len(obj))
	keys := make([]string, 0, len(obj))
	for k := range obj {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		item := reflect.New(v.Type().Elem()).Elem()
		if item.Kind() == reflect.Struct {
			d.message(item, obj[k], joinPath(path, "value"))
		} else if text, ok := obj[k].(string); ok && item.Kind() == reflect.String {
			item.SetString(text)
		} else {
			d.fault(path, "Invalid value%s (TYPE_STRING), %v", at(path), obj[k])
			return false
		}
		m.SetMapIndex(reflect.ValueOf(k), item)
	}
	v.Set(m)
	return true
}
