package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

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
