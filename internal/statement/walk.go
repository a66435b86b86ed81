package statement

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// rawEntry is one entry of an answer's lists of rows, with all that stands in it. The answer itself is one, too.
type rawEntry struct {
	group                          string
	header, plain, summary         []string // cells; nil if there are none
	hasHeader, hasSummary, hasRows bool
	stray                          [][]string // rows of cells in any other place
	below                          []*rawEntry
}

// walkAnswer lists all rows of cells in an answer, wherever they stand. It shares no code with what makes sections and
// leaves of them, so that the two can prove each other.
func walkAnswer(body []byte) (*rawEntry, error) {
	w := &answerWalk{dec: json.NewDecoder(bytes.NewReader(body))}
	w.dec.UseNumber()
	root := &rawEntry{}
	if err := w.value("", root); err != nil {
		return nil, fmt.Errorf("counting a report's cells: %w", err)
	}
	if _, err := w.dec.Token(); err != io.EOF {
		return nil, fmt.Errorf("counting a report's cells: %w", errNoReport)
	}
	return root, nil
}

type answerWalk struct{ dec *json.Decoder }

// value walks one value in an entry; member is the name under which it, or the list around it, stands.
func (w *answerWalk) value(member string, in *rawEntry) error {
	token, err := w.dec.Token()
	if err != nil {
		return fmt.Errorf("reading a token: %w", err)
	}
	open, ok := token.(json.Delim)
	if !ok {
		if strings.EqualFold(member, "group") && token != nil {
			in.group = fmt.Sprint(token)
		}
		return nil
	}
	if open == '{' {
		in = in.enter(member)
	}
	for w.dec.More() {
		name := member
		if open == '{' {
			key, err := w.dec.Token()
			if err != nil {
				return fmt.Errorf("reading a name: %w", err)
			}
			name, _ = key.(string)
			if strings.EqualFold(name, "ColData") {
				if err := w.row(member, in); err != nil {
					return err
				}
				continue
			}
		}
		if err := w.value(name, in); err != nil {
			return err
		}
	}
	if _, err := w.dec.Token(); err != nil {
		return fmt.Errorf("reading the end: %w", err)
	}
	return nil
}

// enter notes that an object begins under a name, and returns the entry that it is part of.
func (e *rawEntry) enter(member string) *rawEntry {
	switch strings.ToLower(member) {
	case "header":
		e.hasHeader = true
	case "summary":
		e.hasSummary = true
	case "rows":
		e.hasRows = true
	case "row":
		e.below = append(e.below, &rawEntry{})
		return e.below[len(e.below)-1]
	}
	return e
}

func (w *answerWalk) row(member string, in *rawEntry) error {
	var list []struct{ Value any }
	if err := w.dec.Decode(&list); err != nil {
		return fmt.Errorf("reading a row: %w", err)
	}
	cells := make([]string, len(list))
	for i, c := range list {
		if c.Value != nil {
			cells[i] = fmt.Sprint(c.Value)
		}
	}
	switch strings.ToLower(member) {
	case "header":
		in.header = cells
	case "row":
		in.plain = cells
	case "summary":
		in.summary = cells
	default:
		in.stray = append(in.stray, cells)
	}
	return nil
}

// count returns how many rows of cells there are.
func (e *rawEntry) count() int {
	n := len(e.stray)
	for _, cells := range [][]string{e.header, e.plain, e.summary} {
		if holds(cells, 0) {
			n++
		}
	}
	for _, b := range e.below {
		n += b.count()
	}
	return n
}

// holds reports whether there is anything in the cells from an index on.
func holds(cells []string, from int) bool {
	for i, text := range cells {
		if i >= from && strings.TrimSpace(text) != "" {
			return true
		}
	}
	return false
}

// drop removes the last row of cells with that text. It reports whether there was one.
func (e *rawEntry) drop(text string) bool {
	for i := len(e.below) - 1; i >= 0; i-- {
		if e.below[i].drop(text) {
			return true
		}
	}
	for _, cells := range []*[]string{&e.summary, &e.plain, &e.header} {
		if holds(*cells, 0) && strings.TrimSpace(strings.Join(*cells, "")) == text {
			*cells = nil
			e.hasSummary = e.hasSummary && cells != &e.summary
			return true
		}
	}
	return false
}
