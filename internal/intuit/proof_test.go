package intuit_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/limit"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/supply"
	"ledgersheet/internal/supply/supplysim"
)

// desk is a client of one simulated company with a little over two pages of invoices.
type desk struct {
	server *intuitsim.Server
	books  *intuitsim.Company
	client *intuit.Client
	next   http.RoundTripper // what answers; tests may replace it
	want   supply.Want
}

func openDesk(t *testing.T, invoices, tries int) *desk {
	t.Helper()
	server := intuitsim.New(intuitsim.Options{
		Seed: 4, Companies: 1, Customers: 5, Vendors: 3, Items: 6, Invoices: max(invoices, 1), Bills: 2,
		Limits: intuitsim.NoLimits(),
	})
	realm := server.Companies()[0].Realm
	access, _ := server.Authorize(realm)
	d := &desk{server: server, books: server.Company(realm), next: server.Transport()}
	d.client = intuit.New(intuit.Options{
		APIURL: "http://quickbooks.test", Limiter: limit.New(limit.Limits{}), MaxTries: tries,
		HTTP: func(export.RealmID) *http.Client {
			return &http.Client{Transport: supplysim.Bearer{Token: access, Next: d.next}}
		},
	})
	d.want = supply.Want{
		Company: export.Company{Realm: export.RealmID(realm)}, Object: "Invoice", Title: "invoices",
		Day: time.Date(2026, time.March, 14, 0, 0, 0, 0, time.UTC),
	}
	return d
}

// read reads all invoices and returns their ids.
func (d *desk) read(t *testing.T) ([]string, error) {
	t.Helper()
	records, err := d.client.Records(t.Context(), d.want)
	if err != nil {
		return nil, err
	}
	var ids []string
	for rec, err := range records.All {
		if err != nil {
			return ids, err
		}
		ids = append(ids, rec.Text("Id"))
	}
	return ids, nil
}

// asked returns the number of queries that had the text, answered that of those which got an answer.
func (d *desk) asked(text string) int {
	return d.queries(text, func(intuitsim.Request) bool { return true })
}

func (d *desk) answered(text string) int {
	return d.queries(text, func(r intuitsim.Request) bool { return r.Status == http.StatusOK })
}

func (d *desk) queries(text string, fits func(intuitsim.Request) bool) int {
	n := 0
	for _, r := range d.server.Requests() {
		values, err := url.ParseQuery(r.Query)
		if err == nil && strings.Contains(values.Get("query"), text) && fits(r) {
			n++
		}
	}
	return n
}

func TestLastingMismatchIsNotRetried(t *testing.T) {
	t.Parallel()
	for name, how := range map[string]intuitsim.Hiding{
		"before paging": intuitsim.HiddenUnpaged, "holes in pages": intuitsim.HiddenHole,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := openDesk(t, 1100, 1)
			ids, err := d.read(t)
			if err != nil {
				t.Fatal(err)
			}
			for _, at := range []int{0, 500, 998, 999, 1000, 1050} { // 999 is where the second page begins
				if err := d.books.Hide("Invoice", ids[at], how); err != nil {
					t.Fatal(err)
				}
			}
			_, err = d.read(t)
			p := problem.From(err)
			if p == nil || p.Code != problem.IncompleteRead || p.Class() != problem.Stop {
				t.Fatalf("reading hidden records: %v", err)
			}
			if want := fmt.Sprintf("counts %d of invoices and gives %d,", len(ids), len(ids)-6); !strings.Contains(
				p.Message, want) {
				t.Errorf("%q, want %q", p.Message, want)
			}
		})
	}
}

// A record that is hidden while the list is read is back when it is looked at again, so the next attempt may succeed.
func TestPassingMismatchIsRetried(t *testing.T) {
	t.Parallel()
	d := openDesk(t, 500, 1)
	ids, err := d.read(t)
	if err != nil {
		t.Fatal(err)
	}
	hide := func(how intuitsim.Hiding) func() {
		return func() {
			if err := d.books.Hide("Invoice", ids[3], how); err != nil {
				t.Error(err)
			}
		}
	}
	turns := &supplysim.Turns{Next: d.next}
	d.next = turns
	turns.Between(1, hide(intuitsim.HiddenUnpaged)) // after the count, before the page
	turns.Between(3, hide(""))                      // after the second count
	if _, err := d.read(t); !problem.HasCode(err, problem.IncompleteRead) {
		t.Errorf("got %v, want incomplete_read", err)
	}
	if ids, err := d.read(t); err != nil {
		t.Errorf("%d afterwards: %v", len(ids), err)
	}
}
