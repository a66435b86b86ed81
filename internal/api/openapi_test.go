package api

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

func TestDescriptionIsValid(t *testing.T) {
	t.Parallel()
	doc, err := openapi3.NewLoader().LoadFromData(buildDescription("1.2.3"))
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

// TestDescriptionHasTheFields checks the exporters of the description against the table of fields: the same members, of
// the same kinds, with the same defaults, and with those that only the program sets marked as such.
func TestDescriptionHasTheFields(t *testing.T) {
	t.Parallel()
	schemas := closedSpec(t).Components.Schemas
	output, input := schemas["Exporter"].Value, schemas["ExporterInput"].Value
	var paths, required []string
	for _, f := range export.Fields() {
		paths = append(paths, f.Path)
		if top, _, _ := strings.Cut(f.Path, "."); f.Missing != "" && !slices.Contains(required, top) {
			required = append(required, top)
		}
		shown, taken := memberAt(output, f.Path), memberAt(input, f.Path)
		if shown == nil || taken == nil {
			continue // covered by the lists below
		}
		if got, want := typeOf(shown), jsonTypes[f.Kind]; got != want {
			t.Errorf("%s is shown as %s, want %s", f.Path, got, want)
		}
		words := taken.Description
		if program := strings.HasPrefix(words, "Ignored") ||
			strings.HasPrefix(words, "Set by the program"); program != f.ReadOnly() {
			t.Errorf("%s: read-only is %v, but the description of what is sent says %q", f.Path, f.ReadOnly(), words)
		}
		if taken.Default != nil && f.Default != "" && taken.Default != f.Default {
			t.Errorf("%s: the default is %q, described as %v", f.Path, f.Default, taken.Default)
		}
	}
	slices.Sort(paths)
	standing := []string{
		"last_success.at", "last_success.headlines", "last_success.rows", "last_success.run_id", "last_success.url",
		"state",
	}
	for name, schema := range map[string]*openapi3.Schema{
		"Exporter": output, "ExporterInput": input, "ExporterPatch": schemas["ExporterPatch"].Value,
	} {
		want := slices.Concat(paths, []string{"last_success", "state"})
		if schema == output {
			want = slices.Concat(paths, standing)
		}
		slices.Sort(want)
		if d := cmp.Diff(want, memberPaths(schema, "")); d != "" {
			t.Errorf("%s (-table +description):\n%s", name, d)
		}
	}
	all := slices.Sorted(slices.Values(slices.Concat(paths, standing)))
	if d := cmp.Diff(all, memberPaths(requiredOnly(output), "")); d != "" {
		t.Errorf("answers always have all members (-table +required):\n%s", d)
	}
	slices.Sort(required)
	if d := cmp.Diff(required, slices.Sorted(slices.Values(input.Required))); d != "" {
		t.Errorf("what may not be left out (-table +description):\n%s", d)
	}
}

// jsonTypes maps each kind of field to its type in JSON.
var jsonTypes = map[export.FieldKind]string{
	export.FieldText: "string", export.FieldNote: "string or null", export.FieldTime: "string or null",
	export.FieldTexts: "array", export.FieldFilters: "array", export.FieldSettings: "object",
	export.FieldTitles: "object",
	export.FieldTruth:  "boolean",
	export.FieldNumber: "integer",
}

func typeOf(s *openapi3.Schema) string {
	name := strings.Join(s.Type.Slice(), " or ")
	if s.Nullable {
		name += " or null"
	}
	return name
}

// memberAt returns the schema of a member, such as that of schedule.cron; nil if there is none.
func memberAt(s *openapi3.Schema, path string) *openapi3.Schema {
	for key := range strings.SplitSeq(path, ".") {
		member := s.Properties[key]
		if member == nil {
			return nil
		}
		s = member.Value
	}
	return s
}

// memberPaths returns the members of an object and of its nested objects.
func memberPaths(s *openapi3.Schema, prefix string) []string {
	var paths []string
	for key, member := range s.Properties {
		if len(member.Value.Properties) > 0 {
			paths = append(paths, memberPaths(member.Value, prefix+key+".")...)
			continue
		}
		paths = append(paths, prefix+key)
	}
	slices.Sort(paths)
	return paths
}

// requiredOnly returns the schema without its optional members.
func requiredOnly(s *openapi3.Schema) *openapi3.Schema {
	out := *s
	out.Properties = openapi3.Schemas{}
	for _, key := range s.Required {
		out.Properties[key] = &openapi3.SchemaRef{Value: requiredOnly(s.Properties[key].Value)}
	}
	return &out
}

func TestDescriptionIsServed(t *testing.T) {
	t.Parallel()
	a := newHarness(t).want(http.StatusOK, http.MethodGet, "/openapi.json", nil)
	if v := at(t, a.body, "openapi"); v != "3.0.3" {
		t.Errorf("got openapi %v", v)
	}
}
