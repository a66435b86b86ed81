package exporters

import (
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

var _ = register(export.Entity{
	ID: "recurring_transactions", Title: "Recurring transactions", Group: "Accounting", Object: "RecurringTransaction",
	Summary: "Templates from which QuickBooks makes transactions, with their rhythm and next date.",
	Dates:   []string{"RecurringInfo.ScheduleInfo.NextDate", "MetaData.CreateTime", "MetaData.LastUpdatedTime"},
	Figures: []export.Figure{figure("total", "One of each", "TotalAmt")},
	Columns: join([]export.Column{
		{Path: "Id", Title: "Template ID", Key: true},
		{Path: "RecurringInfo.Name", Title: "Template"},
		{Path: "TxnType", Title: "Makes", Help: "The kind of transaction."},
		{Path: "RecurringInfo.RecurType", Title: "How", Help: "Automated, Reminded or Unscheduled."},
		status(templateStatus, "Active or Paused."),
		{Path: "RecurringInfo.ScheduleInfo.IntervalType", Title: "Interval"},
		{Path: "RecurringInfo.ScheduleInfo.NumInterval", Title: "Every", Kind: table.Number},
		{Path: "RecurringInfo.ScheduleInfo.DayOfMonth", Title: "Day of month", Kind: table.Number, Off: true},
		{Path: "RecurringInfo.ScheduleInfo.DayOfWeek", Title: "Day of week", Off: true},
		{Path: "RecurringInfo.ScheduleInfo.StartDate", Title: "Start date", Kind: table.Date, Off: true},
		{Path: "RecurringInfo.ScheduleInfo.EndDate", Title: "End date", Kind: table.Date, Off: true},
		{Path: "RecurringInfo.ScheduleInfo.MaxOccurrences", Title: "At most", Kind: table.Number, Off: true},
		{Path: "RecurringInfo.ScheduleInfo.PreviousDate", Title: "Previous date", Kind: table.Date, Off: true},
		{Path: "RecurringInfo.ScheduleInfo.NextDate", Title: "Next date", Kind: table.Date},
		{Path: "CustomerRef.name", Title: "Customer"},
		{Path: "VendorRef.name", Title: "Vendor", Off: true},
		{Path: "EntityRef.name", Title: "Payee", Off: true},
		{Path: "TotalAmt", Title: "Total", Kind: table.Money},
		{Path: "Amount", Title: "Amount", Kind: table.Money, Off: true, Help: "Of transfers."},
		{Path: "CurrencyRef.value", Title: "Currency"},
		{Path: "PrivateNote", Title: "Memo", Off: true},
	}, plainStamps()),
})
