package control

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
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
	Why string `json:"why,omitempty"`
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
	At      time.Time // when it was asked for
	By      string
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
	run := packRun{At: d.o.Now(), By: d.who.Email}
	runs := make([]export.Run, len(parts))
	for i, e := range parts {
		runs[i] = d.newRun(e)
		run.Parts = append(run.Parts, packPart{Exporter: e.ID, Name: e.Name, Run: runs[i].ID})
	}
	put := func() error {
		_, err := changeSetting(ctx, d.core, packRunSetting(id, realm), func(stored *packRun) error {
			*stored = run
			return nil
		})
		return err
	}
	if err := put(); err != nil {
		return PackOutcome{}, err
	}
	for i := range runs {
		stored, _, err := d.o.Queue.Enqueue(ctx, runs[i])
		switch {
		case err != nil:
			run.Parts[i].Why = problem.From(err).Message
		case !d.sees(stored.Exporter.Companies...):
			run.Parts[i].Why = "a run of it is under way that you may not see"
		default:
			run.Parts[i].Run = stored.ID
		}
	}
	if err := put(); err != nil {
		return PackOutcome{}, err
	}
	d.audit(ctx, d.who, "pack.run", id, pack.Title+" of "+string(realm))
	return d.outcome(ctx, pack, realm, run)
}

// CompanyPack is a pack that has made exporters for a company, with its last run.
type CompanyPack struct {
	Pack export.Pack
	Size int          // exporters
	Last *PackOutcome // nil if it was not run as a whole yet
}

// CompanyPacks returns the packs that have made exporters for a company, as far as the actor may see them.
func (d *Desk) CompanyPacks(ctx context.Context, realm export.RealmID) (list []CompanyPack, err error) {
	all, err := d.Exporters(ctx, export.ExporterFilter{Company: realm})
	if err != nil {
		return nil, fmt.Errorf("reading the exporters: %w", err)
	}
	sizes := map[string]int{}
	for _, e := range all {
		sizes[e.Pack]++
	}
	for _, pack := range d.o.Packs {
		if sizes[pack.ID] == 0 {
			continue
		}
		p := CompanyPack{Pack: pack, Size: sizes[pack.ID]}
		run, err := readSetting[packRun](ctx, d.core, packRunSetting(pack.ID, realm))
		if err != nil {
			return nil, err
		}
		if !run.At.IsZero() {
			o, err := d.outcome(ctx, pack, realm, run)
			if err != nil {
				return nil, err
			}
			p.Last = &o
		}
		list = append(list, p)
	}
	return list, nil
}

// LastPackRun returns what became of the last run of a company's pack.
func (d *Desk) LastPackRun(ctx context.Context, id string, realm export.RealmID) (PackOutcome, error) {
	pack, _, err := d.packParts(ctx, access.See, id, realm)
	if err != nil {
		return PackOutcome{}, err
	}
	run, err := readSetting[packRun](ctx, d.core, packRunSetting(id, realm))
	if err != nil {
		return PackOutcome{}, err
	}
	if run.At.IsZero() {
		return PackOutcome{}, problem.New(problem.NotFound, "%s was not run as a whole yet.", pack.Title).
			WithHint("Press Run all on the company's page, or POST to the same address.")
	}
	return d.outcome(ctx, pack, realm, run)
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

// outcome says how the runs of a pack run stand, as far as the actor may see them.
func (d *Desk) outcome(ctx context.Context, pack export.Pack, realm export.RealmID, run packRun) (PackOutcome, error) {
	o := PackOutcome{Pack: pack, Company: realm, State: PackSucceeded, At: run.At, By: run.By}
	for _, stored := range run.Parts {
		part := PackPart{Exporter: stored.Exporter, Name: stored.Name, Run: stored.Run, Why: stored.Why}
		r, err := d.o.Store.Run(ctx, stored.Run)
		switch {
		case err != nil && !errors.Is(err, export.ErrNotFound):
			return o, fmt.Errorf("reading a run: %w", err)
		case part.Why != "":
			part.Run = ""
		case err != nil:
			part.Run, part.Why = "", "its run did not begin, or is too old to be kept"
		case !d.sees(r.Exporter.Companies...):
			continue
		default:
			part.Done, part.Running, part.Why = r.Status == export.RunSucceeded, !r.Status.Over(), endWords(r)
			if r.FinishedAt.After(o.EndedAt) {
				o.EndedAt = r.FinishedAt
			}
		}
		o.Parts = append(o.Parts, part)
	}
	running := slices.ContainsFunc(o.Parts, func(p PackPart) bool { return p.Running })
	switch {
	case running:
		o.State, o.EndedAt = PackRunning, time.Time{}
	case len(o.Missing()) > 0:
		o.State = PackIncomplete
	}
	return o, nil
}

// endWords says why a run has not brought its rows; empty if it has, or is not over.
func endWords(r export.Run) string {
	switch {
	case r.Status == export.RunCancelled:
		return "its run was cancelled"
	case r.Status == export.RunFailed && r.Problem == nil:
		return "its run failed"
	case r.Status == export.RunFailed:
		return strings.TrimSuffix("its run failed: "+r.Problem.Message, ".")
	}
	return ""
}
