package app_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/api/sheets/v4"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
)

// TestFullnessIsForecast fills a spreadsheet beyond 70 % of what Google allows: the run's page and its answer by API
// say how full it is, how it has grown, and when it is full.
func TestFullnessIsForecast(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := makeWorld(t, intuitsim.Options{Customers: 5, Vendors: 3, Items: 5, Invoices: 20, Bills: 2})
		w.openToVisitors()
		company := w.connect(1)[0]
		e := w.create(w.newExporter("invoices", nil, []string{"Id", "DocNumber", "TotalAmt"}, company))
		_, doc := w.mustRun(e.ID)
		must(t, doc.AddTab("Archive"))
		tab, _ := doc.Tab("Archive")
		must(t, doc.Batch(&sheets.Request{AppendDimension: &sheets.AppendDimensionRequest{
			SheetId: tab.ID, Dimension: "ROWS", Length: 382_000,
		}}))
		time.Sleep(60 * 24 * time.Hour)
		books := w.intuit.Company(string(company.Realm))
		for range 100 {
			_, err := books.AddInvoice(intuitsim.Sale{Amount: "1.00"})
			must(t, err)
		}
		run, _ := w.mustRun(e.ID)
		want := []string{"of the 10,000,000 cells", "99 %", "had 20 rows on ", " and has 120 on ", "full in about "}
		texts := map[string]string{"the run": strings.Join(export.WarningTexts(run.Warnings), " ")}
		visitor := w.signIn()
		texts["the page"] = visitor.see("/runs/" + string(run.ID)).text
		var answer struct {
			Warnings []string `json:"warnings"`
		}
		visitor.call("/runs/"+string(run.ID), &answer)
		texts["the API"] = strings.Join(answer.Warnings, " ")
		for where, text := range texts {
			for _, part := range want {
				if !strings.Contains(text, part) {
					t.Errorf("%s lacks %q: %s", where, part, text)
				}
			}
		}
	})
}
