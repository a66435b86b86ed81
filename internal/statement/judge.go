package statement

import (
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// What a row of cells is for its section.
const (
	asLeaf    = "data"
	asHeading = "heading"
	asTotal   = "total"
)

// judgedRow is a row of cells of the answer with its part in the section above.
type judgedRow struct {
	cells       []string
	plain       bool // the cells are the entry's own, not a header's or a summary's
	part, above string
}

// judge decides what is a leaf and what a total by where the cells stand and what the entry's group is. It shares
// neither code nor tables with arrangeRows: whatever one of the two gets wrong, the other one contradicts.
type judge struct {
	*arranged
	totals map[string]bool // groups of totals in any place
	closes map[string]bool // groups of totals if not in a section
	rows   []judgedRow
}

func (a *arranged) judgeAnswer(raw *rawEntry) []judgedRow {
	j := &judge{
		arranged: a,
		totals: map[string]bool{
			"grandtotal": true, "grossprofit": true, "netoperatingincome": true, "netotherincome": true,
		},
		closes: map[string]bool{
			"netincome": true, "cashincrease": true, "beginningcash": true, "endingcash": true, "nettaxowed": true,
		},
	}
	for _, name := range a.results {
		j.closes[strings.ToLower(name)] = true
	}
	j.list(raw, "", true)
	for _, cells := range raw.stray {
		j.rows = append(j.rows, judgedRow{cells: cells})
	}
	return j.rows
}

// list judges the entries of a list and returns what their leaves add up to, by column.
func (j *judge) list(in *rawEntry, above string, top bool) []decimal.Decimal {
	sum := make([]decimal.Decimal, len(j.columns))
	label := "" // of the section before, if it has not been closed
	for _, e := range in.below {
		if j.blank(e) {
			continue
		}
		head := e.head()
		name := j.name(e, head)
		if label != "" && name != label && strings.HasSuffix(name, label) && j.isBare(e) {
			j.add(e, head, asTotal, above)
			label = ""
			continue
		}
		label = ""
		if e.isSection() && !e.hasSummary && (j.hasBelow(e) || !j.holds(e, head, 1)) {
			label = name
		}
		for i, d := range j.entry(e, head, above, top) {
			sum[i] = sum[i].Add(d)
		}
	}
	return sum
}

// entry judges one entry and returns what its leaves add up to.
func (j *judge) entry(e *rawEntry, head []string, above string, top bool) []decimal.Decimal {
	for _, cells := range e.stray {
		j.add(e, cells, "", above)
	}
	if len(e.header) > 0 && j.holds(e, e.plain, 0) { // nothing reads cells beside a header
		j.add(e, e.plain, "", above)
	}
	isTotal := j.totals[strings.ToLower(e.group)] || (top && j.closes[strings.ToLower(e.group)])
	if !e.isSection() {
		return j.only(e, head, above, !isTotal)
	}
	amounts := j.holds(e, head, 1)
	name := j.name(e, head)
	headed := amounts || name != ""
	switch {
	case !j.hasBelow(e) && !headed: // nothing but a summary
		return j.only(e, e.summary, above, e.group == "**")
	case !j.hasBelow(e) && amounts && !e.hasSummary: // nothing but a header with amounts
		return j.only(e, head, above, e.group == "**" || (!isTotal && (e.group == "" || !top)))
	}
	sum := j.list(e, name, false)
	if part := asHeading; headed || j.hasBelow(e) {
		if amounts && !j.repeats(head, e.summary, sum, e) {
			part = asLeaf
			for i, d := range j.figures(e, head) {
				sum[i] = sum[i].Add(d)
			}
		}
		j.add(e, head, part, above)
	}
	j.add(e, e.summary, asTotal, above)
	return sum
}

// only adds an entry's one row of cells.
func (j *judge) only(e *rawEntry, cells []string, above string, leaf bool) []decimal.Decimal {
	if !leaf {
		j.add(e, cells, asTotal, above)
		return nil
	}
	j.add(e, cells, asLeaf, above)
	return j.figures(e, cells)
}

// repeats reports whether a header says again what the summary says and the leaves below add up to. If they do not, it
// still does if the header's amounts on top of theirs would be further off.
func (j *judge) repeats(head, summary []string, below []decimal.Decimal, e *rawEntry) bool {
	if !j.hasBelow(e) || !e.hasSummary {
		return false
	}
	other := false // than zero
	for i, c := range j.columns {
		if i == j.label {
			continue
		}
		if !c.additive {
			if said := j.text(head, i); said != "" && said != j.text(summary, i) {
				return false
			}
			continue
		}
		own, ownIs := j.figure(head, i)
		total, totalIs := j.figure(summary, i)
		without, with := below[i].Sub(total).Abs(), below[i].Add(own).Sub(total).Abs()
		fits := without.IsZero() || without.LessThan(with)
		if ownIs == unreadable || totalIs == unreadable || !own.Equal(total) || !fits {
			return false
		}
		other = other || !total.IsZero()
	}
	return other
}

// text returns a cell as it is spelt plainly.
func (j *judge) text(cells []string, at int) string {
	if at >= len(cells) {
		return ""
	}
	return plainText(j.spelling, j.columns[at].kind, cells[at])
}

func (j *judge) figure(cells []string, at int) (decimal.Decimal, meaning) {
	if at >= len(cells) {
		return decimal.Zero, nothing
	}
	return j.spelling.parse(cells[at])
}

// figures returns the amounts in a row of cells. What cannot be read is zero.
func (j *judge) figures(e *rawEntry, cells []string) []decimal.Decimal {
	shift := j.shift(e, cells)
	out := make([]decimal.Decimal, len(j.columns))
	for i := shift; i < len(out); i++ {
		out[i], _ = j.figure(cells, i-shift)
	}
	return out
}

func (j *judge) add(e *rawEntry, cells []string, part, above string) {
	if j.holds(e, cells, 0) {
		j.rows = append(j.rows, judgedRow{cells: cells, plain: isSame(cells, e.plain), part: part, above: above})
	}
}

// head returns the cells with the entry's name.
func (e *rawEntry) head() []string {
	if e.header != nil {
		return e.header
	}
	return e.plain
}

func (e *rawEntry) isSection() bool { return e.hasHeader || e.hasSummary || e.hasRows }

// holds reports whether there is anything in the cells from an index on: more than blanks and dashes for no amount.
func (j *judge) holds(e *rawEntry, cells []string, from int) bool {
	shift := j.shift(e, cells)
	for i, text := range cells {
		at := i + shift
		if at < from || strings.TrimSpace(text) == "" {
			continue
		}
		if at < len(j.columns) && plainText(j.spelling, j.columns[at].kind, text) == "" &&
			at != j.label {
			continue
		}
		return true
	}
	return false
}

// blank reports whether nothing in the entry holds anything.
func (j *judge) blank(e *rawEntry) bool {
	return len(e.stray) == 0 && !j.holds(e, e.header, 0) && !j.holds(e, e.plain, 0) && !j.holds(e, e.summary, 0) &&
		!j.hasBelow(e)
}

// hasBelow reports whether the entry has rows of its own that hold anything.
func (j *judge) hasBelow(e *rawEntry) bool {
	return slices.ContainsFunc(e.below, func(b *rawEntry) bool { return !j.blank(b) })
}

// isBare reports whether a section is nothing but its header.
func (j *judge) isBare(e *rawEntry) bool { return e.isSection() && !e.hasSummary && !j.hasBelow(e) }

// shift returns by how many columns the cells are shifted: an entry's own cells have no label.
func (j *judge) shift(e *rawEntry, cells []string) int {
	if j.shifted && isSame(cells, e.plain) {
		return 1
	}
	return 0
}

func isSame(a, b []string) bool { return len(a) > 0 && len(b) > 0 && &a[0] == &b[0] }

// name returns the label of the section that the cells are the head of.
func (j *judge) name(e *rawEntry, head []string) string {
	if len(head) == 0 || j.shift(e, head) > 0 {
		return ""
	}
	return head[0]
}
