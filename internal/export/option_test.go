package export

import (
	"errors"
	"strings"
	"testing"

	"ledgersheet/internal/problem"
)

func TestOptionCheck(t *testing.T) {
	t.Parallel()
	list := Option{Kind: OptionText, Values: Choices("tx_date", "memo", "name"), Most: 2}
	count := Option{Kind: OptionText, Largest: 12}
	for _, test := range []struct {
		o     Option
		value string
		wrong string
	}{
		{list, "tx_date", ""},
		{list, "tx_date, memo", ""},
		{list, "tx_date,subt", `"subt", which is none of tx_date, memo, name`},
		{list, "memo,memo", "memo twice"},
		{list, "memo,", `"", which is none`},
		{list, "tx_date,memo,name", "3 entries"},
		{count, "1", ""},
		{count, "12", ""},
		{count, "13", "from 1 to 12"},
		{count, "0", "from 1 to 12"},
		{count, "4.5", "from 1 to 12"},
		{Option{Kind: OptionText}, strings.Repeat("1,", 500), ""},
		{Option{Kind: OptionText}, strings.Repeat("1,", 501), "1000 characters"},
		{Option{Kind: OptionChoice, Values: Choices("All", "Paid")}, "paid", "one of All, Paid"},
		{Option{Kind: OptionDate}, "2026-02-29", "must be a date"},
		{Option{Kind: OptionBool}, "yes", "true or false"},
	} {
		got := test.o.check(test.value)
		if (test.wrong == "") != (got == "") || !strings.Contains(got, test.wrong) {
			t.Errorf("%q: %q, want %q", test.value, got, test.wrong)
		}
	}
}

func TestReportOptions(t *testing.T) {
	t.Parallel()
	tree := Report{ID: "r", Shape: Tree, Basis: true, Summarize: []string{SummarizeTotal, "Month", "Customers"}}
	list := Report{ID: "r", Shape: List}
	asOf := Report{ID: "r", Shape: Tree, Dates: AsOfDay}
	ageing := Report{ID: "r", Shape: Tree, Dates: AsOfDay, Ageing: true}
	undated := Report{ID: "r", Shape: List, Dates: Undated}
	type options map[string]string
	for name, test := range map[string]struct {
		d       Report
		options options
		wrong   []string
	}{
		"compare": {
			tree, options{"accounting_method": "Cash", "compare": "previous_year", "date_range": "last_month"},
			nil,
		},
		"compare by month": {
			tree, options{"accounting_method": "Cash", "compare": "previous_year", "summarize_by": "Month"},
			[]string{"options.compare"},
		},
		"compare everything": {
			tree, options{"accounting_method": "Cash", "compare": "previous_period", "date_range": "all"},
			[]string{"options.compare"},
		},
		"compare as tidy": {
			tree, options{"accounting_method": "Cash", "compare": "previous_period", "layout": "tidy"},
			[]string{"options.compare"},
		},
		"tidy by customer": {
			tree, options{"accounting_method": "Cash", "layout": "tidy", "summarize_by": "Customers"},
			[]string{"options.layout"},
		},
		"tidy ageing":          {ageing, options{"layout": "tidy"}, nil},
		"tidy without periods": {asOf, options{"layout": "tidy"}, []string{"options.layout"}},
		"a tidy list":          {list, options{"layout": "tidy"}, []string{"options.layout"}},
		"compare with nothing": {
			tree,
			options{"accounting_method": "Cash", "compare": "none", "layout": "tidy", "summarize_by": "Month"},
			nil,
		},
		"compare with the last one": {
			tree, options{"accounting_method": "Cash", "compare": "last"},
			[]string{"options.compare"},
		},
		"compare a list":     {list, options{"compare": "previous_year"}, []string{"options.compare"}},
		"side by side":       {tree, options{"accounting_method": "Cash", "companies": "side_by_side"}, nil},
		"lists side by side": {list, options{"companies": "side_by_side"}, []string{"options.companies"}},
		"no basis":           {tree, nil, []string{"options.accounting_method"}},
		"no half ranges": {
			list, options{"date_range": "custom", "start_date": "2026-01-01"},
			[]string{"options.date_range"},
		},
		"no ranges": {asOf, options{"date_range": "last_year"}, []string{"options.date_range"}},
		"as of":     {asOf, options{"report_date": "2026-01-31"}, nil},
		"undated":   {undated, options{"report_date": "2026-01-31"}, []string{"options.report_date"}},
	} {
		e := Exporter{Options: test.options}
		var c problem.Collect
		e.validateOptions(test.d, &c)
		for _, field := range test.wrong {
			if !c.Has(field) {
				t.Errorf("%s: nothing is said of %s", name, field)
			}
		}
		if err := c.Err(); (err != nil) != (len(test.wrong) > 0) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestStoredLayouts proves that a run refuses a layout that its report does not have, and names those it has.
func TestStoredLayouts(t *testing.T) {
	t.Parallel()
	for layout, ok := range map[string]bool{"": true, "statement": true, "table": true, "tidy": false, "old": false} {
		_, err := Report{ID: "r", Shape: Tree}.Parse(map[string]string{"layout": layout})
		if (err == nil) != ok {
			t.Errorf("%q: %v", layout, err)
		}
		if p, is := errors.AsType[*problem.Problem](err); is && p.Fields["options.layout"] !=
			"must be one of statement, table" {
			t.Errorf("%q: %v", layout, p.Fields)
		}
	}
}
