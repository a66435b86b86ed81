package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"ledgersheet/internal/desktest"
	"ledgersheet/internal/export"
	"ledgersheet/internal/notice"
	"ledgersheet/internal/problem"
)

const slackURL = "https://hooks.slack.com/services/T0001/B0002/abcdefghijklmnop"

func TestNotices(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	if got := h.want(http.StatusOK, http.MethodGet, "/notices", nil); fmt.Sprint(got.body["items"]) != "[]" {
		t.Errorf("at first: %s", got.raw)
	}
	slack := h.want(http.StatusCreated, http.MethodPost, "/notices", map[string]any{
		"kind": "slack", "to": slackURL, "on": []any{"failure", "recovery"},
		"company_ids": []any{string(realmA)}, "tags": []any{},
		"quiet": map[string]any{"from": "22:00", "to": "07:00"}, "timezone": "Europe/Paris",
		"digest": map[string]any{"every": "weekly", "at": "06:30"}, "stale_hours": 48,
	})
	if slack.body["to"] != "https://hooks.slack.com/…" || slack.body["secret"] != nil {
		t.Errorf("got %s", slack.raw)
	}
	hook := h.want(http.StatusCreated, http.MethodPost, "/notices", map[string]any{
		"kind": "webhook", "to": "https://example.com/hook?key=abcdef123", "on": []any{"value"},
		"limits": []any{map[string]any{"figure": "overdue", "above": 10000}},
	})
	if secret := fmt.Sprint(hook.body["secret"]); !strings.HasPrefix(secret, "whsec_") {
		t.Errorf("the secret is %q", secret)
	}
	all := h.want(http.StatusOK, http.MethodGet, "/notices", nil)
	for _, secret := range []string{"whsec_", "abcdef", "T0001", "services"} {
		if strings.Contains(string(all.raw), secret) || strings.Contains(h.log.String(), secret) {
			t.Errorf("%s is shown or logged: %s", secret, all.raw)
		}
	}
	path := "/notices/" + fmt.Sprint(slack.body["id"])
	if got := h.want(http.StatusOK, http.MethodPost, path+"/test", nil); got.body["ok"] != true ||
		got.body["answer"] != "Taken." {
		t.Errorf("the test: %s", got.raw)
	}
	h.channel.Err = &notice.SendError{Text: "The receiver answered 404.", Lasting: true}
	if got := h.want(http.StatusOK, http.MethodPost, path+"/test", nil); got.body["ok"] != false ||
		got.body["answer"] != "The receiver answered 404." {
		t.Errorf("the test: %s", got.raw)
	}
	h.want(http.StatusNoContent, http.MethodDelete, path, nil)
	h.want(http.StatusNotFound, http.MethodDelete, path, nil)
	h.want(http.StatusNotFound, http.MethodPost, path+"/test", nil)
}

func TestNoticesAreChecked(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, test := range []struct {
		body  map[string]any
		field string
	}{
		{map[string]any{"kind": "pigeon"}, "kind"},
		{map[string]any{"kind": "mail", "to": "nobody"}, "to"},
		{map[string]any{"kind": "teams", "to": "https://example.com/x"}, "to"},
		{map[string]any{"on": []any{}}, "on"},
		{map[string]any{"on": []any{"failure", "sunrise"}}, "on"},
		{map[string]any{"company_ids": []any{"404"}}, "company_ids[0]"},
		{map[string]any{"exporter_ids": []any{"exp_404"}}, "exporter_ids[0]"},
		{map[string]any{"timezone": "Mars/Olympus"}, "timezone"},
		{map[string]any{"quiet": map[string]any{"from": "22:00", "to": "late"}}, "quiet.to"},
		{map[string]any{"quiet": map[string]any{"from": "22:00", "to": "22:00"}}, "quiet.to"},
		{map[string]any{"digest": map[string]any{"every": "hourly"}}, "digest.every"},
		{map[string]any{"digest": map[string]any{"at": "25:00"}}, "digest.at"},
		{map[string]any{"stale_hours": 0}, "stale_hours"},
		{map[string]any{"stale_hours": "26"}, "stale_hours"},
		{map[string]any{"on": []any{"value"}}, "limits"},
		{map[string]any{"on": []any{"value"}, "limits": []any{map[string]any{"figure": "x", "above": "many"}}},
			"limits"},
		{map[string]any{"secret": "short"}, "secret"},
		{map[string]any{"colour": "red"}, "colour"},
	} {
		body := map[string]any{"kind": "mail", "to": "ann@example.com", "on": []any{"failure"}}
		for k, v := range test.body {
			body[k] = v
		}
		got := h.want(http.StatusUnprocessableEntity, http.MethodPost, "/notices", body)
		fields := got.body["error"].(map[string]any)["fields"].(map[string]any)
		if fields[test.field] == nil {
			t.Errorf("%v: got %v, want %s", test.body, fields, test.field)
		}
	}
}

