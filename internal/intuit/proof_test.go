package intuit_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/limit"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/supply"
)

// desk is a client of one simulated company with a little over two pages of invoices.
type desk struct {
	server *intuitsim.Server
	books  *intuitsim.Company
	client *intuit.Client
	turns  *turns
	want   supply.Want
}

func openDesk(t *testing.T, invoices int) desk {
	t.Helper()
	server := intuitsim.New(intuitsim.Options{
		Seed: 4, Companies: 1, Customers: 5, Vendors: 3, Items: 6, Invoices: invoices, Bills: 2,
		Limits: intuitsim.NoLimits(),
	})
	realm := server.Companies()[0].Realm
	access, _ := server.Authorize(realm)
	d := desk{server: server, books: server.Company(realm), turns: &turns{next: server.Transport()}}
	d.client = intuit.New(intuit.Options{
		APIURL: "http://quickbooks.test", Limiter: limit.New(limit.Limits{}), MaxTries: 1,
		HTTP: func(export.RealmID) *http.Client { return &http.Client{Transport: bearer{access, d.turns}} },
	})
	d.want = supply.Want{
		Company: export.Company{Realm: export.RealmID(realm)}, Object: "Invoice", Title: "invoices",
		Day: time.Date(2026, time.March, 14, 0, 0, 0, 0, time.UTC),
	}
	return d
}

// read reads all invoices and returns their ids.
func (d desk) read(t *testing.T) ([]string, error) {
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

func TestLastingMismatchIsNotRetried(t *testing.T) {
	t.Parallel()
	for name, how := range map[string]intuitsim.Hiding{
		"before paging": intuitsim.HiddenUnpaged, "holes in pages": intuitsim.HiddenHole,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := openDesk(t, 2100)
			ids, err := d.read(t)
			if err != nil {
				t.Fatal(err)
			}
			for _, at := range []int{0, 500, 998, 999, 1000, 2000} { // 999 is where the second page begins
				if err := d.books.Hide("Invoice", ids[at], how); err != nil {
					t.Fatal(err)
				}
			}
			_, err = d.read(t)
			p := problem.From(err)
			if p == nil || p.Code != problem.CountMismatch || p.Class() != problem.Stop {
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
	d := openDesk(t, 500)
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
	d.turns.between(1, hide(intuitsim.HiddenUnpaged)) // after the count, before the page
	d.turns.between(3, hide(""))                      // after the second count
	if _, err := d.read(t); !problem.HasCode(err, problem.IncompleteRead) {
		t.Errorf("got %v, want incomplete_read", err)
	}
	if ids, err := d.read(t); err != nil {
		t.Errorf("%d afterwards: %v", len(ids), err)
	}
}
