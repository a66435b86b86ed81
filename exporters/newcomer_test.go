package exporters_test

import (
	"testing"

	"ledgersheet/exporters"
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

// newcomers are types of which no other file knows, about objects and reports of which the simulated company knows
// only what the literals say. Their names are made up, so that they stay newcomers.
func newcomers() []export.Definition {
	return []export.Definition{
		export.Entity{
			ID: "newcomer_codes", Title: "Fund codes", Group: "Accounting", Object: "FundCode", HasActive: true,
			Summary: "The codes under which a charity keeps its funds.",
			Dates:   []string{"MetaData.LastUpdatedTime", "MetaData.CreateTime"},
			Columns: []export.Column{
				{Path: "Id", Title: "Fund code ID", Key: true, Queryable: true},
				{Path: "Name", Title: "Code", Queryable: true},
				{Path: "Type", Title: "Type", Queryable: true},
				{Path: "Description", Title: "Description"},
				{Path: "AccountRef.name", Title: "Account"},
				{Path: "AccountRef.AcctNum", Title: "Account number", Off: true, Help: "From the chart of accounts."},
				{Path: "CustomField[Name=Region].StringValue", Title: "Region", Off: true},
				{Path: "Active", Title: "Active", Kind: table.Bool, Queryable: true},
				{Path: "MetaData.CreateTime", Title: "Created", Kind: table.DateTime, Off: true, Queryable: true},
			},
		},
		export.Entity{
			ID: "newcomer_grants", Title: "Grants", Group: "Sales", Object: "GrantPayment", Lines: true,
			Summary: "What was granted, with what it was for.",
			Dates:   []string{"PaymentDate", "MetaData.LastUpdatedTime"},
			Figures: []export.Figure{{ID: "paid", Title: "Paid", Sum: []string{"PaymentAmount"}}},
			Columns: []export.Column{
				{Path: "Id", Title: "Grant ID", Key: true, Queryable: true},
				{Path: "PaymentDate", Title: "Date", Kind: table.Date, Queryable: true},
				{Path: "PaymentAccountRef.name", Title: "Paid from"},
				{Path: "PaymentAmount", Title: "Total", Kind: table.Money, Queryable: true},
				{Path: "CurrencyRef.value", Title: "Currency"},
				{Path: "Refund", Title: "Is a refund", Kind: table.Bool},
				{Path: "Line.Id", Title: "Line ID", Key: true},
				{Path: "Line.Description", Title: "Description"},
				{Path: "Line.Amount", Title: "Line amount", Kind: table.Money},
			},
		},
		export.Report{
			ID: "newcomer_funds", Title: "Statement of funds", Group: "Statements", Object: "FundStatement",
			Shape: export.Tree, Basis: true, Accounts: true,
			Summary:   "Where a period's money came from and where it went.",
			Summarize: []string{"Total", "Month", "Quarter"},
			Groups:    []export.GroupSum{{Group: "NetFunds", Of: []string{"Sources", "-Uses"}}},
			Figures: []export.Figure{
				{ID: "sources", Title: "Sources", Group: "Sources"},
				{ID: "net", Title: "Net funds", Group: "NetFunds"},
			},
		},
		export.Report{
			ID: "newcomer_donors", Title: "Donations by donor", Group: "Sales", Object: "DonorSummary",
			Shape: export.Tree, Dates: export.AsOfDay,
			Summary: "What each donor has pledged and given by a day.",
			Across:  []export.GroupSum{{Group: "still_open", Of: []string{"pledged", "-given"}}},
			Figures: []export.Figure{{ID: "given", Title: "Given", Sum: []string{"given"}}},
		},
		export.Report{
			ID: "newcomer_postings", Title: "Postings by fund", Group: "Transactions", Object: "FundPostings",
			Shape: export.List, Dates: export.JoinableRange, Levels: 1,
			Summary: "The postings of a period, fund by fund.",
			Params: []export.Option{{Key: "columns", Title: "Columns of the report", Kind: export.OptionText, Most: 4,
				Values: export.Choices("tx_date", "fund_name", "memo", "subt_nat_amount", "rbal_nat_amount")}},
			Figures: []export.Figure{{ID: "moved", Title: "Moved", Sum: []string{"subt_nat_amount"}}},
		},
	}
}

// TestNewcomerNeedsOneFile takes types of which no other file knows through everything that each type goes through.
// All tables are compared again on the way: what is there already stays as it was.
func TestNewcomerNeedsOneFile(t *testing.T) {
	t.Parallel()
	all := append(exporters.All(), newcomers()...)
	for name, check := range map[string]func(*testing.T, []export.Definition){
		"literals": validateTypes, "figures": declareFigures, "options": checkOptions, "defaults": checkDefaults,
		"lists": compareTypes, "reports": compareReports, "changes": compareChangeLog, "previews": previewTypes,
		"kinds": checkKinds, "references": fillFromLists, "conditions": queryColumns, "filters": pushFilters,
		"list figures": checkListFigures, "report figures": checkReportFigures, "companies": setBeside,
	} {
		t.Run(name, func(t *testing.T) { check(t, all) })
	}
}
