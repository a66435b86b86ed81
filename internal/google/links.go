package google

import (
	"cmp"
	"slices"

	"google.golang.org/api/sheets/v4"

	"ledgersheet/internal/change"
	"ledgersheet/internal/table"
)

// A link is part of a cell's format, not of its value: text and numbers stay what they are, and a text that looks like
// a formula stays text. A format stays with its cells when they move. So links are only sent for rows that are written,
// and for a whole column when it begins or ends to have links.
// https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets/other#TextFormat

// What a request takes in bytes to link a cell, beside the address, and to take the links off a run of cells.
const (
	linkSize   = 90
	unlinkSize = 300
)

// linkLooks are the leaves of a format that a link sets.
const linkLooks = "textFormat.link,textFormat.underline,textFormat.foregroundColorStyle"

// sizeOfLink estimates how many bytes the link of a row takes.
func sizeOfLink(row table.Row) int {
	if row.Link == "" {
		return unlinkSize
	}
	return linkSize + len(row.Link)
}

// planLinks decides which columns have links: none if they do not fit into the commit, which must not leave a row with
// the link of another.
func (r *write) planLinks(pl *plan) {
	pl.linked = make([]bool, len(pl.schema.Columns))
	columns := 0
	for _, c := range pl.schema.Columns {
		if c.Linked {
			columns++
		}
	}
	if columns == 0 || r.linkBytes*columns > r.c.o.MaxBody {
		return
	}
	pl.linkBytes = r.linkBytes * columns
	for i, c := range pl.schema.Columns {
		pl.linked[i] = c.Linked
	}
}

// isLinked reports whether a column's cells have links afterwards.
func (pl *plan) isLinked(column int) bool { return column < len(pl.linked) && pl.linked[column] }

// hadLinks reports whether a column had links after the last write.
func (pl *plan) hadLinks(id string) bool {
	return slices.ContainsFunc(pl.place.stamp.Fields, func(f field) bool { return f.ID == id && f.Linked })
}

// changesLinks reports whether a column that stands begins or ends to have links.
func (pl *plan) changesLinks() bool {
	if pl.undo != nil {
		return false
	}
	for i, c := range pl.schema.Columns {
		if pl.isLinked(i) != pl.hadLinks(c.ID) {
			return true
		}
	}
	return false
}

// linkRequests returns the requests that set the links of what is written, and take others off. They follow those that
// set looks: rows that were put in have got the links of a neighbour.
func (r *write) linkRequests() ([]any, error) {
	pl := r.plan
	if r.copies() { // with their formats
		return nil, nil
	}
	reqs := anys(pl.unlinkColumns())
	if !slices.Contains(pl.linked, true) {
		return reqs, nil
	}
	links, err := r.readLinks()
	if err != nil {
		return nil, err
	}
	for i, c := range pl.schema.Columns {
		if !pl.isLinked(i) {
			continue
		}
		for _, p := range r.linkPieces(c) {
			reqs = append(reqs, pl.setLinks(i, p, links)...)
		}
	}
	return reqs, nil
}

// rowLinks are links by row.
type rowLinks struct{ result, existing []string }

// of returns the link of a row of a piece; empty if it has none.
func (l rowLinks) of(p piece, n int) string {
	list := l.result
	if p.of != ofResult {
		list = l.existing
	}
	if p.from == change.Blank || p.from+n >= len(list) {
		return ""
	}
	return list[p.from+n]
}

// readLinks returns the links of the result's rows and, where a mode leaves rows in their places, of the existing rows
// that are in the result.
func (r *write) readLinks() (rowLinks, error) {
	var l rowLinks
	byKey := map[string]string{}
	if r.known != nil {
		return rowLinks{result: r.known.links}, nil
	}
	keys := r.w.Rows.Schema().Keys()
	err := r.rows(func(row []value, meta table.Row) error {
		l.result = append(l.result, meta.Link)
		if !r.w.Policy().Order && len(keys) > 0 {
			byKey[keyOf(row, keys)] = meta.Link
		}
		return nil
	})
	if err != nil || len(byKey) == 0 {
		return l, err
	}
	for row, err := range r.existing() {
		if err != nil {
			return l, err
		}
		l.existing = append(l.existing, byKey[keyOf(row, keys)])
	}
	return l, nil
}

// keyOf returns what identifies a row.
func keyOf(row []value, keys []int) string {
	var b []byte
	for _, k := range keys {
		b = change.AppendRow(b, row[k:k+1])
	}
	return string(b)
}

// unlinkColumns returns the requests that take the links off whole columns: those that had some, and those that were
// put in beside one and look like it.
func (pl *plan) unlinkColumns() []*sheets.Request {
	if pl.whole || pl.arr.rows == 0 {
		return nil
	}
	anyLinks := slices.ContainsFunc(pl.place.stamp.Fields, func(f field) bool { return f.Linked })
	var reqs []*sheets.Request
	for i, c := range pl.schema.Columns {
		if !pl.isLinked(i) && (pl.hadLinks(c.ID) || anyLinks && !pl.hadColumn(c.ID)) {
			reqs = append(reqs, pl.unlink(i, 0, pl.arr.rows))
		}
	}
	return reqs
}

func (pl *plan) unlink(column, row, rows int) *sheets.Request {
	cells := pl.rowRect(row, rows, [2]int{pl.cols[column], pl.cols[column] + 1})
	return repeat(cells.grid(pl.tabID), &sheets.CellFormat{}, linkLooks)
}

// linkPieces returns the rows of a column whose links are set: what is written or made blank, and all if the column had
// no links.
func (r *write) linkPieces(c table.Column) []piece {
	pl := r.plan
	isNew := pl.whole || !pl.hadLinks(c.ID) || !pl.hadColumn(c.ID)
	if r.w.Policy().Order && isNew {
		return []piece{{run{0, r.fresh.rows, 0}, ofResult}}
	}
	list := pl.arr.pieces()
	if r.w.Policy().Order { // the rows are those of the result, one for one
		for i, p := range list {
			list[i] = piece{run{p.row, p.rows, p.row}, ofResult}
		}
	} else if isNew {
		for _, k := range slices.Concat(pl.arr.keeps, pl.arr.marks) {
			list = append(list, piece{k, ofExisting})
		}
	}
	for _, b := range pl.arr.runs {
		if b.from == change.Blank && b.rows > 0 {
			list = append(list, piece{b, ofResult})
		}
	}
	slices.SortFunc(list, func(x, y piece) int { return cmp.Compare(x.row, y.row) })
	return list
}

// setLinks returns the requests for the links of one piece.
func (pl *plan) setLinks(column int, p piece, links rowLinks) []any {
	var reqs []any
	for from := 0; from < p.rows; {
		to := from + 1
		for to < p.rows && (links.of(p, to) == "") == (links.of(p, from) == "") {
			to++
		}
		switch {
		case links.of(p, from) != "":
			var rows []string
			for n := from; n < to; n++ {
				rows = append(rows, links.of(p, n))
			}
			reqs = append(reqs, pl.updateLinks(column, p.row+from, rows))
		case !pl.whole:
			reqs = append(reqs, pl.unlink(column, p.row+from, to-from))
		}
		from = to
	}
	return reqs
}

func (pl *plan) updateLinks(column, row int, links []string) *linkUpdate {
	cells := pl.rowRect(row, len(links), [2]int{pl.cols[column], pl.cols[column] + 1})
	return &linkUpdate{at: cells.grid(pl.tabID), links: links, label: pl.schema.Columns[column].Label}
}
