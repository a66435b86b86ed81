package intuitsim

import (
	"net/http"
	"slices"
	"time"
)

// pageTimeout is when Intuit gives a request up.
// https://developer.intuit.com/app/developer/qbo/docs/learn/limits-and-throttles
const pageTimeout = 2 * time.Minute

// gatewayTimeout is the answer to a request that took too long.
func gatewayTimeout(after time.Duration) *answer {
	a := textAnswer(http.StatusGatewayTimeout, "text/html",
		"<html><head><title>504 Gateway Time-out</title></head><body><center><h1>504 Gateway "+
			"Time-out</h1></center></body></html>\n")
	a.delay = after
	return a
}

// refuseOrder returns the fault of a query whose order the company refuses, or nil.
func (q Quirks) refuseOrder(s *statement) *apiFault {
	byID := slices.ContainsFunc(s.order, func(o ordering) bool { return o.property == "Id" })
	if !q.NoOrderByID || !byID {
		return nil
	}
	return queryFault("property 'Id' is not sortable")
}

// pageSize is how many records a query gives that asks for a number of them.
func (q Quirks) pageSize(asked int) int {
	if q.OneMore {
		asked++
	}
	return asked
}

// timesOut reports whether a page of so many records takes too long.
func (q Quirks) timesOut(records int) bool { return q.LargestPage > 0 && records > q.LargestPage }

// oddRecord returns the record's members as the company shows them.
func (q Quirks) oddRecord(c *Company, r *record, plain object) object {
	uneven := q.UnevenInvoice && c.isFirstInvoice(r)
	if !q.OddFields && !uneven {
		return plain
	}
	out := make(object, len(plain))
	for i, m := range plain {
		switch {
		case q.OddFields && m.name == "TxnDate":
			if text, ok := m.value.(string); ok {
				m.value = c.dateWithOffset(text)
			}
		case q.OddFields && m.name == "CustomField":
			if fields, ok := m.value.([]object); ok {
				m.value = append(slices.Clone(fields), oddFields(r.id)...)
			}
		case uneven && m.name == "Line":
			if lines, ok := m.value.([]object); ok {
				m.value = slices.DeleteFunc(slices.Clone(lines), func(l object) bool {
					kind, _ := l.get("DetailType")
					return kind != "SubTotalLineDetail"
				})
			}
		}
		out[i] = m
	}
	return out
}

func (c *Company) isFirstInvoice(r *record) bool {
	list := c.byEntity[c.entityNamed("Invoice")]
	return len(list) > 0 && r == list[0]
}

func (c *Company) dateWithOffset(text string) string {
	d, ok := parseDay(text)
	if !ok {
		return text
	}
	y, m, dd := d.time().Date()
	return time.Date(y, m, dd, 0, 0, 0, 0, c.zone).Format("2006-01-02-07:00")
}

// oddFields are the custom fields of a record with an id: two of one name, a number and a switch.
func oddFields(id string) []object {
	return []object{
		{{"DefinitionId", "4"}, {"Name", "Crew"}, {"Type", "StringType"}},
		{{"DefinitionId", "5"}, {"Name", "Crew"}, {"Type", "StringType"}, {"StringValue", "Crew of " + id}},
		{{"DefinitionId", "6"}, {"Name", "Hours"}, {"Type", "NumberType"}, {"NumberValue", number("12.5")}},
		{{"DefinitionId", "7"}, {"Name", "Rush"}, {"Type", "BooleanType"}, {"BooleanValue", len(id)%2 == 0}},
	}
}
