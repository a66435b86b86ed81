package api

import (
	"encoding/json"
	"fmt"

	"ledgersheet/internal/problem"
)

// object reads the members of a JSON object one by one. It collects members of the wrong type and members that nobody
// asked for, by their paths, so that a caller learns of all faults at once. null counts as absent everywhere.
type object struct {
	path    string // of the object itself; empty for the body
	members map[string]any
	asked   map[string]bool
	bad     *problem.Collect
}

func newObject(path string, members map[string]any, bad *problem.Collect) *object {
	return &object{path: path, members: members, asked: map[string]bool{}, bad: bad}
}

// text returns a member that must be a string; empty if absent.
func (o *object) text(key string) string {
	v := o.take(key)
	s, ok := v.(string)
	if v != nil && !ok {
		o.addWrongType(key, "text", v)
	}
	return s
}

// truth returns a member that must be true or false, and missing if it is absent.
func (o *object) truth(key string, missing bool) bool {
	v := o.take(key)
	if v == nil {
		return missing
	}
	b, ok := v.(bool)
	if v != nil && !ok {
		o.addWrongType(key, "true or false", v)
	}
	return b
}

// scalar returns, as text, a member that may be text, a number or a boolean.
func (o *object) scalar(key string) string {
	switch v := o.take(key).(type) {
	case nil:
		return ""
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return fmt.Sprint(v)
	default:
		o.addWrongType(key, "text, a number, true or false", v)
		return ""
	}
}

// list returns a member that must be an array; nil if absent.
func (o *object) list(key string) []any {
	v := o.take(key)
	l, ok := v.([]any)
	if v != nil && !ok {
		o.addWrongType(key, "a list", v)
	}
	return l
}

// texts returns a member that must be an array of strings.
func (o *object) texts(key string) []string {
	var all []string
	for i, v := range o.list(key) {
		s, ok := v.(string)
		if !ok {
			o.addWrongType(fmt.Sprintf("%s[%d]", key, i), "text", v)
		}
		all = append(all, s)
	}
	return all
}

// object returns a member that must be an object; an empty one if absent.
func (o *object) object(key string) *object {
	v := o.take(key)
	members, ok := v.(map[string]any)
	if v != nil && !ok {
		o.addWrongType(key, "an object", v)
	}
	return newObject(o.at(key), members, o.bad)
}

// objects returns a member that must be an array of objects.
func (o *object) objects(key string) []*object {
	var all []*object
	for i, v := range o.list(key) {
		place := fmt.Sprintf("%s[%d]", key, i)
		members, ok := v.(map[string]any)
		if !ok {
			o.addWrongType(place, "an object", v)
		}
		all = append(all, newObject(o.at(place), members, o.bad))
	}
	return all
}

// ignore accepts members that answers have but requests need not.
func (o *object) ignore(keys ...string) {
	for _, k := range keys {
		o.asked[k] = true
	}
}

// refuseUnknown reports every member that was not asked for.
func (o *object) refuseUnknown() {
	for k := range o.members {
		if !o.asked[k] {
			o.bad.Add(o.at(k), "is not known here")
		}
	}
}

func (o *object) take(key string) any {
	o.asked[key] = true
	return o.members[key]
}

func (o *object) at(key string) string {
	if o.path == "" {
		return key
	}
	return o.path + "." + key
}

func (o *object) addWrongType(key, want string, got any) {
	o.bad.Add(o.at(key), "must be %s, not %s", want, typeName(got))
}

func typeName(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case string:
		return "text"
	case json.Number:
		return "a number"
	case bool:
		return "true or false"
	case []any:
		return "a list"
	}
	return "an object"
}
