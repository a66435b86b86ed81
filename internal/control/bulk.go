package control

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"ledgersheet/internal/access"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// BulkAction is something that is done to many exporters at once.
type BulkAction string

// The actions.
const (
	BulkRun    BulkAction = "run"
	BulkPause  BulkAction = "pause"
	BulkResume BulkAction = "resume"
	BulkTag    BulkAction = "tag"
	BulkUntag  BulkAction = "untag"
	BulkMove   BulkAction = "move" // to another spreadsheet
)

// Bulk says what is done to exporters.
type Bulk struct {
	Action BulkAction
	// Tags are added or taken away.
	Tags []string
	// Spreadsheet is the id or the address of where exporters are moved.
	Spreadsheet string
}

// BulkResult is how many exporters an action was done to, and why not to the others.
type BulkResult struct {
	Done    int
	Already int // there was nothing to do, or a run was under way
	Refused []Refusal
}

// Refusal is why something was not done to exporters.
type Refusal struct {
	Why       string // a sentence
	Exporters []Named
}

// bulkWorkers is how many exporters are worked on at the same time, so that the store writes them together.
const bulkWorkers = 16

// mostBulkTime is how long an order may take.
const mostBulkTime = 10 * time.Minute

// BulkDo does something to each of the exporters. What is refused for one does not keep it from being done to the
// others. It returns an error if the order itself is wrong, and nothing is done then; and one that is no refusal, with
// what was done all the same. An order that has begun is carried out even if ctx ends, so that a browser that went away
// does not leave it half done.
func (d *Desk) BulkDo(ctx context.Context, b Bulk, ids []export.ID) (BulkResult, error) {
	do, err := d.stepOf(&b)
	if err != nil {
		return BulkResult{}, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), mostBulkTime)
	defer cancel()
	workers := bulkWorkers
	if b.Action == BulkMove {
		workers = 1 // whether there is room for one depends on where those before it went
	}
	r, seen := bulkRun{}, map[export.ID]bool{}
	next := make(chan export.ID)
	var all sync.WaitGroup
	for range min(workers, len(ids)) {
		all.Go(func() {
			for id := range next {
				e, already, err := doSafely(ctx, id, do)
				r.note(e, id, already, err)
			}
		})
	}
	for _, id := range ids {
		if ctx.Err() != nil {
			break
		}
		if !seen[id] {
			seen[id] = true
			next <- id
		}
	}
	close(next)
	all.Wait()
	if r.failure == nil {
		r.failure = ctx.Err()
	}
	return r.finish(), r.failure
}

// bulkStep does an action to one exporter. already says that there was nothing to do.
type bulkStep func(ctx context.Context, id export.ID) (e export.Exporter, already bool, err error)

// doSafely is do, and makes a panic in it an error.
func doSafely(ctx context.Context, id export.ID, do bulkStep) (e export.Exporter, already bool, err error) {
	defer problem.Recover(&err)
	return do(ctx, id)
}

// stepOf returns what does the action to one exporter.
func (d *Desk) stepOf(b *Bulk) (do bulkStep, err error) {
	switch b.Action {
	case BulkRun:
		return func(ctx context.Context, id export.ID) (export.Exporter, bool, error) {
			e, err := d.Exporter(ctx, id)
			if err != nil {
				return e, false, err
			}
			_, joined, err := d.RunNow(ctx, id)
			return e, joined, err
		}, nil
	case BulkPause:
		return d.unless(export.Exporter.Paused, func(ctx context.Context, e export.Exporter) error {
			_, err := d.PauseExporter(ctx, e.ID, time.Time{})
			return err
		}), nil
	case BulkResume:
		going := func(e export.Exporter) bool { return !e.Paused() }
		return d.unless(going, func(ctx context.Context, e export.Exporter) error {
			_, err := d.ResumeExporter(ctx, e.ID)
			return err
		}), nil
	case BulkTag, BulkUntag:
		return d.tagStep(b)
	case BulkMove:
		b.Spreadsheet = export.SpreadsheetID(b.Spreadsheet)
		if b.Spreadsheet == "" {
			return nil, problem.Invalid("spreadsheet", "is missing; paste the spreadsheet's address")
		}
		there := func(e export.Exporter) bool { return e.Target.Spreadsheet == b.Spreadsheet }
		return d.unless(there, func(ctx context.Context, e export.Exporter) error {
			if e.Target.IsFile() {
				return problem.New(problem.Conflict, "It writes a file, which cannot be moved to a spreadsheet.").
					WithHint("Change where it writes in its form.")
			}
			e.Target.Spreadsheet, e.Target.URL, e.Target.Title = b.Spreadsheet, "", ""
			_, err := d.UpdateExporter(ctx, e.ID, e, e.Revision)
			return err
		}), nil
	}
	return nil, problem.Invalid("do", "is not something that can be done to exporters")
}

