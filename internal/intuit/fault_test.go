package intuit

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"strings"
	"testing"
	"time"

	"ledgersheet/internal/problem"
)

const token = "AB01eyJlbmMiOiJBMTI4Q0JDLUhTMjU2IiwiYWxnIjoiZGlyIn0..0000000000000000000000"

// spellings are the forms in which faults come.
func spellings(code, kind, message, detail string) map[string]string {
	text := func(s string) string { b, _ := json.Marshal(s); return string(b) }
	var escaped strings.Builder
	_ = xml.EscapeText(&escaped, []byte(detail))
	return map[string]string{
		"service": fmt.Sprintf(`{"Fault":{"Error":[{"Message":%s,"Detail":%s,"code":%s,"element":""}],"type":%s},"time":"2026-01-31T10:00:00.000-08:00"}`, text(message), text(detail), text(code), text(kind)),
		"gateway": fmt.Sprintf(`{"warnings":null,"intuitObject":null,"fault":{"error":[{"message":%s,"detail":%s,"code":%s,"element":null}],"type":%s},"report":null,"time":1601391072830}`, text(message), text(detail), text(code), text(kind)),
		"numbers": fmt.Sprintf(`{"fault":{"error":[{"message":%s,"detail":%s,"code":%s}],"type":%s}}`, text(message),
			text(detail), strings.TrimLeft(code, "0"), text(kind)),
		"xml": fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?><IntuitResponse xmlns="http://schema.intuit.com/finance/v3"><Fault type="%s"><Error code="%s"><Message>%s</Message><Detail>%s</Detail></Error></Fault></IntuitResponse>`, kind, code, message, escaped.String()),
	}
}

// TestAnswers walks the statuses and codes that are known of QuickBooks in every spelling.
func TestAnswers(t *testing.T) {
	t.Parallel()
	type want struct {
		is           problem.Code
		again, pause bool
		quoted       bool // QuickBooks' text is shown
	}
	reconnect, rejected := want{is: problem.CompanyReconnectRequired}, want{
		is: problem.QuickBooksRejected, quoted: true,
	}
	unavailable, limited := want{is: problem.QuickBooksUnavailable, again: true}, want{
		is: problem.QuickBooksRateLimited, again: true, pause: true,
	}
	for _, test := range []struct {
		status     int
		code, kind string
		want       want
	}{
		{400, "4000", "ValidationFault", rejected},
		{400, "4001", "ValidationFault", rejected},
		{400, "610", "ValidationFault", rejected},
		{400, "500", "ValidationFault", rejected}, // an unknown address: the code is no status
		{400, "5020", "ValidationFault", want{is: problem.QuickBooksRejected}},
		{400, "6190", "ValidationFault", want{is: problem.QuickBooksRejected}},
		{400, "6000", "ValidationFault", rejected},
		{400, "6240", "ValidationFault", rejected},
		{400, "2010", "ValidationFault", rejected},
		{404, "", "ValidationFault", rejected},
		{401, "3200", "AUTHENTICATION", reconnect},
		{401, "003200", "AUTHENTICATION", reconnect},
		{403, "3200", "AUTHENTICATION", reconnect},
		{401, "120", "AuthorizationFault", reconnect},
		{403, "3100", "AUTHORIZATION", reconnect},
		{401, "3100", "AUTHORIZATION", reconnect},
		{401, "99999", "AuthenticationFault", reconnect},
		{403, "99999", "AuthorizationFault", reconnect},
		{429, "3001", "SERVICE", limited},
		{403, "3001", "SERVICE", limited},
		{429, "99999", "", limited},
		{500, "10000", "SystemFault", unavailable},
		{200, "10000", "SystemFault", unavailable},
		{200, "99999", "SystemFault", unavailable},
		{200, "4001", "ValidationFault", rejected},
		{200, "3200", "AUTHENTICATION", reconnect},
		{400, "99999", "SERVICE", unavailable},
		{502, "99999", "", unavailable},
		{503, "99999", "SystemFault", unavailable},
		{504, "99999", "", unavailable},
		{408, "99999", "", unavailable},
	} {
		for spelling, body := range spellings(test.code, test.kind, "Some message", "Token expired: "+token) {
			if spelling == "numbers" && test.code == "" {
				continue
			}
			name := fmt.Sprintf("%d %s %s as %s", test.status, test.code, test.kind, spelling)
			f := readFault([]byte(body))
			if f == nil {
				t.Fatalf("%s: no fault found in %s", name, body)
			}
			got := faultFailure(request{}, test.status, f, 0)
			p := got.problem
			if p.Code != test.want.is || got.again != test.want.again || (got.pause > 0) != test.want.pause {
				t.Errorf("%s: %s again=%t pause=%s", name, p.Code, got.again, got.pause)
			}
			if got.again != (p.Class() == problem.RetryRequest) {
				t.Errorf("%s: the request is retried: %t, but %s has class %d", name, got.again, p.Code, p.Class())
			}
			if test.want.quoted != strings.Contains(p.Message, "Some message") {
				t.Errorf("%s: says %q", name, p.Message)
			}
			if whole := fmt.Sprintf("%v %s %s", p, p.Message, p.Hint); strings.Contains(whole, token) ||
				strings.Contains(whole, token[:20]) {
				t.Errorf("%s: the token is in %q", name, whole)
			}
			if p.Hint == "" || !strings.HasSuffix(p.Message, ".") && !test.want.quoted {
				t.Errorf("%s: %q, hint %q", name, p.Message, p.Hint)
			}
		}
	}
}

func TestAnswersWithoutAFault(t *testing.T) {
	t.Parallel()
	bodies := []string{
		"", "<html><head><title>502 Bad Gateway</title></head></html>", `{"message":"no"}`, `{"Fault":null}`,
		`{"fault":`, "\x00", `[1]`, `<Fault`,
	}
	for status, want := range map[int]problem.Code{
		302: problem.QuickBooksRejected, 400: problem.QuickBooksRejected, 401: problem.CompanyReconnectRequired,
		403: problem.QuickBooksRejected, 404: problem.QuickBooksRejected,
		408: problem.QuickBooksUnavailable, 429: problem.QuickBooksRateLimited, 500: problem.QuickBooksUnavailable,
		502: problem.QuickBooksUnavailable,
		503: problem.QuickBooksUnavailable, 504: problem.QuickBooksUnavailable, 599: problem.QuickBooksUnavailable,
	} {
		for _, body := range bodies {
			f := readFault([]byte(body))
			if f != nil {
				t.Fatalf("%q holds a fault: %+v", body, f)
			}
			if got := faultFailure(request{}, status, f, 0); got.problem.Code != want || got.problem.Message == "" {
				t.Errorf("%d with %q: %v", status, body, got.problem)
			}
		}
	}
}

func TestRetryAfterWins(t *testing.T) {
	t.Parallel()
	got := faultFailure(request{}, 429, nil, 7*time.Second)
	if got.pause < 7*time.Second || got.pause > 8*time.Second || got.problem.RetryAfter != 7*time.Second {
		t.Errorf("pause %s, retry after %s", got.pause, got.problem.RetryAfter)
	}
	got = faultFailure(request{}, 429, nil, 0)
	if got.pause < time.Minute || got.pause > 70*time.Second {
		t.Errorf("pause %s", got.pause)
	}
}

func TestReportThatTakesTooLong(t *testing.T) {
	t.Parallel()
	got := faultFailure(request{report: true}, 504, nil, 0)
	if got.problem.Code != problem.ReportTooLarge || !got.again || !got.slow {
		t.Errorf("%+v", got)
	}
}

func TestSafeText(t *testing.T) {
	t.Parallel()
	if got := problem.Safe("Operation\n\tfailed:  " + token + "\x00 end"); got != "Operation failed: […] end" {
		t.Errorf("got %q", got)
	}
	if got := []rune(problem.Safe(strings.Repeat("é ", 400))); len(got) != problem.MaxQuote+1 {
		t.Errorf("%d characters", len(got))
	}
}

func FuzzReadFault(f *testing.F) {
	for _, body := range spellings("4000", "ValidationFault", "m", "d") {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got := faultFailure(request{}, 400, readFault(body), 0)
		if got.problem.Message == "" || len([]rune(got.problem.Message)) > problem.MaxQuote+100 {
			t.Errorf("message of %d bytes", len(got.problem.Message))
		}
	})
}