// TestNoticesAreTheirOwners proves that nobody sees, changes or tries out what tells of companies that they may not
// see.
func TestNoticesAreTheirOwners(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	add := func(to string, companies ...any) string {
		a := h.want(http.StatusCreated, http.MethodPost, "/notices", map[string]any{
			"kind": "mail", "to": to, "on": []any{"failure"}, "company_ids": append([]any{}, companies...),
		})
		return "/notices/" + fmt.Sprint(a.body["id"])
	}
	whole, one := add("all@example.com"), add("a@example.com", string(realmA))
	as := func(who string) []string { return []string{"Authorization", "Bearer as " + who} }
	b := as("admin " + string(realmB))
	if got := h.want(http.StatusOK, http.MethodGet, "/notices", nil, b...); strings.Contains(string(got.raw), "@") {
		t.Errorf("somebody sees %s", got.raw)
	}
	h.want(http.StatusNotFound, http.MethodDelete, whole, nil, b...)
	h.want(http.StatusNotFound, http.MethodPost, one+"/test", nil, b...)
	body := map[string]any{"kind": "mail", "to": "b@example.com", "on": []any{"failure"}}
	h.want(http.StatusForbidden, http.MethodPost, "/notices", body, b...)
	body["company_ids"] = []any{string(realmB)}
	h.want(http.StatusCreated, http.MethodPost, "/notices", body, b...)
	for _, role := range []string{"editor", "operator", "viewer"} {
		h.want(http.StatusForbidden, http.MethodPost, "/notices", body, as(role)...)
		h.want(http.StatusForbidden, http.MethodDelete, one, nil, as(role)...)
		h.want(http.StatusForbidden, http.MethodPost, one+"/test", nil, as(role)...)
	}
}

// TestCausesBecomeNotices has a cause go all the way: told once, with the exporters, not told again, and over.
func TestCausesBecomeNotices(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	var ids []string
	for _, name := range []string{"A", "B"} {
		id := h.create(map[string]any{"name": name, "tags": []any{" month-end ", "month-end"}})
		h.end(id, 2, func(r *export.Run) {
			r.Status, r.Problem = export.RunFailed, problem.New(problem.ReportTooLarge, "There is too much.")
		})
		ids = append(ids, id)
	}
	h.want(http.StatusCreated, http.MethodPost, "/notices", map[string]any{
		"kind": "mail", "to": "ann@example.com", "on": []any{"failure", "recovery"}, "timezone": "America/New_York",
	})
	h.want(http.StatusCreated, http.MethodPost, "/notices", map[string]any{
		"kind": "mail", "to": "b@example.com", "on": []any{"failure"}, "company_ids": []any{string(realmB)},
	})
	for _, tag := range []string{"month-end", "sales"} {
		h.want(http.StatusCreated, http.MethodPost, "/notices", map[string]any{
			"kind": "slack", "to": slackURL, "on": []any{"recovery", "difference"}, "tags": []any{tag},
		})
	}
	now := desktest.Noon()
	pass := func(after time.Duration) []notice.Message {
		t.Helper()
		before := len(h.channel.Sent())
		must(t, h.notices.Look(t.Context(), now.Add(after), true))
		_, err := h.notices.Deliver(t.Context(), now.Add(after))
		must(t, err)
		return h.channel.Sent()[before:]
	}
	told := pass(0)
	if len(told) != 1 || told[0].Title != "A report of Alder Ltd is too large for QuickBooks." ||
		len(told[0].Exporters) != 2 || told[0].Event != notice.Failure || told[0].Phase != notice.Opened ||
		told[0].Link.URL != "http://ledgersheet.test/exporters?company="+string(realmA)+"&state=failing" {
		t.Fatalf("told %+v", told)
	}
	if again := pass(time.Hour); len(again) > 0 {
		t.Errorf("told again: %+v", again)
	}
	for _, id := range ids {
		h.end(id, 1, func(r *export.Run) { r.Status = export.RunSucceeded })
	}
	over := pass(2 * time.Hour)
	if len(over) != 1 || over[0].Phase != notice.Recovered || over[0].Cause != told[0].Cause {
		t.Errorf("over: %+v", over)
	}
}

