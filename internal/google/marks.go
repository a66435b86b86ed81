package google

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"google.golang.org/api/sheets/v4"

	"ledgersheet/internal/export"
)

// guardLasts is how long a guard is kept. Google ends requests after 180 seconds.
const guardLasts = 15 * time.Minute

// guards returns the requests that make the batch refuse to be carried out on another state than the one that was seen,
// and those that remove guards that have served.
func (pl *plan) guards() []*sheets.Request {
	seen := pl.place.stamp.text
	if seen == "" {
		seen = "nothing on " + fmt.Sprint(pl.tabID)
	}
	// Strings and times cannot fail to marshal.
	text, _ := json.Marshal(guard{Exporter: pl.owner, At: pl.at.UTC().Truncate(time.Second)})
	id := numberFor("guard", string(pl.owner), seen)
	for pl.place.tab != nil && slices.ContainsFunc(pl.place.tab.guards, func(g guard) bool { return g.id == id }) {
		id++ // an older version of the spreadsheet was restored: this state has been written on before
	}
	reqs := []*sheets.Request{createMetadata(&sheets.DeveloperMetadata{
		MetadataId: id, MetadataKey: guardKey, MetadataValue: string(text),
		Visibility: "DOCUMENT",
		Location:   &sheets.DeveloperMetadataLocation{SheetId: pl.tabID, ForceSendFields: []string{"SheetId"}},
	})}
	if pl.place.tab == nil {
		return reqs
	}
	for _, g := range pl.place.tab.guards {
		if g.Exporter == pl.owner && pl.at.Sub(g.At) > guardLasts {
			reqs = append(reqs, deleteMetadata(g.id))
		}
	}
	return reqs
}

// marks returns the requests that set the named range, the columns' marks and the stamp.
func (pl *plan) marks() []*sheets.Request {
	return append(slices.Concat(pl.rangeMark(), pl.columnMarks(), pl.rowMarks()), pl.stampMark())
}

// A batch takes the marks of the first and the last row and column away where they were seen, and makes them anew, with
// the same ids, where the rows and columns end afterwards. If people have moved the rows since, the marks are not taken
// away, because they are elsewhere; then they cannot be made, because their ids are taken, and Google refuses the batch
// as a whole.

// lift returns the requests that take the marks away.
func (pl *plan) lift() []*sheets.Request {
	if pl.whole {
		return nil
	}
	var reqs []*sheets.Request
	for _, end := range []struct {
		mark *mark
		name string
	}{{pl.place.marks.head, headEnd}, {pl.place.marks.last, lastEnd}} {
		if end.mark == nil {
			reqs = append(reqs, drop(rowKey, rowMarkOf(pl.owner, end.name)))
			continue
		}
		reqs = append(reqs, liftMark(end.mark.id, dimension(pl.tabID, "ROWS", end.mark.at, end.mark.at+1)))
	}
	for _, m := range pl.edges() {
		reqs = append(reqs, liftMark(m.id, dimension(pl.tabID, "COLUMNS", m.at, m.at+1)))
	}
	return reqs
}

func liftMark(id int64, at *sheets.DimensionRange) *sheets.Request {
	return &sheets.Request{DeleteDeveloperMetadata: &sheets.DeleteDeveloperMetadataRequest{
		DataFilter: &sheets.DataFilter{DeveloperMetadataLookup: &sheets.DeveloperMetadataLookup{
			MetadataId: id, LocationMatchingStrategy: "EXACT_LOCATION",
			MetadataLocation: &sheets.DeveloperMetadataLocation{DimensionRange: at},
		}},
	}}
}

// edges returns the marks of the first and the last of the columns that stay, by field ID.
func (pl *plan) edges() map[string]mark {
	edges := map[string]mark{}
	var first, last string
	for _, c := range pl.schema.Columns {
		if _, ok := pl.place.marks.columns[c.ID]; ok && pl.hadColumn(c.ID) {
			if first == "" {
				first = c.ID
			}
			last = c.ID
		}
	}
	for _, id := range []string{first, last} {
		if id != "" {
			edges[id] = pl.place.marks.columns[id]
		}
	}
	return edges
}

