package exporters

import "ledgersheet/internal/export"

var _ = register(export.Report{
	ID: "ar_aging_detail", Title: "Receivables aging detail", Group: "Sales", Object: "AgedReceivableDetail",
	Shape: export.List, Dates: export.AsOfDay, Levels: 1,
	Summary: "Every open invoice and credit on a day, by how long it is overdue.",
	Params: options([]export.Option{ids("customer", "Customers"), ids("term", "Terms"),
		search("shipvia", "Shipped via"), pastDue()}, days("start_duedate", "end_duedate", "Due"), agingPeriods(),
		customFields(), detailColumns()),
	Figures: []export.Figure{addUp("total", "Total", "subt_open_bal"), overdueRows("subt_open_bal")},
})
