package exporters

import (
	"ledgersheet/internal/export"
)

var _ = register(export.Entity{
	ID: "payment_methods", Title: "Payment methods", Group: "Lists", Object: "PaymentMethod", HasActive: true,
	Summary: "How customers pay: cash, checks, cards and the like.",
	Dates:   changeDates(),
	Columns: join([]export.Column{
		id("Payment method"),
		{Path: "Name", Title: "Name", Queryable: true},
		{Path: "Type", Title: "Type", Queryable: true, Help: "CREDIT_CARD or NON_CREDIT_CARD."},
		active(),
	}, stamps()),
})
