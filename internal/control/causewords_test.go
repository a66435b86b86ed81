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
