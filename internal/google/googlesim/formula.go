package googlesim

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// formula is what a cell computes: its text cut into tokens, so that references can follow inserted,
// deleted and renamed things. It is never changed; shifting gives a new one.
type formula struct {
	tokens []token
	tree   *node // nil when the text is not a formula Sheets can read: the cell shows #ERROR!
}

type tokenKind uint8

const (
	tokenOperator tokenKind = iota
	tokenSpace
	tokenNumber
	tokenString
	tokenName // a function, TRUE, FALSE or a named range
	tokenReference
	tokenError
)

type token struct {
	kind tokenKind
	text string
	ref  reference
}

// reference is a cell or range inside a formula; a bound of -1 is open (A:A, 3:5, A5:A).
// Bounds are inclusive.
type reference struct {
	titled     bool   // written with a tab's title
	sheet      int64  // the tab meant, if titled
	unresolved string // the title of a tab that is gone or never was; such a reference stays broken
	lost       bool   // the cells were deleted: #REF!
	from, to   corner
}

var (
	numberPattern = regexp.MustCompile(`^([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?`)
	rowsPattern   = regexp.MustCompile(`^\$?[0-9]+:\$?[0-9]+`)
	errorPattern  = regexp.MustCompile(`^#(REF!|N/A|VALUE!|DIV/0!|NAME\?|NUM!|ERROR!|NULL!)`)
)

// parseFormula parses the text after the equals sign. Titles are resolved once, here. Text that is not a formula is
// kept as it is.
func (st *state) parseFormula(text string) *formula {
	f := &formula{}
	for rest := text; rest != ""; {
		t, n := st.nextToken(rest)
		if n == 0 {
			return &formula{tokens: []token{{kind: tokenOperator, text: text}}}
		}
		f.tokens = append(f.tokens, t)
		rest = rest[n:]
	}
	if f.tree = parseTree(f.tokens); f.tree == nil {
		return &formula{tokens: []token{{kind: tokenOperator, text: text}}}
	}
	return f
}

// nextToken returns the token at the start of the text and its length.
func (st *state) nextToken(s string) (token, int) {
	switch c := s[0]; {
	case c == ' ' || c == '\n' || c == '\t':
		n := len(s) - len(strings.TrimLeft(s, " \n\t"))
		return token{kind: tokenSpace, text: s[:n]}, n
	case c == '"':
		for i := 1; i < len(s); i++ {
			if s[i] != '"' {
				continue
			}
			if i+1 < len(s) && s[i+1] == '"' {
				i++
				continue
			}
			return token{kind: tokenString, text: s[:i+1]}, i + 1
		}
		return token{}, 0
	case c == '\'':
		return st.quotedReference(s)
	case c == '#':
		if m := errorPattern.FindString(s); m != "" {
			return token{kind: tokenError, text: m}, len(m)
		}
		return token{}, 0
	case strings.HasPrefix(s, "<=") || strings.HasPrefix(s, ">=") || strings.HasPrefix(s, "<>"):
		return token{kind: tokenOperator, text: s[:2]}, 2
	case strings.IndexByte("+-*/^&=<>(),;%{}", c) >= 0:
		return token{kind: tokenOperator, text: s[:1]}, 1
	}
	if m := rowsPattern.FindString(s); m != "" {
		if t, n := areaToken(m); n == len(m) {
			return t, n
		}
	}
	if m := numberPattern.FindString(s); m != "" {
		return token{kind: tokenNumber, text: m}, len(m)
	}
	word := leadingWord(s)
	if word == "" {
		return token{}, 0
	}
	if strings.HasPrefix(s[len(word):], "!") {
		t, n := areaToken(s[len(word)+1:])
		if n == 0 {
			return token{}, 0
		}
		st.meanTab(&t.ref, word)
		return t, len(word) + 1 + n
	}
	if !strings.HasPrefix(strings.TrimLeft(s[len(word):], " "), "(") {
		if t, n := areaToken(s); n > 0 {
			return t, n
		}
	}
	return token{kind: tokenName, text: word}, len(word)
}

func (st *state) quotedReference(s string) (token, int) {
	for i := 1; i < len(s); i++ {
		if s[i] != '\'' {
			continue
		}
		if i+1 < len(s) && s[i+1] == '\'' {
			i++
			continue
		}
		if !strings.HasPrefix(s[i+1:], "!") || i == 1 {
			return token{}, 0
		}
		t, n := areaToken(s[i+2:])
		if n == 0 {
			return token{}, 0
		}
		st.meanTab(&t.ref, strings.ReplaceAll(s[1:i], "''", "'"))
		return t, i + 2 + n
	}
	return token{}, 0
}

func (st *state) meanTab(r *reference, title string) {
	r.titled = true
	if s := st.tab(title); s != nil {
		r.sheet = s.id
		return
	}
	r.unresolved = title
}

func leadingWord(s string) string {
	for i, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && r != '.' && r != '$' {
			return s[:i]
		}
	}
	return s
}

