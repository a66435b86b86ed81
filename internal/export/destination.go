package export

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"ledgersheet/internal/change"
	"ledgersheet/internal/table"
)

// WriteRequest is a complete result to put into a destination.
type WriteRequest struct {
	Run    ID
	Owner  ID // the exporter that owns these rows; its earlier rows are found by it
	Target Target
	Title  string       // of the spreadsheet, if one must be created
	Rows   *table.Spool // nil if Undo is set
	Note   string       // for the header's first cell: source, period, basis, time, run
	Zone   *time.Location
	Mode   Mode // empty means Replace
	Look   Look // empty means PlainLook
	// Heading stands above the rows; nil for none.
	Heading *Heading
	// Partial says that the result leaves out records on purpose, by date or filter. Upsert then takes out no rows.
	Partial bool
	Deleted string // what Upsert does with rows of records that are gone: DeletedRemove, …; empty means the first
	// Snapshot says that Append adds all rows as one snapshot or none; see Snapshot.
	Snapshot    bool
	WhenBlocked WhenBlocked // empty means MoveWhenBlocked
	// InPlace allows to write rows straight into the range if there is no room for them twice. Readers may then see old
	// and new rows side by side, and after a run that died until the next one.
	InPlace    bool
	FillDown   bool       // formulas beside the rows follow them
	Repairs    []Repair   // what a person allows this run to do
	OnHandEdit OnHandEdit // empty means OverwriteHandEdits
	// KeepMonthEnds says that what a month has left standing, in Zone, is copied before the first write of a later one.
	KeepMonthEnds bool
	// Undo is the run whose write, with all later ones, is to be undone: the range becomes what it was before it.
	Undo ID
	// Reverse is what that run did, if that is known. A destination that does not keep what stood before takes it back.
	Reverse *change.Set
	// Trace is the WriteResult.Trace of the last write; nil if unknown. TraceRun is the run that left it, if known.
	Trace    []byte
	TraceRun ID
	// Next and NextRun are what a later write would have left of which it is not known whether it took effect.
	Next    []byte
	NextRun ID
	Naming  Naming // how people call the rows in a change
	// Hidden lists the ids of columns whose values a change must not show.
	Hidden []string
	// Budget limits the bytes of values that the change holds.
	Budget int
	Meter  *Meter
	// Report is called with progress. rows counts those sent so far. Never nil.
	Report func(phase Phase, rows int)
	// Found is called with the target as soon as the spreadsheet is created, before any row is sent. It keeps a run
	// that dies from creating the spreadsheet twice.
	Found func(Target) error
	// Planned is called before the rows become visible. What it stores tells the next run what stands, should this one
	// die before it can. It may be nil.
	Planned func(Planned) error
	// Known says what stands, so that a destination need not read it. If it does not hold, Prepare or Commit returns
	// ErrDoubt and has changed nothing, or ErrMoved. Nil if nothing is known.
	Known *Known
	// Final says that Commit follows at once. While there is no spreadsheet, Prepare then need not work out what Change
	// and Requests return; Change returns nil until Commit has found it out.
	Final bool
}

// Known is what is known of the rows that stand, and of the result: WriteRequest.Rows then has only those of its rows
// that do not stand as they are wanted.
type Known struct {
	State []byte // WriteResult.Known of the last write
	// Edition is that of the spreadsheet before it was last read and found right; empty if it was written since.
	Edition string
	Rows    []change.Identity // the rows that stand, as WriteRequest.Trace has them
	// Want has the position in Rows of each wanted row, or FreshRow for the next one of WriteRequest.Rows. In modes
	// that leave rows in their places, rows that nothing is known to have happened to count as wanted.
	Want []int
	// Old has the rows of Rows that are wanted otherwise or no longer, as they were made for the last write; OldAt
	// their positions, in order.
	Old   *table.Spool
	OldAt []int
	// Read has what stands read and compared with Rows, instead of trusting what the service says about when it was
	// last touched, which comes late.
	Read bool
}

// FreshRow is the position of a wanted row that does not stand as it is.
const FreshRow = -1

// ErrDoubt says that what was thought to be known does not hold, or does not suffice.
var ErrDoubt = errors.New("what stands there is not known for certain")

// Planned is what a write is about to do.
type Planned struct {
	Trace     []byte // what it will leave
	Before    []byte // what the last write has left; nil if unknown
	BeforeRun ID     // the run of that write; empty if there was none
	Undoable  bool   // the destination keeps what stands, for WriteRequest.Undo
}

// May reports whether a person has allowed the repair.
func (w WriteRequest) May(r Repair) bool { return slices.Contains(w.Repairs, r) }

// WriteResult is what a write did.
type WriteResult struct {
	Target    Target
	Rows      int
	Unchanged bool   // nothing had to be written
	Trace     []byte // for the next WriteRequest
	TraceRun  ID     // the run that wrote what stands
	Warnings  []Warning
	Known     []byte // for Known.State; nil if too little is known
}

// Destination puts rows where people read them. Its errors are problems.
type Destination interface {
	// Prepare looks at what is there and works out what a write would do. It changes nothing.
	Prepare(ctx context.Context, w WriteRequest) (Write, error)
}

// Editions is implemented by a Destination that may know without reading whether somebody has changed a target.
type Editions interface {
	// Edition returns a text that changes some time, perhaps minutes, after each change to the spreadsheet. It is empty
	// if that is not known; a failure counts as that.
	Edition(ctx context.Context, t Target, m *Meter) string
}

// Write is a prepared write. It is not safe for concurrent use.
type Write interface {
	// Change returns what Commit would do to the rows that are there.
	Change() *change.Set
	// Requests returns how many requests Commit would make, as far as that is known in advance.
	Requests() int
	// Commit makes the owner's range exactly the rows, wholly or not at all. It returns ErrMoved, having changed
	// nothing, if the range is no longer what Prepare saw. It may be called once.
	Commit(ctx context.Context) (WriteResult, error)
	// Close releases what Prepare holds. It may be called at any time, more than once.
	Close() error
}

// MostCells is how many cells a spreadsheet may hold, over all tabs. Reading more than that is pointless.
// https://developers.google.com/workspace/sheets/api/limits
const MostCells = 10_000_000

// ErrMoved says that the range changed between a look and the write that relies on it: look again.
var ErrMoved = errors.New("what stands there has changed since it was looked at")

// ErrNoStorage says that the account has no room to make a spreadsheet. Google says so in the same words to people
// whose storage is full and to service accounts, which have none.
var ErrNoStorage = errors.New("the account has no storage")

// What the owner of a service account is told that has no storage.
const (
	ServiceStorage     = "Google refuses to make a spreadsheet: a service account has no storage of its own."
	ServiceStorageHint = "Make a spreadsheet yourself, share it with the account as an editor, and enter its " +
		"address as the destination."
)

// mostLooks limits how often Put looks.
const mostLooks = 3

// Put prepares a write and commits it, and starts over if somebody else wrote in between. It returns what was done, or
// with an error, what would have been done, if that is known.
func Put(ctx context.Context, d Destination, w WriteRequest) (WriteResult, *change.Set, error) {
	for look := 1; ; look++ {
		res, set, err := putOnce(ctx, d, w)
		if look == mostLooks || !errors.Is(err, ErrMoved) || w.Known != nil {
			return res, set, err
		}
	}
}

func putOnce(ctx context.Context, d Destination, w WriteRequest) (res WriteResult, set *change.Set, err error) {
	w.Final = true
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
		return res, write.Change(), err
	}
	return res, write.Change(), nil // even a first write may have found rows, of a run that died
}
