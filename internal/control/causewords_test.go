package control

import (
	"strings"
	"testing"

	"ledgersheet/internal/problem"
)

// TestEveryCodeHasWords proves that each code with which a run can fail is told in words that bookkeepers use.
func TestEveryCodeHasWords(t *testing.T) {
	t.Parallel()
	for _, code := range problem.All() {
		text, known := causeTexts[code]
		// The other codes are answers to requests to us.
		answer := code == problem.InvalidInput || code == problem.BadRequest || code == problem.TooLarge ||
			code == problem.Unauthorized || code == problem.Forbidden || code == problem.NotFound ||
			code == problem.Conflict || code == problem.TooManyRequests || code == problem.Unavailable
		if known == answer {
			t.Errorf("%s: known is %v", code, known)
		}
		for _, jargon := range []string{"API", "OAuth", "token", "realm", "HTTP", "JSON", "quota", "grant", "_"} {
			if strings.Contains(text.title+text.action, jargon) {
				t.Errorf("%s says %q", code, jargon)
			}
		}
		named := strings.Contains(text.title, "{who}")
		if known && named == (text.scope == scopeAll || text.scope == scopeSaid) {
			t.Errorf("%s: %q is about %d", code, text.title, text.scope)
		}
	}
}

// TestEveryCauseCanBeTold proves that whatever is wrong becomes a notice: of some event, with a page that exists.
func TestEveryCauseCanBeTold(t *testing.T) {
	t.Parallel()
	codes := []CauseCode{CauseDisconnected, CauseEndsSoon, CauseLate, CauseDifferences, "of_a_later_version"}
	for code := range causeTexts {
		codes = append(codes, CauseCode(code))
	}
	for _, code := range codes {
		for _, warning := range []bool{false, true} {
			for n := range 3 {
				cause := Cause{Key: "k", Code: code, Title: "T.", Warning: warning, rank: rankFailing, Company: "1"}
				for range n {
					cause.Waiting, cause.Run = append(cause.Waiting, Named{"exp_1", "One"}), "run_1"
				}
				got := noticeCause(cause)
				if len(got.On) == 0 || !strings.HasPrefix(got.Path, "/") || got.Button == "" || len(got.Waiting) != n {
					t.Errorf("%s: %+v", code, got)
				}
			}
		}
	}
}
