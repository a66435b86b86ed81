package web

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"ledgersheet/internal/export"
	told "ledgersheet/internal/notice"
)

func TestNoticesInSettings(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	if body := s.wantGet("/settings"); !strings.Contains(body, "Nobody is told of anything yet.") ||
		!strings.Contains(body, "Teams is not set up.") {
		t.Error("the empty state is not told")
	}
	form := url.Values{
		"kind": {"mail"}, "to": {"ann@example.com"}, "on": {"needs_you", "failure"}, "company": {string(realmA)},
		"timezone": {"Europe/Paris"}, "quiet_from": {"22:00"}, "quiet_to": {"07:00"}, "at": {"07:00"}, "stale": {"26"},
		"every": {"weekly"},
	}
	s.wantSent("/settings/notices", form, "/settings#notices")
	body := s.wantGet("/settings")
	for _, want := range []string{
		"ann@example.com", "Somebody has to act, failures", "Alder &amp; Sons Ltd",
		"Quiet from 22:00 to 07:00, Europe/Paris",
		"Nothing yet", "Notices go to ann@example.com from now on.",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	checkPage(t, "settings", body)
	all, err := s.desk.Notices(t.Context())
	must(t, err)
	path := "/settings/notices/" + string(all[0].ID)
	s.wantSent(path+"/test", nil, "/settings#notices")
	if body := s.wantGet("/settings"); !strings.Contains(body, "The test was sent.") || !strings.Contains(body,
		"Works") {
		t.Error("the test is not told")
	}
	s.bench.Channel.Err = &told.SendError{Text: "The mail server answered 550: no <such> user.", Lasting: true}
	s.wantSent(path+"/test", nil, "/settings#notices")
	if body := s.wantGet("/settings"); !strings.Contains(body, "The mail server answered 550: no &lt;such&gt; user.") {
		t.Error("the refusal is not told")
	}
	checkPage(t, "delete", s.wantGet(path+"/delete"))
	s.wantSent(path+"/delete", nil, "/settings#notices")
	if a := s.post(path+"/test", nil); a.status != http.StatusNotFound {
		t.Errorf("a notice that is gone: %d", a.status)
	}
}

func TestNoticeFormKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	a := s.post("/settings/notices", url.Values{
		"kind": {"webhook"}, "to": {"nowhere"}, "on": {"value"}, "timezone": {"Mars"}, "quiet_from": {"22:00"},
		"quiet_to": {"22:00"}, "at": {"x"}, "stale": {"soon"}, "figure": {"Overdue"}, "above": {"much"},
	})
	if a.status != http.StatusUnprocessableEntity {
		t.Fatalf("status %d", a.status)
	}
	checkPage(t, "settings", a.body)
	for _, want := range []string{
		`value="nowhere"`, "must be an address", `value="Mars"`, "must be a time zone", "must be another time",
		"must be a time of day such as 07:00", "must be from 1 to", `value="much"`, "which is no amount",
		`<details class="finer" open>`,
	} {
		if !strings.Contains(a.body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	ok := s.post("/settings/notices", url.Values{
		"kind": {"webhook"}, "to": {"https://example.com/hook/0123456789abcdef"}, "on": {"failure"}, "at": {"07:00"},
	})
	if ok.status != http.StatusCreated || !strings.Contains(ok.body, "whsec_") {
		t.Fatalf("status %d: the secret is not shown once", ok.status)
	}
	checkPage(t, "settings", ok.body)
	if body := s.wantGet("/settings"); strings.Contains(body, "whsec_") || strings.Contains(body, "0123456789abcdef") {
		t.Error("a secret is shown again")
	}
	if strings.Contains(fmt.Sprint(s.log), "0123456789abcdef") {
		t.Error("the address is logged")
	}
}

// TestNoticeIsEdited changes a notice in its form, which keeps what it cannot show.
func TestNoticeIsEdited(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	const hook = "https://hooks.slack.com/services/T0/B0/0123456789abcdef"
	n, _, err := s.desk.CreateNotice(t.Context(), told.Rule{
		Kind: told.Slack, To: hook, On: []told.Event{told.Value, told.Failure}, Timezone: "Europe/Paris",
		Companies: []export.RealmID{realmA, realmB}, Quiet: told.Quiet{From: "22:00", To: "07:00"},
		Limits: []told.Limit{{Figure: "Overdue", Above: "100"}, {Figure: "Cash", Below: "5"}},
	})
	must(t, err)
	path := "/settings/notices/" + string(n.ID)
	if !strings.Contains(s.wantGet("/settings"), path+"/edit") {
		t.Error("the settings do not lead to the form")
	}
	body := s.wantGet(path + "/edit")
	checkPage(t, "notice", body)
	for _, want := range []string{
		`placeholder="https://hooks.slack.com/…"`, "The 2 companies as they are", `value="22:00"`, `value="Overdue"`,
		`value="Europe/Paris"`, `action="` + path + `"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the form lacks %q", want)
		}
	}
	if strings.Contains(body, "0123456789abcdef") {
		t.Error("the form shows the address")
	}
	form := url.Values{
		"kind": {"slack"}, "to": {""}, "on": {"value", "recovery"}, "company": {"="}, "timezone": {"Europe/Paris"},
		"quiet_from": {"23:00"}, "quiet_to": {"07:00"}, "at": {"07:00"}, "stale": {"26"}, "every": {"daily"},
		"figure": {"Overdue"}, "above": {"200"},
	}
	bad := maps.Clone(form)
	bad.Set("quiet_to", "23:00")
	a := s.post(path, bad)
	if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "Quiet until") ||
		strings.Contains(a.body, "than quiet.from") {
		t.Errorf("a bad form: %d", a.status)
	}
	checkPage(t, "notice", a.body)
	s.wantSent(path, form, "/settings#notices")
	all, err := s.bench.Notices.Rules(t.Context())
	must(t, err)
	r := all[0]
	if r.To != hook || len(r.Companies) != 2 || r.Quiet.From != "23:00" || len(r.On) != 2 || len(r.Limits) != 2 ||
		r.Limits[0].Above != "200" || r.Limits[1].Figure != "Cash" {
		t.Errorf("it is now %+v", r)
	}
	form.Set("company", string(realmB))
	form.Set("to", "https://hooks.slack.com/services/T1/B1/x")
	s.wantSent(path, form, "/settings#notices")
	if all, err = s.bench.Notices.Rules(t.Context()); err != nil || len(all[0].Companies) != 1 ||
		!strings.HasSuffix(all[0].To, "/x") {
		t.Errorf("it is now %+v, %v", all[0], err)
	}
	if a := s.post("/settings/notices/ntc_404", form); a.status != http.StatusNotFound {
		t.Errorf("a notice that is not there: %d", a.status)
	}
}
