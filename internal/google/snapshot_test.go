package google_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"ledgersheet/internal/export"
	"ledgersheet/internal/google/googlesim"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// statementOf returns a statement with a column for each month, whose amounts are n and more.
func statementOf(t *testing.T, n int, months ...string) *table.Spool {
	t.Helper()
	s := table.Schema{Columns: []table.Column{{ID: "Label", Title: "Name", Label: true, Key: true}}}
	for _, m := range months {
		s.Columns = append(s.Columns, table.Column{ID: m, Title: m, Kind: table.Money, Currency: "USD"})
	}
	out := table.NewSpool(s)
	for i, label := range []string{"Income", "Sales", "Total Income"} {
		row := table.Row{Cells: []table.Cell{table.TextOf(label)}}
		row.Role = []table.Role{table.Section, table.Data, table.Total}[i]
		row.Level = uint8(i % 2)
		for range months {
			row.Cells = append(row.Cells, table.MoneyOf(decimal.New(int64(n), 0)))
		}
		must(t, out.Add(row))
	}
	return out
}

// snapshots is an exporter that keeps snapshots.
type snapshots struct {
	*bench
	trace []byte
}

// add runs the exporter. It keeps the trace unless the run is killed before.
func (s *snapshots) add(run, period string, rows *table.Spool, killed bool) export.WriteResult {
	s.t.Helper()
	now := time.Date(2026, 1, 1, 0, 0, s.runs, 0, time.UTC)
	s.runs++
	dated, err := export.Snapshot(rows, export.ID(run), now, func(int) string { return period })
	must(s.t, err)
	res, _, err := export.Put(s.ctx, s.client, export.WriteRequest{
		Run: export.ID(run), Owner: s.exporter.ID, Target: s.exporter.Target, Title: "P&L", Rows: dated,
		Note: "n", Zone: time.UTC, Mode: export.Append, Snapshot: true, Trace: s.trace, Budget: 1 << 20,
		Report: func(export.Phase, int) {}, Found: func(export.Target) error { return nil },
	})
	must(s.t, err)
	s.exporter.Target = res.Target
	if !killed {
		s.trace = res.Trace
	}
	return res
}

// want compares the sheet, without the times, with the rows.
func (s *snapshots) want(rows ...string) {
	s.t.Helper()
	var got []string
	for _, line := range s.doc().Formatted("Invoices!A1:Z99") {
		var cells []string
		for i, v := range line {
			if i != 1 {
				cells = append(cells, fmt.Sprint(v))
			}
		}
		if text := strings.TrimRight(strings.Join(cells, "|"), "|"); text != "" {
			got = append(got, text)
		}
	}
	if diff := cmp.Diff(rows, got); diff != "" {
		s.t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestSnapshots: each run adds its rows once, also when it is repeated, or killed before it could leave word, unless
// they equal the newest snapshot of the period.
func TestSnapshots(t *testing.T) {
	t.Parallel()
	for name, maxBody := range map[string]int{"small": 0, "staged": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &snapshots{bench: newBench(t, googlesim.Options{}, maxBody)}
			is := func(run, period string, n int, killed, unchanged bool) {
				t.Helper()
				if res := s.add(run, period, statementOf(t, n, "Total"), killed); res.Unchanged != unchanged {
					t.Errorf("%s of %s: unchanged is %v", run, period, res.Unchanged)
				}
			}
			is("run_1", "January", 1, true, false)
			is("run_1", "January", 2, false, true) // taken up again, and QuickBooks has changed meanwhile
			is("run_2", "January", 1, false, true)
			is("run_3", "January", 3, false, false)
			is("run_4", "February", 3, false, false)
			is("run_5", "January", 3, false, true)
			is("run_6", "January", 1, false, false)
			rows := func(period, run string, n int) []string {
				var list []string
				for _, label := range []string{"Income", "Sales", "Total Income"} {
					list = append(list, fmt.Sprintf("%s|%s|%s|%d.00", period, run, label, n))
				}
				return list
			}
			all := []string{"Report period|Run|Name|Total"}
			for _, part := range [][]string{
				rows("January", "run_1", 1), rows("January", "run_3", 3), rows("February", "run_4", 3),
				rows("January", "run_6", 1),
			} {
				all = append(all, part...)
			}
			s.want(all...)
			for row := 2; row <= 13; row++ { // each snapshot looks as a statement does
				format := s.doc().Cell(fmt.Sprintf("Invoices!D%d", row)).Format
				bold := format != nil && format.TextFormat != nil && format.TextFormat.Bold
				padded := format != nil && format.Padding != nil && format.Padding.Left > 3
				if n := (row - 2) % 3; bold != (n != 1) || padded != (n == 1) {
					t.Errorf("row %d: bold %v, indented %v", row, bold, padded)
				}
			}
			must(t, s.doc().DeleteRows("Invoices", 11, 3)) // a person takes the last one out
			is("run_6", "January", 1, false, false)        // a repeat takes note, but does not bring it back
			s.want(all[:10]...)
			is("run_7", "January", 1, false, false) // but whoever runs it anew gets it anew
			s.want(append(all[:10:10], rows("January", "run_7", 1)...)...)
		})
	}
}

