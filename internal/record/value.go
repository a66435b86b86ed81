package record

import (
	"bytes"
	"iter"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// value is the text of one JSON value without blanks around it, nil for none. Its text is known to be valid: finding
// the ends of what is in it takes no more than counting brackets.
type value []byte

// kind returns the first byte of the value, '0' for all numbers, and 0 for no value.
func (v value) kind() byte {
	if len(v) == 0 {
		return 0
	}
	if c := v[0]; c != '-' && (c < '0' || c > '9') {
		return c
	}
	return '0'
}

// member is where a member of an object stands in the object's text.
type member struct {
	from, to  uint32 // with its name in quotes
	nameEnd   uint32
	valueFrom uint32
	plain     bool // the name's spelling is the name
}

func (m *member) value(text []byte) value { return text[m.valueFrom:m.to:m.to] }

func (m *member) name(text []byte) string {
	quoted := text[m.from:m.nameEnd]
	if m.plain {
		return string(quoted[1 : len(quoted)-1])
	}
	return unquote(quoted)
}

func (m *member) is(text []byte, name string) bool {
	if m.plain {
		return string(text[m.from+1:m.nameEnd-1]) == name
	}
	return unquote(text[m.from:m.nameEnd]) == name
}

// appendMembers appends the members of an object.
func (v value) appendMembers(list []member) []member {
	for i := skipBlanks(v, 1); v[i] != '}'; {
		var m member
		m, i = v.memberAt(i)
		list = append(list, m)
	}
	return list
}

// memberAt returns the member that begins at a position, and the position after it and its comma.
func (v value) memberAt(i int) (member, int) {
	m := member{from: uint32(i)}
	i = skipString(v, i)
	m.nameEnd = uint32(i)
	m.plain = isPlain(v[m.from+1 : i-1])
	i = skipBlanks(v, skipBlanks(v, i)+1)
	m.valueFrom = uint32(i)
	i = skipValue(v, i)
	m.to = uint32(i)
	if i = skipBlanks(v, i); v[i] == ',' {
		i = skipBlanks(v, i+1)
	}
	return m, i
}

// member returns the value of an object's member, or nil if there is none or the value is no object.
func (v value) member(name string) value {
	if v.kind() != '{' {
		return nil
	}
	var found value
	for i := skipBlanks(v, 1); v[i] != '}'; {
		var m member
		if m, i = v.memberAt(i); m.is(v, name) {
			found = m.value(v)
		}
	}
	return found
}

// elements yields the elements if the value is an array.
func (v value) elements() iter.Seq[value] {
	return func(yield func(value) bool) {
		if v.kind() != '[' {
			return
		}
		for i := skipBlanks(v, 1); v[i] != ']'; {
			end := skipValue(v, i)
			if !yield(v[i:end:end]) {
				return
			}
			if i = skipBlanks(v, end); v[i] == ',' {
				i = skipBlanks(v, i+1)
			}
		}
	}
}

// scalarText returns the value as text, "" for null, objects and arrays.
func (v value) scalarText() string {
	switch v.kind() {
	case '"':
		return unquote(v)
	case '0', 't', 'f':
		return string(v)
	}
	return ""
}

// isScalarText reports whether scalarText would return that text.
func (v value) isScalarText(text string) bool {
	if v.kind() == '"' && isPlain(v[1:len(v)-1]) {
		return string(v[1:len(v)-1]) == text
	}
	return v.scalarText() == text
}

// unquote decodes a string. What is not valid UTF-8 becomes U+FFFD, as encoding/json has it.
func unquote(quoted []byte) string {
	if inner := quoted[1 : len(quoted)-1]; bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return string(inner)
	}
	text, _ := jsontext.AppendUnquote(nil, quoted) // its error tells only of what was replaced
	return string(text)
}

func appendQuoted(b []byte, s string) []byte {
	b, _ = jsontext.AppendQuote(b, s) // likewise
	return b
}

// isPlain reports whether the inside of a quoted string is the string.
func isPlain(inner []byte) bool {
	for i, c := range inner {
		if c == '\\' {
			return false
		}
		if c >= utf8.RuneSelf {
			return bytes.IndexByte(inner[i:], '\\') < 0 && utf8.Valid(inner[i:])
		}
	}
	return true
}

// skipValue returns the position after the value that begins at i.
func skipValue(b []byte, i int) int {
	switch b[i] {
	case '"':
		return skipString(b, i)
	case '{', '[':
		return skipNested(b, i)
	}
	for i++; i < len(b); i++ {
		switch b[i] {
		case ',', '}', ']', ' ', '\t', '\r', '\n':
			return i
		}
	}
	return i
}

func skipNested(b []byte, i int) int {
	for depth := 0; ; {
		switch b[i] {
		case '"':
			i = skipString(b, i)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
		i++
	}
}

// skipString returns the position after the string that begins at i.
func skipString(b []byte, i int) int {
	for i++; b[i] != '"'; i++ {
		if b[i] == '\\' {
			i++
		}
	}
	return i + 1
}

func skipBlanks(b []byte, i int) int {
	for i < len(b) && isBlank(b[i]) {
		i++
	}
	return i
}

func trimBlanks(b []byte) []byte {
	b = b[skipBlanks(b, 0):]
	for len(b) > 0 && isBlank(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

func isBlank(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }
