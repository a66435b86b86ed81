package export_test

import (
	"testing"

	"ledgersheet/internal/change"
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

func TestRowsAreCalledAsPeopleDo(t *testing.T) {
	t.Parallel()
	invoices := export.Entity{Object: "Invoice", Dates: []string{"TxnDate"}}
	for name, test := range map[string]struct {
		d       export.Definition
		columns []string
		row     []string
		hidden  []string
		want    string
	}{
		"document": {invoices, []string{"Id", "DocNumber", "CustomerRef.name"}, []string{"145", "1045", "Amy's"}, nil,
			"Invoice 1045, Amy's"},
		"no number": {invoices, []string{"DocNumber", "CustomerRef.name"}, []string{"", "Amy's"}, nil,
			"Invoice, Amy's"},
		"no party":       {invoices, []string{"Id", "DocNumber"}, []string{"145", "1045"}, nil, "Invoice 1045"},
		"neither":        {invoices, []string{"DocNumber", "CustomerRef.name"}, []string{"", ""}, nil, ""},
		"no such column": {invoices, []string{"Id", "TotalAmt"}, []string{"145", "3"}, nil, ""},
		"hidden": {invoices, []string{"DocNumber", "CustomerRef.name"}, []string{"1045", "Amy's"},
			[]string{"CustomerRef.name"}, "Invoice 1045"},
		"two words": {export.Entity{Object: "SalesReceipt", Dates: []string{"TxnDate"}}, []string{"DocNumber"},
			[]string{"7"}, nil, "Sales receipt 7"},
		"list": {export.Entity{Object: "Vendor"}, []string{"DisplayName"}, []string{"Amy's"}, nil, "Amy's"},
		"report": {export.Report{}, []string{"txn_type", "doc_num", "name"}, []string{"Bill", "9", "Ann"}, nil,
			"Bill 9, Ann"},
		"statement": {export.Report{}, []string{export.ReportLabel}, []string{"Sales"}, nil, "Sales"},
		"change log": {export.ChangeLog{}, []string{export.ChangeRecord, export.ChangeNumber}, []string{"Invoice", "9"},
			nil, "Invoice 9"},
	} {
		var s table.Schema
		var row []change.Value
		for i, id := range test.columns {
			s.Columns = append(s.Columns, table.Column{ID: id, Title: id})
			row = append(row, change.Value{Kind: 's', Text: test.row[i]})
		}
		w := export.WriteRequest{Rows: table.NewSpool(s), Naming: export.NamingOf(test.d), Hidden: test.hidden}
		got := ""
		if called := w.ChangeOptions().Name; called != nil {
			got = called(row)
		}
		if got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
