package google_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"google.golang.org/api/sheets/v4"

	"ledgersheet/internal/export"
	"ledgersheet/internal/google/googlesim"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// sheet returns the first tab as the API shows it.
func (b *bench) sheet() *sheets.Sheet { return b.doc().Resource().Sheets[0] }

// ranges returns the bands and the filter of the first tab in A1 notation.
func (b *bench) ranges() (bands []string, filter string) {
	name := func(g *sheets.GridRange) string {
		return cell(int(g.StartRowIndex), int(g.StartColumnIndex)) + ":" +
			cell(int(g.EndRowIndex)-1, int(g.EndColumnIndex)-1)
	}
	for _, band := range b.sheet().BandedRanges {
		bands = append(bands, name(band.Range))
	}
	if f := b.sheet().BasicFilter; f != nil {
		filter = name(f.Range)
	}
	return bands, filter
}

func (b *bench) wantRanges(bands, filter string) {
	b.t.Helper()
	gotBands, gotFilter := b.ranges()
	if strings.Join(gotBands, " ") != bands || gotFilter != filter {
		b.t.Errorf("bands %v and filter %q, want %q and %q", gotBands, gotFilter, bands, filter)
	}
}

// wantUnchanged runs once more, which must only read twice.
func (b *bench) wantUnchanged(s table.Schema, rows []table.Row) {
	b.t.Helper()
	b.sim.ResetRequests()
	if res := b.mustWrite(s, rows); !res.Unchanged {
		b.t.Error("the run wrote")
	}
	for _, r := range b.sim.Requests() {
		if r.Method != "GET" {
			b.t.Errorf("the run sent %s %s", r.Method, r.Path)
		}
	}
	if n := len(b.sim.Requests()); n != 2 {
		b.t.Errorf("%d requests", n)
	}
}

// header describes the look of the first title.
func (b *bench) header(a1 string) string {
	f := b.doc().Cell(a1).Format
	if f == nil {
		return ""
	}
	var words []string
	if f.TextFormat != nil && f.TextFormat.Bold {
		words = append(words, "bold")
	}
	if f.TextFormat != nil && f.TextFormat.ForegroundColorStyle != nil {
		words = append(words, "white")
	}
	if f.BackgroundColorStyle != nil {
		words = append(words, "dark")
	}
	if f.Borders != nil && f.Borders.Bottom != nil {
		words = append(words, "line")
	}
	return strings.Join(words, " ")
}

func dollars() table.Schema {
	s := table.Schema{Columns: slices.Clone(schema.Columns)}
	s.Columns[4].Currency = "USD"
	return s
}

// TestLooks: each look stands as it should after the first write, after growth and after shrinking, and an unchanged
// run sends none of it again.
func TestLooks(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		look                  export.Look
		header, debt          string
		bands, filter         string
		moreBands, moreFilter string
	}{
		{export.PlainLook, "bold", "-5.00", "", "", "", ""},
		{export.ReportLook, "bold line", "(5.00)", "", "", "", ""},
		{export.BoardLook, "bold white dark", "-$5.00", "A1:F11", "A1:F11", "A1:F41", "A1:F41"},
	} {
		t.Run(string(test.look), func(t *testing.T) {
			t.Parallel()
			b := newBench(t, googlesim.Options{}, 0)
			b.exporter.Look = test.look
			rows := append(invoices(9), invoice(10, "Debtor", "-5.00"))
			b.mustWrite(dollars(), rows)
			look := func(last string) {
				t.Helper()
				if got := b.header("Invoices!A1"); got != test.header {
					t.Errorf("the header is %q, want %q", got, test.header)
				}
				if got := b.doc().Cell("Invoices!E" + last).Formatted; got != test.debt {
					t.Errorf("a negative amount shows as %q, want %q", got, test.debt)
				}
			}
			look("11")
			b.wantRanges(test.bands, test.filter)
			b.wantUnchanged(dollars(), rows)
			more := append(invoices(39), invoice(40, "Debtor", "-5.00"))
			b.mustWrite(dollars(), more)
			look("41")
			b.wantRanges(test.moreBands, test.moreFilter)
			b.mustWrite(dollars(), rows)
			look("11")
			b.wantRanges(test.bands, test.filter)
			b.wantUnchanged(dollars(), rows)
		})
	}
}

