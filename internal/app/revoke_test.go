package app_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/problem"
)

// deafRevoke fails requests to end a grant while it is deaf, and counts those that got through.
type deafRevoke struct {
	next   http.RoundTripper
	deaf   atomic.Bool
	passed atomic.Int32
}

// RoundTrip implements http.RoundTripper.
func (d *deafRevoke) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.Contains(r.URL.Path, "revoke") {
		return d.next.RoundTrip(r)
	}
	if d.deaf.Load() {
		return nil, errors.New("connection refused")
	}
	res, err := d.next.RoundTrip(r)
	if err == nil && res.StatusCode == http.StatusOK {
		d.passed.Add(1)
	}
	return res, err
}

// TestDisconnectedWhileTheProviderIsAway ends connections while the providers cannot be told. They are told later, even
// after a restart, unless there is a new consent, which that would end as well.
func TestDisconnectedWhileTheProviderIsAway(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		deleted, again bool
		told           int32 // of two grants
	}{
		"disconnected": {told: 2}, "deleted": {deleted: true, told: 2},
		"disconnected and connected again": {again: true}, "deleted and connected again": {deleted: true, again: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := makeWorld(t, intuitsim.Options{Companies: 1, Vendors: 3, Customers: 3, Items: 3, Invoices: 2,
					Bills: 2})
				net := &deafRevoke{next: w.network}
				w.network = net
				w.open()
				company := w.connect(1)[0]
				net.deaf.Store(true)
				if test.deleted {
					must(t, w.desk().DeleteCompany(w.ctx, company.Realm))
					must(t, w.desk().DeleteAccount(w.ctx, w.account))
				} else {
					c, err := w.desk().DisconnectCompany(w.ctx, company.Realm)
					must(t, err)
					a, err := w.desk().DisconnectAccount(w.ctx, w.account)
					must(t, err)
					for _, why := range []*problem.Problem{c.LastError, a.LastError} {
						if why == nil || !strings.Contains(why.Message, "could not be told") ||
							!strings.Contains(why.Hint, "tried again by itself") {
							t.Errorf("the connection says %v", why)
						}
					}
				}
				must(t, w.app.Stop(context.Background()))
				w.open()
				w.app.StartUpkeep(w.ctx)
				time.Sleep(90 * time.Minute)
				if test.again {
					company = w.connect(1)[0]
				}
				net.deaf.Store(false)
				time.Sleep(2 * time.Hour)
				synctest.Wait()
				if n := net.passed.Load(); n != test.told {
					t.Errorf("the providers were told of %d grants, want %d", n, test.told)
				}
				if test.again {
					_, err := w.desk().TestCompany(w.ctx, company.Realm)
					must(t, err)
					_, err = w.desk().TestAccount(w.ctx, w.account)
					must(t, err)
				}
				companies, err := w.desk().Companies(w.ctx)
				must(t, err)
				accounts, err := w.desk().Accounts(w.ctx)
				must(t, err)
				for _, c := range companies {
					if c.LastError != nil || (c.Status == export.Connected) != test.again {
						t.Errorf("%s is %s and says %v", c.Name, c.Status, c.LastError)
					}
				}
				for _, a := range accounts {
					if a.LastError != nil || (a.Status == export.Connected) != test.again {
						t.Errorf("%s is %s and says %v", a.Email, a.Status, a.LastError)
					}
				}
			})
		})
	}
}
