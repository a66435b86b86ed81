package control

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"ledgersheet/internal/access"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// PackOrder says which exporters of a pack to make.
type PackOrder struct {
	Companies  []export.RealmID
	Account    export.ID
	Folder     string // the Drive folder for the spreadsheets; empty for the account's own
	PerCompany bool   // a spreadsheet for each company, instead of one in which they stand together
	Basis      string // the accounting method of reports that want one; empty means Accrual
	Schedule   export.Schedule
	// Set names what the order makes, see Desk.CreatePackOnce; empty for a new name.
	Set string
}

// mostAtOnce limits the exporters that one order makes.
const mostAtOnce = 2000

// Packs returns the ready sets of exporters, with all their items.
func (d *Desk) Packs() []export.Pack {
	packs := make([]export.Pack, len(d.o.Packs))
	for i, p := range d.o.Packs {
		packs[i] = p.Fill(d.o.Definitions)
	}
	return packs
}

// Pack returns one of them.
func (d *Desk) Pack(id string) (export.Pack, error) {
	for _, p := range d.Packs() {
		if p.ID == id {
			return p, nil
		}
	}
	return export.Pack{}, problem.New(problem.NotFound, "There is no pack %q.", id).
		WithHint("GET /api/v1/packs and the page Packs list those that there are.")
}

// CreatePack makes all exporters of a pack, or none. With dry, it returns what it would make, and makes none.
func (d *Desk) CreatePack(ctx context.Context, id string, o PackOrder, dry bool) ([]export.Exporter, error) {
	if err := d.allow(access.Edit, access.Thing{}, "exporter"); err != nil {
		return nil, err
	}
	pack, err := d.Pack(id)
	if err != nil {
		return nil, err
	}
	if o.Set == "" {
		o.Set = string(export.NewID(SetPrefix, d.o.Now()))
	}
	drafts, err := d.draftPack(ctx, pack, o)
	if err != nil {
		return nil, err
	}
	for i := range drafts {
		if drafts[i], err = d.TryCreate(ctx, drafts[i]); err != nil {
			return nil, renameFields(err, drafts[i].Name)
		}
	}
	if dry {
		return drafts, nil
	}
	if err := d.o.Store.CreateExporters(ctx, drafts); err != nil {
		return nil, fmt.Errorf("storing the exporters: %w", err)
	}
	d.o.Ticker.Wake()
	for _, e := range drafts {
		d.audit(ctx, d.who, "exporter.create", string(e.ID), e.Name)
	}
	return drafts, nil
}

// draftPack returns the exporters of a pack that an order asks for, unchecked but for the companies.
func (d *Desk) draftPack(ctx context.Context, pack export.Pack, o PackOrder) ([]export.Exporter, error) {
	var bad problem.Collect
	seen := map[export.RealmID]bool{}
	for i, realm := range o.Companies {
		if seen[realm] {
			bad.Add(fmt.Sprintf("company_ids[%d]", i), "is there twice")
		}
		seen[realm] = true
	}
	if len(o.Companies) == 0 {
		bad.Add("company_ids", "needs at least one company")
	}
	if err := d.checkCompanies(ctx, export.Exporter{Companies: o.Companies}, &bad); err != nil {
		return nil, err
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	sets := [][]export.RealmID{o.Companies}
	if o.PerCompany {
		sets = nil
		for _, realm := range o.Companies {
			sets = append(sets, []export.RealmID{realm})
		}
	}
	if n := len(sets) * len(pack.Items); n > mostAtOnce {
		return nil, problem.Invalid("company_ids",
			"would make %d exporters; at most %d can be made at once", n, mostAtOnce)
	}
	var drafts []export.Exporter
	for _, realms := range sets {
		list, err := d.draftSet(ctx, pack, o, realms)
		if err != nil {
			return nil, err
		}
		drafts = append(drafts, list...)
	}
	return drafts, nil
}

// draftSet returns the exporters that share a spreadsheet.
func (d *Desk) draftSet(ctx context.Context, pack export.Pack, o PackOrder, realms []export.RealmID) (
	[]export.Exporter, error,
) {
	suffix := ""
	if o.PerCompany || len(realms) == 1 {
		company, err := d.Company(ctx, realms[0])
		if err != nil {
			return nil, err
		}
		suffix = ", " + company.Name
	}
	share := o.Set
	if o.PerCompany {
		share += setPart + string(realms[0])
	}
	list := make([]export.Exporter, len(pack.Items))
	for i, item := range pack.Items {
		def, err := d.Definition(item.Definition)
		if err != nil {
			return nil, err
		}
		e := item.Draft(def, cmp.Or(o.Basis, "Accrual"))
		e.Name, e.Companies, e.Schedule = item.Title+suffix, realms, o.Schedule
		e.Pack = pack.ID
		e.Target.Account, e.Target.DriveFolder = o.Account, o.Folder
		e.Target.Share, e.Target.Title = share, pack.Title+suffix
		list[i] = e
	}
	return list, nil
}

// renameFields gives the fields of a problem with an exporter the names that they have in an order.
func renameFields(err error, name string) error {
	p, ok := errors.AsType[*problem.Problem](err)
	if !ok || len(p.Fields) == 0 {
		return err
	}
	var bad problem.Collect
	for field, why := range p.Fields {
		short := strings.TrimPrefix(field, "destination.")
		switch {
		case field == "options."+export.OptBasis:
			bad.Add(export.OptBasis, "%s", why)
		case short == "google_account_id", short == "folder_id", strings.HasPrefix(field, "schedule."):
			bad.Add(short, "%s", why)
		default:
			bad.Add("pack", "makes the exporter %q, whose %s %s", name, field, why)
		}
	}
	return bad.Err()
}
