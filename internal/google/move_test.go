package google_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/sheets/v4"

	"ledgersheet/internal/export"
	"ledgersheet/internal/google/googlesim"
	"ledgersheet/internal/problem"
)

// empty checks that nothing is entered in an area.
func (b *bench) empty(a1 string) {
	b.t.Helper()
	for _, row := range b.doc().Formulas(a1) {
		if slices.ContainsFunc(row, func(v any) bool { return v != "" }) {
			b.t.Errorf("%s still holds %v", a1, row)
		}
	}
}

// openRows writes twenty invoices, with formulas of a person's that refer to them, and makes room for another place.
func openRows(t *testing.T, maxBody int, how googlesim.Behaviour) *bench {
	t.Helper()
	b := newBench(t, googlesim.Options{Behaviour: how}, maxBody)
	b.mustWrite(schema, invoices(20))
	must(t, b.doc().AddTab("Sums"))
	b.grow(60, 20)
	for at, formula := range map[string]string{
		"Sums!A1": "=SUM(Invoices!E2:E21)", "Sums!A2": "=Invoices!D3", "Sums!A3": "=Invoices!E1",
		"Invoices!N1": "=SUM(E2:E21)", "Invoices!H2": "=E2*2",
	} {
		must(t, b.doc().SetCell(at, formula))
	}
	must(t, b.doc().Batch(&sheets.Request{AddNamedRange: &sheets.AddNamedRangeRequest{
		NamedRange: &sheets.NamedRange{Name: "totals", Range: &sheets.GridRange{
			SheetId: b.doc().Tabs()[0].ID, StartRowIndex: 1, EndRowIndex: 21, StartColumnIndex: 4, EndColumnIndex: 5,
		}},
	}}))
	return b
}

// followed checks that what a person wrote still shows what it showed, by references into the rows' place.
func (b *bench) followed(rows int, tab, total string) {
	b.t.Helper()
	sum := 0.0
	for n := range rows {
		sum += float64(n) + float64(n%100)/100
	}
	want := fmt.Sprintf("%.2f", sum)
	for _, at := range []string{"Sums!A1", "Invoices!N1"} {
		if got, ok := b.doc().Cell(at).Value.(float64); !ok || fmt.Sprintf("%.2f", got) != want {
			b.t.Errorf("%s shows %v by %v, want %s", at, b.doc().Cell(at).Value, b.doc().Formulas(at), want)
		}
	}
	b.holds("Sums!A2", "Customer 1")
	b.holds("Sums!A3", "Total")
	b.holds("Invoices!H2", "0")
	if got := b.doc().NamedRanges()["totals"]; got != fmt.Sprintf("%s!%s", tab, total) {
		b.t.Errorf("the person's named range is at %s, want %s!%s", got, tab, total)
	}
}

// TestReferencesFollowAMove moves the rows to another cell, a tab that there is, and one that is made, with and without
// changes in the same run, and whatever Google does with references to cells that are pasted over.
func TestReferencesFollowAMove(t *testing.T) {
	t.Parallel()
	for name, how := range map[string]googlesim.Behaviour{"": {}, "overwritten lost": {CutLosesOverwritten: true}} {
		for size, maxBody := range map[string]int{"small": 0, "staged": 2_000} {
			for _, to := range []struct{ tab, start, at, total string }{
				{"Invoices", "A30", "A30:F99", "E31:E"}, {"Invoices", "A2", "A2:F99", "E3:E"},
				{"Invoices", "B12", "B12:G99", "F13:F"}, {"Sums", "C4", "C4:H99", "G5:G"},
				{"Made", "A1", "A1:F99", "E2:E"}, {"Made", "J7", "J7:O99", "N8:N"},
			} {
				t.Run(strings.Join([]string{name, size, to.tab, to.start}, " "), func(t *testing.T) {
					t.Parallel()
					b := openRows(t, maxBody, how)
					b.retarget(to.tab, to.start)
					res := b.mustWrite(schema, invoices(23))
					b.check(to.tab+"!"+to.at, schema, invoices(23))
					b.followed(23, to.tab, fmt.Sprint(to.total, rowOf(to.start)+23))
					if res.Added != 3 || res.Changed+res.Removed != 0 {
						t.Errorf("%+v", res.Set)
					}
					if to.tab != "Invoices" {
						b.empty("Invoices!A1:F99")
					}
					if res := b.mustWrite(schema, invoices(23)); !res.Unchanged {
						t.Error("the next run wrote the same rows")
					}
					b.retarget("Invoices", "A1")
					if res := b.mustWrite(schema, invoices(23)); res.Unchanged || !res.Empty() {
						t.Errorf("the way back, alone: %+v", res)
					}
					b.check("Invoices!A1:F99", schema, invoices(23))
					b.followed(23, "Invoices", "E2:E24")
					for _, tab := range b.doc().Tabs() {
						if strings.Contains(tab.Title, "ledgersheet") {
							t.Errorf("the tab %q was left", tab.Title)
						}
					}
				})
			}
		}
	}
}

