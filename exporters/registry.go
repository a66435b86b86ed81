package exporters

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"ledgersheet/internal/export"
	"ledgersheet/internal/record"
)

// registered is written only while package variables are initialised.
var registered []export.Definition

func register(d export.Definition) struct{} {
	registered = append(registered, d)
	return struct{}{}
}

// All returns every definition, by id.
func All() []export.Definition {
	all := slices.Clone(registered)
	slices.SortFunc(all, func(a, b export.Definition) int { return strings.Compare(a.Info().ID, b.Info().ID) })
	return all
}

var idText = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// Validate returns the first fault in a set of definitions. It is called at start and in a test, so that a wrong
// literal never reaches a user.
func Validate(all []export.Definition) error {
	seen := map[string]bool{}
	for _, d := range all {
		info := d.Info()
		switch {
		case !idText.MatchString(info.ID):
			return fmt.Errorf("exporter type %q: the id must be snake_case", info.ID)
		case seen[info.ID]:
			return fmt.Errorf("exporter type %q is registered twice", info.ID)
		case info.Title == "" || info.Group == "" || !strings.HasSuffix(info.Summary, "."):
			return fmt.Errorf("exporter type %q needs a title, a group and a summary that is a sentence", info.ID)
		}
		seen[info.ID] = true
		if err := validateColumns(d); err != nil {
			return fmt.Errorf("exporter type %q: %w", info.ID, err)
		}
		if err := export.ValidateFigures(d); err != nil {
			return fmt.Errorf("exporter type %q: %w", info.ID, err)
		}
		if l, ok := d.(export.ChangeLog); ok {
			if err := validateWatched(l); err != nil {
				return fmt.Errorf("exporter type %q: %w", info.ID, err)
			}
		}
	}
	return nil
}

func validateWatched(l export.ChangeLog) error {
	seen := map[string]bool{}
	for _, w := range l.Watched {
		switch {
		case w.Object == "" || w.Title == "" || len(w.Fields) == 0:
			return fmt.Errorf("watched object %q needs a name, a title and fields", w.Object)
		case seen[w.Object]:
			return fmt.Errorf("%s is watched twice", w.Object)
		}
		seen[w.Object] = true
		for _, path := range []string{w.Label, w.Date, w.Total} {
			if path != "" && w.Field(path) < 0 {
				return fmt.Errorf("%s: %q is none of its fields", w.Object, path)
			}
		}
		paths, titles := map[string]bool{}, map[string]bool{}
		for _, f := range w.Fields {
			if _, err := record.ParsePath(f.Path); err != nil {
				return fmt.Errorf("%s: field %q: %w", w.Object, f.Path, err)
			}
			if paths[f.Path] || titles[f.Title] || f.Title == "" {
				return fmt.Errorf("%s: field %q is there twice, or its title %q is", w.Object, f.Path, f.Title)
			}
			paths[f.Path], titles[f.Title] = true, true
		}
	}
	if len(seen) == 0 {
		return fmt.Errorf("a change log needs something to watch")
	}
	return nil
}

func validateColumns(d export.Definition) error {
	seen, titles := map[string]bool{}, map[string]bool{}
	keys := 0
	for _, c := range d.Catalogue() {
		if c.Path == "" || c.Title == "" {
			return fmt.Errorf("column %q needs a path and a title", c.Path)
		}
		if seen[c.Path] {
			return fmt.Errorf("column %q is there twice", c.Path)
		}
		seen[c.Path] = true
		if titles[c.Title] {
			return fmt.Errorf("two columns are titled %q", c.Title)
		}
		titles[c.Title] = true
		if c.Sensitive && !c.Off {
			return fmt.Errorf("column %q is sensitive and must be off", c.Path)
		}
		if _, err := record.ParsePath(c.Path); err != nil {
			return fmt.Errorf("column %q: %w", c.Path, err)
		}
		if c.Key && !c.Line() && c.Path != export.CompanyColumn {
			keys++
		}
	}
	if d.Info().Kind == export.KindEntity && keys == 0 {
		return fmt.Errorf("an entity needs a key column")
	}
	return nil
}
