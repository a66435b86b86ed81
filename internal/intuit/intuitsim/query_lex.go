package intuitsim

import (
	"fmt"
	"strings"
)

type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenWord
	tokenString
	tokenNumber
	tokenSymbol
)

type queryToken struct {
	kind         tokenKind
	text         string // a string without quotes and escapes
	line, column int
}

func (t queryToken) is(keyword string) bool {
	return t.kind == tokenWord && strings.EqualFold(t.text, keyword)
}

// isReserved reports whether the word can be neither an entity nor a property.
func (t queryToken) isReserved() bool {
	switch strings.ToLower(t.text) {
	case "select", "from", "where", "and", "or", "not", "in", "like", "order", "orderby", "by", "asc", "desc",
		"startposition", "maxresults", "true", "false", "iterator":
		return true
	}
	return false
}

// describe spells the token as the service's parser does in "Encountered …".
func (t queryToken) describe() string {
	switch {
	case t.kind == tokenEnd:
		return `"<EOF>"`
	case t.kind == tokenWord && !t.isReserved():
		return fmt.Sprintf(`" <IDENTIFIER> "%s ""`, t.text)
	case t.kind == tokenWord:
		return fmt.Sprintf(`" <%s> "%s ""`, strings.ToUpper(t.text), t.text)
	case t.kind == tokenNumber:
		return fmt.Sprintf(`" <INTEGER> "%s ""`, t.text)
	case t.kind == tokenString:
		return fmt.Sprintf(`" <STRING> "'%s' ""`, t.text)
	}
	return fmt.Sprintf(`" "%s" "%s ""`, t.text, t.text)
}

// lex splits a statement into tokens, the last of which is tokenEnd.
func lex(text string) ([]queryToken, *apiFault) {
	l := lexer{text: text, line: 1, column: 1}
	var out []queryToken
	for {
		t, fault := l.next()
		if fault != nil {
			return nil, fault
		}
		out = append(out, t)
		if t.kind == tokenEnd {
			return out, nil
		}
	}
}

type lexer struct {
	text         string
	pos          int
	line, column int
}

func (l *lexer) next() (queryToken, *apiFault) {
	for l.pos < len(l.text) && strings.IndexByte(" \t\r\n", l.text[l.pos]) >= 0 {
		l.step()
	}
	t := queryToken{line: l.line, column: l.column}
	if l.pos == len(l.text) {
		return t, nil
	}
	start := l.pos
	switch c := l.text[l.pos]; {
	case isLetter(c):
		for l.pos < len(l.text) && (isLetter(l.text[l.pos]) || isDigit(l.text[l.pos]) || l.text[l.pos] == '.') {
			l.step()
		}
		t.kind, t.text = tokenWord, l.text[start:l.pos]
	case isDigit(c), c == '-' && l.pos+1 < len(l.text) && isDigit(l.text[l.pos+1]):
		l.step()
		for l.pos < len(l.text) && (isDigit(l.text[l.pos]) || l.text[l.pos] == '.') {
			l.step()
		}
		t.kind, t.text = tokenNumber, l.text[start:l.pos]
	case c == '\'':
		return l.readQuoted(t)
	case c == '<' || c == '>':
		l.step()
		if l.pos < len(l.text) && l.text[l.pos] == '=' {
			l.step()
		}
		t.kind, t.text = tokenSymbol, l.text[start:l.pos]
	case strings.IndexByte("=(),*", c) >= 0:
		l.step()
		t.kind, t.text = tokenSymbol, l.text[start:l.pos]
	default:
		return t, parseFault(fmt.Sprintf("QueryParserError: Lexical error at line %d, column %d.  Encountered: %q "+
			"(%d), after : \"\"", l.line, l.column, string(c), c))
	}
	return t, nil
}

// readQuoted reads a single-quoted string; a backslash escapes the quote and itself.
func (l *lexer) readQuoted(t queryToken) (queryToken, *apiFault) {
	start := l.pos
	l.step()
	var b strings.Builder
	for l.pos < len(l.text) {
		switch c := l.text[l.pos]; {
		case c == '\\' && l.pos+1 < len(l.text) && strings.IndexByte(`'\`, l.text[l.pos+1]) >= 0:
			l.step()
			b.WriteByte(l.text[l.pos])
		case c == '\'':
			l.step()
			t.kind, t.text = tokenString, b.String()
			return t, nil
		default:
			b.WriteByte(c)
		}
		l.step()
	}
	return t, parseFault(fmt.Sprintf("QueryParserError: Lexical error at line %d, column %d.  Encountered: <EOF> "+
		"after : %q", l.line, l.column, l.text[start:]))
}

func (l *lexer) step() {
	l.column++
	if l.text[l.pos] == '\n' {
		l.line++
		l.column = 1
	}
	l.pos++
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
