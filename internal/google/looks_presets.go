package google

import (
	"maps"
	"slices"
	"strconv"

	"google.golang.org/api/sheets/v4"

	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

// A preset is sent when it is new to the tab, and for what is new in the rows. In between, formats are people's: bands
// and filter only follow the rows, and only as long as they cover what they were made for.

// presetOf returns the look that a stamp records.
func presetOf(s stamp) export.Look {
	if s.Preset == "" {
		return export.PlainLook
	}
	return s.Preset
}

// isRestyled reports whether the rows that stand were written with another look.
func (pl *plan) isRestyled() bool { return !pl.whole && presetOf(pl.place.stamp) != pl.preset }

var (
	darkColor = sheets.Color{Red: 0.12, Green: 0.16, Blue: 0.22}
	paleColor = sheets.Color{Red: 0.945, Green: 0.96, Blue: 0.975}
	lineColor = sheets.Color{Red: 0.42, Green: 0.45, Blue: 0.5}
	white     = sheets.Color{Red: 1, Green: 1, Blue: 1}
)

func colorStyle(c sheets.Color) *sheets.ColorStyle { return &sheets.ColorStyle{RgbColor: &c} }

func line(style string) *sheets.Border {
	return &sheets.Border{Style: style, ColorStyle: colorStyle(lineColor)}
}

// headerFormat returns the format of a column's title, and its leaves that are set.
func (pl *plan) headerFormat(c table.Column) (*sheets.CellFormat, string) {
	f := &sheets.CellFormat{
		TextFormat: &sheets.TextFormat{Bold: true}, WrapStrategy: "CLIP", HorizontalAlignment: "LEFT",
	}
	leaves := "textFormat.bold,wrapStrategy,horizontalAlignment"
	if c.Kind != table.Text && c.Kind != table.Bool {
		f.HorizontalAlignment = "RIGHT"
	}
	switch pl.preset {
	case export.ReportLook:
		f.Borders = &sheets.Borders{Bottom: line("SOLID")}
	case export.BoardLook:
		f.BackgroundColorStyle, f.TextFormat.ForegroundColorStyle = colorStyle(darkColor), colorStyle(white)
		f.VerticalAlignment, f.WrapStrategy = "MIDDLE", "WRAP" // a filter's arrow covers the end of a title
	}
	if pl.isRestyled() || pl.preset != export.PlainLook {
		leaves += ",textFormat.foregroundColorStyle,backgroundColorStyle,borders,verticalAlignment"
	}
	return f, leaves
}

// numberFormat returns the format that shows a column's kind.
// https://developers.google.com/workspace/sheets/api/guides/formats
func (pl *plan) numberFormat(c table.Column) *sheets.NumberFormat {
	switch c.Kind {
	case table.Money:
		return &sheets.NumberFormat{Type: "NUMBER", Pattern: pl.moneyPattern(c.Currency)}
	case table.Date:
		return &sheets.NumberFormat{Type: "DATE", Pattern: "yyyy-mm-dd"}
	case table.DateTime:
		return &sheets.NumberFormat{Type: "DATE_TIME", Pattern: "yyyy-mm-dd hh:mm:ss"}
	case table.Text:
		return &sheets.NumberFormat{Type: "TEXT", Pattern: "@"}
	}
	return nil // automatic: quantities show their own decimal places
}

// moneyPattern returns the pattern for amounts of a currency; an empty one stands for several currencies.
func (pl *plan) moneyPattern(currency string) string {
	digits := "#,##0.00"
	if zeroDecimal[currency] {
		digits = "#,##0"
	}
	switch pl.preset {
	case export.ReportLook:
		return digits + "_);(" + digits + ")"
	case export.BoardLook:
		if currency != "" {
			digits = "[$" + currencySign(currency) + "]" + digits
		}
		return digits + ";[Red]-" + digits
	}
	return digits
}

// currencySign returns what is written in front of an amount. Dollars other than the US dollar go by their code.
func currencySign(currency string) string {
	if sign, ok := currencySigns[currency]; ok {
		return sign
	}
	return currency + " "
}

var currencySigns = map[string]string{
	"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹", "KRW": "₩", "ILS": "₪", "PHP": "₱", "VND": "₫",
}

// drawsLines reports whether a statement's rows have lines, or had them.
func (pl *plan) drawsLines() bool {
	return pl.preset == export.ReportLook || pl.isRestyled() && presetOf(pl.place.stamp) == export.ReportLook
}

// numberSpans returns the spans of the tab's columns that hold numbers.
func (pl *plan) numberSpans() [][2]int {
	var numbers []int
	for i, c := range pl.schema.Columns {
		if c.Kind == table.Money || c.Kind == table.Number {
			numbers = append(numbers, pl.cols[i])
		}
	}
	return spansOf(numbers)
}

// noLines returns the requests that take lines off a statement's rows.
func (pl *plan) noLines(row, rows int) []*sheets.Request {
	if !pl.drawsLines() {
		return nil
	}
	return pl.drawLines(row, rows, nil, "borders")
}

// totalLines returns the requests that draw lines at rows of one style. The last total is the figure that all others
// lead to.
func (pl *plan) totalLines(s style, isLast bool) []*sheets.Request {
	if pl.preset != export.ReportLook || s.role != table.Total {
		return nil
	}
	reqs := pl.drawLines(s.from, s.to-s.from, &sheets.Borders{Top: line("SOLID")}, "borders.top")
	if isLast {
		reqs = append(reqs, pl.drawLines(s.to-1, 1, &sheets.Borders{Bottom: line("DOUBLE")}, "borders.bottom")...)
	}
	return reqs
}

func (pl *plan) drawLines(row, rows int, b *sheets.Borders, leaves string) []*sheets.Request {
	var reqs []*sheets.Request
	for _, span := range pl.numberSpans() {
		cells := pl.rowRect(row, rows, span)
		reqs = append(reqs, repeat(cells.grid(pl.tabID), &sheets.CellFormat{Borders: b}, leaves))
	}
	return reqs
}

// bandID returns the id of an exporter's bands on a tab.
func (pl *plan) bandID() int64 {
	return numberFor("bands", string(pl.owner), strconv.FormatInt(pl.tabID, 10))
}

// overlays is what a plan does to the bands and the filter of the tab.
type overlays struct {
	requests []*sheets.Request
	warnings []string
}

// planOverlays decides about bands and filter, once it is known where the rows go. They are part of the commit, so it
// leaves out what Google would refuse.
func (pl *plan) planOverlays() overlays {
	var o overlays
	if pl.changesNothing() {
		return o
	}
	own, had := pl.ownBand()
	wanted := pl.preset == export.BoardLook
	isNew := wanted && (pl.whole || pl.isRestyled())
	switch {
	case had && !wanted, had && isNew:
		o.requests = append(o.requests, &sheets.Request{DeleteBanding: &sheets.DeleteBandingRequest{
			BandedRangeId: own.id,
		}})
	case had && own.at == pl.place.managed && !pl.follows() && pl.inTheWayOfBands() == "":
		o.requests = append(o.requests, &sheets.Request{UpdateBanding: &sheets.UpdateBandingRequest{
			BandedRange: &sheets.BandedRange{BandedRangeId: own.id, Range: pl.target.grid(pl.tabID)}, Fields: "range",
		}})
	}
	if isNew {
		pl.addBands(&o)
	}
	pl.planFilter(&o, wanted && len(pl.styles) == 0, isNew)
	if t := pl.place.tab; t != nil && len(t.protected) > 0 && len(o.requests) > 0 {
		return overlays{warnings: []string{
			"Bands and filter were left as they are, because parts of the tab are protected.",
		}}
	}
	return o
}

// ownBand returns the exporter's bands on the tab.
func (pl *plan) ownBand() (band, bool) {
	t := pl.place.tab
	if t == nil {
		return band{}, false
	}
	i := slices.IndexFunc(t.bands, func(b band) bool { return b.id == pl.bandID() })
	if i < 0 {
		return band{}, false
	}
	return t.bands[i], true
}

func (pl *plan) addBands(o *overlays) {
	if what := pl.inTheWayOfBands(); what != "" {
		o.warnings = append(o.warnings, "The rows are not banded, because "+what+".")
		return
	}
	o.requests = append(o.requests, &sheets.Request{AddBanding: &sheets.AddBandingRequest{
		BandedRange: &sheets.BandedRange{
			BandedRangeId: pl.bandID(), Range: pl.target.grid(pl.tabID),
			RowProperties: &sheets.BandingProperties{
				HeaderColorStyle: colorStyle(darkColor), FirstBandColorStyle: colorStyle(white),
				SecondBandColorStyle: colorStyle(paleColor),
			},
		},
	}})
}

// inTheWayOfBands returns why Google would refuse bands; empty if it would not.
func (pl *plan) inTheWayOfBands() string {
	t := pl.place.tab
	switch {
	case t == nil:
		return ""
	case slices.ContainsFunc(t.bands, func(b band) bool { return b.id != pl.bandID() && b.at.overlaps(pl.target) }):
		return "there are bands already"
	case slices.ContainsFunc(t.tables, pl.target.overlaps):
		return "they are part of a table"
	}
	return ""
}

// planFilter sets, moves or removes the tab's only filter. A filter is the exporter's if it covers its rows exactly.
func (pl *plan) planFilter(o *overlays, wanted, isNew bool) {
	var stands *sheets.BasicFilter
	var at rect
	if t := pl.place.tab; t != nil && t.filter != nil {
		stands, at = t.filter, rectOf(t.filter.Range, t.rows, t.cols)
	}
	had := presetOf(pl.place.stamp) == export.BoardLook && stands != nil && at == pl.place.managed
	isUsed := stands != nil && len(stands.Criteria)+len(stands.FilterSpecs)+len(stands.SortSpecs) > 0
	switch {
	case had && !wanted && !isUsed:
		o.requests = append(o.requests, &sheets.Request{ClearBasicFilter: &sheets.ClearBasicFilterRequest{
			SheetId: pl.tabID, ForceSendFields: []string{"SheetId"},
		}})
	case had && wanted && !pl.follows():
		o.requests = append(o.requests, setFilter(pl.carryFilter(stands)))
	case had || !wanted || !isNew:
	case stands != nil:
		o.warnings = append(o.warnings, "The rows have no filter, because the tab has one already.")
	case pl.place.tab != nil && slices.ContainsFunc(pl.place.tab.tables, pl.target.overlaps):
		o.warnings = append(o.warnings, "The rows have no filter, because they are part of a table.")
	default:
		o.requests = append(o.requests, setFilter(&sheets.BasicFilter{Range: pl.target.grid(pl.tabID)}))
	}
}

// carryFilter returns a filter that covers the rows in the end, with what people have set for the columns that stay.
func (pl *plan) carryFilter(old *sheets.BasicFilter) *sheets.BasicFilter {
	f := &sheets.BasicFilter{Range: pl.target.grid(pl.tabID)}
	if pl.whole {
		return f
	}
	for _, s := range filterSpecs(old) {
		if col, ok := pl.shape.now[int(s.ColumnIndex)]; ok {
			f.FilterSpecs = append(f.FilterSpecs, &sheets.FilterSpec{
				ColumnIndex: int64(col), FilterCriteria: s.FilterCriteria, ForceSendFields: []string{"ColumnIndex"},
			})
		}
	}
	for _, s := range old.SortSpecs {
		if col, ok := pl.shape.now[int(s.DimensionIndex)]; ok {
			moved := *s
			moved.DimensionIndex, moved.ForceSendFields = int64(col), []string{"DimensionIndex"}
			f.SortSpecs = append(f.SortSpecs, &moved)
		}
	}
	return f
}

// filterSpecs returns what a filter says about columns. Answers say it twice, in a list and in an older map.
// https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets/sheets#BasicFilter
func filterSpecs(f *sheets.BasicFilter) []*sheets.FilterSpec {
	if len(f.FilterSpecs) > 0 {
		return f.FilterSpecs
	}
	var list []*sheets.FilterSpec
	for _, key := range slices.Sorted(maps.Keys(f.Criteria)) {
		if col, err := strconv.ParseInt(key, 10, 64); err == nil {
			criteria := f.Criteria[key]
			list = append(list, &sheets.FilterSpec{ColumnIndex: col, FilterCriteria: &criteria})
		}
	}
	return list
}

func setFilter(f *sheets.BasicFilter) *sheets.Request {
	return &sheets.Request{SetBasicFilter: &sheets.SetBasicFilterRequest{Filter: f}}
}
