package app_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"ledgersheet/internal/capture"
	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
)

// TestCapture captures exporters of two companies with unusual names: nobody's name, e-mail, phone or text is left, and
// nothing was written.
func TestCapture(t *testing.T) {
	t.Parallel()
	w := newWorld(t, intuitsim.Options{Nasty: true, Invoices: 150, Bills: 60})
	companies := w.connect(2)
	for _, kind := range []string{"customers", "general_ledger", "profit_and_loss"} {
		options := map[string]string{}
		if kind != "customers" {
			options["accounting_method"] = "Accrual"
		}
		e := w.create(w.newExporter(kind, options, nil, companies...))
		data, err := w.desk().Capture(w.ctx, e.ID)
		if err != nil {
			t.Fatal(err)
		}
		var f capture.File
		if err := json.Unmarshal(data, &f); err != nil {
			t.Fatal(err)
		}
		if f.Type != kind || f.Problem != "" || len(f.Requests) < 2 {
			t.Errorf("%s: problem %q, %d requests", kind, f.Problem, len(f.Requests))
		}
		text := string(data)
		for _, c := range companies {
			secrets := append(w.secrets(c.Realm), string(c.Realm), c.Name)
			if len(secrets) < 50 {
				t.Fatalf("only %d texts to look for", len(secrets))
			}
			for _, secret := range secrets {
				if len(secret) < 8 && strings.Trim(secret, "0123456789") == "" {
					secret = `"` + secret + `"` // a few digits may stand in made-up ones by chance
				}
				if strings.Contains(text, secret) {
					t.Errorf("%s: it tells %q", kind, secret)
				}
			}
		}
		if stored, err := w.desk().Exporter(w.ctx, e.ID); err != nil || stored.Target.Spreadsheet != "" {
			t.Errorf("%s: the target is %+v, %v", kind, stored.Target, err)
		}
	}
	entries, err := w.desk().Audit(w.ctx, 10)
	if err != nil || !slices.ContainsFunc(entries, func(e export.AuditEntry) bool {
		return e.Action == "exporter.capture"
	}) {
		t.Errorf("the audit log has %+v, %v", entries, err)
	}
}

// secrets returns texts of a company's customers as they stand in JSON.
func (w *world) secrets(realm export.RealmID) (list []string) {
	w.t.Helper()
	books := w.intuit.Company(string(realm))
	for _, id := range books.IDs("Customer") {
		raw, _ := books.Record("Customer", id)
		var c struct {
			DisplayName, CompanyName, Notes string
			PrimaryEmailAddr                struct{ Address string }
			PrimaryPhone                    struct{ FreeFormNumber string }
			BillAddr                        struct{ Line1, City string }
		}
		if err := json.Unmarshal(raw, &c); err != nil {
			w.t.Fatal(err)
		}
		for _, text := range []string{c.DisplayName, c.CompanyName, c.Notes, c.PrimaryEmailAddr.Address,
			c.PrimaryPhone.FreeFormNumber, c.BillAddr.Line1, c.BillAddr.City} {
			if quoted, err := json.Marshal(text); err == nil && len(text) > 4 {
				list = append(list, strings.Trim(string(quoted), `"`))
			}
		}
	}
	return list
}
