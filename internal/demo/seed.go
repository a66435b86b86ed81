package demo

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
)

// The demo owner's credentials, printed at start.
const (
	Email    = "demo@example.com"
	Password = "demo-demo-demo"
)

// Actor returns the user who sets up the demo, with the session that consents are bound to.
func Actor() control.Actor {
	who := control.Local(Email)
	who.Session = "demo"
	return who
}

// Companies is how many companies the demo connects at least.
const Companies = 2

// Seed connects so many companies and a Google account through the consent pages, and creates exporters with schedules.
// The sandbox's consent must be automatic during that time.
func Seed(ctx context.Context, d *control.Desk, companies int) ([]export.Exporter, error) {
	var realms []export.Company
	for range companies {
		address, err := d.ConnectCompany(ctx, "", "")
		if err != nil {
			return nil, fmt.Errorf("connecting a company: %w", err)
		}
		answer, err := consent(ctx, address)
		if err != nil {
			return nil, fmt.Errorf("connecting a company: %w", err)
		}
		company, _, err := d.FinishCompany(ctx, answer)
		if err != nil {
			return nil, fmt.Errorf("connecting a company: %w", err)
		}
		realms = append(realms, company)
	}
	if err := group(ctx, d, realms); err != nil {
		return nil, err
	}
	address, err := d.ConnectAccount(ctx, "", false, "")
	if err != nil {
		return nil, fmt.Errorf("connecting Google: %w", err)
	}
	answer, err := consent(ctx, address)
	if err != nil {
		return nil, fmt.Errorf("connecting Google: %w", err)
	}
	account, _, err := d.FinishAccount(ctx, answer)
	if err != nil {
		return nil, fmt.Errorf("connecting Google: %w", err)
	}
	var made []export.Exporter
	for _, e := range append(exporters(realms, account.ID), chained(realms[0], account.ID)) {
		for i, name := range e.After { // an exporter has no id before it is made
			e.After[i] = made[slices.IndexFunc(made, func(m export.Exporter) bool { return m.Name == string(name) })].ID
		}
		e, err := d.CreateExporter(ctx, e)
		if err != nil {
			return nil, fmt.Errorf("making the exporter %q: %w", e.Name, err)
		}
		made = append(made, e)
	}
	return made, nil
}

// chained returns an exporter without a schedule of its own: it runs once the statements of its company have succeeded.
// After has their names.
func chained(of export.Company, account export.ID) export.Exporter {
	return export.Exporter{
		Name: "Trial balance of " + of.Name, Definition: "trial_balance", Companies: []export.RealmID{of.Realm},
		Tags:     tagsOf("trial_balance"),
		Options:  map[string]string{"date_range": "this_fiscal_year_to_date", "accounting_method": "Accrual"},
		Target:   export.Target{Account: account, Sheet: "Trial balance", Start: "A1"},
		Schedule: export.Schedule{Timezone: "America/New_York"},
		After: []export.ID{
			export.ID("Profit and loss by month, " + of.Name), export.ID("Balance sheet of " + of.Name),
		},
	}
}

// tagsOf returns the tags of an exporter of a type.
func tagsOf(kind string) []string {
	return map[string][]string{
		"profit_and_loss": {"month-end"}, "balance_sheet": {"month-end"}, "trial_balance": {"month-end"},
		"ar_aging_summary": {"month-end", "sales"}, "ap_aging_summary": {"month-end", "payables"},
		"invoices": {"sales"}, "customers": {"sales"}, "bills": {"payables"}, "vendors": {"payables"},
	}[kind]
}

// group puts companies under the names of clients, if there are enough to be lost among.
func group(ctx context.Context, d *control.Desk, companies []export.Company) error {
	if len(companies) < 4 {
		return nil
	}
	for i, c := range companies {
		client := "Coastal Holdings"
		if i >= len(companies)/2 {
			client = "Independent"
		}
		if _, err := d.GroupCompany(ctx, c.Realm, client); err != nil {
			return fmt.Errorf("grouping %s: %w", c.Name, err)
		}
	}
	return nil
}

// consent requests a consent page that approves at once, and returns the parameters of its redirect.
func consent(ctx context.Context, address string) (url.Values, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	back, err := res.Location()
	if err != nil {
		return nil, fmt.Errorf("the consent page answered %s: %w", res.Status, err)
	}
	return back.Query(), nil
}

// exporters returns the demo's exporters: those that the overview is made of for each company, and for the first two
// some more, alone and together.
func exporters(realms []export.Company, account export.ID) []export.Exporter {
	var list []export.Exporter
	add := func(name, kind, tab, cron string, options map[string]string, of ...export.Company) {
		e := export.Exporter{Name: name, Definition: kind, Options: options, Tags: tagsOf(kind),
			Target:   export.Target{Account: account, Sheet: tab, Start: "A1"},
			Schedule: export.Schedule{Cron: cron, Timezone: "America/New_York", Enabled: true}}
		// Those that follow changes show what the simulated Intuit's webhooks do.
		e.Schedule.OnChange = kind == "invoices" && len(of) == 1
		for _, c := range of {
			e.Companies = append(e.Companies, c.Realm)
		}
		list = append(list, e)
	}
	for _, c := range realms {
		add("Profit and loss by month, "+c.Name, "profit_and_loss", "P&L", "0 7 * * 1-5",
			map[string]string{
				"date_range": "last_12_months_to_date", "accounting_method": "Accrual", "summarize_by": "Month",
			}, c)
		add("Balance sheet of "+c.Name, "balance_sheet", "Balance sheet", "0 7 * * 1-5",
			map[string]string{"date_range": "this_fiscal_year_to_date", "accounting_method": "Accrual"}, c)
		add("Receivables of "+c.Name, "ar_aging_summary", "Receivables", "15 7 * * 1-5", nil, c)
		add("Payables of "+c.Name, "ap_aging_summary", "Payables", "15 7 * * 1-5", nil, c)
	}
	both := realms[:Companies]
	for _, c := range both {
		add("Invoices of "+c.Name, "invoices", "Invoices", "0 6 * * *", map[string]string{"date_range": "all"}, c)
	}
	add("Invoice lines of both companies", "invoices", "Lines", "30 6 * * *",
		map[string]string{"date_range": "last_365_days", "lines": "true"}, both...)
	add("Customers of both companies", "customers", "Customers", "15 * * * *", nil, both...)
	add("Vendors of both companies", "vendors", "Vendors", "45 * * * *", map[string]string{"include_inactive": "true"},
		both...)
	add("Bills, a tab for each year", "bills", "Bills", "0 8 * * 1-5", map[string]string{"date_range": "all"},
		both...)
	list[len(list)-1].Split = export.SplitYear
	return list
}
