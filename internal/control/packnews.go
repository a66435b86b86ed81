package control

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"ledgersheet/internal/export"
	"ledgersheet/internal/notice"
)

// PackRuns returns the last run of each company's pack of which one of the exporters is a part, once for a pack in
// which several companies stand together. Exporters that are gone are left out.
func (c *Control) PackRuns(ctx context.Context, exporters []export.ID) ([]notice.PackRun, error) {
	d := c.As(Local("notices"))
	type packOf struct {
		pack      string
		companies string
	}
	var list []notice.PackRun
	known := map[packOf]bool{}
	for _, id := range exporters {
		e, err := d.o.Store.Exporter(ctx, id)
		if errors.Is(err, export.ErrNotFound) || err == nil && e.Pack == "" {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading an exporter: %w", err)
		}
		of := packOf{e.Pack, fmt.Sprint(e.Companies)}
		if known[of] {
			continue
		}
		known[of] = true
		run, ran, err := d.packNews(ctx, e)
		if err != nil {
			return nil, err
		}
		if ran {
			list = append(list, run)
		}
	}
	return list, nil
}

// packNews returns the last run of the pack that has made an exporter, with all that it has made for the same
// companies; false if it has not run as a whole.
func (d *Desk) packNews(ctx context.Context, of export.Exporter) (notice.PackRun, bool, error) {
	realm := of.Companies[0]
	i := slices.IndexFunc(d.o.Packs, func(p export.Pack) bool { return p.ID == of.Pack })
	if i < 0 {
		return notice.PackRun{}, false, nil
	}
	pack := d.o.Packs[i]
	all, err := d.Exporters(ctx, export.ExporterFilter{Company: realm})
	if err != nil {
		return notice.PackRun{}, false, fmt.Errorf("reading the exporters: %w", err)
	}
	all = slices.DeleteFunc(all, func(e export.Exporter) bool {
		return e.Pack != of.Pack || !slices.Equal(e.Companies, of.Companies)
	})
	run, err := d.lastPackRun(ctx, pack, all, of.Companies...)
	if err != nil || run.At.IsZero() {
		return notice.PackRun{}, false, err
	}
	if run.Parts, err = d.partsFor(ctx, run.Parts, of.Companies); err != nil {
		return notice.PackRun{}, false, err
	}
	o, err := d.outcome(ctx, pack, realm, run)
	if err != nil || len(o.Parts) == 0 {
		return notice.PackRun{}, false, err
	}
	names, err := d.nameCompanies(ctx, of.Companies)
	if err != nil {
		return notice.PackRun{}, false, err
	}
	n := notice.PackRun{
		Key: of.Pack + "/" + strings.Join(realmTexts(of.Companies), " "), At: run.At,
		Title:     pack.Title + " of " + names,
		Companies: of.Companies, Over: o.State != PackRunning, EndedAt: o.EndedAt,
		Path: "/companies/" + url.PathEscape(string(realm)) + "#packs",
	}
	for _, part := range o.Parts {
		named := notice.Named{ID: part.Exporter, Name: part.Name}
		if part.Done {
			n.Came = append(n.Came, named)
		} else {
			n.Missing = append(n.Missing, notice.MissingPart{Named: named, Why: part.Why})
		}
	}
	return n, true, nil
}

// partsFor leaves out the parts that are for other companies.
func (d *Desk) partsFor(ctx context.Context, parts []packPart, realms []export.RealmID) (list []packPart, err error) {
	for _, part := range parts {
		e, err := d.o.Store.Exporter(ctx, part.Exporter)
		switch {
		case err != nil && !errors.Is(err, export.ErrNotFound):
			return nil, fmt.Errorf("reading an exporter: %w", err)
		case err != nil, slices.Equal(e.Companies, realms): // one that was deleted meanwhile is missing
			list = append(list, part)
		}
	}
	return list, nil
}

func realmTexts(realms []export.RealmID) []string {
	texts := make([]string, len(realms))
	for i, realm := range realms {
		texts[i] = string(realm)
	}
	return texts
}

// nameCompanies names one company, or one and how many others there are.
func (d *Desk) nameCompanies(ctx context.Context, realms []export.RealmID) (string, error) {
	company, err := d.Company(ctx, realms[0])
	if err != nil {
		return "", err
	}
	name := cmp.Or(company.Name, string(realms[0]))
	switch n := len(realms) - 1; n {
	case 0:
		return name, nil
	case 1:
		return name + " and one more company", nil
	default:
		return fmt.Sprintf("%s and %d more companies", name, n), nil
	}
}
