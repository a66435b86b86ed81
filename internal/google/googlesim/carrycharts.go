package googlesim

import (
	"reflect"
	"slices"

	"google.golang.org/api/sheets/v4"
)

// carryAnchors moves the charts that lie over a tab; one whose cell is deleted stays at the place.
func (s *sheet) carryAnchors(sh shift) {
	out := slices.Clone(s.charts)
	for i, old := range out {
		if old.Position == nil || old.Position.OverlayPosition == nil {
			continue
		}
		position, overlay, chart := *old.Position, *old.Position.OverlayPosition, *old
		cell := *overlay.AnchorCell
		row, col, ok := sh.cell(cell.SheetId, int(cell.RowIndex), int(cell.ColumnIndex))
		switch {
		case ok:
			cell.RowIndex, cell.ColumnIndex = int64(row), int64(col)
		case sh.rows:
			cell.RowIndex = int64(max(min(sh.at, s.rowCount-1), 0))
		default:
			cell.ColumnIndex = int64(max(min(sh.at, s.colCount-1), 0))
		}
		overlay.AnchorCell, position.OverlayPosition, chart.Position = &cell, &overlay, &position
		out[i] = &chart
	}
	s.charts = out
}

// carryCharts maps the sources of charts. A series or domain that lost all its cells goes; the chart
// stays.
func carryCharts(list []*sheets.EmbeddedChart, by carrier) []*sheets.EmbeddedChart {
	out := slices.Clone(list)
	for i, old := range out {
		if old.Spec == nil {
			continue
		}
		chart := *old
		chart.Spec = deepCopy(reflect.ValueOf(old.Spec)).Interface().(*sheets.ChartSpec)
		carryRanges(reflect.ValueOf(chart.Spec), by.area)
		if basic := chart.Spec.BasicChart; basic != nil {
			basic.Series = slices.DeleteFunc(basic.Series, func(s *sheets.BasicChartSeries) bool {
				return sourceless(s.Series)
			})
			basic.Domains = slices.DeleteFunc(basic.Domains, func(d *sheets.BasicChartDomain) bool {
				return sourceless(d.Domain)
			})
		}
		out[i] = &chart
	}
	return out
}

func sourceless(d *sheets.ChartData) bool {
	return d != nil && d.SourceRange != nil && len(d.SourceRange.Sources) == 0
}

// carryRanges maps every list of grid ranges below a message, in place.
func carryRanges(v reflect.Value, by func(area) (area, bool)) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			carryRanges(v.Elem(), by)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			carryRanges(v.Field(i), by)
		}
	case reflect.Slice:
		list, ok := v.Interface().([]*sheets.GridRange)
		if !ok {
			for i := range v.Len() {
				carryRanges(v.Index(i), by)
			}
			return
		}
		var kept []*sheets.GridRange
		for _, g := range list {
			if m := mapRange(g, by); m != nil {
				kept = append(kept, m)
			}
		}
		v.Set(reflect.ValueOf(kept))
	}
}

// deepCopy copies a message of the API's with everything below it.
func deepCopy(v reflect.Value) reflect.Value {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return v
		}
		fresh := reflect.New(v.Type().Elem())
		fresh.Elem().Set(deepCopy(v.Elem()))
		return fresh
	case reflect.Struct:
		fresh := reflect.New(v.Type()).Elem()
		fresh.Set(v)
		for i := range v.NumField() {
			fresh.Field(i).Set(deepCopy(v.Field(i)))
		}
		return fresh
	case reflect.Slice:
		if v.IsNil() {
			return v
		}
		fresh := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			fresh.Index(i).Set(deepCopy(v.Index(i)))
		}
		return fresh
	}
	return v
}
