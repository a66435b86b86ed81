package intuit

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// companyInfo is the part of QuickBooks' CompanyInfo that is used.
// https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/companyinfo
type companyInfo struct {
	CompanyName, LegalName, Country, FiscalYearStartMonth string
}

// Company reads a company's name, country, home currency and fiscal year, with two requests. The caller fills in the
// status and the facts about the connection. Because it uses the company's own token, success also proves that the
// token and the realm belong together.
func (c *Client) Company(ctx context.Context, realm export.RealmID, environment string) (export.Company, error) {
	info, err := c.companyInfo(ctx, realm)
	if err != nil {
		return export.Company{}, err
	}
	var prefs struct {
		CurrencyPrefs struct {
			HomeCurrency struct {
				Value string `json:"value"`
			}
		}
		AccountingInfoPrefs struct{ FirstMonthOfFiscalYear, BookCloseDate string }
	}
	if err := c.readOne(ctx, realm, "preferences", "Preferences", &prefs); err != nil {
		return export.Company{}, err
	}
	month := info.FiscalYearStartMonth
	if month == "" {
		month = prefs.AccountingInfoPrefs.FirstMonthOfFiscalYear
	}
	return export.Company{
		Realm: realm, Name: info.CompanyName, LegalName: info.LegalName, Country: info.Country,
		Environment:  environment,
		HomeCurrency: prefs.CurrencyPrefs.HomeCurrency.Value, FiscalYearStart: parseMonth(month),
		ClosedThrough: dayOf(prefs.AccountingInfoPrefs.BookCloseDate),
	}, nil
}

// CompanyName reads only the name, with one request, to tell whether the connection works.
func (c *Client) CompanyName(ctx context.Context, realm export.RealmID) (string, error) {
	info, err := c.companyInfo(ctx, realm)
	return info.CompanyName, err
}

func (c *Client) companyInfo(ctx context.Context, realm export.RealmID) (companyInfo, error) {
	var info companyInfo
	if err := c.readOne(ctx, realm, "companyinfo/"+url.PathEscape(string(realm)), "CompanyInfo", &info); err != nil {
		return companyInfo{}, err
	}
	if info.CompanyName == "" {
		return companyInfo{}, problem.New(problem.QuickBooksMalformed, "QuickBooks did not say the company's name.")
	}
	return info, nil
}

// readOne reads a single object.
func (c *Client) readOne(ctx context.Context, realm export.RealmID, path, object string, into any) error {
	return c.get(ctx, request{realm: realm, path: path, accept: func(body []byte) error {
		var doc map[string]json.RawMessage
		if err := json.Unmarshal(body, &doc); err != nil {
			return fmt.Errorf("reading %s: %w", object, err)
		}
		if doc[object] == nil {
			return fmt.Errorf("reading %s: it is missing", object)
		}
		if err := json.Unmarshal(doc[object], into); err != nil {
			return fmt.Errorf("reading %s: %w", object, err)
		}
		return nil
	}})
}

// dayOf returns the day of a date that sometimes comes with a zone or a time; empty if it is none.
func dayOf(date string) string {
	date = date[:min(len(date), len(time.DateOnly))]
	if _, err := time.Parse(time.DateOnly, date); err != nil {
		return ""
	}
	return date
}

// parseMonth parses a month's English name, as QuickBooks spells the start of the fiscal year. It returns January for
// anything else.
func parseMonth(name string) time.Month {
	for m := time.January; m <= time.December; m++ {
		if strings.EqualFold(strings.TrimSpace(name), m.String()) {
			return m
		}
	}
	return time.January
}
