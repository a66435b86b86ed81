package google

import (
	"slices"

	"google.golang.org/api/sheets/v4"
)

// Google does not say whether a paste reaches rows that a filter hides, and people have seen both. So a batch shows all
// rows first, and lets the filter hide rows again at its end; nobody sees the moment between.

// showFiltered returns the request that shows the rows that a filter hides on the tab, if it does.
func (pl *plan) showFiltered() []*sheets.Request {
	f := pl.hidingFilter()
	if f == nil {
		return nil
	}
	return []*sheets.Request{{SetBasicFilter: &sheets.SetBasicFilterRequest{
		Filter: &sheets.BasicFilter{Range: f.Range, TableId: f.TableId},
	}}}
}

// hideFiltered returns the request that lets the filter hide rows again. Its range has followed the rows.
func (pl *plan) hideFiltered() []*sheets.Request {
	f := pl.hidingFilter()
	if f == nil {
		return nil
	}
	again := *f
	again.Range = pl.follow(f.Range)
	again.FilterSpecs = nil
	for _, s := range f.FilterSpecs {
		spec := *s
		if col, ok := pl.shape.now[int(s.ColumnIndex)]; ok {
			spec.ColumnIndex = int64(col)
		} else if len(pl.shape.now) > 0 {
			continue // the column is gone
		}
		spec.ForceSendFields = []string{"ColumnIndex"}
		again.FilterSpecs = append(again.FilterSpecs, &spec)
	}
	return []*sheets.Request{{SetBasicFilter: &sheets.SetBasicFilterRequest{Filter: &again}}}
}

func (pl *plan) hidingFilter() *sheets.BasicFilter {
	if pl.place.tab == nil || pl.place.rename {
		return nil
	}
	f := pl.place.tab.filter
	if f == nil || f.Range == nil || len(f.FilterSpecs) == 0 {
		return nil
	}
	return f
}

// follow returns where a range that covers all rows is once columns and rows have moved. Other ranges keep their rows.
func (pl *plan) follow(g *sheets.GridRange) *sheets.GridRange {
	at := *g
	at.ForceSendFields = []string{"SheetId", "StartRowIndex", "StartColumnIndex"}
	var cols []int
	for col := int(g.StartColumnIndex); col < int(g.EndColumnIndex); col++ {
		if now, ok := pl.shape.now[col]; ok {
			cols = append(cols, now)
		}
	}
	if len(cols) > 0 {
		at.StartColumnIndex, at.EndColumnIndex = int64(slices.Min(cols)), int64(slices.Max(cols))+1
	}
	was := pl.place.managed
	covers := int(g.StartRowIndex) <= was.row+1 && int(g.EndRowIndex) >= was.endRow && g.EndRowIndex > 0
	if covers && !pl.plain && !pl.whole {
		at.EndRowIndex += int64(pl.arr.growth())
	}
	return &at
}
