package exporters_test

import (
	"testing"

	"ledgersheet/exporters"
	"ledgersheet/internal/export"
)

func TestDefinitionsAreWhole(t *testing.T) { validateTypes(t, exporters.All()) }

func validateTypes(t *testing.T, all []export.Definition) {
	t.Parallel()
	if err := exporters.Validate(all); err != nil {
		t.Fatal(err)
	}
}

func TestValidateFindsWrongLiterals(t *testing.T) {
	t.Parallel()
	good := export.Entity{
		ID: "things", Title: "Things", Group: "Lists", Summary: "All things.", Object: "Thing",
		Columns: []export.Column{{Path: "Id", Title: "ID", Key: true}},
	}
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
		"figure of a column that is not there": func(e *export.Entity) {
			e.Figures = []export.Figure{{ID: "total", Title: "Total", Sum: []string{"TotalAmt"}}}
		},
		"figure without a title": func(e *export.Entity) {
			e.Figures = []export.Figure{{ID: "total", Sum: []string{"Id"}}}
		},
		"figure of a group": func(e *export.Entity) {
			e.Figures = []export.Figure{{ID: "total", Title: "Total", Sum: []string{"Id"}, Group: "NetIncome"}}
		},
		"five figures": func(e *export.Entity) {
			for _, id := range []string{"a", "b", "c", "d", "e"} {
				e.Figures = append(e.Figures, export.Figure{ID: id, Title: id, Sum: []string{"Id"}})
			}
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

// Documents with a total and statements say in a few figures what they come to.
func TestFiguresAreDeclared(t *testing.T) { declareFigures(t, exporters.All()) }

func declareFigures(t *testing.T, all []export.Definition) {
	t.Parallel()
	for _, d := range all {
		var figures []export.Figure
		needed := false
		switch d := d.(type) {
		case export.Entity:
			figures = d.Figures
			for _, c := range d.Columns {
				needed = needed || c.Title == "Total"
			}
		case export.Report:
			figures, needed = d.Figures, d.Shape == export.Tree
		}
		if needed && len(figures) == 0 {
			t.Errorf("%s declares no headline figure", d.Info().ID)
		}
	}
}
