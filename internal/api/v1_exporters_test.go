package api

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/exporters"
	"ledgersheet/internal/export"
)

func record(handler http.Handler, t *testing.T, method, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), method, Base+path, nil)
	r.Header.Set("Authorization", "Bearer "+token)
	handler.ServeHTTP(w, r)
	return w
}

func TestExporterTypes(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	all := h.want(http.StatusOK, http.MethodGet, "/exporter-types", nil)
	if n := len(at(t, all.body, "items").([]any)); n != len(exporters.All()) {
		t.Fatalf("got %d types, want %d", n, len(exporters.All()))
	}
	one := h.want(http.StatusOK, http.MethodGet, "/exporter-types/invoices", nil)
	find := func(list, key string) map[string]any {
		for _, v := range at(t, one.body, list).([]any) {
			if at(t, v, "key") == key {
				return v.(map[string]any)
			}
		}
		t.Fatalf("no %s in %s", key, list)
		return nil
	}
	for _, test := range []struct {
		list, key string
		want      map[string]any
	}{
		{"columns", "TotalAmt", map[string]any{"title": "Total", "kind": "money", "default": true, "line": false}},
		{"columns", "Deposit", map[string]any{"default": false}},
		{"columns", "Line.Amount", map[string]any{"line": true}},
		{"columns", "TxnDate", map[string]any{"kind": "date"}},
		{"options", "lines", map[string]any{"kind": "bool", "default": false, "required": false, "values": []any{}}},
		{"options", "date_column", map[string]any{"kind": "choice", "default": "TxnDate"}},
		{"options", "start_date", map[string]any{"kind": "date", "default": nil}},
	} {
		got := find(test.list, test.key)
		for k, want := range test.want {
			if d := cmp.Diff(want, got[k]); d != "" {
				t.Errorf("%s: %s (-want +got):\n%s", test.key, k, d)
			}
		}
	}
	report := h.want(http.StatusOK, http.MethodGet, "/exporter-types/profit_and_loss", nil)
	if at(t, report.body, "kind") != "report" || at(t, report.body, "modes", 0) != "replace" ||
		at(t, report.body, "group") != "Statements" {
		t.Errorf("got %s", report.raw)
	}
	h.want(http.StatusNotFound, http.MethodGet, "/exporter-types/nonsense", nil)
}

func TestExporterLife(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	made := h.want(http.StatusCreated, http.MethodPost, "/exporters", h.input(nil))
	path := "/exporters/" + fmt.Sprint(made.body["id"])
	if made.header.Get("Location") != Base+path || made.header.Get("ETag") != `"1"` {
		t.Errorf("got headers %v", made.header)
	}
	for _, key := range slices.Collect(maps.Keys(h.input(nil))) {
		want := h.input(nil)[key]
		if m, ok := want.(map[string]any); ok {
			for k, want := range m {
				if d := cmp.Diff(want, at(t, made.body, key, k)); d != "" {
					t.Errorf("%s.%s (-sent +got):\n%s", key, k, d)
				}
			}
		} else if d := cmp.Diff(want, made.body[key]); d != "" {
			t.Errorf("%s (-sent +got):\n%s", key, d)
		}
	}
	if at(t, made.body, "schedule", "next_at") != "2026-03-29T13:00:00.000Z" ||
		at(t, made.body, "created_by") != "api" {
		t.Errorf("got %s", made.raw)
	}
	got := h.want(http.StatusOK, http.MethodGet, path, nil)
	if d := cmp.Diff(made.body, got.body); d != "" {
		t.Errorf("read differs from made (-made +read):\n%s", d)
	}
	listed := h.want(http.StatusOK, http.MethodGet, "/exporters", nil)
	if d := cmp.Diff(any(made.body), at(t, listed.body, "items", 0)); d != "" {
		t.Errorf("list differs from made (-made +list):\n%s", d)
	}

	// What was read can be changed and sent back.
	got.body["name"] = "Renamed"
	put := h.want(http.StatusOK, http.MethodPut, path, got.body)
	if put.body["name"] != "Renamed" || put.header.Get("ETag") != `"2"` {
		t.Errorf("got %v %s", put.header, put.raw)
	}
	// PUT replaces: members left out return to their defaults.
	put = h.want(http.StatusOK, http.MethodPut, path,
		h.input(map[string]any{"columns": nil, "filters": nil, "options": nil, "schedule": nil, "mode": nil}))
	if d := cmp.Diff([]any{[]any{}, []any{}, map[string]any{}, "replace"},
		[]any{put.body["columns"], put.body["filters"], put.body["options"], put.body["mode"]}); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if at(t, put.body, "schedule", "next_at") != nil || at(t, put.body, "schedule", "timezone") != "UTC" {
		t.Errorf("got %s", put.raw)
	}

	h.want(http.StatusNoContent, http.MethodDelete, path, nil)
	for _, method := range []string{http.MethodGet, http.MethodDelete} {
		h.want(http.StatusNotFound, method, path, nil)
	}
	for _, method := range []string{http.MethodPut, http.MethodPatch} {
		h.want(http.StatusNotFound, method, path, h.input(nil))
	}
}