// TestNoticesAreChanged changes one thing at a time: what is left out stays, secrets too, and nobody is told that
// something is over which the notice is only not about any more.
func TestNoticesAreChanged(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	hook := h.want(http.StatusCreated, http.MethodPost, "/notices", map[string]any{
		"kind": "slack", "to": slackURL, "on": []any{"failure", "recovery"}, "company_ids": []any{string(realmA)},
		"quiet": map[string]any{"from": "22:00", "to": "07:00"}, "timezone": "Europe/Paris", "stale_hours": 48,
	})
	path := "/notices/" + fmt.Sprint(hook.body["id"])
	for _, test := range []struct {
		patch  map[string]any
		member string
		want   string
	}{
		{map[string]any{"stale_hours": 30}, "stale_hours", "30"},
		{map[string]any{"quiet": nil}, "quiet", "<nil>"},
		{map[string]any{"on": []any{"failure", "needs_you", "recovery"}}, "on", "[failure needs_you recovery]"},
		{map[string]any{"to": hook.body["to"]}, "to", "https://hooks.slack.com/…"},
		{map[string]any{"digest": map[string]any{"every": "weekly", "at": "06:30"}}, "digest",
			"map[at:06:30 every:weekly]"},
		{map[string]any{"company_ids": nil}, "company_ids", "[]"},
	} {
		a := h.want(http.StatusOK, http.MethodPatch, path, test.patch)
		if got := fmt.Sprint(a.body[test.member]); got != test.want || a.body["timezone"] != "Europe/Paris" ||
			a.body["secret"] != nil || a.body["created_at"] != hook.body["created_at"] {
			t.Errorf("%v: %s is %s: %s", test.patch, test.member, got, a.raw)
		}
	}
	stored := h.want(http.StatusOK, http.MethodGet, path, nil)
	if stored.body["to"] != "https://hooks.slack.com/…" || stored.body["timezone"] != "Europe/Paris" {
		t.Errorf("it is %s", stored.raw)
	}
	all, err := h.notices.Rules(t.Context())
	must(t, err)
	if all[0].To != slackURL {
		t.Errorf("its address is %s", all[0].To)
	}
	a := h.want(http.StatusUnprocessableEntity, http.MethodPatch, path, map[string]any{"timezone": "Mars/Olympus"})
	if a.body["error"].(map[string]any)["fields"].(map[string]any)["timezone"] == nil {
		t.Errorf("got %s", a.raw)
	}
	h.want(http.StatusUnprocessableEntity, http.MethodPatch, path, map[string]any{"colour": "red"})
	h.want(http.StatusUnprocessableEntity, http.MethodPatch, path, map[string]any{"on": nil})
	h.want(http.StatusNotFound, http.MethodPatch, "/notices/ntc_404", map[string]any{})
	hooked := h.want(http.StatusOK, http.MethodPatch, path, map[string]any{
		"kind": "webhook", "to": "https://example.com/hook",
	})
	if !strings.HasPrefix(fmt.Sprint(hooked.body["secret"]), "whsec_") {
		t.Errorf("as a webhook: %s", hooked.raw)
	}
	for _, role := range []string{"editor", "operator", "viewer"} {
		h.want(http.StatusForbidden, http.MethodPatch, path, map[string]any{}, "Authorization", "Bearer as "+role)
	}
	admin := []string{"Authorization", "Bearer as admin " + string(realmB)}
	own := h.want(http.StatusCreated, http.MethodPost, "/notices", map[string]any{
		"kind": "mail", "to": "b@example.com", "on": []any{"failure"}, "company_ids": []any{string(realmB)},
	}, admin...)
	h.want(http.StatusForbidden, http.MethodPatch, "/notices/"+fmt.Sprint(own.body["id"]),
		map[string]any{"company_ids": []any{}}, admin...) // it would tell them of all
}

// TestChangedNoticesTellNoFalseRecovery takes what was told out of a notice, and puts it in again.
func TestChangedNoticesTellNoFalseRecovery(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	id := h.create(map[string]any{"name": "A"})
	h.end(id, 2, func(r *export.Run) {
		r.Status, r.Problem = export.RunFailed, problem.New(problem.ReportTooLarge, "There is too much.")
	})
	a := h.want(http.StatusCreated, http.MethodPost, "/notices", map[string]any{
		"kind": "mail", "to": "ann@example.com", "on": []any{"failure", "recovery"},
	})
	path, now := "/notices/"+fmt.Sprint(a.body["id"]), desktest.Noon()
	told := func(after time.Duration) (list []string) {
		t.Helper()
		before := len(h.channel.Sent())
		must(t, h.notices.Look(t.Context(), now.Add(after), true))
		_, err := h.notices.Deliver(t.Context(), now.Add(after))
		must(t, err)
		for _, m := range h.channel.Sent()[before:] {
			list = append(list, string(m.Phase))
		}
		return list
	}
	patch := func(events ...any) {
		t.Helper()
		h.want(http.StatusOK, http.MethodPatch, path, map[string]any{"on": events})
	}
	if got := fmt.Sprint(told(0)); got != "[opened]" {
		t.Fatalf("told %s", got)
	}
	patch("failure", "stale", "recovery")
	if got := told(time.Hour); len(got) > 0 {
		t.Errorf("told again: %s", got)
	}
	patch("stale", "recovery")
	if got := told(2 * time.Hour); len(got) > 0 {
		t.Errorf("it is told to be over: %s", got)
	}
	patch("failure", "recovery")
	if got := fmt.Sprint(told(3 * time.Hour)); got != "[opened]" {
		t.Errorf("told %s", got)
	}
	h.end(id, 1, func(r *export.Run) { r.Status = export.RunSucceeded })
	if got := fmt.Sprint(told(4 * time.Hour)); got != "[recovered]" {
		t.Errorf("told %s", got)
	}
}