func rowOf(start string) int {
	n := 0
	_, _ = fmt.Sscan(strings.TrimLeft(start, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"), &n)
	return n
}

// TestWhatIsInTheWayOfAMove says so, and nothing is changed.
func TestWhatIsInTheWayOfAMove(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		before func(b *bench) error
		tab    string
		want   problem.Code
		names  string
	}{
		"a cell": {
			func(b *bench) error { return b.doc().SetCell("Sums!D9", "mine") }, "Sums", problem.SheetConflict, "D9",
		},
		"no value": {
			func(b *bench) error { return b.doc().SetCell("Sums!D9", `=""`) }, "Sums", problem.SheetConflict, "D9",
		},
		"where more rows go": {
			func(b *bench) error { return b.doc().SetCell("Sums!D27", "mine") }, "Sums", problem.SheetConflict, "D27",
		},
		"merged there": {
			func(b *bench) error { return b.doc().Merge("Sums!A3:C4") }, "Sums", problem.SheetConflict, "A3:C4",
		},
		"merged here": {
			func(b *bench) error { return b.doc().Merge("Invoices!A21:A23") }, "Sums", problem.SheetConflict, "A21:A23",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := openRows(t, 0, googlesim.Behaviour{})
			must(t, test.before(b))
			was := b.doc().Resource()
			b.retarget(test.tab, "C4")
			_, err := b.write(schema, invoices(24))
			p := problem.From(err)
			if p.Code != test.want || !strings.Contains(p.Message, test.names) || p.Hint == "" ||
				!slices.Contains(p.Remedies, string(export.RepairStartOver)) {
				t.Errorf("got %v, want %s about %s", err, test.want, test.names)
			}
			if diff := cmp.Diff(was, b.doc().Resource()); diff != "" {
				t.Errorf("something has changed:\n%s", diff)
			}
			must(t, b.doc().Unmerge("Invoices!A1:F40"))
			b.retarget("Invoices", "A1") // back to where the rows still are
			b.mustWrite(schema, invoices(20))
		})
	}
}

// TestAnotherExporterInTheWayOfAMove is not written over.
func TestAnotherExporterInTheWayOfAMove(t *testing.T) {
	t.Parallel()
	b := openRows(t, 0, googlesim.Behaviour{})
	first := b.exporter
	b.exporter.ID = "exp_02other"
	b.exporter.Target.Sheet, b.exporter.Target.Start, b.exporter.Target.Tab = "Bills", "C10", nil
	b.mustWrite(schema, invoices(3))
	b.exporter = first
	b.retarget("Bills", "A1")
	if _, err := b.write(schema, invoices(20)); !problem.HasCode(err, problem.SheetConflict) {
		t.Errorf("over another exporter: %v", err)
	}
	b.check("Bills!C10:H99", schema, invoices(3))
}

