package exporters

import (
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

var _ = register(export.Entity{
	ID: "journal_entries", Title: "Journal entries", Group: "Accounting", Object: "JournalEntry", Lines: true,
	Summary: "Entries made straight into the ledger; one row each, or one per line with debit and credit apart.",
	Dates:   txnDates(),
	AppPath: "journal?txnId=",
	Figures: []export.Figure{totalFigure()},
	Columns: join(heading("Journal entry"), []export.Column{
		status(settledStatus("Posted"), "Posted or Voided."),
		{Path: "Adjustment", Title: "Adjusting entry", Kind: table.Bool},
		{Path: "Line.Id", Title: "Line ID", Key: true},
	}, account("Line.JournalEntryLineDetail.AccountRef", "Account", false), []export.Column{
		{Path: "Line.Debit", Title: "Debit", Kind: table.Money, From: posting("Debit")},
		{Path: "Line.Credit", Title: "Credit", Kind: table.Money, From: posting("Credit")},
		{Path: "Line.Amount", Title: "Line amount", Kind: table.Money, NotAdded: true, Off: true,
			Help: "Never negative; see Posting."},
		{Path: "Line.JournalEntryLineDetail.PostingType", Title: "Posting", Off: true, Help: "Debit or Credit."},
		{Path: "Line.Description", Title: "Description"},
		{Path: "Line.JournalEntryLineDetail.Entity.EntityRef.name", Title: "Name",
			Help: "The customer, vendor or employee that the line is about."},
		{Path: "Line.JournalEntryLineDetail.Entity.EntityRef.value", Title: "Name ID", Off: true},
		{Path: "Line.JournalEntryLineDetail.Entity.Type", Title: "Name kind", Off: true},
		{Path: "Line.JournalEntryLineDetail.ClassRef.name", Title: "Class"},
		{Path: "Line.JournalEntryLineDetail.DepartmentRef.name", Title: "Line location", Off: true},
		{Path: "Line.JournalEntryLineDetail.BillableStatus", Title: "Billable", Off: true},
		{Path: "TotalAmt", Title: "Total", Kind: table.Money, From: journalTotal,
			Help: "The sum of the debits where QuickBooks does not say it."},
	}, money(), []export.Column{
		{Path: "HomeTotalAmt", Title: "Total in home currency", Kind: table.Money, Off: true, From: journalHomeTotal,
			Help: "As QuickBooks says it, else the total times the exchange rate, rounded to cents."},
	}, notes(), stamps()),
})
