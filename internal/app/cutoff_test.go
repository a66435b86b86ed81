package app_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/problem"
)

// losing is a network that carries requests for tokens to Intuit and loses the answers, while it is told to.
type losing struct {
	next http.RoundTripper
	on   bool
}

func (l *losing) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := l.next.RoundTrip(r)
	if err == nil && l.on && strings.HasSuffix(r.URL.Path, "/tokens/bearer") {
		return nil, errors.Join(answer.Body.Close(), errors.New("the process is killed"))
	}
	return answer, err
}

// TestRefusedAfterACrash kills the program while Intuit's answer to a renewal is on its way. The company is lost, and
// its reason says how that came about.
func TestRefusedAfterACrash(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := makeWorld(t, intuitsim.Options{Companies: 1})
		w.intuit.RotateOnEveryRefresh(true)
		net := &losing{next: w.network}
		w.network = net
		w.open()
		company := w.connect(1)[0]
		w.intuit.ExpireAccessTokens(string(company.Realm))
		net.on = true
		_, err := w.desk().TestCompany(w.ctx, company.Realm)
		if !problem.HasCode(err, problem.QuickBooksUnavailable) {
			t.Errorf("while the answer is lost: %v", err)
		}
		w.wantStatus(company.Realm, export.Connected)
		must(t, w.app.Stop(w.ctx))

		net.on = false
		w.open()
		_, err = w.desk().TestCompany(w.ctx, company.Realm)
		wantProblem(t, err, problem.CompanyReconnectRequired, "was cut off before its answer was stored", "Reconnect")
		w.wantStatus(company.Realm, export.ReconnectRequired)
		status, err := w.desk().Status(w.ctx)
		must(t, err)
		if len(status.Causes) != 1 || !strings.Contains(status.Causes[0].Detail, "was cut off") {
			t.Errorf("causes %+v", status.Causes)
		}
		must(t, w.app.Stop(w.ctx))
	})
}
