package exporters

import (
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

var _ = register(export.Entity{
	ID: "exchange_rates", Title: "Exchange rates", Group: "Lists", Object: "ExchangeRate",
	Summary: "What currencies are worth in the company's own: today, or on each day of a date range.",
	Dates:   []string{"AsOfDate"},
	Columns: []export.Column{
		{Path: "AsOfDate", Title: "Date", Kind: table.Date, Key: true, Queryable: true},
		{Path: "SourceCurrencyCode", Title: "Currency", Key: true, Queryable: true},
		{Path: "TargetCurrencyCode", Title: "Home currency"},
		{Path: "Rate", Title: "Rate", Kind: table.Number, Help: "Home currency units per unit."},
		{Path: "MetaData.LastUpdatedTime", Title: "Last changed", Kind: table.DateTime, Off: true},
	},
})