// TestAnotherLook: a look replaces the one before it wholly, also where the rows have stood for long.
func TestAnotherLook(t *testing.T) {
	t.Parallel()
	headers := map[export.Look]string{"plain": "bold", "report": "bold line", "board": "bold white dark"}
	debts := map[export.Look]string{"plain": "-5.00", "report": "(5.00)", "board": "-$5.00"}
	for _, from := range export.Looks() {
		for _, to := range export.Looks() {
			t.Run(fmt.Sprint(from, " to ", to), func(t *testing.T) {
				t.Parallel()
				b := newBench(t, googlesim.Options{}, 0)
				b.exporter.Look = from
				rows := append(invoices(9), invoice(10, "Debtor", "-5.00"))
				b.mustWrite(dollars(), rows)
				b.exporter.Look = to
				if res := b.mustWrite(dollars(), rows); res.Unchanged != (from == to) || res.Changed+res.Added > 0 {
					t.Errorf("result %+v", res)
				}
				if got := b.header("Invoices!B1"); got != headers[to] {
					t.Errorf("the header is %q, want %q", got, headers[to])
				}
				if got := b.doc().Cell("Invoices!E11").Formatted; got != debts[to] {
					t.Errorf("a negative amount shows as %q", got)
				}
				want := ""
				if to == export.BoardLook {
					want = "A1:F11"
				}
				b.wantRanges(want, want)
				b.wantUnchanged(dollars(), rows)
			})
		}
	}
}

// TestFormatsByHandStay: what people change in a look stays until they choose another.
func TestFormatsByHandStay(t *testing.T) {
	t.Parallel()
	b := newBench(t, googlesim.Options{}, 0)
	b.exporter.Look = export.BoardLook
	b.mustWrite(dollars(), invoices(10))
	own := &sheets.CellFormat{NumberFormat: &sheets.NumberFormat{Type: "NUMBER", Pattern: "0.000"}}
	must(t, b.doc().SetFormat("Invoices!E2:E11", own))
	must(t, b.doc().SetFormat("Invoices!A1", &sheets.CellFormat{TextFormat: &sheets.TextFormat{Italic: true}}))
	must(t, b.doc().ClearFilter("Invoices"))
	must(t, b.doc().Batch(&sheets.Request{DeleteBanding: &sheets.DeleteBandingRequest{
		BandedRangeId: b.sheet().BandedRanges[0].BandedRangeId,
	}}))
	b.wantUnchanged(dollars(), invoices(10))
	b.mustWrite(dollars(), invoices(30))
	b.wantRanges("", "")
	if f := b.doc().Cell("Invoices!A1").Format; f == nil || !f.TextFormat.Italic || f.BackgroundColorStyle != nil {
		t.Errorf("the title's format is %+v", f)
	}
	if got := b.doc().Cell("Invoices!E31").NumberFormat; got != "0.000" {
		t.Errorf("a new row's number format is %q", got)
	}
	b.exporter.Look = export.PlainLook
	b.mustWrite(dollars(), invoices(30))
	b.exporter.Look = export.BoardLook
	b.mustWrite(dollars(), invoices(30))
	b.wantRanges("A1:F31", "A1:F31")
	if got := b.doc().Cell("Invoices!E31").NumberFormat; !strings.Contains(got, "[Red]") {
		t.Errorf("the number format is %q", got)
	}
}

// TestBandsAndFilterOfPeople: theirs stay, and a warning says why the exporter's are missing.
func TestBandsAndFilterOfPeople(t *testing.T) {
	t.Parallel()
	b := newBench(t, googlesim.Options{}, 0)
	b.mustWrite(schema, invoices(10))
	if err := b.doc().Filter("Invoices!A1:C11", 1); err != nil {
		t.Fatal(err)
	}
	white := &sheets.ColorStyle{RgbColor: &sheets.Color{Red: 1, Green: 1, Blue: 1}}
	if err := b.doc().Batch(&sheets.Request{AddBanding: &sheets.AddBandingRequest{BandedRange: &sheets.BandedRange{
		Range:         &sheets.GridRange{SheetId: b.sheet().Properties.SheetId, EndRowIndex: 5, EndColumnIndex: 2},
		RowProperties: &sheets.BandingProperties{FirstBandColorStyle: white, SecondBandColorStyle: white},
	}}}); err != nil {
		t.Fatal(err)
	}
	b.exporter.Look = export.BoardLook
	res := b.mustWrite(schema, invoices(10))
	if len(res.Warnings) != 2 {
		t.Errorf("warnings %v", res.Warnings)
	}
	b.wantRanges("A1:B5", "A1:C11")
	b.wantUnchanged(schema, invoices(10))
	b.exporter.Look = export.PlainLook
	b.mustWrite(schema, invoices(10))
	b.wantRanges("A1:B5", "A1:C11")
}

