package intuit_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/problem"
)

// tooSlow makes the simulator give up pages of that size after two minutes, as Intuit does.
func tooSlow(size string) intuitsim.Fault {
	return intuitsim.Fault{Match: "query:Invoice", Contains: "MAXRESULTS " + size, N: -1,
		Status: http.StatusGatewayTimeout, Body: intuitsim.BodyHTML, Delay: 2 * time.Minute}
}

func TestPagesThatTimeOutAreHalved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := openDesk(t, 1100, 5)
		want, err := d.read(t)
		if err != nil {
			t.Fatal(err)
		}
		slow := tooSlow("1000")
		slow.Skip = 1 // the first page comes
		d.server.Fail(slow)
		d.server.Fail(tooSlow("500"))
		begin := time.Now()
		got, err := d.read(t)
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("%d of %d, %v", len(got), len(want), err)
		}
		if took := time.Since(begin); took > 5*time.Minute {
			t.Errorf("it took %v: pages that are too slow were asked for again", took)
		}
		d.server.ResetRequests()
		if got, err := d.read(t); err != nil || !slices.Equal(got, want) {
			t.Errorf("once more: %d of %d, %v", len(got), len(want), err)
		}
		if sizes := d.asked("MAXRESULTS 250"); sizes != d.asked("MAXRESULTS") || sizes == 0 {
			t.Errorf("%d pages of %d were small: the size was not remembered", sizes, d.asked("MAXRESULTS"))
		}
	})
}

// Previews and look-ups are asked for in parts, too, and no part is asked for again.
func TestFirstPagesAndLookupsAreHalved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := openDesk(t, 300, 5)
		want, err := d.read(t)
		if err != nil {
			t.Fatal(err)
		}
		d.server.Fail(tooSlow("200"))
		d.server.Fail(tooSlow("100"))
		d.server.ResetRequests()
		begin := time.Now()
		found, err := d.client.Lookup(t.Context(), d.want, want[:200])
		if err != nil || len(found) != 200 || d.asked("MAXRESULTS 50") != 4 {
			t.Errorf("found %d, %v, with %d small requests", len(found), err, d.asked("MAXRESULTS 50"))
		}
		if took := time.Since(begin); took > 7*time.Minute {
			t.Errorf("looking up took %v", took)
		}
		d.want.Limit = 200
		d.server.ResetRequests()
		if got, err := d.read(t); err != nil || !slices.Equal(got, want[:200]) {
			t.Errorf("the first: %d, %v", len(got), err)
		}
		if all := d.asked("MAXRESULTS"); all != 6 { // 200, 100, and 50 four times
			t.Errorf("%d pages were asked for", all)
		}
		if got, err := d.read(t); err != nil || !slices.Equal(got, want[:200]) || d.asked("MAXRESULTS") != 10 {
			t.Errorf("once more: %d, %v, with %d pages in all", len(got), err, d.asked("MAXRESULTS"))
		}
	})
}

func TestPagesAreNotHalvedForEver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := openDesk(t, 300, 1)
		d.server.Fail(tooSlow(""))
		if _, err := d.read(t); !problem.HasCode(err, problem.QuickBooksUnavailable) {
			t.Errorf("got %v", err)
		}
		if n := d.asked("MAXRESULTS"); n != 6 { // 1000, 500, 250, 125, 62, 31
			t.Errorf("%d pages were asked for", n)
		}
	})
}

// A page that is throttled holds all of the company's requests back, as any request does.
func TestThrottledPageWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := openDesk(t, 300, 5)
		d.server.Fail(intuitsim.Fault{Match: "query:Invoice", Contains: "MAXRESULTS", N: 1, Status: 429})
		begin := time.Now()
		if _, err := d.read(t); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); took < time.Minute {
			t.Errorf("the page was asked for again after %v", took)
		}
		if n := d.asked("MAXRESULTS 1000"); n != 2 {
			t.Errorf("%d pages were asked for", n)
		}
	})
}

