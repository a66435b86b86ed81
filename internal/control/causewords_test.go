package control

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
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
	codes := append(ownCauses(t), "of_a_later_version")
	for code := range causeTexts {
		codes = append(codes, CauseCode(code))
	}
	for _, code := range codes {
		if _, known := remedyOf(code); known == (code == "of_a_later_version") {
			t.Errorf("%s: its remedy is known: %t", code, known)
		}
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

// ownCauses returns the codes of causes that no run ends with, as the source declares them.
func ownCauses(t *testing.T) (codes []CauseCode) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "causes.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); ok && kind.Name == "CauseCode" {
			text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			codes = append(codes, CauseCode(text))
		}
		return true
	})
	if !slices.Contains(codes, CauseStore) || !slices.Contains(codes, CauseAssessment) {
		t.Fatalf("the source declares %v", codes)
	}
	return codes
}
