package export

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ledgersheet/internal/change"
	"ledgersheet/internal/table"
)

// WriteRequest is a complete result to put into a destination.
type WriteRequest struct {
	Run    ID
	Owner  ID // the exporter whose rows these are: what it wrote before is found again by it
	Target Target
	Title  string // of the spreadsheet, if one must be made
	Rows   *table.Spool
	Note   string // for the header's first cell: source, period, basis, time, run
	Zone   *time.Location
	// Trace is the WriteResult.Trace of the last write; nil when nobody knows.
	Trace []byte
	// Hidden are the ids of columns whose values a change must not show.
	Hidden []string
	// Budget bounds the bytes of values that the change holds.
	Budget int
	Meter  *Meter
	// Report is told of progress; rows counts those sent so far. Never nil.
	Report func(phase Phase, rows int)
	// Found is told the target as soon as the spreadsheet is made, before any row is sent, so that a run that dies does
	// not make it twice.
	Found func(Target) error
}

// WriteResult is what a write did.
type WriteResult struct {
	Target    Target
	Rows      int
	Unchanged bool   // everything was right already, nothing was written
	Trace     []byte // what the next WriteRequest wants
	Warnings  []Warning
}

// Destination puts rows where people read them. It returns problems.
type Destination interface {
	// Prepare looks at what stands and works out what a write would do. It changes nothing.
	Prepare(ctx context.Context, w WriteRequest) (Write, error)
}

// Write is a write that was prepared. It is for one goroutine.
type Write interface {
	// Change is what Commit would do to what stands.
	Change() *change.Set
	// Requests is how many requests Commit would make, as far as that is known before.
	Requests() int
	// Commit makes the owner's range exactly the rows, wholly or not at all. It returns ErrMoved, and has changed
	// nothing, when what stands is not what Prepare saw. It may be called once.
	Commit(ctx context.Context) (WriteResult, error)
	// Close gives up what Prepare holds; it may be called at any time, more than once.
	Close() error
}

// MostCells is how many cells a spreadsheet may hold, all tabs together: reading more than that is for nothing.
// https://developers.google.com/workspace/sheets/api/limits
const MostCells = 10_000_000

// ErrMoved says that what stands changed between a look and the write that rests on it: look again.
var ErrMoved = errors.New("what stands there has changed since it was looked at")

// mostLooks bounds how often Put looks again.
const mostLooks = 3

// Put prepares a write and commits it, looking again when somebody came in between. It returns what was done.
func Put(ctx context.Context, d Destination, w WriteRequest) (WriteResult, *change.Set, error) {
	for look := 1; ; look++ {
		res, set, err := putOnce(ctx, d, w)
		if look == mostLooks || !errors.Is(err, ErrMoved) {
			return res, set, err
		}
	}
}

func putOnce(ctx context.Context, d Destination, w WriteRequest) (res WriteResult, set *change.Set, err error) {
	write, err := d.Prepare(ctx, w)
	if err != nil {
		return WriteResult{}, nil, err
	}
	defer func() {
		if closing := write.Close(); err == nil && closing != nil {
			err = fmt.Errorf("ending the write: %w", closing)
		}
	}()
	if res, err = write.Commit(ctx); err != nil {
		return res, nil, err
	}
	return res, write.Change(), nil // a first write may have found rows of a run that died
}