// TestProtectedPlaceOfAMove is refused by name.
func TestProtectedPlaceOfAMove(t *testing.T) {
	t.Parallel()
	b := newBench(t, googlesim.Options{}, 0)
	b.useForeign(t)
	must(t, b.doc().AddTab("Locked"))
	i := slices.IndexFunc(b.doc().Tabs(), func(tab googlesim.Tab) bool { return tab.Title == "Locked" })
	must(t, b.doc().Batch(&sheets.Request{AddProtectedRange: &sheets.AddProtectedRangeRequest{
		ProtectedRange: &sheets.ProtectedRange{
			Range: &sheets.GridRange{SheetId: b.doc().Tabs()[i].ID}, Editors: &sheets.Editors{},
		},
	}}))
	b.retarget("Locked", "A1")
	b.rewrite(20, problem.SheetProtected)
}

// TestHeadingMoves takes the lines above the rows along.
func TestHeadingMoves(t *testing.T) {
	t.Parallel()
	for _, to := range []struct{ tab, start, title, at string }{
		{"Invoices", "A4", "A5", "A9:F40"}, {"Invoices", "C60", "C61", "C65:H99"}, {"Made", "B1", "B2", "B6:G40"},
	} {
		t.Run(to.tab+" "+to.start, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, googlesim.Options{}, 0)
			b.heading = headingOf(0)
			b.mustWrite(schema, invoices(20))
			must(t, b.doc().AddTab("Sums"))
			must(t, b.doc().SetCell("Sums!A1", "=Invoices!A2"))
			b.retarget(to.tab, to.start)
			b.mustWrite(schema, invoices(21))
			b.check(to.tab+"!"+to.at, schema, invoices(21))
			b.holds(to.tab+"!"+to.title, "The title")
			b.holds("Sums!A1", "The title")
			lines := 0
			for _, tab := range b.doc().Tabs() {
				for _, row := range b.doc().Values(quoted(tab.Title) + "!A1:Z99") {
					for _, v := range row {
						if v == "The company" {
							lines++
						}
					}
				}
			}
			if lines != 1 {
				t.Errorf("the heading stands %d times", lines)
			}
			if res := b.mustWrite(schema, invoices(21)); !res.Unchanged {
				t.Error("the next run wrote the same rows")
			}
		})
	}
}

// TestFilterAndBandsMove takes the look *board* along, with what people have set in its filter.
func TestFilterAndBandsMove(t *testing.T) {
	t.Parallel()
	for _, tab := range []string{"Invoices", "Made"} {
		t.Run(tab, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, googlesim.Options{Behaviour: googlesim.Behaviour{PasteSkipsFilteredRows: true}}, 0)
			b.exporter.Look = export.BoardLook
			b.mustWrite(schema, invoices(20))
			must(t, b.doc().Filter("Invoices!A1:F21", 4, "Customer 3"))
			b.retarget(tab, "C3")
			b.mustWrite(schema, invoices(22))
			b.check(tab+"!C3:H99", schema, invoices(22))
			for _, sh := range b.doc().Resource().Sheets {
				if sh.Properties.Title != tab {
					if sh.BasicFilter != nil || len(sh.BandedRanges) > 0 {
						t.Errorf("left on %q", sh.Properties.Title)
					}
					continue
				}
				if f := sh.BasicFilter; f == nil || f.Range.StartColumnIndex != 2 || f.Range.EndRowIndex != 25 ||
					len(f.FilterSpecs) != 1 || f.FilterSpecs[0].ColumnIndex != 5 {
					t.Errorf("filter %+v", f)
				}
				if len(sh.BandedRanges) != 1 || sh.BandedRanges[0].Range.EndRowIndex != 25 {
					t.Errorf("bands %+v", sh.BandedRanges)
				}
			}
		})
	}
}

