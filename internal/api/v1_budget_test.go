package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"ledgersheet/internal/export"
)

func TestBudget(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	e := h.create(map[string]any{
		"name": "Hourly", "company_ids": []any{string(realmB)},
		"schedule": map[string]any{"cron": "0 * * * *", "timezone": "UTC", "enabled": true},
	})
	stored, err := h.store.Exporter(t.Context(), export.ID(e))
	must(t, err)
	h.budget.Observe(export.Run{
		ID: "run_1", Exporter: stored, Status: export.RunSucceeded,
		Requests: export.Requests{QuickBooks: 3, SheetsReads: 90, SheetsWrites: 40},
	})
	for realm, calls := range map[export.RealmID]int{realmA: 2, realmB: 5} {
		for range calls {
			must(t, h.budget.Take(t.Context(), realm))
		}
	}
	// From noon on 29 March until April there are 60 hours.
	want := `{"day":"2026-03-29","month":"2026-03","today":7,"this_month":7,"forecast":187,"limit":10000,` +
		`"least_interval_seconds":null,"companies":[` +
		`{"company_id":"%[1]s","today":2,"this_month":2,"forecast":2},` +
		`{"company_id":"%[2]s","today":5,"this_month":5,"forecast":185}],` +
		`"google":{"limit_per_account":{"reads":60,"writes":60},"limit_of_all":{"reads":300,"writes":300},` +
		`"accounts":[{"google_account_id":"%[3]s","last_minute":{"reads":7,"writes":3},` +
		`"burst":{"at":"2026-03-29T13:00:00Z","runs":1,"reads":90,"writes":40,"drain_seconds":90},` +
		`"behind":false,"least_interval_seconds":null}],"all":null}}`
	if realmB < realmA {
		t.Fatal("the companies come in the order of their ids")
	}
	got := h.want(http.StatusOK, http.MethodGet, "/budget", nil)
	if want := fmt.Sprintf(want, realmA, realmB, stored.Target.Account); strings.TrimSpace(string(got.raw)) != want {
		t.Errorf("got %s\nwant %s", got.raw, want)
	}
	// Who sees one company sees its calls only.
	one := h.call(http.MethodGet, "/budget", nil, "Authorization", "Bearer as viewer "+string(realmA))
	if text := string(one.raw); !strings.Contains(text, `"today":2,"this_month":2,"forecast":2,"limit":10000`) ||
		strings.Contains(text, string(realmB)) || !strings.Contains(text, `"accounts":[]`) {
		t.Errorf("a person with one company sees %s", text)
	}
}
