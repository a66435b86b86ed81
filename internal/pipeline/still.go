package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"ledgersheet/internal/export"
)

// still is what a run leaves so that a later one can know, without reading anything, that the sheet is right already:
// what QuickBooks has is the same as then, and nobody has touched the spreadsheet.
type still struct {
	Inputs string `json:"inputs"` // digest of all that decides the rows
	// Edition is that of the spreadsheet, asked for before a run read what stands and found it right. Empty if the last
	// run wrote, because Google takes a while to count its own write.
	Edition string        `json:"edition,omitempty"`
	Result  export.Result `json:"result"`
	Known   *knowing      `json:"known,omitempty"` // nil if too little is known

	known knowing // what is known of it before the run
}

// stillKey returns the key under which it is stored. No company's id looks like it.
func stillKey(id export.ID) string { return export.MarkPrefix(id) + "still" }

// rest finds out whether the sheet is right as it is. It reports whether the run is done. If it is not, now is what to
// store after the run, with its result; nil if nothing is to be stored. last is what the last run left.
func (j *job) rest(ctx context.Context, in inputs) (now, last *still, done bool, err error) {
	known, inputs, err := j.inputsDigest(ctx, in)
	if err != nil || inputs == "" {
		return nil, nil, false, err
	}
	now = &still{Inputs: inputs, known: known}
	before, err := j.readStill(ctx)
	if err != nil {
		return nil, nil, false, err
	}
	last = &before
	if last.Inputs != inputs {
		return now, last, false, nil
	}
	if !j.mayRest() {
		now.Edition = last.Edition // still that of a moment since which nobody may have touched anything
		return now, last, false, nil
	}
	if now.Edition = j.edition(ctx); now.Edition == "" || now.Edition != last.Edition {
		return now, last, false, nil
	}
	j.count()
	j.report(func(run *export.Run) {
		run.Result = last.Result.Clone()
		run.Added, run.Changed, run.Removed, run.HandEdits, run.Undoable = 0, 0, 0, 0, false
		run.Cells = 0
		run.Unchanged = true
		run.Progress = export.Progress{
			Phase: export.PhaseDone, RowsRead: run.Rows, RowsTotal: run.Rows, RowsWritten: run.Rows,
		}
	})
	return now, last, true, nil
}

// mayRest reports whether the run may trust what Google says of the spreadsheet, which can be minutes late. A person
// who asks for a run may just have edited the rows, and wants to see them put right.
func (j *job) mayRest() bool {
	switch j.trigger {
	case export.TriggerSchedule, export.TriggerCatchUp, export.TriggerChange:
		return len(j.repairs) == 0
	}
	return false
}

// inputsDigest returns a digest of all that decides the rows, or nothing if that cannot be known without reading them.
// The day is part of it: rows may depend on it, and what stands is read at least once a day. known has the digest
// without the records, and their version, of an exporter whose rows follow from its records one by one.
func (j *job) inputsDigest(ctx context.Context, in inputs) (known knowing, digest string, err error) {
	source, ok := j.o.Source.(export.Versions)
	if !ok {
		return known, "", nil
	}
	type company struct{ Company, Name, Currency, Country, Environment, Month, Version string }
	all := struct {
		Build     string
		Exporter  export.Exporter
		Day       string
		Columns   []string
		Companies []company
	}{
		Build: j.o.Build, Exporter: settings(j.exporter), Day: in.today.Format("2006-01-02"), Columns: in.columns,
	}
	for _, c := range in.companies {
		version, err := source.Version(ctx, in.definition, j.query(in, j.exporter, c, j.quickBooks))
		if err != nil {
			return known, "", nameCompany(err, c, len(in.companies))
		}
		if version == "" {
			return known, "", nil
		}
		known.Version = version
		all.Companies = append(all.Companies, company{
			string(c.Realm), c.Name, c.HomeCurrency, c.Country, c.Environment, c.FiscalYearStart.String(), version,
		})
	}
	if digest, err = digestOf(all); err != nil || !j.mayDelta(in) {
		return knowing{}, digest, err
	}
	all.Companies[0].Version = ""
	known.Base, err = digestOf(all)
	return known, digest, err
}

func digestOf(v any) (string, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("encoding what decides the rows: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// settings returns what people have set of an exporter, without what runs and schedules note in it.
func settings(e export.Exporter) export.Exporter {
	e.Revision, e.NextAt, e.Pause = 0, time.Time{}, nil
	e.CreatedAt, e.CreatedBy, e.UpdatedAt = time.Time{}, "", time.Time{}
	e.Schedule = export.Schedule{Timezone: e.Schedule.Timezone}
	t := &e.Target
	t.Spreadsheet, t.Tab, t.URL, t.Created, t.CreateKey = "", nil, "", false, ""
	return e
}

// edition returns the spreadsheet and its edition, or nothing if that is not known.
func (j *job) edition(ctx context.Context) string {
	d, ok := j.o.Destination.(export.Editions)
	if !ok || j.exporter.Target.Spreadsheet == "" {
		return ""
	}
	e := d.Edition(ctx, j.exporter.Target, j.sheets)
	if e == "" {
		return ""
	}
	return j.exporter.Target.Spreadsheet + " " + e
}

func (j *job) readStill(ctx context.Context) (s still, err error) {
	data, err := j.o.Store.Mark(ctx, stillKey(j.exporter.ID))
	if errors.Is(err, export.ErrNotFound) {
		return s, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &s)
	}
	if err != nil {
		return s, fmt.Errorf("reading how the sheet was left: %w", err)
	}
	return s, nil
}

func (j *job) putStill(ctx context.Context, s still) error {
	data, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("encoding how the sheet was left: %w", err)
	}
	return j.putMark(ctx, stillKey(j.exporter.ID), data)
}

// forgetStill makes the next run read, because this one is about to write.
func (j *job) forgetStill(ctx context.Context) error {
	s, err := j.readStill(ctx)
	if err != nil || s.Inputs == "" {
		return err
	}
	return j.putStill(ctx, still{})
}
