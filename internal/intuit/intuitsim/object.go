package intuitsim

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// object is a JSON object that keeps the order of its members. Values are string, number, bool, int, object,
// []object, []string or json.RawMessage.
type object []member

type member struct {
	name  string
	value any
}

// number is the text of a JSON number, spelt as it goes on the wire.
type number string

func (o *object) set(name string, value any) { *o = append(*o, member{name, value}) }

// opt adds a member unless its value is empty: QuickBooks leaves empty attributes out.
func (o *object) opt(name string, value any) {
	switch v := value.(type) {
	case string:
		if v == "" {
			return
		}
	case object:
		if len(v) == 0 {
			return
		}
	case []object:
		if len(v) == 0 {
			return
		}
	}
	o.set(name, value)
}

// get returns the value at a dotted path of members.
func (o object) get(path string) (any, bool) {
	name, rest, nested := strings.Cut(path, ".")
	for i := range o {
		if o[i].name != name {
			continue
		}
		if !nested {
			return o[i].value, true
		}
		if child, ok := o[i].value.(object); ok {
			return child.get(rest)
		}
		return nil, false
	}
	return nil, false
}

func (o object) appendJSON(b []byte) []byte {
	b = append(b, '{')
	for i := range o {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, o[i].name)
		b = append(b, ':')
		b = appendValue(b, o[i].value)
	}
	return append(b, '}')
}

func appendValue(b []byte, value any) []byte {
	switch v := value.(type) {
	case string:
		return appendString(b, v)
	case number:
		return append(b, v...)
	case bool:
		return strconv.AppendBool(b, v)
	case int:
		return strconv.AppendInt(b, int64(v), 10)
	case object:
		return v.appendJSON(b)
	case []object:
		b = append(b, '[')
		for i := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = v[i].appendJSON(b)
		}
		return append(b, ']')
	case []string:
		b = append(b, '[')
		for i := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendString(b, v[i])
		}
		return append(b, ']')
	case json.RawMessage:
		return append(b, v...)
	}
	return append(b, "null"...)
}

func appendString(b []byte, s string) []byte {
	plain := true
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			plain = false
			break
		}
	}
	if plain {
		b = append(b, '"')
		b = append(b, s...)
		return append(b, '"')
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return append(b, `""`...)
	}
	return append(b, bytes.TrimRight(buf.Bytes(), "\n")...)
}

// parseObject reads one JSON object, keeping the order of members and the spelling of numbers.
func parseObject(raw []byte) (object, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	value, err := decodeValue(dec)
	if err != nil {
		return nil, err
	}
	o, ok := value.(object)
	if !ok {
		return nil, errNotObject
	}
	return o, nil
}

func decodeValue(dec *json.Decoder) (any, error) {
	tok, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch v := tok.(type) {
	case json.Delim:
		if v == '{' {
			return decodeObject(dec)
		}
		return decodeArray(dec)
	case json.Number:
		return number(v), nil
	case string:
		return v, nil
	case bool:
		return v, nil
	}
	return nil, nil
}

func decodeObject(dec *json.Decoder) (object, error) {
	o := object{}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, err
		}
		value, err := decodeValue(dec)
		if err != nil {
			return nil, err
		}
		text, _ := name.(string)
		o.set(text, value)
	}
	_, err := dec.Token()
	return o, err
}

// decodeArray returns []object for objects and []string for the rest; QuickBooks nests no arrays in arrays.
func decodeArray(dec *json.Decoder) (any, error) {
	objects, texts := []object{}, []string{}
	for dec.More() {
		value, err := decodeValue(dec)
		if err != nil {
			return nil, err
		}
		switch v := value.(type) {
		case object:
			objects = append(objects, v)
		case string:
			texts = append(texts, v)
		case number:
			texts = append(texts, string(v))
		}
	}
	_, err := dec.Token()
	if len(texts) > 0 {
		return texts, err
	}
	return objects, err
}

// stamp spells an instant as record metadata does, in the company's zone.
func stamp(t time.Time, zone *time.Location) string {
	return t.In(zone).Format("2006-01-02T15:04:05-07:00")
}

// stampMillis spells an instant as the top-level time of an answer.
func stampMillis(t time.Time, zone *time.Location) string {
	return t.In(zone).Format("2006-01-02T15:04:05.000-07:00")
}
