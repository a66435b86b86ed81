package export

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// Pack is a ready set of exporters, which are made together and write into tabs of one spreadsheet.
type Pack struct {
	ID      string // snake_case
	Title   string // for people; it also names the spreadsheet
	Summary string // a sentence
	Items   []PackItem
	// Whole says that the pack has every definition, with its defaults, and no Items.
	Whole bool
}

// PackItem is one exporter of a pack.
type PackItem struct {
	Definition string
	Title      string            // of the exporter and its tab; empty means the definition's
	Options    map[string]string // those that are not the defaults
}

// Fill returns the pack with all its items, and their titles, spelt out.
func (p Pack) Fill(definitions []Definition) Pack {
	titles := map[string]string{}
	for _, d := range definitions {
		titles[d.Info().ID] = d.Info().Title
		if p.Whole {
			p.Items = append(p.Items, PackItem{Definition: d.Info().ID})
		}
	}
	p.Items = slices.Clone(p.Items)
	for i, item := range p.Items {
		p.Items[i].Title = cmp.Or(item.Title, titles[item.Definition])
	}
	return p
}

// ValidatePacks returns the first fault in a set of packs. It is called at start and in a test, so that a wrong literal
// never reaches a user.
func ValidatePacks(packs []Pack, definitions []Definition) error {
	known, seen := map[string]Definition{}, map[string]bool{}
	for _, d := range definitions {
		known[d.Info().ID] = d
	}
	for _, p := range packs {
		switch {
		case p.ID == "" || p.Title == "" || !strings.HasSuffix(p.Summary, "."):
			return fmt.Errorf("pack %q needs an id, a title and a summary that is a sentence", p.ID)
		case seen[p.ID]:
			return fmt.Errorf("pack %q is there twice", p.ID)
		case p.Whole == (len(p.Items) > 0):
			return fmt.Errorf("pack %q needs either items or everything", p.ID)
		}
		seen[p.ID] = true
		if err := p.validateItems(known, definitions); err != nil {
			return fmt.Errorf("pack %q: %w", p.ID, err)
		}
	}
	return nil
}

func (p Pack) validateItems(known map[string]Definition, definitions []Definition) error {
	tabs := map[string]bool{}
	for _, item := range p.Fill(definitions).Items {
		d := known[item.Definition]
		if d == nil {
			return fmt.Errorf("there is no type %q", item.Definition)
		}
		if tab := strings.ToLower(item.Title); tabs[tab] {
			return fmt.Errorf("two tabs are titled %q", item.Title)
		} else {
			tabs[tab] = true
		}
		for key := range item.Options {
			if !slices.ContainsFunc(d.OptionList(), func(o Option) bool { return o.Key == key }) {
				return fmt.Errorf("%s has no option %q", item.Definition, key)
			}
		}
	}
	return nil
}

// Draft returns the exporter for an item of a pack. basis is for types that want an accounting method.
func (i PackItem) Draft(d Definition, basis string) Exporter {
	e := Exporter{Definition: i.Definition, Options: map[string]string{}, Mode: d.Modes()[0]}
	for _, o := range d.OptionList() {
		if o.Key == OptBasis && o.Required {
			e.Options[o.Key] = basis
		}
	}
	for key, value := range i.Options {
		e.Options[key] = value
	}
	e.Target.Sheet = i.Title
	return e
}

// sharedKey returns the CreateKey of a spreadsheet that exporters share: the same for the same parts.
func sharedKey(prefix string, parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return prefix + hex.EncodeToString(sum[:12])
}
