package google

import (
	"encoding/json"
	"fmt"
	"time"

	"google.golang.org/api/sheets/v4"
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
	reqs := []*sheets.Request{createMetadata(&sheets.DeveloperMetadata{
		MetadataId: numberFor("guard", string(pl.owner), seen), MetadataKey: guardKey, MetadataValue: string(text),
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
	return append(append(pl.rangeMark(), pl.columnMarks()...), pl.stampMark())
}

// rangeMark returns the request that sets the named range, unless it follows by itself what is done to the cells.
func (pl *plan) rangeMark() []*sheets.Request {
	named := &sheets.NamedRange{
		NamedRangeId: rangeID(pl.owner), Name: rangeName(pl.owner), Range: pl.target.grid(pl.tabID),
	}
	if pl.place.named == "" {
		return []*sheets.Request{{AddNamedRange: &sheets.AddNamedRangeRequest{NamedRange: named}}}
	}
	inside := len(pl.parts()) == 1 && pl.place.managed.rows() > 1 // all shifts are
	follows := pl.place.follows && (inside || len(pl.arr.shifts) == 0)
	if !pl.whole && !pl.plain && len(pl.shape.requests) == 0 && follows {
		return nil
	}
	named.NamedRangeId = pl.place.named
	update := &sheets.UpdateNamedRangeRequest{NamedRange: named, Fields: "range"}
	return []*sheets.Request{{UpdateNamedRange: update}}
}

// columnMarks returns the requests that mark the columns that have no mark yet.
func (pl *plan) columnMarks() []*sheets.Request {
	var reqs []*sheets.Request
	for i, c := range pl.schema.Columns {
		if !pl.whole && pl.place.layout.marked[c.ID] {
			continue
		}
		if pl.place.stamp.Exporter != "" { // the column may have stood elsewhere
			reqs = append(reqs, pl.dropMark(c.ID))
		}
		reqs = append(reqs, createMetadata(&sheets.DeveloperMetadata{
			MetadataId:  numberFor("column", string(pl.owner), string(pl.run), pl.place.stamp.text, c.ID),
			MetadataKey: columnKey, MetadataValue: pl.columnMark(c.ID), Visibility: "DOCUMENT",
			Location: &sheets.DeveloperMetadataLocation{
				DimensionRange: dimension(pl.tabID, "COLUMNS", pl.cols[i], pl.cols[i]+1),
			},
		}))
	}
	return reqs
}

func (pl *plan) columnMark(field string) string {
	text, _ := json.Marshal(columnMark{Exporter: pl.owner, Field: field}) // strings cannot fail to marshal
	return string(text)
}

// dropMark returns the request that removes a column's mark, wherever it is.
func (pl *plan) dropMark(field string) *sheets.Request {
	return &sheets.Request{DeleteDeveloperMetadata: &sheets.DeleteDeveloperMetadataRequest{
		DataFilter: &sheets.DataFilter{DeveloperMetadataLookup: &sheets.DeveloperMetadataLookup{
			MetadataKey: columnKey, MetadataValue: pl.columnMark(field),
		}},
	}}
}

// newStamp returns the stamp that the batch leaves.
func (pl *plan) newStamp() stamp {
	s := stamp{
		Exporter: pl.owner, Run: pl.run, Writes: pl.place.stamp.Writes + 1,
		Digest: pl.digest, Look: pl.look(), Rows: pl.rows + 1, At: pl.at.UTC().Format(time.RFC3339),
	}
	for i, c := range pl.schema.Columns {
		s.Fields = append(s.Fields, field{ID: c.ID, Title: pl.titles[i], Shows: showsOf(c), Key: c.Key})
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
