package exporters

import "ledgersheet/internal/export"

var _ = register(export.Report{
	ID: "ap_aging_detail", Title: "Payables aging detail", Group: "Purchases", Object: "AgedPayableDetail",
	Shape: export.List, Dates: export.AsOfDay, Levels: 1, Basis: true,
	Summary: "Every open bill and credit on a day, by how long it is overdue.",
	Params: options([]export.Option{ids("vendor", "Vendors"), ids("term", "Terms"), pastDue()},
		days("start_duedate", "end_duedate", "Due"), agingPeriods(), customFields(), detailColumns()),
	Figures: []export.Figure{
		addUp("total", "Total", "subt_neg_open_bal"),
		addUp("total", "Total", "subt_open_bal"),
		overdueRows("subt_neg_open_bal"),
		overdueRows("subt_open_bal"),
	},
})
