package rows

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/record"
)

func TestCompileReference(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		self, path string
		want       map[string]string // field by object; nil when nothing is looked up
	}{
		{"Invoice", "CustomerRef.CompanyName", map[string]string{"Customer": "CompanyName"}},
		{"Invoice", "CustomerRef.BillAddr.City", map[string]string{"Customer": "BillAddr.City"}},
		{"Invoice", "CustomerRef.name", map[string]string{"Customer": "name"}},
		{"Invoice", "CustomerRef.value", nil},
		{"Invoice", "CustomerRef", nil},
		{"Invoice", "CustomerRef.CustomField.Region", map[string]string{"Customer": "CustomField.Region"}},
		{"Invoice", "CustomField.ItemRef.Sku", nil},
		{"Invoice", "CurrencyRef.name", nil},
		{"Invoice", "SalesItemLineDetail.ItemRef.Sku", map[string]string{"Item": "Sku"}},
		{"Invoice", "SalesItemLineDetail.ItemAccountRef.AcctNum", map[string]string{"Account": "AcctNum"}},
		{"Invoice", "GroupLineDetail.GroupItemRef.Sku", map[string]string{"Item": "Sku"}},
		{"Invoice", "SalesTermRef.DueDays", map[string]string{"Term": "DueDays"}},
		{"Vendor", "TermRef.name", map[string]string{"Term": "name"}},
		{"Vendor", "APAccountRef.AccountType", map[string]string{"Account": "AccountType"}},
		{"BillPayment", "CreditCardPayment.CCAccountRef.AcctNum", map[string]string{"Account": "AcctNum"}},
		{"Customer", "CustomerTypeRef.name", map[string]string{"CustomerType": "name"}},
		{"Customer", "ParentRef.Notes", map[string]string{"Customer": "Notes"}},
		{"Account", "ParentRef.AcctNum", map[string]string{"Account": "AcctNum"}},
		{"Invoice", "ParentRef.AcctNum", nil},
		{"Item", "PrefVendorRef.CompanyName", map[string]string{"Vendor": "CompanyName"}},
		{"TaxRate", "AgencyRef.name", map[string]string{"TaxAgency": "name"}},
		{"TaxCode", "SalesTaxRateList.TaxRateDetail.TaxRateRef.RateValue", map[string]string{"TaxRate": "RateValue"}},
		{"Purchase", "EntityRef.CompanyName", map[string]string{"Customer": "CompanyName", "Vendor": "CompanyName",
			"Employee": "CompanyName"}},
		{"Purchase", "EntityRef.type", nil},
		{"JournalEntry", "JournalEntryLineDetail.Entity.EntityRef.name", map[string]string{"Customer": "name",
			"Vendor": "name", "Employee": "name"}},
		{"Attachable", "AttachableRef.EntityRef.value", nil},
	} {
		var all lists
		r, err := compileReference(test.self, test.path, &all)
		if err != nil {
			t.Errorf("%s: %v", test.path, err)
			continue
		}
		var got map[string]string
		if r != nil {
			got = map[string]string{}
			for _, f := range r.in {
				got[f.list.object] = f.list.fields[f.index].name
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s of %s: %s", test.path, test.self, diff)
		}
	}
}

// FuzzReference takes any path that there is: none may be refused or look anything up without a record.
func FuzzReference(f *testing.F) {
	for _, s := range []string{
		"CustomerRef.CompanyName", "Line[0].ItemRef.Sku", "A[Name=x.ItemRef.y].b", "ItemRef[0].Sku", "EntityRef.name",
		"ItemRef.ItemRef.name", "CustomField.ItemRef.x",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if _, err := record.ParsePath(s); err != nil || len(s) > 190 { // a little is put behind what is near the bound
			return
		}
		var all lists
		r, err := compileReference("Invoice", s, &all)
		if err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		if r == nil {
			return
		}
		if v, ok := r.lookup(record.Record{}.With("Id", "1")); ok {
			t.Errorf("%q found %v in nothing", s, v)
		}
	})
}

func TestColumnsShareLists(t *testing.T) {
	t.Parallel()
	var all lists
	for _, path := range []string{
		"CustomerRef.Notes", "CustomerRef.CompanyName", "CustomerRef.Notes", "SalesTermRef.DueDays",
	} {
		if _, err := compileReference("Invoice", path, &all); err != nil {
			t.Fatal(err)
		}
	}
	if len(all.all) != 2 || len(all.all[0].fields) != 2 {
		t.Errorf("%d lists, %d fields of customers", len(all.all), len(all.all[0].fields))
	}
}

func TestReferenceLookup(t *testing.T) {
	t.Parallel()
	listed := []string{
		`{"Id":"1","Name":"State","RateValue":4.25}`,
		`{"Id":"2","Name":"City","FullyQualifiedName":"State:City","RateValue":2.00}`,
		`{"Id":"3","Name":"Free"}`,
	}
	for _, test := range []struct{ path, record, want string }{
		{"TaxRateRef.RateValue", `{"TaxRateRef":{"value":"2"}}`, "2.00"},
		{"TaxRateRef.RateValue", `{"TaxRateRef":{"value":"3"}}`, ""},
		{"TaxRateRef.RateValue", `{"TaxRateRef":{"value":"4"}}`, ""},
		{"TaxRateRef.RateValue", `{}`, ""},
		{"TaxRateRef.name", `{"TaxRateRef":{"value":"1"}}`, "State"},
		{"TaxRateRef.name", `{"TaxRateRef":{"value":"2"}}`, "State:City"},
		{"TaxRateRef.name", `{"TaxRateRef":{"value":"NON"}}`, "NON"},
		{"TaxRateRef.RateValue", `{"TaxRateRef":{"value":"NON"}}`, ""},
		{"Rates.TaxRateRef.RateValue", `{"Rates":[{"TaxRateRef":{"value":"1"}},{"TaxRateRef":{"value":"2"}}]}`,
			"4.25, 2.00"},
	} {
		var all lists
		r, err := compileReference("TaxCode", test.path, &all)
		if err != nil {
			t.Fatal(err)
		}
		own := all.all[0]
		own.values = map[string][]any{}
		for _, text := range listed {
			rec, err := record.Parse([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			own.keep(rec)
		}
		rec, err := record.Parse([]byte(test.record))
		if err != nil {
			t.Fatal(err)
		}
		v, ok := r.lookup(rec)
		if got := record.Convert(v, 0).String(); got != test.want || ok != (test.want != "") {
			t.Errorf("%s of %s is %q, want %q", test.path, test.record, got, test.want)
		}
	}
}