// hadColumn reports whether a field stands on the tab already.
func (pl *plan) hadColumn(id string) bool {
	_, ok := pl.place.layout.at[id]
	return ok && !pl.whole
}

// rowMarks returns the requests that mark the first and the last row.
func (pl *plan) rowMarks() []*sheets.Request {
	create := func(name string, was *mark, row int) *sheets.Request {
		id := pl.rowMarkID(name, was)
		return createMetadata(&sheets.DeveloperMetadata{
			MetadataId: id, MetadataKey: rowKey, MetadataValue: rowMarkOf(pl.owner, name), Visibility: "DOCUMENT",
			Location: &sheets.DeveloperMetadataLocation{DimensionRange: dimension(pl.tabID, "ROWS", row, row+1)},
		})
	}
	var reqs []*sheets.Request
	if pl.whole && pl.place.stamp.Exporter != "" { // the rows may have stood elsewhere
		reqs = append(reqs, drop(rowKey, rowMarkOf(pl.owner, headEnd)), drop(rowKey, rowMarkOf(pl.owner, lastEnd)))
	}
	reqs = append(reqs, create(headEnd, pl.place.marks.head, pl.target.row))
	if pl.target.rows() > 1 {
		reqs = append(reqs, create(lastEnd, pl.place.marks.last, pl.target.endRow-1))
	}
	return reqs
}

// rowMarkID returns the id of the mark on the first or the last row, which keeps the one that it had.
func (pl *plan) rowMarkID(name string, was *mark) int64 {
	if was != nil && !pl.whole {
		return was.id
	}
	return numberFor(rowKey, string(pl.owner), string(pl.run), pl.place.stamp.text, name)
}

// columnMarkID returns the id of a new mark on a column.
func (pl *plan) columnMarkID(field string) int64 {
	return numberFor(columnKey, string(pl.owner), string(pl.run), pl.place.stamp.text, field)
}

func rowMarkOf(owner export.ID, end string) string {
	text, _ := json.Marshal(rowMark{Exporter: owner, End: end}) // strings cannot fail to marshal
	return string(text)
}

// rangeMark returns the request that sets the named range, unless it follows by itself what is done to the cells.
func (pl *plan) rangeMark() []*sheets.Request {
	named := &sheets.NamedRange{
		NamedRangeId: rangeID(pl.owner), Name: rangeName(pl.owner), Range: pl.target.grid(pl.tabID),
	}
	if pl.place.named == "" {
		return []*sheets.Request{{AddNamedRange: &sheets.AddNamedRangeRequest{NamedRange: named}}}
	}
	if pl.follows() {
		return nil
	}
	named.NamedRangeId = pl.place.named
	update := &sheets.UpdateNamedRangeRequest{NamedRange: named, Fields: "range"}
	return []*sheets.Request{{UpdateNamedRange: update}}
}

// follows reports whether the named range becomes the rectangle by itself. It grows and shrinks with rows that are put
// in or taken out between its ends and over all its width.
func (pl *plan) follows() bool {
	was := pl.place.managed
	if !pl.place.follows || pl.whole || pl.plain || was.col != pl.target.col || was.endCol != pl.target.endCol {
		return false
	}
	inside := len(pl.parts()) == 1 && was.rows() > 1
	return len(pl.shape.requests) == 0 && (inside || len(pl.arr.shifts) == 0)
}

// columnMarks returns the requests that mark the columns that have no mark, or whose mark was taken away.
func (pl *plan) columnMarks() []*sheets.Request {
	var reqs []*sheets.Request
	edges := pl.edges()
	for i, c := range pl.schema.Columns {
		id := pl.columnMarkID(c.ID)
		known, ok := pl.place.marks.columns[c.ID]
		_, lifted := edges[c.ID]
		switch {
		case lifted:
			id = known.id
		case ok && pl.hadColumn(c.ID) && known.at == pl.place.layout.at[c.ID]:
			continue
		case pl.place.stamp.Exporter != "": // the column may have stood elsewhere
			reqs = append(reqs, drop(columnKey, markOf(pl.owner, c.ID)))
		}
		reqs = append(reqs, createMetadata(&sheets.DeveloperMetadata{
			MetadataId: id, MetadataKey: columnKey, MetadataValue: markOf(pl.owner, c.ID), Visibility: "DOCUMENT",
			Location: &sheets.DeveloperMetadataLocation{
				DimensionRange: dimension(pl.tabID, "COLUMNS", pl.cols[i], pl.cols[i]+1),
			},
		}))
	}
	return reqs
}

