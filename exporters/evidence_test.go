package exporters_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"ledgersheet/exporters"
	"ledgersheet/internal/export"
)

// ruledRow is a row of a recording as far as rules speak of it.
type ruledRow struct {
	Group   string
	Summary struct{ ColData []struct{ Value string } }
	Rows    struct{ Row []ruledRow }
}

// TestRulesAreSeen proves that each rule about QuickBooks' own arithmetic names where it holds, and that those about
// groups do hold in the recordings that they name.
func TestRulesAreSeen(t *testing.T) {
	t.Parallel()
	recorded := 0
	for _, d := range exporters.All() {
		r, ok := d.(export.Report)
		if !ok {
			continue
		}
		for _, rule := range slices.Concat(r.Groups, r.Across) {
			if strings.HasPrefix(rule.Seen, "https://developer.intuit.com/") {
				continue
			}
			body, err := os.ReadFile(filepath.Join("..", "internal", "statement", "testdata", "hard", rule.Seen))
			if err != nil {
				t.Errorf("%s: %s has been seen nowhere: %v", r.ID, rule.Group, err)
				continue
			}
			if slices.ContainsFunc(r.Groups, func(g export.GroupSum) bool { return g.Group == rule.Group }) {
				checkRule(t, body, rule)
				recorded++
			}
		}
	}
	if recorded < 6 {
		t.Errorf("only %d rules were looked for in recordings", recorded)
	}
}

// checkRule adds up the groups that a rule names. Groups that the recording does not have count as zero, but one of the
// others has to be there.
func checkRule(t *testing.T, body []byte, rule export.GroupSum) {
	t.Helper()
	var top ruledRow
	if err := json.Unmarshal(body, &top); err != nil {
		t.Fatal(err)
	}
	says := map[string]decimal.Decimal{}
	for _, row := range top.Rows.Row {
		if cells := row.Summary.ColData; row.Group != "" && len(cells) == 2 {
			says[row.Group] = decimal.RequireFromString(cells[1].Value)
		}
	}
	sum, parts := decimal.Zero, 0
	for _, name := range rule.Of {
		name, minus := strings.CutPrefix(name, "-")
		part, ok := says[name]
		if ok {
			parts++
		}
		if minus {
			part = part.Neg()
		}
		sum = sum.Add(part)
	}
	if total, ok := says[rule.Group]; !ok || parts == 0 || !sum.Equal(total) {
		t.Errorf("%s says that %s is %s of %d groups: %v", rule.Seen, rule.Group, sum, parts, total)
	}
}
