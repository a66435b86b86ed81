package cli

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/term"
)

// screenWidth returns how many characters fit on a line of w: as COLUMNS says, or the terminal that w is. It is 0 if w
// is a file or a pipe, where lines may be as long as they like.
func screenWidth(w io.Writer) int {
	if !isTerminal(w) {
		return 0
	}
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	width, _, err := term.GetSize(int(w.(*os.File).Fd()))
	if err != nil {
		return 0
	}
	return width
}

// isTerminal reports whether w is a terminal.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// column is a column of a printed table.
type column[T any] struct {
	title string
	text  func(T, *time.Location) string
	rank  int  // of columns that may be left out, the smallest goes first; 0 stays
	cut   bool // its texts are cut as far as needed once no more columns can go
}

const (
	columnGap = 2
	leastCut  = 8 // characters that are left of a text that is cut
)

// printTable prints rows below the titles of their columns, in lines of at most width characters if that can be done by
// leaving columns out and cutting texts; a width of 0 means no limit. Texts are put on one line.
func printTable[T any](w io.Writer, columns []column[T], rows []T, zone *time.Location, width int) error {
	columns = slices.Clone(columns)
	lines := make([][]string, len(rows)+1)
	for _, c := range columns {
		lines[0] = append(lines[0], c.title)
		for i, row := range rows {
			lines[i+1] = append(lines[i+1], strings.Join(strings.Fields(c.text(row, zone)), " "))
		}
	}
	for width > 0 && tableWidth(lines) > width {
		least := -1
		for i, c := range columns {
			if c.rank > 0 && (least < 0 || c.rank < columns[least].rank) {
				least = i
			}
		}
		if least < 0 {
			break
		}
		columns = slices.Delete(columns, least, least+1)
		for i := range lines {
			lines[i] = slices.Delete(lines[i], least, least+1)
		}
	}
	if i := slices.IndexFunc(columns, func(c column[T]) bool { return c.cut }); i >= 0 && width > 0 {
		most := columnWidth(lines, i) - max(tableWidth(lines)-width, 0)
		for _, line := range lines {
			line[i] = cutTo(line[i], max(most, leastCut))
		}
	}
	return writeTable(w, lines)
}

func writeTable(w io.Writer, lines [][]string) error {
	widths := make([]int, len(lines[0]))
	for i := range widths {
		widths[i] = columnWidth(lines, i)
	}
	for _, line := range lines {
		var b strings.Builder
		for i, text := range line {
			b.WriteString(text)
			if i < len(line)-1 {
				b.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(text)+columnGap))
			}
		}
		if _, err := fmt.Fprintln(w, b.String()); err != nil {
			return err
		}
	}
	return nil
}

func tableWidth(lines [][]string) int {
	width := -columnGap
	for i := range lines[0] {
		width += columnWidth(lines, i) + columnGap
	}
	return width
}

func columnWidth(lines [][]string, i int) int {
	width := 0
	for _, line := range lines {
		width = max(width, utf8.RuneCountInString(line[i]))
	}
	return width
}

// cutTo returns a text of at most so many characters.
func cutTo(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most-1]) + "…"
}

// statusLine shows what happens now: on a terminal as one line that is drawn anew, elsewhere as a line for each change.
type statusLine struct {
	w     io.Writer
	width int // of the terminal; 0 if w is none
	last  string
}

func newStatusLine(w io.Writer) *statusLine { return &statusLine{w: w, width: screenWidth(w)} }

// The control sequences with which a terminal goes back to the beginning of the line and forgets what follows.
const redraw = "\r\x1b[K"

// show shows a line, unless it is shown already.
func (s *statusLine) show(line string) {
	if line == s.last {
		return
	}
	s.last = line
	if s.width == 0 {
		fmt.Fprintln(s.w, line)
		return
	}
	fmt.Fprint(s.w, redraw+cutTo(strings.Join(strings.Fields(line), " "), max(s.width-1, leastCut)))
}

// clear takes the line away from a terminal, before something else is printed.
func (s *statusLine) clear() {
	if s.width > 0 && s.last != "" {
		fmt.Fprint(s.w, redraw)
	}
	s.last = ""
}
