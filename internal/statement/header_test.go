package statement

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/export"
)

// TestHeaderThatRepeatsTheTotal changes what the rows below a header add up to. A header that says the same as the
// total repeats it if that explains more than adding the header to the rows.
func TestHeaderThatRepeatsTheTotal(t *testing.T) {
	t.Parallel()
	d := export.Report{
		ID: "r", Object: "AgedReceivables", Shape: export.Tree, Dates: export.AsOfDay,
		Across: []export.GroupSum{{Group: "total"}},
	}
	for name, test := range map[string]struct {
		jobB    string // 40.00 in the file, where header and total say 60.00
		repeats bool
		differs []string
	}{
		"the rows add up": {"40.00", true, nil},
		"a cent off": {"40.01", true, []string{
			"Total Amber Works, Current: 60.00 for 60.01", "Total Amber Works, Total: 60.00 for 60.01",
			"Total, Current: 60.00 for 60.01", "Total, Total: 60.00 for 60.01",
		}},
		"its own amounts beside none": {"-20.00", false, nil},
		"its own amounts, a cent off": {"-19.99", false, []string{
			"Total Amber Works, Current: 60.00 for 60.01", "Total Amber Works, Total: 60.00 for 60.01",
			"Total, Current: 60.00 for 60.01", "Total, Total: 60.00 for 60.01",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := string(readSample(t, "testdata/hard/ageing_header_holds_total.json"))
			var doc document
			if err := decodeReport([]byte(strings.ReplaceAll(body, `"40.00"`, `"`+test.jobB+`"`)), &doc); err != nil {
				t.Fatal(err)
			}
			a := mustArrange(t, &doc, d)
			if repeats := a.top[0].echo != nil; repeats != test.repeats {
				t.Errorf("the header repeats the total: %t", repeats)
			}
			_ = verify(a, d, asked{}) // what differs is in the checks
			var differs []string
			for _, c := range a.checks {
				if !c.Holds {
					what := strings.Replace(c.What, "TOTAL", "Total", 1)
					differs = append(differs, what+", "+c.Place+": "+c.Says+" for "+c.AddsUpTo)
				}
			}
			if diff := cmp.Diff(test.differs, differs); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestFiguresOfOlderAnswers finds columns by the titles of which newer answers derive their keys.
func TestFiguresOfOlderAnswers(t *testing.T) {
	t.Parallel()
	a := &arranged{label: 0, columns: []reportColumn{
		{title: "Tax Name"}, {id: "taxcollected", title: "Tax Collected"}, {id: "net_income", title: "Net"},
	}}
	for name, want := range map[string]int{
		"tax_collected": 1, "Tax Collected": 1, "net_income": 2, "tax_name": -1, "collected": -1,
	} {
		if got := a.findColumn(name); got != want {
			t.Errorf("%s is column %d, want %d", name, got, want)
		}
	}
}