func TestPatchExporter(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	path := "/exporters/" + h.create(nil)
	before := h.want(http.StatusOK, http.MethodGet, path, nil)
	a := h.want(http.StatusOK, http.MethodPatch, path, map[string]any{"name": "Renamed"})
	want := maps.Clone(before.body)
	want["name"] = "Renamed"
	for _, changing := range []string{"revision", "updated_at"} {
		delete(want, changing)
		delete(a.body, changing)
	}
	if d := cmp.Diff(want, a.body); d != "" {
		t.Errorf("a patch of the name changed more (-want +got):\n%s", d)
	}
	a = h.want(http.StatusOK, http.MethodPatch, path,
		`{"options":{"date_column":null,"lines":true},"schedule":{"enabled":false},"filters":null,"destination":{"sheet":"Other"}}`, "Content-Type", "application/merge-patch+json; charset=utf-8")
	if d := cmp.Diff(map[string]any{"date_range": "this_fiscal_year_to_date", "lines": true},
		a.body["options"]); d != "" {
		t.Errorf("options (-want +got):\n%s", d)
	}
	if at(t, a.body, "schedule", "enabled") != false || at(t, a.body, "schedule", "cron") != "0 6 * * 1-5" ||
		at(t, a.body, "destination", "sheet") != "Other" || at(t, a.body, "destination", "start_cell") != "A1" ||
		len(a.body["filters"].([]any)) != 0 {
		t.Errorf("got %s", a.raw)
	}
	for patch, field := range map[string]string{
		`{"id":"exp_other"}`: "id", `{"paused":true}`: "paused", `{"revision":null}`: "revision",
		`{"created_by":"me"}`:                             "created_by",
		`{"schedule":{"next_at":"2026-01-01T00:00:00Z"}}`: "schedule.next_at",
		`{"destination":{"spreadsheet_url":"x"}}`:         "destination.spreadsheet_url",
		`{"name":null}`:                                   "name",
		`{"destination":null}`:                            "destination.google_account_id",
		`{"options":{"lines":[]}}`:                        "options.lines", `{"colour":1}`: "colour",
	} {
		a := h.want(http.StatusUnprocessableEntity, http.MethodPatch, path, patch)
		at(t, a.body, "error", "fields", field)
	}
	// Naming what only the program sets is fine as long as it does not change.
	h.want(http.StatusOK, http.MethodPatch, path, `{"paused":false,"schedule":{"next_at":null,"enabled":true}}`)
}

func TestIfMatch(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	path := "/exporters/" + h.create(nil)
	h.want(http.StatusOK, http.MethodPatch, path, map[string]any{"name": "Second"}, "If-Match", `"1"`)
	for _, stale := range []string{`"1"`, `W/"2"`, `2`, `"x", "y"`} {
		h.want(http.StatusConflict, http.MethodPatch, path, map[string]any{"name": "Third"}, "If-Match", stale)
		h.want(http.StatusConflict, http.MethodPut, path, h.input(nil), "If-Match", stale)
		h.want(http.StatusConflict, http.MethodDelete, path, nil, "If-Match", stale)
	}
	h.want(http.StatusOK, http.MethodPut, path, h.input(nil), "If-Match", `"1", "2"`)
	h.want(http.StatusOK, http.MethodPut, path, h.input(nil), "If-Match", `*`)
	h.want(http.StatusNoContent, http.MethodDelete, path, nil, "If-Match", `"4"`)
}

// slowBody calls a function before its first byte is read, that is, after the handler has read what is stored.
type slowBody struct {
	first func()
	io.Reader
}

func (b *slowBody) Read(p []byte) (int, error) {
	if b.first != nil {
		b.first()
		b.first = nil
	}
	return b.Reader.Read(p)
}