// areaToken reads A1, A1:B2, A:C, 3:5 or A5:B at the start of the text, or a broken #REF!.
func areaToken(s string) (token, int) {
	if strings.HasPrefix(s, "#REF!") {
		return token{kind: tokenReference, ref: reference{lost: true}}, 5
	}
	first := leadingWord(s)
	from, ok := parseCorner(first)
	if !ok {
		return token{}, 0
	}
	n := len(first)
	if strings.HasPrefix(s[n:], ":") {
		second := leadingWord(s[n+1:])
		if to, ok := parseCorner(second); ok {
			if _, fits := cornersArea(from, to); fits {
				return token{kind: tokenReference, ref: sorted(reference{from: from, to: to})}, n + 1 + len(second)
			}
		}
	}
	if from.row < 0 || from.col < 0 {
		return token{}, 0
	}
	return token{kind: tokenReference, ref: reference{from: from, to: from}}, n
}

// sorted puts the upper left corner first, as Sheets stores references.
func sorted(r reference) reference {
	if r.from.row >= 0 && r.to.row >= 0 && r.from.row > r.to.row || r.from.row < 0 && r.to.row >= 0 {
		r.from.row, r.to.row = r.to.row, r.from.row
		r.from.rowAbs, r.to.rowAbs = r.to.rowAbs, r.from.rowAbs
	}
	if r.from.col >= 0 && r.to.col >= 0 && r.from.col > r.to.col || r.from.col < 0 && r.to.col >= 0 {
		r.from.col, r.to.col = r.to.col, r.from.col
		r.from.colAbs, r.to.colAbs = r.to.colAbs, r.from.colAbs
	}
	return r
}

// area is the cells a reference means; home is the tab of the formula. ok is false for a broken one.
func (r reference) area(st *state, home int64) (area, bool) {
	if r.lost || r.unresolved != "" {
		return area{}, false
	}
	a := area{sheet: home, r1: max(r.from.row, 0), c1: max(r.from.col, 0), r2: -1, c2: -1}
	if r.titled {
		a.sheet = r.sheet
	}
	if r.to.row >= 0 {
		a.r2 = r.to.row + 1
	}
	if r.to.col >= 0 {
		a.c2 = r.to.col + 1
	}
	return a, st.sheet(a.sheet) != nil
}

func (r reference) single() bool {
	return r.from.row == r.to.row && r.from.col == r.to.col && r.from.row >= 0 && r.from.col >= 0
}

// text writes the formula with its equals sign, titles as they are now.
func (f *formula) text(st *state) string {
	var b strings.Builder
	b.WriteByte('=')
	for _, t := range f.tokens {
		if t.kind != tokenReference {
			b.WriteString(t.text)
			continue
		}
		b.WriteString(t.ref.text(st))
	}
	return b.String()
}

func (r reference) text(st *state) string {
	if r.unresolved != "" {
		return quoteTitle(r.unresolved) + "!" + r.cells()
	}
	if r.lost && !(r.titled && st.how.LostReferenceKeepsTab) {
		return "#REF!"
	}
	if !r.titled {
		return r.cells()
	}
	s := st.sheet(r.sheet)
	if s == nil {
		return "#REF!"
	}
	return quoteTitle(s.title) + "!" + r.cells()
}

func (r reference) cells() string {
	if r.lost {
		return "#REF!"
	}
	if r.single() {
		return r.from.text()
	}
	return r.from.text() + ":" + r.to.text()
}

func (k corner) text() string {
	var b strings.Builder
	if k.col >= 0 {
		if k.colAbs {
			b.WriteByte('$')
		}
		b.WriteString(columnName(k.col))
	}
	if k.row >= 0 {
		if k.rowAbs {
			b.WriteByte('$')
		}
		b.WriteString(strconv.Itoa(k.row + 1))
	}
	return b.String()
}

// mapReferences returns the formula with each reference replaced, or the same one if none changed.
func (f *formula) mapReferences(change func(reference) reference) *formula {
	var out *formula
	for i, t := range f.tokens {
		if t.kind != tokenReference {
			continue
		}
		r := change(t.ref)
		if r == t.ref {
			continue
		}
		if out == nil {
			out = &formula{tokens: append([]token(nil), f.tokens...)}
		}
		out.tokens[i].ref = r
	}
	if out == nil {
		return f
	}
	if f.tree != nil {
		out.tree = parseTree(out.tokens)
	}
	return out
}

// pasted returns the formula as copied by dr rows and dc columns: relative parts move.
func (f *formula) pasted(dr, dc int) *formula {
	if dr == 0 && dc == 0 {
		return f
	}
	move := func(n *int, abs bool, by, limit int) bool {
		if *n < 0 || abs {
			return true
		}
		*n += by
		return *n >= 0 && *n < limit
	}
	return f.mapReferences(func(r reference) reference {
		if r.lost {
			return r
		}
		ok := move(&r.from.row, r.from.rowAbs, dr, 10_000_000)
		ok = move(&r.to.row, r.to.rowAbs, dr, 10_000_000) && ok
		ok = move(&r.from.col, r.from.colAbs, dc, maxColumns) && ok
		ok = move(&r.to.col, r.to.colAbs, dc, maxColumns) && ok
		if !ok {
			return reference{lost: true}
		}
		return sorted(r)
	})
}