// TestSnapshotsOfOtherColumns: a report by month has other columns next year; the figures of this year stay.
func TestSnapshotsOfOtherColumns(t *testing.T) {
	t.Parallel()
	s := &snapshots{bench: newBench(t, googlesim.Options{}, 0)}
	s.add("run_1", "2026", statementOf(t, 1, "Nov 2026", "Total"), false)
	s.add("run_2", "2026", statementOf(t, 2, "Nov 2026", "Dec 2026", "Total"), false)
	s.add("run_3", "2027", statementOf(t, 3, "Jan 2027", "Total"), false)
	s.want("Report period|Run|Name|Jan 2027|Nov 2026|Dec 2026|Total",
		"2026|run_1|Income||1.00||1.00", "2026|run_1|Sales||1.00||1.00", "2026|run_1|Total Income||1.00||1.00",
		"2026|run_2|Income||2.00|2.00|2.00", "2026|run_2|Sales||2.00|2.00|2.00",
		"2026|run_2|Total Income||2.00|2.00|2.00",
		"2027|run_3|Income|3.00|||3.00", "2027|run_3|Sales|3.00|||3.00", "2027|run_3|Total Income|3.00|||3.00")
	if res := s.add("run_4", "2027", statementOf(t, 3, "Jan 2027", "Total"), false); !res.Unchanged {
		t.Error("the same figures were added again")
	}
}

// TestRowsMoveWithTheStartCell: rows that no result holds any more move along to another start cell.
func TestRowsMoveWithTheStartCell(t *testing.T) {
	t.Parallel()
	for name, maxBody := range map[string]int{"small": 0, "staged": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &snapshots{bench: newBench(t, googlesim.Options{}, maxBody)}
			s.add("run_1", "2025", statementOf(t, 1, "Total"), false)
			s.retarget("Invoices", "B3")
			s.add("run_2", "2026", statementOf(t, 2, "Total"), false)
			doc := s.doc()
			if got := fmt.Sprint(doc.Formatted("Invoices!B3:B12")); got !=
				"[[Report period] [2025] [2025] [2025] [2026] [2026] [2026]]" {
				t.Errorf("column B holds %s", got)
			}
			if got := fmt.Sprint(doc.Values("Invoices!A1:A12")); strings.Trim(got, "[] ") != "" {
				t.Errorf("column A holds %s", got)
			}
		})
	}
}

// modeRequest is a write of rows in a mode.
func (b *bench) modeRequest(s table.Schema, rows []table.Row, m mode, trace []byte) export.WriteRequest {
	b.t.Helper()
	b.runs++
	spool := table.NewSpool(s)
	for _, r := range rows {
		must(b.t, spool.Add(r))
	}
	return export.WriteRequest{
		Run: export.ID(fmt.Sprintf("run_%d", b.runs)), Owner: b.exporter.ID, Target: b.exporter.Target, Title: "x",
		Rows: spool, Budget: 1 << 20, Note: "n", Zone: time.UTC, Mode: m.Mode, Partial: m.partial,
		Deleted: m.deleted, Trace: trace, Report: func(export.Phase, int) {},
		Found: func(t export.Target) error { b.exporter.Target = t; return nil },
	}
}