// TestEveryFaultOfAMove makes each request of a move fail in each way: the rows stand once, whole, at one of the two
// places, and after the next run at the new one.
func TestEveryFaultOfAMove(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes long, and shorter tests walk the same code")
	}
	for _, to := range []struct{ tab, start, at string }{
		{"Invoices", "A3", "A3:F60"}, {"Made", "B2", "B2:G60"}, {"Sums", "C4", "C4:H60"},
	} {
		t.Run(to.tab, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				for n, hit := 0, true; hit; n++ {
					for _, s := range spoils() {
						b := openRows(t, 0, googlesim.Behaviour{})
						b.retarget(to.tab, to.start)
						var seen []string
						old, fresh := titled(schema, invoices(20)), titled(schema, invoices(23))
						b.sim.Watch(func(a googlesim.Applied) {
							if got := shown(a.Book); !cmp.Equal(got, old) && !cmp.Equal(got, fresh) {
								seen = append(seen, fmt.Sprint(a.Kind, ": ", got))
							}
						})
						fault := s.fault
						hit = false
						fault.Kind, fault.Skip, fault.Before = "batchUpdate", n, func() { hit = true }
						b.sim.Fail(fault)
						_, _ = b.write(schema, invoices(23))
						b.sim.ClearFaults()
						b.mustWrite(schema, invoices(23))
						b.sim.ApplyLate()
						b.check(to.tab+"!"+to.at, schema, invoices(23))
						b.followed(23, to.tab, b.doc().NamedRanges()["totals"][len(to.tab)+1:])
						if len(seen) > 0 {
							t.Errorf("%d %s: readers saw %s", n, s.name, seen[0])
						}
					}
					if n == 0 && !hit {
						t.Error("nothing was written")
					}
				}
			})
		})
	}
}

// TestPeopleActWhileRowsMove lets a person shift the rows right before they are moved.
func TestPeopleActWhileRowsMove(t *testing.T) {
	t.Parallel()
	for name, act := range map[string]func(b *bench) error{
		"a row above":     func(b *bench) error { return b.doc().InsertRows("Invoices", 1, 1) },
		"a row inside":    func(b *bench) error { return b.doc().InsertRows("Invoices", 10, 1) },
		"a column inside": func(b *bench) error { return b.doc().InsertColumns("Invoices", 3, 1) },
		"renamed":         func(b *bench) error { return b.doc().RenameTab("Invoices", "Mine") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := openRows(t, 0, googlesim.Behaviour{})
				b.retarget("Made", "B2")
				m := &meddler{next: b.http.Transport, part: ":batchUpdate", meddle: func() { must(t, act(b)) }}
				b.http.Transport = m
				b.mustWrite(schema, invoices(23))
				if !m.done {
					t.Fatal("nobody came in between")
				}
				got := rowsUnder(b, "")
				if diff := cmp.Diff(titled(schema, invoices(23)), got); diff != "" {
					t.Errorf("the rows are wrong (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestDryRunOfAMove changes nothing, and counts what the run then does.
func TestDryRunOfAMove(t *testing.T) {
	t.Parallel()
	b := openRows(t, 0, googlesim.Behaviour{})
	b.retarget("Made", "A1")
	was := b.doc().Resource()
	dry, err := b.client.Prepare(b.ctx, b.request(schema, invoices(23)))
	must(t, err)
	if diff := cmp.Diff(was, b.doc().Resource()); diff != "" {
		t.Errorf("a dry run has changed something:\n%s", diff)
	}
	foreseen := dry.Requests()
	count := &counter{next: b.http.Transport}
	b.http.Transport = count
	res := b.mustWrite(schema, invoices(23))
	if dry.Change().Added != res.Added || dry.Change().Changed != res.Changed || dry.Change().Removed != res.Removed {
		t.Errorf("dry %+v, run %+v", dry.Change(), res.Set)
	}
	if made := int(count.n.Load()); foreseen < 4 || foreseen > made {
		t.Errorf("%d requests foreseen beside reads, %d made", foreseen, made)
	}
}
