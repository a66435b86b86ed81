package api

import (
	"net/http"
	"testing"

	"ledgersheet/exporters"
	"ledgersheet/internal/export"
)

// TestPacks proves that each pack can be made with nothing but companies and an account, wholly or not at all.
func TestPacks(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	stored := func() int {
		all, err := h.store.Exporters(t.Context(), export.ExporterFilter{})
		must(t, err)
		return len(all)
	}
	packs := at(t, h.want(http.StatusOK, http.MethodGet, "/packs", nil).body, "items").([]any)
	if len(packs) != len(exporters.Packs()) || len(packs) < 4 {
		t.Fatalf("there are %d packs", len(packs))
	}
	order := func(change func(map[string]any)) map[string]any {
		body := map[string]any{
			"company_ids": []any{string(realmA), string(realmB)}, "google_account_id": string(h.account),
			"schedule": map[string]any{"cron": "0 6 1 * *", "timezone": "UTC"},
		}
		if change != nil {
			change(body)
		}
		return body
	}
	for _, p := range packs {
		path := "/packs/" + at(t, p, "pack").(string)
		items := len(at(t, p, "exporters").([]any))
		dry := order(func(b map[string]any) { b["dry_run"], b["per_company"] = true, false })
		before := stored()
		would := at(t, h.want(http.StatusOK, http.MethodPost, path, dry).body, "exporters").([]any)
		if len(would) != items || stored() != before {
			t.Errorf("%s would make %d of %d, and has made %d", path, len(would), items, stored()-before)
		}
		made := at(t, h.want(http.StatusCreated, http.MethodPost, path, order(nil)).body, "exporters").([]any)
		if len(made) != 2*items || stored() != before+2*items {
			t.Errorf("%s made %d, %d are stored", path, len(made), stored()-before)
		}
		if at(t, at(t, made[0], "schedule"), "enabled") != true {
			t.Errorf("%s: its schedule is off", path)
		}
	}

	before := stored()
	for field, change := range map[string]func(map[string]any){
		"company_ids":       func(b map[string]any) { b["company_ids"] = []any{} },
		"company_ids[1]":    func(b map[string]any) { b["company_ids"] = []any{string(realmA), "1"} },
		"google_account_id": func(b map[string]any) { b["google_account_id"] = "con_none" },
		"schedule.cron":     func(b map[string]any) { b["schedule"] = map[string]any{"cron": "nonsense"} },
		"accounting_method": func(b map[string]any) { b["accounting_method"] = "Barter" },
		"colour":            func(b map[string]any) { b["colour"] = "red" },
		"folder_id":         func(b map[string]any) { b["folder_id"] = "?" },
	} {
		got := h.want(http.StatusUnprocessableEntity, http.MethodPost, "/packs/month_end", order(change))
		if why := at(t, at(t, got.body, "error"), "fields").(map[string]any)[field]; why == nil {
			t.Errorf("%s: %s", field, got.raw)
		}
	}
	h.want(http.StatusNotFound, http.MethodPost, "/packs/none", order(nil))
	for who, want := range map[string]int{
		"viewer": http.StatusForbidden, "editor " + string(realmA): http.StatusUnprocessableEntity,
	} {
		a := h.call(http.MethodPost, "/packs/sales", order(nil), "Authorization", "Bearer as "+who)
		if a.status != want {
			t.Errorf("%s gets %d, want %d", who, a.status, want)
		}
	}
	if stored() != before {
		t.Errorf("refused orders have made %d exporters", stored()-before)
	}
}
