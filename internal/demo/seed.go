package demo

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

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

// Companies is how many of the simulated companies are connected.
const Companies = 2

// Seed connects two companies and a Google account through the consent pages, and creates exporters with schedules. The
// sandbox's consent must be automatic during that time.
func Seed(ctx context.Context, d *control.Desk) ([]export.Exporter, error) {
	var realms []export.Company
	for range Companies {
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
	for _, e := range exporters(realms, account.ID) {
		e, err := d.CreateExporter(ctx, e)
		if err != nil {
			return nil, fmt.Errorf("making the exporter %q: %w", e.Name, err)
		}
		made = append(made, e)
	}
	return made, nil
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

// exporters returns the demo's exporters: every type, for each company alone or for both together.
func exporters(realms []export.Company, account export.ID) []export.Exporter {
	var list []export.Exporter
	add := func(name, kind, tab, cron string, options map[string]string, of ...export.Company) {
		e := export.Exporter{Name: name, Definition: kind, Options: options,
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
		add("Invoices of "+c.Name, "invoices", "Invoices", "0 6 * * *", map[string]string{"date_range": "all"}, c)
		add("Profit and loss by month, "+c.Name, "profit_and_loss", "P&L", "0 7 * * 1-5",
			map[string]string{
				"date_range": "this_fiscal_year_to_date", "accounting_method": "Accrual", "summarize_by": "Month",
			}, c)
		add("Balance sheet of "+c.Name, "balance_sheet", "Balance sheet", "0 7 1 * *",
			map[string]string{"date_range": "this_fiscal_year_to_date", "accounting_method": "Accrual"}, c)
	}
	add("Invoice lines of both companies", "invoices", "Lines", "30 6 * * *",
		map[string]string{"date_range": "last_365_days", "lines": "true"}, realms...)
	add("Customers of both companies", "customers", "Customers", "15 * * * *", nil, realms...)
	add("Vendors of both companies", "vendors", "Vendors", "45 * * * *", map[string]string{"include_inactive": "true"},
		realms...)
	add("Bills, a tab for each year", "bills", "Bills", "0 8 * * 1-5", map[string]string{"date_range": "all"},
		realms...)
	list[len(list)-1].Split = export.SplitYear
	return list
}
