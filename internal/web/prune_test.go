package web

import (
	"html/template"
	"strings"
	"testing"
)

// TestPruneKeepsWhatIsIncluded: a template is kept wherever it is included, and no other is.
func TestPruneKeepsWhatIsIncluded(t *testing.T) {
	t.Parallel()
	set := template.Must(template.New("").Parse(`
		{{define "page"}}{{template "plain"}}{{if .}}{{template "if"}}{{else}}{{template "else"}}{{end}}
		{{range .}}{{template "range"}}{{else}}{{template "empty"}}{{end}}
		{{with .}}{{template "with"}}{{else}}{{template "without"}}{{end}}{{end}}
		{{define "plain"}}{{template "deep"}}{{end}}{{define "deep"}}{{block "block" .}}{{template "page"}}{{end}}{{end}}
		{{define "if"}}{{end}}{{define "else"}}{{end}}{{define "range"}}{{end}}{{define "empty"}}{{end}}
		{{define "with"}}{{end}}{{define "without"}}{{end}}{{define "unused"}}{{template "lost"}}{{end}}
		{{define "lost"}}{{end}}`))
	pruned, err := prune(set, nil, "page", "missing")
	if err != nil {
		t.Fatal(err)
	}
	for name := range strings.FieldsSeq("page plain deep block if else range empty with without") {
		if pruned.Lookup(name) == nil {
			t.Errorf("%s is missing", name)
		}
	}
	for _, name := range []string{"unused", "lost"} {
		if pruned.Lookup(name) != nil {
			t.Errorf("%s is kept", name)
		}
	}
}
