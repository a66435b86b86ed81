package control_test

import (
	"strings"
	"testing"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// TestCalendar has the ends of all connections, for who has its address, until that is renewed.
func TestCalendar(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, err := b.store.UpdateCompany(b.ctx, alder, func(c *export.Company) error {
		c.Name, c.TokenExpiresAt, c.HardExpiresAt = "Alder; Sons, Ltd", b.now.Add(100*aDay), b.now.AddDate(5, 0, 0)
		return nil
	})
	must(t, err)
	b.system.CompanyEnded(b.ctx, birch, problem.New(problem.CompanyReconnectRequired, "Ended."))
	_, err = b.store.UpdateAccount(b.ctx, "con_1", func(a *export.GoogleAccount) error {
		a.ConnectedAt, a.ExpiresAt = b.now, b.now.Add(7*aDay)
		return nil
	})
	must(t, err)
	if address, err := b.CalendarURL(b.ctx); err != nil || address != "" {
		t.Errorf("before: %q, %v", address, err)
	}
	refused := func(key string) {
		t.Helper()
		if text, err := b.Calendar(b.ctx, key); !problem.HasCode(err, problem.NotFound) || text != nil {
			t.Errorf("the key %q gives %q, %v", key, text, err)
		}
	}
	refused("")
	keyOf := func(address string) string {
		key, ok := strings.CutPrefix(address, "https://books.example/calendar.ics?key=")
		if !ok || len(key) < 40 {
			t.Fatalf("the address is %q", address)
		}
		return key
	}
	address, err := b.RenewCalendar(b.ctx)
	must(t, err)
	first := keyOf(address)
	text, err := b.Calendar(b.ctx, first)
	must(t, err)
	flat := strings.ReplaceAll(string(text), "\r\n ", "")
	for what, n := range map[string]int{
		"BEGIN:VEVENT": 4, "TRIGGER:-P30D": 4, "TRIGGER:-P7D": 4, "TRIGGER:-P1D": 4,
		`SUMMARY:QuickBooks access to Alder\; Sons\, Ltd ends for good`:         1,
		`SUMMARY:QuickBooks access to Alder\; Sons\, Ltd ends unless it is ren`: 1,
		"SUMMARY:QuickBooks access to Birch has ended":                          1,
		"SUMMARY:Google access for con_1@example.com ends\r\n":                  1,
		"DTSTART;VALUE=DATE:" + b.now.AddDate(5, 0, 0).Format("20060102"):       1,
		string(alder): 0, // the company's id stays here
	} {
		if got := strings.Count(flat, what); got != n {
			t.Errorf("%q is there %d times, want %d\n%s", what, got, n, flat)
		}
	}
	again, err := b.Calendar(b.ctx, first)
	if must(t, err); string(again) != string(text) {
		t.Error("the same calendar differs")
	}
	address, err = b.RenewCalendar(b.ctx)
	must(t, err)
	refused(first)
	_, err = b.Calendar(b.ctx, keyOf(address))
	must(t, err)
	must(t, b.EndCalendar(b.ctx))
	refused(keyOf(address))
	if _, err := b.system.As(person("admin", birch)).CalendarURL(b.ctx); !problem.HasCode(err, problem.Forbidden) {
		t.Errorf("an admin of one company sees the address: %v", err)
	}
}
