package google_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/api/sheets/v4"

	"ledgersheet/internal/export"
	"ledgersheet/internal/google/googlesim"
	"ledgersheet/internal/problem"
)

// The tests of this file do to a file, or find in its account, what is not seen in its cells.

// TestInTheBin: Sheets still writes a spreadsheet that is in the bin, but a run that has something to write stops.
func TestInTheBin(t *testing.T) {
	t.Parallel()
	for name, made := range map[string]bool{"made here": true, "somebody's": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, googlesim.Options{}, 0)
			if !made {
				b.exporter.Target.Spreadsheet = b.sim.CreateSpreadsheet(owner, "Mine", "Sheet1")
				must(t, b.sim.Pick(b.exporter.Target.Spreadsheet, owner))
			}
			b.mustWrite(schema, invoices(5))
			b.doc().Trash(true)
			p := b.stops(6, problem.SpreadsheetNotFound)
			if !strings.Contains(p.Message, "bin") || !strings.Contains(p.Hint, "out of the bin") {
				t.Errorf("%q, hint %q", p.Message, p.Hint)
			}
			b.sim.ResetRequests()
			if !b.mustWrite(schema, invoices(5)).Unchanged || asked(b, "drive.") != 0 {
				t.Errorf("a run without changes asked Drive %d times", asked(b, "drive."))
			}
			b.doc().Trash(false)
			b.mustWrite(schema, invoices(6))
			if n := asked(b, "drive."); n != 1 {
				t.Errorf("a run with changes asked Drive %d times", n)
			}
			b.sim.Fail(googlesim.Fault{Kind: "drive.get", Status: 503})
			b.sim.Fail(googlesim.Fault{Kind: "drive.list", Status: 404})
			b.mustWrite(schema, invoices(7)) // what Drive says is not needed
		})
	}
}

// asked counts the requests of a kind.
func asked(b *bench, kind string) (n int) {
	for _, r := range b.sim.Requests() {
		if strings.HasPrefix(r.Kind, kind) {
			n++
		}
	}
	return n
}

// lag makes Drive's search find nothing for a while, as it may after a file was made.
type lag struct {
	next http.RoundTripper
	left int
}

