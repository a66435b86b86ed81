package intuit

import (
	"encoding/json"
	"maps"
	"strings"

	"ledgersheet/internal/record"
)

// maxNesting bounds lines within lines; QuickBooks itself nests them once.
const maxNesting = 8

// linesOf returns the lines that stand in that member of a record, such that their amounts add up to the record's total before tax: subtotals are left
// out, discounts are negative, and a bundle is replaced by what is in it.
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
			line = negated(line)
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

// negated is the line with its amount's sign turned.
func negated(line record.Record) record.Record {
	amount, ok := line["Amount"].(json.Number)
	if !ok || strings.Trim(amount.String(), "-0.") == "" {
		return line
	}
	turned := maps.Clone(line)
	if text, negative := strings.CutPrefix(amount.String(), "-"); negative {
		turned["Amount"] = json.Number(text)
	} else {
		turned["Amount"] = json.Number("-" + text)
	}
	return turned
}
