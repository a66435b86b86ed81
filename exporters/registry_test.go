package exporters_test

import (
	"testing"

	"ledgersheet/exporters"
	"ledgersheet/internal/export"
)

func TestDefinitionsAreWhole(t *testing.T) {
	t.Parallel()
	if err := exporters.Validate(exporters.All()); err != nil {
		t.Fatal(err)
	}
}

func TestValidateFindsWrongLiterals(t *testing.T) {
	t.Parallel()
	good := export.Entity{ID: "things", Title: "Things", Group: "Lists", Summary: "All things.", Object: "Thing", Columns: []export.Column{{Path: "Id", Title: "ID", Key: true}}}
	if err := exporters.Validate([]export.Definition{good}); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*export.Entity){
		"id":        func(e *export.Entity) { e.ID = "Things" },
		"summary":   func(e *export.Entity) { e.Summary = "All things" },
		"no key":    func(e *export.Entity) { e.Columns = []export.Column{{Path: "Id", Title: "ID"}} },
		"bad path":  func(e *export.Entity) { e.Columns = append(e.Columns, export.Column{Path: "A..B", Title: "x"}) },
		"duplicate": func(e *export.Entity) { e.Columns = append(e.Columns, export.Column{Path: "Id", Title: "x"}) },
		"title":     func(e *export.Entity) { e.Columns = append(e.Columns, export.Column{Path: "A", Title: "ID"}) },
		"sensitive": func(e *export.Entity) {
			e.Columns = append(e.Columns, export.Column{Path: "A", Title: "x", Sensitive: true})
		},
		"no title": func(e *export.Entity) { e.Columns = append(e.Columns, export.Column{Path: "A"}) },
	} {
		bad := good
		change(&bad)
		if err := exporters.Validate([]export.Definition{bad}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if err := exporters.Validate([]export.Definition{good, good}); err == nil {
		t.Error("two of one id were accepted")
	}
}