// A gateway that fails at once says nothing about the page.
func TestHiccupsDoNotHalvePages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := openDesk(t, 300, 5)
		d.server.Fail(intuitsim.Fault{Match: "query:Invoice", Contains: "MAXRESULTS", N: 4, Status: 504})
		if _, err := d.read(t); err != nil {
			t.Fatal(err)
		}
		if n, all := d.asked("MAXRESULTS 1000"), d.asked("MAXRESULTS"); n != 5 || all != 5 {
			t.Errorf("%d whole pages of %d, want 5 of 5", n, all)
		}
	})
}

// QuickBooks has been seen to return one record more than asked for: mcohen01/node-quickbooks issue 89.
func TestPagesWithOneRecordMore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := openDesk(t, 1100, 1)
		want, err := d.read(t)
		if err != nil {
			t.Fatal(err)
		}
		d.server.Fail(tooSlow("1000"))
		next := d.next
		d.next = roundTrip(func(r *http.Request) (*http.Response, error) {
			r.URL.RawQuery = strings.ReplaceAll(r.URL.RawQuery, "MAXRESULTS+500", "MAXRESULTS+501")
			return next.RoundTrip(r)
		})
		if got, err := d.read(t); err != nil || !slices.Equal(got, want) {
			t.Errorf("%d of %d, %v", len(got), len(want), err)
		}
	})
}

// refuses makes the simulator refuse an order as it refuses conditions.
func refuses(order string) intuitsim.Fault {
	return intuitsim.Fault{Match: "query:Invoice", Contains: "ORDERBY " + order, N: -1, Status: http.StatusBadRequest,
		Code: "4001", Message: "Invalid query", Detail: "QueryValidationError: '" + order + "' is not sortable"}
}

func TestRefusedOrder(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		invoices int
		refused  []string
		fails    bool
		again    int // refused requests of a second reading
	}{
		"by id":                {1100, []string{"Id"}, false, 0},
		"any, one page":        {500, []string{"Id", "MetaData.CreateTime"}, false, 2},
		"any, more than one":   {1100, []string{"Id", "MetaData.CreateTime"}, true, 2},
		"any, exactly a page":  {1000, []string{"Id", "MetaData.CreateTime"}, true, 2},
		"any, almost one page": {999, []string{"Id", "MetaData.CreateTime"}, false, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := openDesk(t, 0, 1)
			for i := len(d.books.IDs("Invoice")); i < test.invoices; i++ {
				if _, err := d.books.AddInvoice(intuitsim.Sale{}); err != nil {
					t.Fatal(err)
				}
			}
			want, err := d.read(t)
			if err != nil {
				t.Fatal(err)
			}
			for _, order := range test.refused {
				d.server.Fail(refuses(order))
			}
			got, err := d.read(t)
			switch {
			case test.fails && !problem.HasCode(err, problem.QuickBooksRejected):
				t.Errorf("%d of %d, %v; want quickbooks_rejected", len(got), len(want), err)
			case test.fails:
				t.Log(err)
			case err != nil || !sameSet(got, want):
				t.Errorf("%d of %d, %v", len(got), len(want), err)
			}
			d.server.ResetRequests()
			if _, err := d.read(t); (err != nil) != test.fails {
				t.Errorf("once more: %v", err)
			}
			if n := d.asked("ORDERBY Id") + d.asked("ORDERBY MetaData") - d.answered("ORDERBY"); n != test.again {
				t.Errorf("%d requests were refused again, want %d", n, test.again)
			}
			d.want.Limit = 20
			if got, err := d.read(t); err != nil || len(got) != 20 {
				t.Errorf("the first 20: %d, %v", len(got), err)
			}
			found, err := d.client.Lookup(t.Context(), d.want, want[:3])
			if err != nil || len(found) != 3 {
				t.Errorf("looking up: %d, %v", len(found), err)
			}
		})
	}
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}
