package rows

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/record"
)

func TestLines(t *testing.T) {
	t.Parallel()
	r, err := record.Parse([]byte(`{"Id":"1","Line":[
	 {"Id":"1","Amount":100.00,"DetailType":"SalesItemLineDetail"},
	 {"Id":"2","Amount":60.00,"DetailType":"GroupLineDetail","GroupLineDetail":{"Quantity":2,"Line":[
	   {"Id":"3","Amount":40.00,"DetailType":"SalesItemLineDetail"},{"Id":"4","Amount":20.00,"DetailType":"SalesItemLineDetail"}]}},
	 {"Id":"5","Amount":0.50,"DetailType":"GroupLineDetail","GroupLineDetail":{}},
	 {"Id":"6","Description":"Thank you","DetailType":"DescriptionOnly"},
	 {"Amount":160.50,"DetailType":"SubTotalLineDetail","SubTotalLineDetail":{}},
	 {"Id":"7","Amount":16.05,"DetailType":"DiscountLineDetail","DiscountLineDetail":{"PercentBased":true}},
	 {"Id":"8","Amount":-1.00,"DetailType":"DiscountLineDetail"},
	 {"Id":"9","Amount":0,"DetailType":"DiscountLineDetail"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	var got [][2]string
	for _, l := range linesOf(r, "Line") {
		got = append(got, [2]string{l.Text("Id"), l.Text("Amount")})
	}
	want := [][2]string{
		{"1", "100.00"}, {"3", "40.00"}, {"4", "20.00"}, {"5", "0.50"}, {"6", ""}, {"7", "-16.05"}, {"8", "1.00"},
		{"9", "0"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if l := r.List("Line"); l[5].Text("Amount") != "16.05" {
		t.Error("the record itself was changed")
	}
	if l := linesOf(record.Record{}.With("Id", "1"), "Line"); l != nil {
		t.Errorf("a record without lines has %v", l)
	}
}