// TestFilterKeepsWhatPeopleChose: bands and filter follow rows that come to an empty range, with their criteria.
func TestFilterKeepsWhatPeopleChose(t *testing.T) {
	t.Parallel()
	b := newBench(t, googlesim.Options{}, 0)
	b.exporter.Look = export.BoardLook
	b.mustWrite(schema, nil)
	b.wantRanges("A1:F1", "A1:F1")
	if err := b.doc().Filter("Invoices!A1:F1", 4, "Customer 3"); err != nil {
		t.Fatal(err)
	}
	b.mustWrite(schema, invoices(12))
	b.wantRanges("A1:F13", "A1:F13")
	narrow := table.Schema{Columns: slices.Concat(schema.Columns[:1], schema.Columns[2:])}
	var rows []table.Row
	for _, r := range invoices(12) {
		rows = append(rows, table.Row{Cells: slices.Concat(r.Cells[:1], r.Cells[2:])})
	}
	b.mustWrite(narrow, rows)
	b.wantRanges("A1:E13", "A1:E13")
	f := b.sheet().BasicFilter
	hides := func(col int64) []string {
		for _, s := range f.FilterSpecs {
			if s.ColumnIndex == col {
				return s.FilterCriteria.HiddenValues
			}
		}
		if c, ok := f.Criteria[fmt.Sprint(col)]; ok {
			return c.HiddenValues
		}
		return nil
	}
	if got := hides(2); !slices.Equal(got, []string{"Customer 3"}) {
		t.Errorf("the filter hides %v in the customers' column", got)
	}
}

// TestLinesOfAStatement: a report's look draws a line above each total, and takes it away where the row is no total any
// more.
func TestLinesOfAStatement(t *testing.T) {
	t.Parallel()
	s := table.Schema{Columns: []table.Column{
		{ID: "Label", Title: "Name", Label: true, Key: true}, {ID: "Amount", Title: "Total", Kind: table.Money},
	}}
	row := func(label string, role table.Role, level uint8) table.Row {
		return table.Row{
			Cells: []table.Cell{table.TextOf(label), table.MoneyOf(decimal.NewFromInt(5))}, Role: role, Level: level,
		}
	}
	rows := []table.Row{
		row("Income", table.Section, 0), row("Sales", table.Data, 1), row("Total income", table.Total, 1),
		row("Net income", table.Total, 0),
	}
	b := newBench(t, googlesim.Options{}, 0)
	b.exporter.Look = export.ReportLook
	b.mustWrite(s, rows)
	lines := func() string {
		var list []string
		for n := 2; n <= 6; n++ {
			f, word := b.doc().Cell(fmt.Sprint("Invoices!B", n)).Format, "-"
			if f != nil && f.Borders != nil && f.Borders.Top != nil {
				word = "above"
				if f.Borders.Bottom != nil {
					word = "both"
				}
			}
			list = append(list, word)
		}
		return strings.Join(list, " ")
	}
	if got := lines(); got != "- - above both -" {
		t.Errorf("lines %s", got)
	}
	if f := b.doc().Cell("Invoices!A4").Format; f.Borders != nil && f.Borders.Top != nil {
		t.Error("there is a line above a total's name")
	}
	b.wantUnchanged(s, rows)
	rows = slices.Insert(rows, 2, row("Services", table.Data, 1))
	b.mustWrite(s, rows)
	if got := lines(); got != "- - - above both" {
		t.Errorf("lines %s", got)
	}
	b.exporter.Look = export.PlainLook
	b.mustWrite(s, rows)
	if got := lines(); got != "- - - - -" {
		t.Errorf("lines %s", got)
	}
	b.exporter.Look = export.BoardLook
	b.mustWrite(s, rows)
	b.wantRanges("A1:B6", "") // to sort a statement would tear it apart
}

