package exporters_test

import (
	"testing"

	"github.com/shopspring/decimal"

	"ledgersheet/exporters"
	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit"
	"ledgersheet/internal/pipeline"
	"ledgersheet/internal/table"
)

// TestCompaniesSideBySide puts two simulated companies, of which one numbers its accounts, next to one another: each
// column adds up to the company's own report, and the total to both.
func TestCompaniesSideBySide(t *testing.T) { setBeside(t, exporters.All()) }

func setBeside(t *testing.T, all []export.Definition) {
	t.Parallel()
	w := newWorld(t, all)
	companies := map[export.RealmID]export.Company{}
	var realms []export.RealmID
	for _, info := range w.books.Companies() {
		realm := export.RealmID(info.Realm)
		realms = append(realms, realm)
		companies[realm] = export.Company{
			Realm: realm, Name: info.Name, HomeCurrency: info.Currency, FiscalYearStart: info.FiscalYearStart,
			Environment: intuit.Sandbox, Status: export.Connected,
		}
		if err := w.store.PutCompany(t.Context(), companies[realm]); err != nil {
			t.Fatal(err)
		}
	}
	r := pipeline.New(pipeline.Options{Definitions: all, Store: w.store, Source: w.source})
	for _, d := range all {
		report, ok := d.(export.Report)
		if !ok || report.Shape != export.Tree {
			continue
		}
		options := map[string]string{export.OptCompanies: export.CompaniesBeside, export.OptLayout: export.LayoutTable}
		if report.Dates == export.AsOfDay {
			options[export.OptReportDate] = "2026-03-14"
		} else {
			options[export.OptDateRange] = export.RangeCustom
			options[export.OptStartDate], options[export.OptEndDate] = "2025-01-01", "2025-12-31"
		}
		e := w.exporter(d, options)
		e.Companies = realms
		p, err := r.Preview(t.Context(), e)
		if err != nil {
			t.Fatalf("%s: %v", report.ID, err)
		}
		want := map[string]decimal.Decimal{}
		for _, realm := range realms {
			reading, err := w.source.Read(t.Context(), d,
				export.Query{Company: companies[realm], Columns: export.Defaults(d, false), Options: e.Options,
					Today: today})
			if err != nil {
				t.Fatal(err)
			}
			for row, err := range reading.Rows {
				if err != nil {
					t.Fatal(err)
				}
				for i, c := range row.Cells {
					if v, ok := c.Decimal(); ok {
						id := reading.Schema.Columns[i].ID
						want[string(realm)+"/"+id] = want[string(realm)+"/"+id].Add(v)
						want["companies/"+id] = want["companies/"+id].Add(v)
					}
				}
			}
		}
		if p.Total > len(p.Rows) {
			continue // the preview does not show all of it
		}
		got := map[string]decimal.Decimal{}
		totals := 0
		for _, row := range p.Rows {
			for i, c := range row.Cells {
				if v, ok := c.Decimal(); ok {
					got[p.Columns[i].ID] = got[p.Columns[i].ID].Add(v)
				}
			}
		}
		for _, col := range p.Columns {
			if col.Kind == table.Money && len(col.ID) > 10 && col.ID[:10] == "companies/" {
				totals++
			}
			if col.Kind == table.Money && !got[col.ID].Equal(want[col.ID]) {
				t.Errorf("%s: %s adds up to %s, want %s", report.ID, col.Title, got[col.ID], want[col.ID])
			}
		}
		if totals == 0 {
			t.Errorf("%s has no total over the companies: %q", report.ID, p.Warnings)
		}
	}
}
