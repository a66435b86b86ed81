package control

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"ledgersheet/internal/access"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// SetPrefix begins the names of sets.
const SetPrefix = "set"

// setPart stands between the name of a set and the company whose spreadsheet it is.
const setPart = "."

// CreatePackOnce is CreatePack under a name of the set that the caller has chosen, o.Set, so that ordering twice makes
// one set. If there is a set of that name, it returns that one, and made is false.
func (d *Desk) CreatePackOnce(ctx context.Context, id string, o PackOrder) (
	set []export.Exporter, made bool, err error,
) {
	if err := d.allow(access.Edit, access.Thing{}, "exporter"); err != nil {
		return nil, false, err
	}
	select { // two equal orders may come at the same time
	case d.turn <- struct{}{}:
		defer func() { <-d.turn }()
	case <-ctx.Done():
		return nil, false, fmt.Errorf("waiting to make the pack: %w", ctx.Err())
	}
	set, err = d.Set(ctx, o.Set)
	if !problem.HasCode(err, problem.NotFound) {
		return set, false, err
	}
	set, err = d.CreatePack(ctx, id, o, false)
	return set, err == nil, err
}

// IsOrder reports whether a set is what an order of a pack makes. People may have changed its exporters meanwhile.
func (d *Desk) IsOrder(ctx context.Context, set []export.Exporter, id string, o PackOrder) bool {
	pack, err := d.Pack(id)
	if err != nil {
		return false
	}
	drafts, err := d.draftPack(ctx, pack, o)
	if err != nil || len(drafts) != len(set) {
		return false
	}
	return !slices.ContainsFunc(drafts, func(draft export.Exporter) bool {
		return !slices.ContainsFunc(set, func(e export.Exporter) bool {
			return e.Name == draft.Name && e.Definition == draft.Definition &&
				e.Target.Share == draft.Target.Share &&
				e.Target.Account == draft.Target.Account && e.Target.DriveFolder == draft.Target.DriveFolder &&
				e.Options[export.OptBasis] == draft.Options[export.OptBasis] &&
				e.Schedule.SameTimes(draft.Schedule) && slices.Equal(e.Companies, draft.Companies)
		})
	})
}

// Set returns the exporters of a set that are left and that the actor may see, by spreadsheet and name. It looks at all
// exporters.
func (d *Desk) Set(ctx context.Context, name string) ([]export.Exporter, error) {
	all, err := d.Exporters(ctx, export.ExporterFilter{})
	if err != nil {
		return nil, fmt.Errorf("reading the exporters: %w", err)
	}
	all = slices.DeleteFunc(all, func(e export.Exporter) bool { return name == "" || SetOf(e) != name })
	if len(all) == 0 {
		return nil, problem.New(problem.NotFound, "There is no such set of exporters.").
			WithHint("Its exporters may have been deleted.")
	}
	slices.SortFunc(all, func(a, b export.Exporter) int {
		return cmp.Or(strings.Compare(a.Target.Share, b.Target.Share), strings.Compare(a.Name, b.Name))
	})
	return all, nil
}

// SetOf returns the name of the set as part of which an exporter was made; empty if there is none.
func SetOf(e export.Exporter) string {
	name, _, _ := strings.Cut(e.Target.Share, setPart)
	return name
}