func TestPatchLosesNoChangeBesideIt(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	path := "/exporters/" + h.create(nil)
	body := &slowBody{Reader: strings.NewReader(`{"mode":"replace"}`), first: func() {
		h.want(http.StatusOK, http.MethodPatch, path, map[string]any{"name": "Changed meanwhile"})
	}}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPatch, Base+path, body)
	r.Header.Set("Authorization", "Bearer "+token)
	if a := h.do(r); a.status != http.StatusConflict {
		t.Errorf("got status %d: %s", a.status, a.raw)
	}
	if a := h.want(http.StatusOK, http.MethodGet, path, nil); a.body["name"] != "Changed meanwhile" {
		t.Errorf("the change beside the patch is lost: %s", a.raw)
	}
}

func TestBadExportersNameTheirFields(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	id := h.create(nil)
	destination := func(key string, v any) map[string]any {
		d := maps.Clone(h.input(nil)["destination"].(map[string]any))
		d[key] = v
		return map[string]any{"destination": d}
	}
	one := func(key string, v any) map[string]any { return map[string]any{key: v} }
	filter := func(v any) map[string]any { return one("filters", []any{v}) }
	schedule := func(cron, zone string) map[string]any {
		return one("schedule", map[string]any{"cron": cron, "timezone": zone, "enabled": true})
	}
	for _, test := range []struct {
		field   string
		changes map[string]any
	}{
		{"name", one("name", nil)},
		{"name", one("name", strings.Repeat("x", 101))},
		{"name", one("name", 7)},
		{"type", one("type", nil)},
		{"type", one("type", "nonsense")},
		{"type", one("type", []any{"invoices"})},
		{"company_ids", one("company_ids", nil)},
		{"company_ids", one("company_ids", "9130347957983976")},
		{"company_ids[0]", one("company_ids", []any{9130347957983976})},
		{"company_ids[0]", one("company_ids", []any{"1"})},
		{"company_ids[1]", one("company_ids", []any{string(realmA), string(realmA)})},
		{"company_ids[1]", one("company_ids", []any{string(realmA), nil})},
		{"columns", one("columns", "DocNumber")},
		{"columns[1]", one("columns", []any{"DocNumber", true})},
		{"columns[1]", one("columns", []any{"DocNumber", "DocNumber"})},
		{"columns[0]", one("columns", []any{"Line.Amount"})},
		{"columns[0]", one("columns", []any{""})},
		{"filters", one("filters", map[string]any{})},
		{"filters[0]", filter("Balance")},
		{"filters[0]", filter(map[string]any{"column": "Balance", "op": "~", "value": "0"})},
		{"filters[0]", filter(map[string]any{"column": "Balance", "op": ">", "value": "much"})},
		{"filters[0].value", filter(map[string]any{"column": "Balance", "op": "in", "value": []any{"1"}})},
		{"filters[0].operator", filter(map[string]any{"column": "Balance", "operator": ">", "op": "=", "value": 0})},
		{"options", one("options", []any{})},
		{"options.date_range", one("options", map[string]any{"date_range": "yesteryear"})},
		{"options.date_range", one("options", map[string]any{"date_range": map[string]any{}})},
		{"options.colour", one("options", map[string]any{"colour": "red"})},
		{"options.lines", one("options", map[string]any{"lines": "perhaps"})},
		{"options.start_date", one("options", map[string]any{"date_range": "custom", "start_date": "1.2.2026"})},
		{
			"options.accounting_method",
			map[string]any{"type": "profit_and_loss", "columns": nil, "filters": nil, "options": nil},
		},
		{"destination", one("destination", "Invoices")},
		{"destination.google_account_id", one("destination", nil)},
		{"destination.google_account_id", destination("google_account_id", "con_none")},
		{"destination.spreadsheet_id", destination("spreadsheet_id", "https://example.com/x")},
		{"destination.spreadsheet_id", destination("spreadsheet_id", 12)},
		{"destination.sheet", destination("sheet", "")},
		{"destination.start_cell", destination("start_cell", "1A")},
		{"destination.tab", destination("tab", 0)},
		{"mode", one("mode", "x")},
		{"schedule", one("schedule", "0 6 * * *")},
		{"schedule.cron", schedule("61 * * * *", "UTC")},
		{"schedule.cron", schedule("* * * * *", "UTC")},
		{"schedule.cron", schedule("", "UTC")},
		{"schedule.cron", schedule("0 6 30 2 *", "UTC")},
		{"schedule.cron", schedule("0 6 15W * *", "UTC")},
		{"schedule.cron", schedule("0 6 * * *; 2 6 * * *", "UTC")},
		{"schedule.timezone", schedule("0 6 * * *", "Mars/Olympus")},
		{"schedule.enabled", one("schedule", map[string]any{"enabled": "yes"})},
		{"schedule.every", one("schedule", map[string]any{"every": "1h"})},
		{"colour", one("colour", "red")},
	} {
		for _, way := range []struct{ method, path string }{
			{http.MethodPost, "/exporters"}, {http.MethodPut, "/exporters/" + id},
		} {
			a := h.call(way.method, way.path, h.input(test.changes))
			if a.status != http.StatusUnprocessableEntity {
				t.Errorf("%s %v: got status %d: %s", way.method, test.changes, a.status, a.raw)
				continue
			}
			fields := at(t, a.body, "error", "fields").(map[string]any)
			if _, ok := fields[test.field]; !ok || at(t, a.body, "error", "code") != "invalid_input" {
				t.Errorf("%s %v: got %s, want field %s", way.method, test.changes, a.raw, test.field)
			}
		}
	}
	if left := h.want(http.StatusOK, http.MethodGet, "/exporters/"+id,
		nil); left.body["revision"].(fmt.Stringer).String() != "1" {
		t.Errorf("a refused change was stored: %s", left.raw)
	}
	a := h.want(http.StatusUnprocessableEntity, http.MethodPut, "/exporters/"+id,
		h.input(map[string]any{"id": "exp_other"}))
	at(t, a.body, "error", "fields", "id")
	a = h.want(http.StatusUnprocessableEntity, http.MethodPost, "/exporters",
		`{"name":1,"type":2,"destination":{"sheet":3},"x":4}`)
	if n := len(at(t, a.body, "error", "fields").(map[string]any)); n != 4 {
		t.Errorf("got %d fields, want all 4 at once: %s", n, a.raw)
	}
}

func TestBodiesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for name, test := range map[string]struct{ body, contentType string }{
		"empty":           {"", "application/json"},
		"blank":           {" \n", "application/json"},
		"cut":             {`{"name":`, "application/json"},
		"no JSON":         {`name=x`, "application/json"},
		"two values":      {`{} {}`, "application/json"},
		"rest":            {`{"name":"x"}]`, "application/json"},
		"array":           {`[]`, "application/json"},
		"null":            {`null`, "application/json"},
		"form":            {`name=x`, "application/x-www-form-urlencoded"},
		"other type":      {`{}`, "text/plain"},
		"no type at all":  {`{}`, "/"},
		"patch of POST":   {`{}`, "application/merge-patch+json"},
		"nested too deep": {strings.Repeat("[", 100_000), "application/json"},
	} {
		for _, path := range []string{"/exporters", "/preview"} {
			a := h.want(http.StatusBadRequest, http.MethodPost, path, test.body, "Content-Type", test.contentType)
			if at(t, a.body, "error", "code") != "bad_request" {
				t.Errorf("%s %s: got %s", name, path, a.raw)
			}
		}
	}
	large := h.want(http.StatusRequestEntityTooLarge, http.MethodPost, "/exporters",
		`{"name":"`+strings.Repeat("x", maxBody)+`"}`, "Content-Type", "application/json")
	if at(t, large.body, "error", "code") != "too_large" {
		t.Errorf("too large: got %s", large.raw)
	}
	h.want(http.StatusUnprocessableEntity, http.MethodPost, "/exporters", "{}", "Content-Type", "")
	a := h.want(http.StatusUnprocessableEntity, http.MethodPost, "/exporters/"+h.create(nil)+"/runs", `{"force":true}`)
	at(t, a.body, "error", "fields", "force")
}

