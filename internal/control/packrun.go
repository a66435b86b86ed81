package control

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"ledgersheet/internal/access"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// PackState is how a run of a whole pack stands.
type PackState string

// The states of pack runs.
const (
	PackRunning    PackState = "running"    // some of its runs are not over
	PackSucceeded  PackState = "succeeded"  // all of it has come
	PackIncomplete PackState = "incomplete" // see PackOutcome.Missing
)

// packRun is what is stored of the last run of a company's pack.
type packRun struct {
	At    time.Time  `json:"at"`
	By    string     `json:"by"`
	Parts []packPart `json:"parts"`
}

// packPart is an exporter of the pack. It is stored before its run is queued, so that what a crash leaves out is seen.
type packPart struct {
	Exporter export.ID `json:"exporter"`
	Name     string    `json:"name"`
	Run      export.ID `json:"run"`
	// Why is why the run could not be queued; empty if it was.
	Why   string `json:"why,omitempty"`
	Waits bool   `json:"-"` // its run is still to be queued
}

// packRunSetting returns the key of the setting with the last run of a company's pack.
func packRunSetting(pack string, realm export.RealmID) string {
	return "pack_run/" + pack + "/" + string(realm)
}

// PackOutcome is what became of a run of a whole pack.
type PackOutcome struct {
	Pack    export.Pack
	Company export.RealmID
	State   PackState
	At      time.Time // when it was asked for, or due
	By      string    // who asked; empty for the schedule
	EndedAt time.Time // when its last run ended; zero while it is running
	Parts   []PackPart
}

// PackPart is what became of one exporter of a pack run.
type PackPart struct {
	Exporter export.ID
	Name     string
	Run      export.ID // empty if there is none
	Done     bool
	Running  bool
	Why      string // why its rows have not come, for people; empty if they have, or may still come
}

// Missing returns the parts that have not come and will not.
func (o PackOutcome) Missing() []PackPart {
	return slices.DeleteFunc(slices.Clone(o.Parts), func(p PackPart) bool { return p.Done || p.Running })
}

// RunPack starts a run of every exporter that the pack has made for the company, and returns how that stands. An
// exporter with a run that is queued or under way takes part with that run.
func (d *Desk) RunPack(ctx context.Context, id string, realm export.RealmID) (PackOutcome, error) {
	pack, parts, err := d.packParts(ctx, access.Operate, id, realm)
	if err != nil {
		return PackOutcome{}, err
	}
	if len(parts) == 0 {
		return PackOutcome{}, problem.New(problem.Conflict, "No exporter of this company was made by %s.", pack.Title).
			WithHint("Make the pack's exporters first. Those that an older version has made do not count.")
	}
	run, _, err := d.runTogether(ctx, pack, []export.RealmID{realm}, parts)
	if err != nil {
		return PackOutcome{}, err
	}
	d.audit(ctx, d.who, "pack.run", id, pack.Title+" of "+string(realm))
	return d.outcome(ctx, pack, realm, run)
}

// RunSet starts a run of every exporter of a set, for each of its spreadsheets as RunPack does. It returns how many
// runs have begun, and why others could not; empty if all have begun, or were under way.
func (d *Desk) RunSet(ctx context.Context, name string) (begun int, why string, err error) {
	set, err := d.Set(ctx, name)
	if err != nil {
		return 0, "", err
	}
	for _, e := range set {
		if err := d.allow(access.Operate, access.About(e.Companies...), "exporter"); err != nil {
			return 0, "", err
		}
	}
	for len(set) > 0 {
		n := 1
		for n < len(set) && set[n].Target.Share == set[0].Target.Share && set[n].Pack == set[0].Pack {
			n++
		}
		pack, _ := d.Pack(set[0].Pack) // exporters that an older version has made are run all the same
		run, queued, err := d.runTogether(ctx, pack, set[0].Companies, set[:n])
		if err != nil {
			return begun, "", err
		}
		begun += queued
		for _, part := range run.Parts {
			why = cmp.Or(why, part.Why)
		}
		set = set[n:]
	}
	return begun, why, nil
}