func markOf(owner export.ID, field string) string {
	text, _ := json.Marshal(columnMark{Exporter: owner, Field: field}) // strings cannot fail to marshal
	return string(text)
}

// drop returns the request that removes a mark, wherever it is.
func drop(key, value string) *sheets.Request {
	return &sheets.Request{DeleteDeveloperMetadata: &sheets.DeleteDeveloperMetadataRequest{
		DataFilter: &sheets.DataFilter{DeveloperMetadataLookup: &sheets.DeveloperMetadataLookup{
			MetadataKey: key, MetadataValue: value,
		}},
	}}
}

// newStamp returns the stamp that the batch leaves.
func (pl *plan) newStamp() stamp {
	if pl.kept.alone {
		s := pl.place.stamp
		s.Writes, s.At = s.Writes+1, pl.at.UTC().Format(time.RFC3339)
		return s
	}
	s := stamp{
		Exporter: pl.owner, Run: pl.run, Writes: pl.place.stamp.Writes + 1,
		Digest: pl.digest, Look: pl.look(), Rows: pl.rows + 1, At: pl.at.UTC().Format(time.RFC3339),
	}
	if pl.preset != export.PlainLook {
		s.Preset = pl.preset
	}
	if pl.heading.wanted != nil {
		s.Heading, s.Row = pl.heading.fresh, pl.landing().row
	}
	if s.First = pl.place.stamp.First; s.First.At == "" {
		s.First = firstRows{s.At, s.Rows}
	}
	for i, c := range pl.schema.Columns {
		f := field{ID: c.ID, Title: pl.titles[i], Shows: showsOf(c), Key: c.Key, Linked: pl.isLinked(i)}
		if i > 0 {
			f.Gap = pl.cols[i] - pl.cols[i-1] - 1
		}
		s.Fields = append(s.Fields, f)
	}
	if pl.writing {
		return pl.unfinishedStamp(s)
	}
	if pl.undo != nil {
		s.Fields, s.Look = nil, pl.undo.Look
		for _, f := range pl.undo.Fields {
			s.Fields = append(s.Fields, f.field)
		}
	}
	return s
}

func (pl *plan) stampMark() *sheets.Request {
	text, _ := json.Marshal(pl.newStamp())
	if pl.place.stamp.Exporter != "" {
		lookup := &sheets.DeveloperMetadataLookup{MetadataId: pl.stampID()}
		old := &sheets.DataFilter{DeveloperMetadataLookup: lookup}
		return &sheets.Request{UpdateDeveloperMetadata: &sheets.UpdateDeveloperMetadataRequest{
			DataFilters:       []*sheets.DataFilter{old},
			DeveloperMetadata: &sheets.DeveloperMetadata{MetadataValue: string(text)},
			Fields:            "metadataValue",
		}}
	}
	return createMetadata(&sheets.DeveloperMetadata{
		MetadataId: pl.stampID(), MetadataKey: stampKey, MetadataValue: string(text), Visibility: "DOCUMENT",
		Location: &sheets.DeveloperMetadataLocation{SheetId: pl.tabID, ForceSendFields: []string{"SheetId"}},
	})
}

// stampID returns the metadata's id. A new id includes the tab's, because an exporter that moves to another tab leaves
// its old stamp behind.
func (pl *plan) stampID() int64 {
	if pl.place.stamp.id != 0 {
		return pl.place.stamp.id
	}
	return numberFor("stamp", string(pl.owner), fmt.Sprint(pl.tabID))
}
