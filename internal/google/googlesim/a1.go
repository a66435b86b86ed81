package googlesim

import (
	"regexp"
	"strconv"
	"strings"
)

// maxColumns is ZZZ, the last column a tab can have.
const maxColumns = 18278

// columnName returns the letters of a column counted from 0.
func columnName(c int) string {
	var b []byte
	for c++; c > 0; c = (c - 1) / 26 {
		b = append([]byte{byte('A' + (c-1)%26)}, b...)
	}
	return string(b)
}

// columnNumber reads one to three letters; ok is false for anything else.
func columnNumber(letters string) (int, bool) {
	if len(letters) == 0 || len(letters) > 3 {
		return 0, false
	}
	n := 0
	for _, r := range strings.ToUpper(letters) {
		if r < 'A' || r > 'Z' {
			return 0, false
		}
		n = n*26 + int(r-'A') + 1
	}
	return n - 1, n <= maxColumns
}

func cellName(r, c int) string { return columnName(c) + strconv.Itoa(r+1) }

var (
	cornerPattern = regexp.MustCompile(`^(\$?)([A-Za-z]{0,3})(\$?)([0-9]{0,8})$`)
	rowColPattern = regexp.MustCompile(`^[Rr]([1-9][0-9]{0,7})[Cc]([1-9][0-9]{0,7})$`)
	plainTitle    = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.]*$`)
	cellLike      = regexp.MustCompile(`^([A-Za-z]{1,3}[0-9]+|[Rr][0-9]*[Cc][0-9]*)$`)
)

// corner is one side of an A1 range; a part that is absent is -1.
type corner struct {
	row, col       int
	rowAbs, colAbs bool
}

func parseCorner(text string) (corner, bool) {
	m := cornerPattern.FindStringSubmatch(text)
	if m == nil || text == "" {
		return corner{}, false
	}
	k := corner{row: -1, col: -1}
	if m[2] != "" {
		col, ok := columnNumber(m[2])
		if !ok {
			return corner{}, false
		}
		k.col, k.colAbs = col, m[1] == "$"
		k.rowAbs = m[3] == "$"
	} else {
		// "$5": the first dollar belongs to the row.
		if m[1] == "$" && m[3] == "$" {
			return corner{}, false
		}
		k.rowAbs = m[1] == "$" || m[3] == "$"
	}
	if m[4] != "" {
		n, err := strconv.Atoi(m[4])
		if err != nil || n < 1 {
			return corner{}, false
		}
		k.row = n - 1
	} else if k.rowAbs {
		return corner{}, false
	}
	return k, k.row >= 0 || k.col >= 0
}

// quoteTitle writes a tab's title as Google does in answers: quoted unless it is a plain word that
// cannot be taken for a cell.
func quoteTitle(title string) string {
	if plainTitle.MatchString(title) && !cellLike.MatchString(title) {
		return title
	}
	return "'" + strings.ReplaceAll(title, "'", "''") + "'"
}

// a1 writes a bounded area with its tab's title.
func (st *state) a1(a area) string {
	s := st.sheet(a.sheet)
	if s == nil {
		return "#REF!"
	}
	return quoteTitle(s.title) + "!" + areaName(a)
}

// areaName writes an area without its tab.
func areaName(a area) string {
	switch {
	case a.r2 < 0 && a.c2 < 0:
		return cellName(a.r1, a.c1) + ":"
	case a.r2 < 0 && a.r1 == 0:
		return columnName(a.c1) + ":" + columnName(a.c2-1)
	case a.r2 < 0:
		return cellName(a.r1, a.c1) + ":" + columnName(a.c2-1)
	case a.c2 < 0:
		return strconv.Itoa(a.r1+1) + ":" + strconv.Itoa(a.r2)
	case a.r2 == a.r1+1 && a.c2 == a.c1+1:
		return cellName(a.r1, a.c1)
	}
	return cellName(a.r1, a.c1) + ":" + cellName(a.r2-1, a.c2-1)
}

// parseRange reads the range grammar of the values methods.
func (st *state) parseRange(text string) (area, error) {
	refused := badRequest("Unable to parse range: %s", text)
	title, rest, hasTitle, ok := splitTitle(text)
	if !ok {
		return area{}, refused
	}
	if !hasTitle {
		if n := st.namedRange(rest); n != nil && !n.lost {
			return n.area, nil
		}
		if a, ok := parseArea(rest); ok {
			s := st.firstVisible()
			if s == nil {
				return area{}, refused
			}
			a.sheet = s.id
			return a, nil
		}
		if s := st.tab(rest); s != nil {
			return area{sheet: s.id, r2: -1, c2: -1}, nil
		}
		return area{}, refused
	}
	s := st.tab(title)
	if s == nil {
		return area{}, refused
	}
	if rest == "" && strings.HasSuffix(text, "'") {
		return area{sheet: s.id, r2: -1, c2: -1}, nil
	}
	a, ok := parseArea(rest)
	if !ok {
		return area{}, refused
	}
	a.sheet = s.id
	return a, nil
}

// splitTitle takes the tab's title, quoted or bare, off a range.
func splitTitle(text string) (title, rest string, hasTitle, ok bool) {
	if !strings.HasPrefix(text, "'") {
		title, rest, hasTitle = strings.Cut(text, "!")
		if !hasTitle {
			return "", text, false, text != ""
		}
		return title, rest, true, title != "" && rest != ""
	}
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		if text[i] != '\'' {
			b.WriteByte(text[i])
			continue
		}
		if i+1 < len(text) && text[i+1] == '\'' {
			b.WriteByte('\'')
			i++
			continue
		}
		rest = text[i+1:]
		if rest == "" {
			return b.String(), "", true, true
		}
		return b.String(), strings.TrimPrefix(rest, "!"), true, strings.HasPrefix(rest, "!") && len(rest) > 1
	}
	return "", "", false, false
}

// parseArea reads A1, A1:B2, A:C, 3:5, A5:B and R1C1 notations.
func parseArea(text string) (area, bool) {
	first, second, two := strings.Cut(text, ":")
	if m := rowColPattern.FindStringSubmatch(first); m != nil {
		return parseRowCol(m, second, two)
	}
	from, ok := parseCorner(first)
	if !ok {
		return area{}, false
	}
	to := from
	if two {
		if to, ok = parseCorner(second); !ok {
			return area{}, false
		}
	} else if from.row < 0 || from.col < 0 {
		return area{}, false
	}
	return cornersArea(from, to)
}

func parseRowCol(m []string, second string, two bool) (area, bool) {
	number := func(s string) int { n, _ := strconv.Atoi(s); return n - 1 }
	from := corner{row: number(m[1]), col: number(m[2])}
	to := from
	if two {
		n := rowColPattern.FindStringSubmatch(second)
		if n == nil {
			return area{}, false
		}
		to = corner{row: number(n[1]), col: number(n[2])}
	}
	return cornersArea(from, to)
}

// cornersArea joins two corners, sorted; a part missing on either side is open.
func cornersArea(from, to corner) (area, bool) {
	a := area{r2: -1, c2: -1}
	switch {
	case from.col >= 0 && to.col >= 0:
		a.c1, a.c2 = min(from.col, to.col), max(from.col, to.col)+1
	case from.col < 0 && to.col < 0:
	default:
		a.c1 = max(from.col, to.col)
	}
	switch {
	case from.row >= 0 && to.row >= 0:
		a.r1, a.r2 = min(from.row, to.row), max(from.row, to.row)+1
	case from.row < 0 && to.row < 0:
	default:
		a.r1 = max(from.row, to.row)
	}
	// "A5:7" and the like name neither a rectangle nor an open one.
	return a, !(a.r2 < 0 && a.c2 < 0)
}