// runTogether starts runs of exporters that a pack has made, and keeps them as one run of the pack for each of the
// companies. It returns how many runs have begun.
func (d *Desk) runTogether(
	ctx context.Context, pack export.Pack, realms []export.RealmID, parts []export.Exporter,
) (run packRun, begun int, err error) {
	run = packRun{At: d.o.Now(), By: d.who.Email}
	runs := make([]export.Run, len(parts))
	for i, e := range parts {
		runs[i] = d.newRun(e)
		run.Parts = append(run.Parts, packPart{Exporter: e.ID, Name: e.Name, Run: runs[i].ID})
	}
	if err := d.putPackRun(ctx, pack, realms, run); err != nil {
		return run, 0, err
	}
	for i := range runs {
		stored, joined, err := d.o.Queue.Enqueue(ctx, runs[i])
		switch {
		case err != nil:
			run.Parts[i].Why = problem.From(err).Message
		case !d.sees(stored.Exporter.Companies...):
			run.Parts[i].Why = "a run of it is under way that you may not see"
		default:
			run.Parts[i].Run = stored.ID
			if joined {
				continue
			}
			begun++
			d.audit(ctx, d.who, "run.start", string(stored.ID), parts[i].Name)
		}
	}
	if err := d.putPackRun(ctx, pack, realms, run); err != nil {
		return run, begun, err
	}
	return run, begun, nil
}

func (d *Desk) putPackRun(ctx context.Context, pack export.Pack, realms []export.RealmID, run packRun) error {
	if pack.ID == "" {
		return nil
	}
	for _, realm := range realms {
		_, err := changeSetting(ctx, d.core, packRunSetting(pack.ID, realm), func(stored *packRun) error {
			*stored = run
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// CompanyPack is a pack that has made exporters for a company, with its last run.
type CompanyPack struct {
	Pack export.Pack
	Size int          // exporters
	Last *PackOutcome // nil if it has not run as a whole yet
}

// CompanyPacks returns the packs that have made exporters for a company, as far as the actor may see them.
func (d *Desk) CompanyPacks(ctx context.Context, realm export.RealmID) (list []CompanyPack, err error) {
	all, err := d.Exporters(ctx, export.ExporterFilter{Company: realm})
	if err != nil {
		return nil, fmt.Errorf("reading the exporters: %w", err)
	}
	made := map[string][]export.Exporter{}
	for _, e := range all {
		made[e.Pack] = append(made[e.Pack], e)
	}
	for _, pack := range d.o.Packs {
		parts := made[pack.ID]
		if len(parts) == 0 {
			continue
		}
		p := CompanyPack{Pack: pack, Size: len(parts)}
		run, err := d.lastPackRun(ctx, pack, parts, realm)
		if err != nil {
			return nil, err
		}
		o, err := d.outcome(ctx, pack, realm, run)
		if err != nil {
			return nil, err
		}
		if len(o.Parts) > 0 { // else it has not run, or the actor may see nothing of that
			p.Last = &o
		}
		list = append(list, p)
	}
	return list, nil
}

// LastPackRun returns what became of the last run of a company's pack.
func (d *Desk) LastPackRun(ctx context.Context, id string, realm export.RealmID) (PackOutcome, error) {
	pack, parts, err := d.packParts(ctx, access.See, id, realm)
	if err != nil {
		return PackOutcome{}, err
	}
	run, err := d.lastPackRun(ctx, pack, parts, realm)
	if err != nil {
		return PackOutcome{}, err
	}
	o, err := d.outcome(ctx, pack, realm, run)
	if err == nil && len(o.Parts) == 0 {
		err = problem.New(problem.NotFound, "%s has not run as a whole yet.", pack.Title).
			WithHint("Press Run all on the company's page, or POST to the same address.")
	}
	return o, err
}

// packParts returns a pack and the exporters that it has made for a company, by name. An exporter of several companies
// takes part only if the actor may do v to it.
func (d *Desk) packParts(ctx context.Context, v access.Verb, id string, realm export.RealmID) (
	pack export.Pack, parts []export.Exporter, err error,
) {
	if pack, err = d.Pack(id); err != nil {
		return pack, nil, err
	}
	if _, err := d.Company(ctx, realm); err != nil {
		return pack, nil, err
	}
	if err := d.allow(v, access.About(realm), "company"); err != nil {
		return pack, nil, err
	}
	all, err := d.Exporters(ctx, export.ExporterFilter{Company: realm})
	if err != nil {
		return pack, nil, fmt.Errorf("reading the exporters: %w", err)
	}
	for _, e := range all {
		if e.Pack == id && d.who.Grant.Can(v, access.About(e.Companies...)) {
			parts = append(parts, e)
		}
	}
	return pack, parts, nil
}
