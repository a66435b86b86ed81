package api

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/problem"
)

func TestDescriptionIsValid(t *testing.T) {
	t.Parallel()
	doc, err := openapi3.NewLoader().LoadFromData(description("1.2.3"))
	must(t, err)
	must(t, doc.Validate(t.Context(), openapi3.EnableExamplesValidation()))
	if doc.Info.Version != "1.2.3" {
		t.Errorf("got version %q", doc.Info.Version)
	}
}

func TestDescriptionAndRoutesAgree(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	var served, described []string
	for _, r := range h.engine.Routes() {
		parts := strings.Split(strings.TrimPrefix(r.Path, Base), "/")
		for i, p := range parts {
			if name, ok := strings.CutPrefix(p, ":"); ok {
				parts[i] = "{" + name + "}"
			}
		}
		served = append(served, r.Method+" "+strings.Join(parts, "/"))
	}
	for path, item := range h.spec.Paths.Map() {
		for method, op := range item.Operations() {
			described = append(described, method+" "+path)
			if op.OperationID == "" || op.Summary == "" || len(op.Tags) != 1 {
				t.Errorf("%s %s needs an id, a summary and a tag", method, path)
			}
			if op.Responses.Value("401") == nil || op.Responses.Default() == nil {
				t.Errorf("%s %s does not describe 401 and other errors", method, path)
			}
		}
	}
	slices.Sort(served)
	slices.Sort(described)
	if d := cmp.Diff(served, described); d != "" {
		t.Errorf("routes and description differ (-served +described):\n%s", d)
	}
}

func TestDescriptionListsEveryCode(t *testing.T) {
	t.Parallel()
	var have, want []string
	for _, v := range closedSpec(t).Components.Schemas["ErrorCode"].Value.Enum {
		have = append(have, v.(string))
	}
	for _, c := range problem.All() {
		want = append(want, string(c))
	}
	slices.Sort(have)
	slices.Sort(want)
	if d := cmp.Diff(want, have); d != "" {
		t.Errorf("codes (-program +description):\n%s", d)
	}
}

func TestDescriptionIsServed(t *testing.T) {
	t.Parallel()
	a := newHarness(t).want(http.StatusOK, http.MethodGet, "/openapi.json", nil)
	if v := at(t, a.body, "openapi"); v != "3.0.3" {
		t.Errorf("got openapi %v", v)
	}
}