func TestOptionsAreTyped(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, truth := range []any{true, "true", "TRUE", 1, "1"} {
		id := h.create(map[string]any{"options": map[string]any{
			"lines": truth, "date_range": "all", "start_date": nil, "end_date": "",
		}})
		e, err := h.store.Exporter(t.Context(), export.ID(id))
		must(t, err)
		if d := cmp.Diff(map[string]string{"lines": "true", "date_range": "all"}, e.Options); d != "" {
			t.Errorf("%v is stored as (-want +got):\n%s", truth, d)
		}
		a := h.want(http.StatusOK, http.MethodGet, "/exporters/"+id, nil)
		if at(t, a.body, "options", "lines") != true {
			t.Errorf("%v is shown as %s", truth, a.raw)
		}
		h.want(http.StatusNoContent, http.MethodDelete, "/exporters/"+id, nil)
	}
	id := h.create(map[string]any{
		"type": "profit_and_loss", "columns": nil, "filters": nil,
		"options": map[string]any{"accounting_method": "Cash", "customer": 1},
		"destination": map[string]any{
			"google_account_id": string(h.account), "sheet": "P&L",
			"spreadsheet_id": "https://docs.google.com/spreadsheets/d/1AbcDefGhiJkl/edit#gid=0",
		},
	})
	a := h.want(http.StatusOK, http.MethodGet, "/exporters/"+id, nil)
	if at(t, a.body, "options", "customer") != "1" ||
		at(t, a.body, "destination", "spreadsheet_id") != "1AbcDefGhiJkl" ||
		at(t, a.body, "destination", "spreadsheet_url") != "https://docs.google.com/spreadsheets/d/1AbcDefGhiJkl/edit" {
		t.Errorf("got %s", a.raw)
	}
}

func TestPreview(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	id := h.create(nil)
	h.previewer.Shows.Total = 31
	a := h.want(http.StatusOK, http.MethodPost, "/exporters/"+id+"/preview", map[string]any{})
	if !strings.Contains(string(a.raw),
		`"rows":[["00123",1234567890123456.70,"2026-03-29",true],[null,0,null,null]],"rows_total":31`) {
		t.Errorf("got %s", a.raw)
	}
	if at(t, a.body, "columns", 1, "key") != "TotalAmt" || at(t, a.body, "columns", 1, "kind") != "money" ||
		at(t, a.body, "columns", 1, "title") != "Total" {
		t.Errorf("got %s", a.raw)
	}
	if string(h.previewer.Asked.ID) != id {
		t.Errorf("previewed %q", h.previewer.Asked.ID)
	}
	h.previewer.Shows.Total = -1
	a = h.want(http.StatusOK, http.MethodPost, "/preview",
		h.input(map[string]any{
			"name": nil, "destination": nil, "schedule": nil, "options": map[string]any{"lines": true},
		}))
	if at(t, a.body, "rows_total") != nil || h.previewer.Asked.Options["lines"] != "true" {
		t.Errorf("got %s", a.raw)
	}
	a = h.want(http.StatusUnprocessableEntity, http.MethodPost, "/preview", h.input(map[string]any{"type": "nonsense"}))
	at(t, a.body, "error", "fields", "type")
	h.want(http.StatusNotFound, http.MethodPost, "/exporters/exp_none/preview", nil)
}

// TestDryRunOfChanges proves that a call with dry_run answers what it would store, refuses what it would refuse, and
// stores nothing.
func TestDryRunOfChanges(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	made := h.want(http.StatusOK, http.MethodPost, "/exporters?dry_run=true", h.input(nil)).body
	if at(t, made, "name") != "Open invoices" || at(t, made, "state") != "never_run" {
		t.Errorf("it would make %v", made)
	}
	if all := at(t, h.want(http.StatusOK, http.MethodGet, "/exporters", nil).body, "items").([]any); len(all) > 0 {
		t.Errorf("it has made %v", all)
	}
	nameless := h.input(map[string]any{"name": ""})
	h.want(http.StatusUnprocessableEntity, http.MethodPost, "/exporters?dry_run=true", nameless)
	h.want(http.StatusUnprocessableEntity, http.MethodPost, "/exporters?dry_run=perhaps", h.input(nil))
	path := "/exporters/" + h.create(nil)
	before := h.want(http.StatusOK, http.MethodGet, path, nil)
	other := h.input(map[string]any{"name": "Other"})
	changed := h.want(http.StatusOK, http.MethodPut, path+"?dry_run=true", other).body
	if at(t, changed, "name") != "Other" {
		t.Errorf("it would change it to %v", changed)
	}
	if after := h.want(http.StatusOK, http.MethodGet, path, nil); string(after.raw) != string(before.raw) {
		t.Errorf("it has changed it to %s", after.raw)
	}
	h.want(http.StatusUnprocessableEntity, http.MethodPut, path+"?dry_run=true", h.input(map[string]any{"mode": "x"}))
}