// TestHeading: the heading stands above the rows, is written again only when its texts change, and goes when it is
// switched off.
func TestHeading(t *testing.T) {
	t.Parallel()
	b := newBench(t, googlesim.Options{}, 0)
	b.exporter.Target.Start = "B2"
	b.heading = headingOf(0)
	b.mustWrite(schema, invoices(5))
	b.check("Invoices!B7:G12", schema, invoices(5))
	texts := func() string { return fmt.Sprint(b.doc().Values("Invoices!B2:B6")) }
	if got := texts(); got != "[[The company] [The title] [The period 0] [Changed 0]]" {
		t.Errorf("the heading reads %s", got)
	}
	if link := b.sheet(); link == nil || b.doc().Cell("Invoices!B3").Format.TextFormat.Link.Uri != b.heading.Link {
		t.Error("the title has no link")
	}
	b.heading = headingOf(0)
	b.heading.Changed = "Changed later"
	b.wantUnchanged(schema, invoices(5))
	b.heading.Period = "Another period"
	if res := b.mustWrite(schema, invoices(5)); res.Unchanged || res.Changed > 0 {
		t.Errorf("result %+v", res)
	}
	if got := texts(); got != "[[The company] [The title] [Another period] [Changed later]]" {
		t.Errorf("the heading reads %s", got)
	}
	b.heading = nil
	b.mustWrite(schema, invoices(6))
	b.check("Invoices!B7:G13", schema, invoices(6))
	if got := texts(); got != "[]" {
		t.Errorf("the heading reads %s", got)
	}
	if f := b.doc().Cell("Invoices!B3").Format; f != nil && f.TextFormat != nil {
		t.Errorf("the title's format is still %+v", f)
	}
	b.heading = headingOf(1)
	b.mustWrite(schema, invoices(6)) // the empty rows serve again
	b.check("Invoices!B7:G13", schema, invoices(6))
	b.wantUnchanged(schema, invoices(6))
}

// TestHeadingPutsRowsIn: where there is no room above the rows, whole rows are put in, and the header stays frozen.
func TestHeadingPutsRowsIn(t *testing.T) {
	t.Parallel()
	for name, maxBody := range map[string]int{"small": 0, "staged": 600} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, googlesim.Options{}, maxBody)
			b.exporter.Look = export.BoardLook
			b.mustWrite(schema, invoices(20))
			if err := b.doc().AddTab("Sums"); err != nil {
				t.Fatal(err)
			}
			if err := b.doc().SetCell("Sums!A1", "=SUM(Invoices!E2:E21)"); err != nil {
				t.Fatal(err)
			}
			before := b.doc().Cell("Sums!A1").Value
			b.heading = headingOf(0)
			b.mustWrite(schema, invoices(20))
			b.check("Invoices!A6:F26", schema, invoices(20))
			b.wantRanges("A6:F26", "A6:F26")
			if got := b.doc().Cell("Sums!A1"); got.Value != before {
				t.Errorf("the sum is %v by %s, was %v", got.Value, got.Formula, before)
			}
			if got := b.doc().Tabs()[0].FrozenRows; got != 6 {
				t.Errorf("%d rows are frozen", got)
			}
			if got := b.header("Invoices!A5"); got != "" {
				t.Errorf("the row between looks %s", got)
			}
			b.wantUnchanged(schema, invoices(20))
		})
	}
}

// TestHeadingTearsNothing: no rows are put in through what another exporter or a person has.
func TestHeadingTearsNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t, googlesim.Options{}, 0)
	b.exporter.Target.Start = "A3"
	b.mustWrite(schema, invoices(5))
	other := *b
	other.exporter.ID, other.exporter.Target.Start, other.exporter.Target.Tab = "exp_02other", "H1", nil
	other.mustWrite(schema, invoices(30))
	b.heading = headingOf(0)
	_, err := b.write(schema, invoices(6))
	if !problem.HasCode(err, problem.SheetConflict) || !strings.Contains(err.Error(), "another exporter's rows") {
		t.Errorf("got %v", err)
	}
	b.check("Invoices!A3:F8", schema, invoices(5))
	b.heading = nil
	b.mustWrite(schema, invoices(6))
	other.wantUnchanged(schema, invoices(30))
}