func (l *lag) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodGet || !strings.HasSuffix(r.URL.Path, "/files") || l.left == 0 {
		return l.next.RoundTrip(r)
	}
	l.left--
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"files":[]}`)),
	}, nil
}

// TestDoubleIsNamed: a spreadsheet whose making was not noticed is named to the owner once the search shows it, unless
// somebody has used it.
func TestDoubleIsNamed(t *testing.T) {
	t.Parallel()
	b := newBench(t, googlesim.Options{}, 0)
	b.http.Transport = &lag{next: b.http.Transport, left: 3}
	b.sim.Fail(googlesim.Fault{Kind: "drive.create", Status: 503, Apply: true})
	if _, err := b.write(schema, invoices(3)); err == nil {
		t.Fatal("a lost answer was no error")
	}
	if res := b.mustWrite(schema, invoices(3)); len(res.Warnings) != 0 {
		t.Errorf("too early: %v", res.Warnings)
	}
	files := b.sim.Files()
	if len(files) != 2 {
		t.Fatalf("%d spreadsheets", len(files))
	}
	double := files[0]
	if double == b.exporter.Target.Spreadsheet {
		double = files[1]
	}
	b.mustWrite(schema, invoices(4)) // the search still lags
	res := b.mustWrite(schema, invoices(5))
	if len(res.Warnings) != 1 || !strings.Contains(res.Warnings[0].Text, double) ||
		res.Warnings[0].Code != export.WarnDouble {
		t.Fatalf("the double is not named: %v", res.Warnings)
	}
	b.check("Invoices!A1:F9", schema, invoices(5))
	must(t, b.sim.Spreadsheet(double).SetCell("Sheet1!C7", "mine"))
	if res := b.mustWrite(schema, invoices(6)); len(res.Warnings) != 0 {
		t.Errorf("one that somebody uses: %v", res.Warnings)
	}
	word := map[bool]string{true: "mine"}
	removal := func(n int) written {
		b.repairs = []export.Repair{export.RepairRemoveDouble}
		return b.mustWrite(schema, invoices(n))
	}
	trashed := func(id string) bool {
		got, err := b.client.Trashed(b.ctx, "con_1", []string{id})
		must(t, err)
		return len(got) == 1
	}
	for name, use := range map[string]func(on bool){
		"a value": func(on bool) { must(t, b.sim.Spreadsheet(double).SetCell("Sheet1!C7", word[on])) },
		"a note":  func(on bool) { must(t, b.sim.Spreadsheet(double).SetNote("Sheet1!C7", word[on])) },
		"a tab": func(on bool) {
			if on {
				must(t, b.sim.Spreadsheet(double).AddTab("Mine"))
			} else {
				must(t, b.sim.Spreadsheet(double).DeleteTab("Mine"))
			}
		},
	} {
		must(t, b.sim.Spreadsheet(double).SetCell("Sheet1!C7", ""))
		use(true)
		if removal(6); trashed(double) {
			t.Fatalf("a double with %s was moved to the bin", name)
		}
		use(false)
	}
	if res := removal(6); len(res.Warnings) != 0 || !res.Unchanged || !trashed(double) {
		t.Errorf("the double stays: %+v", res)
	}
	if res := removal(7); trashed(b.exporter.Target.Spreadsheet) || len(res.Warnings) != 0 {
		t.Errorf("again: %+v", res)
	}
	b.check("Invoices!A1:F9", schema, invoices(7))
}

// TestStorage: Google says the same to people whose storage is full and to service accounts, in old words and new.
func TestStorage(t *testing.T) {
	t.Parallel()
	b := newBench(t, googlesim.Options{}, 0)
	b.sim.SetStorageFull(owner, true)
	_, err := b.write(schema, invoices(1))
	if p := problem.From(err); p.Code != problem.SpreadsheetForbidden || !strings.Contains(p.Hint, "Free space") ||
		strings.Contains(p.Message+p.Hint, "service account") {
		t.Errorf("a person: %v, hint %q", err, p.Hint)
	}
}

// TestStagingTabDeleted: a person who deletes the hidden tab amid a run, at any request, makes the run start over.
func TestStagingTabDeleted(t *testing.T) {
	t.Parallel()
	for skip := range 9 {
		t.Run(fmt.Sprint(skip), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, googlesim.Options{}, 4_000)
				b.mustWrite(schema, invoices(60))
				fresh := invoices(150)
				b.sim.Fail(googlesim.Fault{Skip: skip, Delay: time.Millisecond, Before: func() {
					for _, tab := range b.doc().Tabs() {
						if tab.Hidden {
							must(t, b.doc().DeleteTab(tab.Title))
						}
					}
				}})
				b.mustWrite(schema, fresh)
				b.check("Invoices!A1:F200", schema, fresh)
				if tabs := b.tabs(); len(tabs) != 1 {
					t.Errorf("tabs were left: %+v", tabs)
				}
			})
		})
	}
}

// TestTooManyTabs: where Google allows no further tab the run says so, and nothing is left over.
func TestTooManyTabs(t *testing.T) {
	t.Parallel()
	tabs := make([]string, 200)
	for i := range tabs {
		tabs[i] = fmt.Sprint("Tab ", i)
	}
	for name, test := range map[string]struct {
		tabs  int
		sheet string
	}{"a new tab": {200, "Invoices"}, "a hidden tab": {200, "Tab 7"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, googlesim.Options{}, 4_000)
			b.exporter.Target.Spreadsheet = b.sim.CreateSpreadsheet(owner, "Full", tabs[:test.tabs]...)
			b.exporter.Target.Sheet = test.sheet
			_, err := b.write(schema, invoices(60))
			if p := problem.From(err); p.Code != problem.SpreadsheetFull || !strings.Contains(p.Hint, "Delete tabs") {
				t.Errorf("%v, hint %q", err, p.Hint)
			}
			if n := len(b.tabs()); n != test.tabs {
				t.Errorf("%d tabs are left", n)
			}
			must(t, b.doc().DeleteTab("Tab 3"))
			must(t, b.doc().DeleteTab("Tab 5"))
			b.mustWrite(schema, invoices(60))
			b.check(quoted(test.sheet)+"!A1:F99", schema, invoices(60))
		})
	}
}

// TestLooksOfAProtectedTab: the rows go where the owner let them; that the header cannot be frozen is only a warning.
func TestLooksOfAProtectedTab(t *testing.T) {
	t.Parallel()
	b := newBench(t, googlesim.Options{}, 0)
	id := b.sim.CreateSpreadsheet("boss@example.com", "Theirs", "Invoices")
	must(t, b.sim.Share(id, owner, "writer"))
	must(t, b.sim.Pick(id, owner))
	b.exporter.Target.Spreadsheet = id
	tab := b.doc().Tabs()[0].ID
	must(t, b.doc().Batch(&sheets.Request{AddProtectedRange: &sheets.AddProtectedRangeRequest{
		ProtectedRange: &sheets.ProtectedRange{
			Range: &sheets.GridRange{SheetId: tab, ForceSendFields: []string{"SheetId"}},
			UnprotectedRanges: []*sheets.GridRange{
				{SheetId: tab, EndColumnIndex: 8, ForceSendFields: []string{"SheetId", "StartColumnIndex"}},
			},
			Editors: &sheets.Editors{Users: []string{"boss@example.com"}},
		},
	}}))
	res := b.mustWrite(schema, invoices(25))
	b.check("Invoices!A1:F99", schema, invoices(25))
	if len(res.Warnings) != 1 || !strings.Contains(res.Warnings[0].Text, "frozen") {
		t.Errorf("warnings: %v", res.Warnings)
	}
	if res = b.mustWrite(schema, invoices(30)); len(res.Warnings) != 0 {
		t.Errorf("later: %v", res.Warnings)
	}
	b.check("Invoices!A1:F99", schema, invoices(30))
}

// TestPeoplesTabsAreNotTaken: an empty tab of a person's stays as it is when ours was deleted.
func TestPeoplesTabsAreNotTaken(t *testing.T) {
	t.Parallel()
	b := newBench(t, googlesim.Options{}, 0)
	b.mustWrite(schema, invoices(3))
	must(t, b.doc().AddTab("Mine"))
	must(t, b.doc().DeleteTab("Invoices"))
	b.mustWrite(schema, invoices(4))
	b.check("Invoices!A1:F9", schema, invoices(4))
	if tab, ok := b.doc().Tab("Mine"); !ok || tab.Rows != 1000 || tab.Columns != 26 {
		t.Errorf("the person's tab: %+v", b.doc().Tabs())
	}
}

// TestRoom: a new tab has room for people's own cells, unless the spreadsheet's cells are scarce.
func TestRoom(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		others             int64 // rows of another tab, of 26 columns
		wantRows, wantCols int
	}{"plenty": {1000, 121 + 100, 26}, "scarce": {200_000, 121, 6}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, googlesim.Options{}, 0)
			b.exporter.Target.Spreadsheet = b.sim.CreateSpreadsheet(owner, "Mine", "Other")
			b.grow(test.others-1000, 0)
			b.mustWrite(schema, invoices(120))
			if tab, _ := b.doc().Tab("Invoices"); tab.Rows != test.wantRows || tab.Columns != test.wantCols {
				t.Errorf("the tab has %d × %d cells", tab.Rows, tab.Columns)
			}
		})
	}
}

// TestFullness warns from 70 % of the cells that Google allows, over all tabs and other exporters' hidden ones.
func TestFullness(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, googlesim.Options{}, 0)
		b.exporter.Target.Spreadsheet = b.sim.CreateSpreadsheet(owner, "Mine", "Other")
		must(t, b.doc().AddTab("Hidden"))
		must(t, b.doc().HideTab("Hidden", true))
		hidden, _ := b.doc().Tab("Hidden")
		must(t, b.doc().Batch(&sheets.Request{CreateDeveloperMetadata: &sheets.CreateDeveloperMetadataRequest{
			DeveloperMetadata: &sheets.DeveloperMetadata{
				MetadataKey: "ledgersheet_staging", MetadataValue: "exp_other", Visibility: "DOCUMENT",
				Location: &sheets.DeveloperMetadataLocation{SheetId: hidden.ID},
			},
		}}))
		says := func(n int, want ...string) {
			t.Helper()
			text := strings.Join(export.WarningTexts(b.mustWrite(schema, invoices(n)).Warnings), " ")
			if len(want) == 0 && text != "" {
				t.Errorf("too early: %s", text)
			}
			for _, part := range want {
				if !strings.Contains(text, part) {
					t.Errorf("%q lacks %q", text, part)
				}
			}
		}
		says(100)
		must(t, b.doc().Batch(&sheets.Request{AppendDimension: &sheets.AppendDimensionRequest{
			SheetId: hidden.ID, Dimension: "ROWS", Length: 290_000,
		}}))
		says(101, "75 %", "7,597,") // of 10 million; too new for a forecast
		time.Sleep(30 * 24 * time.Hour)
		says(1001, "76 %", "Use another spreadsheet")
		must(t, b.doc().Batch(&sheets.Request{AppendDimension: &sheets.AppendDimensionRequest{
			SheetId: hidden.ID, Dimension: "ROWS", Length: 90_000,
		}}))
		// 900 rows in 30 days, and room for 1613 more on a tab of 26 columns.
		says(1000, "99 %", "This exporter had 100 rows on 1 January 2000 and has 1,000 on 31 January 2000: at that "+
			"pace it is full in about 2 months, around March 2000.")
		must(t, b.doc().Batch(&sheets.Request{AppendDimension: &sheets.AppendDimensionRequest{
			SheetId: hidden.ID, Dimension: "ROWS", Length: 1_600,
		}}))
		if _, err := b.write(schema, invoices(9000)); !problem.HasCode(err, problem.SpreadsheetFull) {
			t.Errorf("beyond the limit: %v", err)
		}
	})
}

// TestCutTextsAreCounted counts each text once, however often the rows are read.
func TestCutTextsAreCounted(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{1: "One text had more", 3: "3 texts had more"} {
		b := newBench(t, googlesim.Options{}, 100_000)
		rows := invoices(9)
		for i := range n {
			rows[i] = invoice(i+1, strings.Repeat("x", 60_000), "1.00")
		}
		res := b.mustWrite(schema, rows)
		if len(res.Warnings) != 1 || !strings.HasPrefix(res.Warnings[0].Text, want) {
			t.Errorf("warnings: %v", res.Warnings)
		}
	}
}
