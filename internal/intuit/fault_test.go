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

// TestSpellings: a fault means the same in every spelling, and no token gets into what it says.
func TestSpellings(t *testing.T) {
	t.Parallel()
	for _, test := range readAnswers(t) {
		said := test.fault()
		if said == nil {
			continue
		}
		code, kind := said.Errors[0].Code, said.Type
		for spelling, body := range spellings(code, kind, "Some message", "Token expired: "+token) {
			name := fmt.Sprintf("%s as %s", test, spelling)
			f := readFault([]byte(body))
			if f == nil {
				t.Fatalf("%s: no fault found in %s", name, body)
			}
			got := faultFailure(request{}, test.Status, f, 0)
			for _, got := range []*failure{got, got.then} {
				if got == nil {
					continue
				}
				p := got.problem
				if got.again != (p.Class() == problem.RetryRequest) {
					t.Errorf("%s: the request is retried: %t, but %s has class %d", name, got.again, p.Code, p.Class())
				}
				if whole := fmt.Sprintf("%v %s %s", p, p.Message, p.Hint); strings.Contains(whole, token[:20]) {
					t.Errorf("%s: the token is in %q", name, whole)
				}
				if p.Hint == "" {
					t.Errorf("%s: %q has no hint", name, p.Message)
				}
			}
			plain := &fault{Type: kind, Errors: []faultError{{Code: code}}}
			if _, want := match(test.Status, plain); got.rule != want {
				t.Errorf("%s: rule %d, want %d", name, got.rule, want)
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
		302: problem.QuickBooksRejected, 400: problem.QuickBooksRejected, 401: problem.QuickBooksUnavailable,
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

func TestNamesFault(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"": false, `ault"`: false, `Fault"`: false, `"Fault`: false, `"Fault"`: true, `{"x":"Default","fault":1}`: true,
		`"Default" "Default"`: false, `"FAULT"`: false, `"ault""Fault"`: true, `"aultFault"`: false,
	} {
		if got := namesFault([]byte(text)); got != want {
			t.Errorf("%s: %t", text, got)
		}
	}
}
