package pipeline

import (
	"archive/zip"
	"context"
	"go/build"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

// companies is a store that has nothing but companies, all of them connected.
type companies struct{ Store }

func (companies) Company(_ context.Context, realm export.RealmID) (export.Company, error) {
	return export.Company{
		Realm: realm, Name: "Company " + string(realm), Status: export.Connected,
		HomeCurrency: "USD", FiscalYearStart: time.January,
	}, nil
}

// salesOnly answers every query with 30 equal rows and remembers the queries.
type salesOnly struct {
	mu    sync.Mutex
	asked []export.Query
}

func (s *salesOnly) Read(_ context.Context, _ export.Definition, q export.Query) (*export.Reading, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, q)
	var schema table.Schema
	var row table.Row
	for _, key := range q.Columns {
		switch key {
		case export.CompanyColumn:
			schema.Columns = append(schema.Columns, table.Column{ID: key, Title: key})
			row.Cells = append(row.Cells, table.TextOf(q.Company.Name))
		case export.ReportLabel:
			schema.Columns = append(schema.Columns, table.Column{ID: key, Title: "Name", Label: true})
			row.Cells = append(row.Cells, table.TextOf("Sales"))
		case export.ReportAmounts:
			schema.Columns = append(schema.Columns,
				table.Column{ID: "total", Title: "Total", Kind: table.Money, Currency: "USD"})
			row.Cells = append(row.Cells, table.MoneyOf(decimal.RequireFromString(string(q.Company.Realm))))
		}
	}
	return &export.Reading{Schema: schema, Total: 30, End: noOutcome, Rows: func(yield func(table.Row, error) bool) {
		for range 30 {
			if !yield(row, nil) {
				return
			}
		}
	}}, nil
}

func noOutcome() (export.Outcome, error) { return export.Outcome{}, nil }

func sampleStatement() export.Report {
	return export.Report{
		ID: "profit_and_loss", Title: "Profit and loss", Object: "ProfitAndLoss", Shape: export.Tree,
		Summarize: []string{"Total"},
	}
}

// TestToday proves that a run's day is the day in the schedule's zone, whatever the server's zone.
func TestToday(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.March, 1, 2, 30, 0, 0, time.UTC)
	for zone, want := range map[string]string{
		"": "2026-03-01", "UTC": "2026-03-01", "Asia/Tokyo": "2026-03-01", "Pacific/Kiritimati": "2026-03-01",
		"America/New_York": "2026-02-28", "Pacific/Pago_Pago": "2026-02-28",
	} {
		source := &salesOnly{}
		r := New(Options{
			Definitions: []export.Definition{sampleStatement()}, Store: companies{}, Source: source,
			Now: func() time.Time { return now },
		})
		e := export.Exporter{
			Definition: "profit_and_loss", Companies: []export.RealmID{"1"},
			Schedule: export.Schedule{Timezone: zone},
		}
		if _, err := r.Preview(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		if got := source.asked[0].Today; got.Format(time.DateOnly) != want || !got.Equal(got.Truncate(24*time.Hour)) {
			t.Errorf("in %q the day is %s, want %s", zone, got, want)
		}
	}
}

func TestPreviewOfSeveralCompanies(t *testing.T) {
	t.Parallel()
	for layout, want := range map[string]struct {
		columns []string
		first   []string
		total   int
		limit   int
	}{
		export.CompaniesStacked: {
			columns: []string{"Company", "Name", "Total"}, first: []string{"Company 12", "Sales", "12"},
			total: 60, limit: previewRows,
		},
		export.CompaniesBeside: {
			columns: []string{"Name", "Company 12", "Company 30", "Total"}, first: []string{"Sales", "12", "30", "42"},
			total: 30, limit: math.MaxInt32,
		},
	} {
		source := &salesOnly{}
		r := New(Options{Definitions: []export.Definition{sampleStatement()}, Store: companies{}, Source: source})
		e := export.Exporter{
			Definition: "profit_and_loss", Companies: []export.RealmID{"12", "30"},
			Columns: []string{"Label", "Amounts"}, Options: map[string]string{"companies": layout},
		}
		got, err := r.Preview(t.Context(), e)
		if err != nil {
			t.Fatal(err)
		}
		var columns, first []string
		for _, c := range got.Columns {
			columns = append(columns, c.Title)
		}
		for _, c := range got.Rows[0].Cells {
			first = append(first, c.String())
		}
		if diff := cmp.Diff(want.columns, columns); diff != "" {
			t.Errorf("%s: %s", layout, diff)
		}
		if !slices.Equal(first, want.first) || got.Total != want.total || len(got.Rows) != previewRows ||
			source.asked[0].Limit != want.limit {
			t.Errorf("%s: %q, %d rows of %d, asked for %d", layout, first, len(got.Rows), got.Total,
				source.asked[0].Limit)
		}
	}
}

// TestTodayInEveryZone compares a run's day with the local date, in every zone that Go knows and at many hours over ten
// years.
func TestTodayInEveryZone(t *testing.T) {
	t.Parallel()
	zones, err := zip.OpenReader(filepath.Join(build.Default.GOROOT, "lib", "time", "zoneinfo.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer zones.Close()
	checked := 0
	for _, f := range zones.File {
		loc, err := time.LoadLocation(f.Name)
		if strings.HasSuffix(f.Name, "/") || err != nil {
			continue
		}
		checked++
		var now time.Time
		r := New(Options{
			Definitions: []export.Definition{sampleStatement()}, Store: companies{},
			Now: func() time.Time { return now },
		})
		e := export.Exporter{
			Definition: "profit_and_loss", Companies: []export.RealmID{"1"},
			Schedule: export.Schedule{Timezone: f.Name},
		}
		now = time.Date(2020, time.January, 1, 0, 0, 0, 0, time.UTC)
		for ; now.Year() < 2030; now = now.Add(499 * time.Hour) {
			in, err := r.lookUp(t.Context(), e, 0)
			if err != nil {
				t.Fatal(err)
			}
			want := now.In(loc).Format(time.DateOnly) + " 00:00 UTC"
			if in.today.Format("2006-01-02 15:04 MST") != want {
				t.Fatalf("%s at %s: the day is %s, want %s", f.Name, now, in.today, want)
			}
		}
	}
	if checked < 300 {
		t.Errorf("only %d zones were found", checked)
	}
}
