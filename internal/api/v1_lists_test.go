package api

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/export"
)

// pages returns a member of all items of a list, page by page, and the number of pages.
func (h *harness) pages(path, member string) (got []string, pages int) {
	h.t.Helper()
	for cursor := any(""); cursor != nil; pages++ {
		a := h.want(http.StatusOK, http.MethodGet, path+"&cursor="+url.QueryEscape(fmt.Sprint(cursor)), nil)
		for _, item := range at(h.t, a.body, "items").([]any) {
			got = append(got, fmt.Sprint(at(h.t, item, member)))
		}
		cursor = at(h.t, a.body, "next_cursor")
	}
	return got, pages
}

func TestExporterPages(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	var want []string
	for i := range 7 {
		name := fmt.Sprintf("List %d", i)
		realm := realmA
		if i%2 == 1 {
			realm = realmB
			name = fmt.Sprintf("list %d", i) // the case of letters is no matter
		}
		h.create(map[string]any{"name": name, "company_ids": []any{string(realm)}})
		want = append(want, name)
	}
	got, pages := h.pages("/exporters?limit=3", "name")
	if d := cmp.Diff(want, got); d != "" || pages != 3 {
		t.Errorf("%d pages (-want +got):\n%s", pages, d)
	}
	odd := []string{want[1], want[3], want[5]}
	for query, want := range map[string][]string{
		"q=":                                        want,
		"q=" + url.QueryEscape("4 LIST"):            {want[4]},
		"q=invoices":                                want, // the type
		"q=nothing":                                 nil,
		"q=list+6&company_id=" + string(realmB):     nil,
		"company_id=" + string(realmB):              odd,
		"state=never_run&limit=200":                 want,
		"state=failing":                             nil,
		"google_account_id=con_none":                nil,
		"company_id=" + string(realmB) + "&limit=2": odd,
	} {
		got, _ := h.pages("/exporters?"+query, "name")
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", query, d)
		}
	}
	for query, name := range map[string]string{
		"limit=0": "limit", "limit=201": "limit", "state=done": "state", "cursor=abc": "cursor", "cursor=%25": "cursor",
		"company=1": "company", "q=a&q=b": "q",
	} {
		a := h.want(http.StatusUnprocessableEntity, http.MethodGet, "/exporters?"+query, nil)
		at(t, a.body, "error", "fields", name)
	}
}

// A page goes on where the one before ended, even if the exporter there is gone by then.
func TestPageAfterADeletion(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	ids := map[string]string{}
	for _, name := range []string{"a", "b", "c"} {
		ids[name] = h.create(map[string]any{"name": name})
	}
	a := h.want(http.StatusOK, http.MethodGet, "/exporters?limit=2", nil)
	cursor := fmt.Sprint(at(t, a.body, "next_cursor"))
	must(t, h.store.DeleteExporter(t.Context(), export.ID(ids["b"])))
	a = h.want(http.StatusOK, http.MethodGet, "/exporters?limit=2&cursor="+cursor, nil)
	if items := at(t, a.body, "items").([]any); len(items) != 1 || at(t, items[0], "name") != "c" {
		t.Errorf("the page has %v", items)
	}
}

func TestCompanyPages(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	all, _ := h.pages("/companies?limit=200", "id")
	got, pages := h.pages("/companies?limit=1", "id")
	if d := cmp.Diff(all, got); d != "" || pages != len(all) || len(all) < 2 {
		t.Errorf("%d pages of %d companies (-want +got):\n%s", pages, len(all), d)
	}
	if got, _ = h.pages("/companies?q="+all[1], "id"); !slices.Equal(got, all[1:2]) {
		t.Errorf("a search for %s found %v", all[1], got)
	}
	h.want(http.StatusUnprocessableEntity, http.MethodGet, "/companies?cursor=abc", nil)
}
