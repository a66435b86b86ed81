package rows

import (
	"encoding/json"
	"strings"

	"ledgersheet/internal/record"
)

// maxNesting limits how deep lines may nest. QuickBooks itself nests them once.
const maxNesting = 8

// linesOf returns the record's lines, normalised so that their amounts sum to the pre-tax total: subtotals are dropped,
// discounts are negative, bundles are expanded. member names the record's member that holds them.
// https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/invoice
func linesOf(r record.Record, member string) []record.Record {
	return appendLines(nil, r.List(member), 0)
}

func appendLines(out, lines []record.Record, depth int) []record.Record {
	for _, line := range lines {
		switch line.Text("DetailType") {
		case "SubTotalLineDetail":
			continue
		case "DiscountLineDetail":
			line = negate(line)
		case "GroupLineDetail":
			if inner := line.Object("GroupLineDetail").List("Line"); len(inner) > 0 && depth < maxNesting {
				out = appendLines(out, inner, depth+1)
				continue
			}
		}
		out = append(out, line)
	}
	return out
}

// negate returns the line with its amount negated.
func negate(line record.Record) record.Record {
	amount, ok := line.Number("Amount")
	if !ok || strings.Trim(amount, "-0.") == "" {
		return line
	}
	if text, negative := strings.CutPrefix(amount, "-"); negative {
		return line.With("Amount", json.Number(text))
	}
	return line.With("Amount", json.Number("-"+amount))
}