// tagStep returns what tags one exporter, or takes the tags from it.
func (d *Desk) tagStep(b *Bulk) (do bulkStep, err error) {
	if b.Tags = slices.DeleteFunc(b.Tags, func(t string) bool { return strings.TrimSpace(t) == "" }); len(b.Tags) == 0 {
		return nil, problem.Invalid("tags", "is missing")
	}
	add := b.Action == BulkTag
	wanted := func(e export.Exporter) bool { // all of them, or none
		return !slices.ContainsFunc(b.Tags, func(t string) bool { return slices.Contains(e.Tags, t) != add })
	}
	return d.unless(wanted, func(ctx context.Context, e export.Exporter) error {
		return d.retag(ctx, e.ID, func(tags []string) []string {
			tags = slices.DeleteFunc(slices.Clone(tags), func(t string) bool { return slices.Contains(b.Tags, t) })
			if add {
				tags = append(tags, b.Tags...)
			}
			return tags
		})
	}), nil
}

// retag changes the tags of an exporter. Nothing else of it is looked at, so it need not be fit to be saved as it is.
func (d *Desk) retag(ctx context.Context, id export.ID, change func(tags []string) []string) error {
	if _, err := d.exporterFor(ctx, access.Edit, id); err != nil {
		return err
	}
	e, err := d.o.Store.UpdateExporter(ctx, id, func(e *export.Exporter) error {
		// Its companies may have changed since it was read.
		if err := d.allow(access.Edit, access.About(e.Companies...), "exporter"); err != nil {
			return err
		}
		if err := e.SetTags(change(e.Tags)); err != nil {
			return err
		}
		e.Revision++
		e.UpdatedAt = d.o.Now()
		return nil
	})
	if err != nil {
		return explainMissing(err, "exporter")
	}
	d.audit(ctx, d.who, "exporter.update", string(id), e.Name)
	return nil
}

// unless returns what does something to an exporter unless it is as wanted already.
func (d *Desk) unless(
	wanted func(export.Exporter) bool, do func(ctx context.Context, e export.Exporter) error,
) bulkStep {
	return func(ctx context.Context, id export.ID) (export.Exporter, bool, error) {
		e, err := d.Exporter(ctx, id)
		if err != nil || wanted(e) {
			return e, true, err
		}
		return e, false, do(ctx, e)
	}
}

// bulkRun collects how an action went.
type bulkRun struct {
	mu      sync.Mutex
	result  BulkResult
	refused map[string][]Named
	failure error // something that is no refusal
}

func (r *bulkRun) note(e export.Exporter, id export.ID, already bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch p := problem.From(err); {
	case err == nil && already:
		r.result.Already++
	case err == nil:
		r.result.Done++
	case p.Code == problem.Internal || p.Code == problem.Cancelled:
		r.failure = err
	default:
		if r.refused == nil {
			r.refused = map[string][]Named{}
		}
		if e.ID == "" {
			e.ID = id
		}
		why := refusalWords(p)
		r.refused[why] = append(r.refused[why], Named{e.ID, e.Name})
	}
}

// refusalWords says why something was refused, without names of fields.
func refusalWords(p *problem.Problem) string {
	for _, why := range p.Fields {
		if len(p.Fields) == 1 {
			return why
		}
	}
	return p.Message
}

func (r *bulkRun) finish() BulkResult {
	for why, list := range r.refused {
		slices.SortFunc(list, func(a, b Named) int { return strings.Compare(a.Name, b.Name) })
		r.result.Refused = append(r.result.Refused, Refusal{why, list})
	}
	slices.SortFunc(r.result.Refused, func(a, b Refusal) int {
		if n := len(b.Exporters) - len(a.Exporters); n != 0 {
			return n
		}
		return strings.Compare(a.Why, b.Why)
	})
	return r.result
}