// TestHeadingIsFoundAgain: neither a run that died after its commit, nor a lost named range, nor another start cell
// leaves a second heading.
func TestHeadingIsFoundAgain(t *testing.T) {
	t.Parallel()
	once := func(b *bench, start string) {
		t.Helper()
		count := map[string]int{}
		for _, row := range b.doc().Values("Invoices!A1:Z60") {
			for _, v := range row {
				count[fmt.Sprint(v)]++
			}
		}
		for _, text := range []string{"The company", "The title", "Invoice ID"} {
			if count[text] != 1 {
				t.Errorf("%q stands %d times", text, count[text])
			}
		}
		if got := b.doc().Cell("Invoices!" + start).Value; got != "The company" {
			t.Errorf("%s holds %v", start, got)
		}
	}
	open := func() *bench {
		b := newBench(t, googlesim.Options{}, 0)
		b.heading = headingOf(0)
		b.mustWrite(schema, invoices(5))
		return b
	}
	t.Run("the run died", func(t *testing.T) {
		b := open()
		b.exporter.Target.Tab = nil
		b.wantUnchanged(schema, invoices(5))
		once(b, "A1")
	})
	t.Run("named ranges lost", func(t *testing.T) {
		b := open()
		for _, n := range b.doc().Resource().NamedRanges {
			if err := b.doc().Batch(&sheets.Request{DeleteNamedRange: &sheets.DeleteNamedRangeRequest{
				NamedRangeId: n.NamedRangeId,
			}}); err != nil {
				t.Fatal(err)
			}
		}
		b.mustWrite(schema, invoices(6))
		once(b, "A1")
		if got := b.doc().NamedRanges()[rangeKey+"_title"]; got != "Invoices!A1:A4" {
			t.Errorf("the heading's range is %s", got)
		}
		b.wantUnchanged(schema, invoices(6))
	})
	t.Run("another start cell", func(t *testing.T) {
		b := open()
		b.exporter.Target.Tab, b.exporter.Target.Start = nil, "C20"
		b.mustWrite(schema, invoices(6))
		once(b, "C20")
		b.check("Invoices!C25:H31", schema, invoices(6))
		b.wantUnchanged(schema, invoices(6))
	})
	t.Run("overlapping start cell", func(t *testing.T) {
		b := open()
		b.exporter.Target.Tab, b.exporter.Target.Start = nil, "A3"
		b.mustWrite(schema, invoices(6))
		once(b, "A3")
		b.check("Invoices!A8:F14", schema, invoices(6))
	})
	t.Run("heading deleted", func(t *testing.T) {
		b := open()
		if err := b.doc().DeleteRows("Invoices", 1, 5); err != nil {
			t.Fatal(err)
		}
		b.mustWrite(schema, invoices(6))
		once(b, "A1")
		b.check("Invoices!A6:F12", schema, invoices(6))
	})
}

// TestHeadingEditedByHand: a line that people rewrote stays until its own text changes.
func TestHeadingEditedByHand(t *testing.T) {
	t.Parallel()
	b := newBench(t, googlesim.Options{}, 0)
	b.heading = headingOf(0)
	b.mustWrite(schema, invoices(5))
	if err := b.doc().SetCell("Invoices!A1", "Our own name"); err != nil {
		t.Fatal(err)
	}
	b.wantUnchanged(schema, invoices(5))
	b.heading = headingOf(1)
	b.mustWrite(schema, invoices(6))
	if got := fmt.Sprint(b.doc().Values("Invoices!A1:A4")); got !=
		"[[Our own name] [The title] [The period 1] [Changed 1]]" {
		t.Errorf("the heading reads %s", got)
	}
}

// TestLooksOnAProtectedTab: where people have protected other parts of the tab, the rows are written, and bands and
// filter are left out with a warning.
func TestLooksOnAProtectedTab(t *testing.T) {
	t.Parallel()
	b := newBench(t, googlesim.Options{}, 0)
	b.exporter.Look = export.BoardLook
	b.mustWrite(schema, invoices(5))
	b.useForeign(t)
	b.exporter.Look = export.PlainLook
	b.mustWrite(schema, invoices(5))
	must(t, b.doc().Batch(&sheets.Request{AppendDimension: &sheets.AppendDimensionRequest{
		SheetId: b.doc().Tabs()[0].ID, Dimension: "COLUMNS", Length: 5, ForceSendFields: []string{"SheetId"},
	}}))
	must(t, b.doc().Protect("Invoices!I1:I3", "boss@example.com"))
	b.exporter.Look = export.BoardLook
	res := b.mustWrite(schema, invoices(6))
	if len(res.Warnings) != 1 || !strings.Contains(res.Warnings[0].Text, "protected") {
		t.Errorf("warnings %v", res.Warnings)
	}
	b.wantRanges("", "")
	b.check("Invoices!A1:F7", schema, invoices(6))
}

// TestUndoLeavesLookAndHeading: an undo asks for neither, and takes neither away.
func TestUndoLeavesLookAndHeading(t *testing.T) {
	t.Parallel()
	k := newKeeper(t, 0)
	k.exporter.Look, k.heading = export.BoardLook, headingOf(0)
	k.mustWrite("run_1", schema, invoices(10))
	k.mustWrite("run_2", schema, invoices(14))
	heading := k.heading
	k.heading, k.exporter.Look = nil, ""
	k.mustUndo("run_3", "run_2")
	k.check("Invoices!A6:F16", schema, invoices(10))
	if got := fmt.Sprint(k.doc().Values("Invoices!A1:A3")); got != "[[The company] [The title] [The period 0]]" {
		t.Errorf("the heading reads %s", got)
	}
	k.wantRanges("A6:F16", "A6:F16")
	k.heading, k.exporter.Look = heading, export.BoardLook
	if res := k.mustWrite("run_4", schema, invoices(10)); !res.Unchanged {
		t.Errorf("the run after the undo wrote: %+v", res)
	}
}
