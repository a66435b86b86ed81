package app_test

import (
	"strings"
	"testing"

	"ledgersheet/internal/intuit/intuitsim"
)

// TestDoctor examines an installation whose connections work, and then ones that were lost.
func TestDoctor(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes long, and shorter tests walk the same code")
	}
	w := newWorld(t, intuitsim.Options{Customers: 5, Vendors: 3, Items: 5, Invoices: 5, Bills: 2})
	company := w.connect(1)[0]
	e := w.create(w.newExporter("vendors", nil, nil, company))
	_, sheet := w.mustRun(e.ID)
	examine := func() (wrong []string, whole string) {
		t.Helper()
		found, err := w.desk().Examine(w.ctx)
		must(t, err)
		for _, f := range found {
			whole += f.About + ": " + f.Says + "\n"
			if f.Wrong != (f.Remedy != "") {
				t.Errorf("wrong is %v, the remedy %q: %+v", f.Wrong, f.Remedy, f)
			}
			if f.Wrong {
				wrong = append(wrong, f.About+": "+f.Says)
			}
		}
		return wrong, whole
	}
	wrong, whole := examine()
	if len(wrong) > 0 {
		t.Errorf("wrong: %q", wrong)
	}
	for _, says := range []string{
		"company " + company.Name, "connected as owner@example.com", "opened: ", "secrets that the key opens",
		"http://ledgersheet.test/oauth/google/callback", "clock, compared with Intuit's",
	} {
		if !strings.Contains(whole, says) {
			t.Errorf("it does not say %q:\n%s", says, whole)
		}
	}
	sheet.Trash(true)
	if wrong, _ := examine(); len(wrong) != 1 || !strings.Contains(wrong[0], "is in the bin") {
		t.Errorf("with the spreadsheet in the bin: %q", wrong)
	}
	sheet.Trash(false)
	_, err := w.desk().DisconnectCompany(w.ctx, company.Realm)
	must(t, err)
	w.google.RevokeGrant("owner@example.com")
	wrong, _ = examine()
	if len(wrong) != 2 || !strings.Contains(wrong[0], "company "+company.Name) ||
		!strings.Contains(wrong[1], "Google account owner@example.com") {
		t.Errorf("without connections: %q", wrong)
	}
}