// TestManyScatteredChanges: a commit stays below the limit however many places change, rows keep their places, and
// what was not to change does not.
func TestManyScatteredChanges(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		m    mode
		keep func(i int) bool
		rows int
	}{
		"changed":          {mode{Mode: export.Upsert}, func(int) bool { return true }, 1200},
		"in another order": {mode{Mode: export.Upsert}, func(i int) bool { return i%11 != 1 }, 1200},
		"changed, gone":    {mode{Mode: export.Upsert}, func(i int) bool { return i%3 != 1 }, 1800},
		"changed, marked":  {mode{Mode: export.Upsert, deleted: "mark"}, func(i int) bool { return i%7 != 5 }, 1200},
		"partial":          {mode{Mode: export.Upsert, partial: true}, func(i int) bool { return i%9 != 4 }, 1200},
		"replaced":         {mode{Mode: export.Replace}, func(i int) bool { return i%50 != 4 }, 1200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const maxBody = 60_000
			b := newBench(t, googlesim.Options{}, maxBody)
			watch := &largest{next: b.http.Transport}
			b.http.Transport = watch
			s := table.Schema{Columns: append(schema.Columns[:3:3], table.Column{ID: "Status", Title: "Status"})}
			row := func(i int, status string) table.Row {
				r := invoice(i, "", "0")
				return table.Row{Cells: append(r.Cells[:3:3], table.TextOf(status))}
			}
			var old, fresh, want []table.Row
			for i := range test.rows {
				old = append(old, row(i, "Open"))
				status := "Open"
				if i%2 == 0 {
					status = "Paid"
				}
				gone := !test.keep(i)
				if !gone {
					fresh = append(fresh, row(i, status))
				}
				switch {
				case !gone:
					want = append(want, row(i, status))
				case test.m.deleted == "mark":
					want = append(want, row(i, "Deleted"))
				case test.m.partial:
					want = append(want, row(i, "Open"))
				}
			}
			if name == "in another order" { // QuickBooks' order has changed; the sheet's stays
				slices.Reverse(fresh)
			}
			res, _, err := export.Put(b.ctx, b.client, b.modeRequest(s, old, test.m, nil))
			must(t, err)
			b.exporter.Target = res.Target
			watch.n.Store(0)
			res, set, err := export.Put(b.ctx, b.client, b.modeRequest(s, fresh, test.m, res.Trace))
			must(t, err)
			b.check(fmt.Sprintf("Invoices!A1:D%d", test.rows+9), s, want)
			if n := watch.n.Load(); n > maxBody*11/10 {
				t.Errorf("a body of %d bytes was sent", n)
			}
			if res.Rows != len(want) || set.Edited != 0 {
				t.Errorf("%d rows, %+v", res.Rows, set)
			}
		})
	}
}

// TestKeysThatDoNotStand: a mode that knows rows by their keys refuses to begin beside rows without any.
func TestKeysThatDoNotStand(t *testing.T) {
	t.Parallel()
	b := newBench(t, googlesim.Options{}, 0)
	bare := table.Schema{Columns: schema.Columns[1:]}
	var rows []table.Row
	for _, r := range invoices(5) {
		rows = append(rows, table.Row{Cells: r.Cells[1:]})
	}
	b.mustWrite(bare, rows)
	for _, m := range []mode{{Mode: export.Append}, {Mode: export.Upsert, partial: true}} {
		_, _, err := export.Put(b.ctx, b.client, b.modeRequest(schema, invoices(6), m, nil))
		if !problem.HasCode(err, problem.SheetConflict) {
			t.Errorf("%v: %v", m, err)
		}
	}
	b.check("Invoices!A1:E99", bare, rows)
	_, _, err := export.Put(b.ctx, b.client, b.modeRequest(schema, invoices(6), mode{Mode: export.Upsert}, nil))
	must(t, err)
	b.check("Invoices!A1:F99", schema, invoices(6))
}

// TestTabMadeAnew: an exporter that adds begins anew on a tab of which nothing is left.
func TestTabMadeAnew(t *testing.T) {
	t.Parallel()
	b := newBench(t, googlesim.Options{}, 0)
	add := mode{Mode: export.Append}
	res, _, err := export.Put(b.ctx, b.client, b.modeRequest(schema, invoices(6), add, nil))
	must(t, err)
	b.exporter.Target = res.Target
	must(t, b.doc().AddTab("Other"))
	must(t, b.doc().DeleteTab("Invoices"))
	_, _, err = export.Put(b.ctx, b.client, b.modeRequest(schema, invoices(6), add, res.Trace))
	must(t, err)
	b.check("Invoices!A1:F99", schema, invoices(6))
}
