package intuitsim

import (
	"fmt"
)

// makeMore makes a few records of the entities that play no part in the journal.
func (g *generator) makeMore() {
	g.stampAs(g.today-1, 10)
	put := func(entityName string, o object) {
		r := &record{}
		g.add(entityName, r, fixed(o))
	}
	for i := range min(8, len(g.customers), len(g.items)) {
		cust, it := g.customers[i], g.items[i]
		d := g.today - day(3*i)
		put("TimeActivity", object{
			{"TxnDate", d.String()}, {"NameOf", "Employee"}, {"EmployeeRef", g.employees[i%len(g.employees)].ref()},
			{"CustomerRef", cust.ref()}, {"ItemRef", it.ref()},
			{"BillableStatus", "Billable"}, {"Taxable", false}, {"HourlyRate", it.price.rate()}, {"Hours", 1 + i},
			{"Minutes", 15 * (i % 4)}, {"Description", "Work on site"},
		})
		put("ReimburseCharge", object{
			{"TxnDate", d.String()}, {"CustomerRef", cust.ref()}, {"Amount", cents(1000 * (i + 1)).json()},
			{"HasBeenInvoiced", i%2 == 0}, {"CurrencyRef", g.currency()},
			{"Line", []object{{{"Id", "1"}, {"Amount", cents(1000 * (i + 1)).json()},
				{"DetailType", "ReimburseLineDetail"}}}},
		})
		put("Attachable", object{
			{"FileName", fmt.Sprintf("receipt_%02d.jpg", i)}, {"ContentType", "image/jpeg"}, {"Size", 24_000 + 101*i},
			{"Category", "Image"}, {"Note", "Scanned"},
			{"AttachableRef", []object{{{"EntityRef", object{{"value", cust.id}, {"type", "Customer"}}},
				{"IncludeOnSend", false}}}}, {"FileAccessUri", "/v3/company/" + g.info.Realm +
				"/download/" + fmt.Sprint(i)},
		})
	}
	for i := range min(6, len(g.vendors)) {
		t := &txn{
			kind: kindPurchaseOrder, date: g.today - day(5*i), due: g.today + 14, party: g.vendors[i],
			number: fmt.Sprintf("PO-%04d", 1+i), status: []string{"Open", "Closed"}[i%2],
		}
		g.costLines(t, 3)
		g.file(t)
	}
	for _, it := range g.items {
		if it.kind == "Inventory" {
			put("InventoryAdjustment", object{
				{"TxnDate", g.today.String()}, {"DocNumber", "IA-1"}, {"AdjustAccountRef", g.books.cogs.ref()},
				{"Line", []object{{{"Id", "1"}, {"DetailType", "ItemAdjustmentLineDetail"},
					{"ItemAdjustmentLineDetail", object{{"ItemRef", it.ref()}, {"QtyDiff", 0}}}}}},
			})
			break
		}
	}
	year := g.today.fiscalYearStart(g.info.FiscalYearStart)
	var details []object
	for m := range 12 {
		details = append(details, object{
			{"BudgetDate", year.addMonths(m).String()}, {"Amount", cents(250_000).json()},
			{"AccountRef", g.books.rent.ref()},
		})
	}
	put("Budget", object{
		{"Name", fmt.Sprintf("Budget FY%d", year.time().Year())}, {"StartDate", year.String()},
		{"EndDate", (year.addMonths(12) - 1).String()}, {"BudgetType", "ProfitAndLoss"}, {"BudgetEntryType", "Monthly"},
		{"BudgetDetail", details},
	})
	for i, rate := range []string{"1.3712", "1.0845"} {
		code := []string{"USD", "EUR"}[i]
		put("ExchangeRate", object{
			{"SourceCurrencyCode", code}, {"TargetCurrencyCode", g.info.Currency}, {"Rate", number(rate)},
			{"AsOfDate", g.today.String()},
		})
	}
	if len(g.txns) > 0 {
		g.makeRecurring()
	}
}

// makeRecurring makes a template of the first invoice.
func (g *generator) makeRecurring() {
	for _, t := range g.txns {
		if t.kind == kindInvoice {
			g.add("RecurringTransaction", &record{}, &recurring{t})
			return
		}
	}
}

// recurring is a template; the API wraps it in an object whose only member names the transaction's entity.
type recurring struct{ txn *txn }

func (*recurring) members(*Company, *object) {}

func (t *recurring) whole(c *Company, r *record) object {
	inner := object{
		{"domain", "QBO"}, {"sparse", false}, {"Id", r.id}, {"SyncToken", "0"},
		{"MetaData", object{{"CreateTime", stamp(r.created, c.zone)}, {"LastUpdatedTime", stamp(r.updated, c.zone)}}},
		{"RecurringInfo", object{{"Name", "Monthly service"}, {"RecurType", "Automated"}, {"Active", true},
			{"ScheduleInfo", object{{"IntervalType", "Monthly"}, {"NumInterval", 1}, {"DayOfMonth", 1},
				{"NextDate", c.today.monthStart().addMonths(1).String()}}}}},
	}
	for _, m := range t.txn.object(c) {
		switch m.name {
		case "domain", "sparse", "Id", "SyncToken", "MetaData", "DocNumber", "TxnDate", "DueDate", "Balance",
			"LinkedTxn", "DeliveryInfo":
		default:
			inner = append(inner, m)
		}
	}
	return object{{string(t.txn.kind), inner}}
}
