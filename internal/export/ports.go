package export

import (
	"context"
	"errors"
	"iter"
	"sync/atomic"
	"time"

	"ledgersheet/internal/table"
)

// ErrNotFound is returned by every store for what it does not have.
var ErrNotFound = errors.New("not found")

// ErrExists is returned by every store for what it already has.
var ErrExists = errors.New("exists already")

// ErrFenced is returned by every store for a change of a run by somebody who no longer holds it.
var ErrFenced = errors.New("the run is held by somebody else, or by nobody")

// Meter counts the requests that one run cost. The zero value is ready to use, a nil one counts nothing.
type Meter struct{ n atomic.Int64 }

// Add counts one request.
func (m *Meter) Add() {
	if m != nil {
		m.n.Add(1)
	}
}

// Count is the number of requests so far.
func (m *Meter) Count() int {
	if m == nil {
		return 0
	}
	return int(m.n.Load())
}

// Query is what a run wants to read from one company.
type Query struct {
	Company Company
	Columns []string // keys; never empty
	Filters []Filter
	Options map[string]string
	Today   time.Time // midnight UTC of the day of the run in the exporter's zone
	Limit   int       // for a preview: at most so many rows; 0 reads everything
	State   []byte    // the Outcome.State of the last reading, for this exporter and company; nil before
	Meter   *Meter
}

// Reading is an answer under way.
type Reading struct {
	Schema table.Schema
	Total  int // records or rows that QuickBooks says there are; -1 when it does not say
	// Rows yields the rows; when it ends without an error they are complete and agree with QuickBooks' own counts and
	// totals. It can be ranged over once.
	Rows iter.Seq2[table.Row, error]
	// End returns what else came to light. Call it once, after Rows has ended without an error or, in a preview, after
	// enough rows were taken.
	End func() (Outcome, error)
}

// Source reads from QuickBooks. It returns problems.
type Source interface {
	Read(ctx context.Context, d Definition, q Query) (*Reading, error)
}

// CompanyStore keeps companies.
type CompanyStore interface {
	PutCompany(ctx context.Context, c Company) error
	Company(ctx context.Context, realm RealmID) (Company, error)
	Companies(ctx context.Context) ([]Company, error) // by name
	UpdateCompany(ctx context.Context, realm RealmID, change func(*Company) error) (Company, error)
	DeleteCompany(ctx context.Context, realm RealmID) error
}

// AccountStore keeps Google accounts.
type AccountStore interface {
	PutAccount(ctx context.Context, a GoogleAccount) error
	Account(ctx context.Context, id ID) (GoogleAccount, error)
	Accounts(ctx context.Context) ([]GoogleAccount, error) // by e-mail
	UpdateAccount(ctx context.Context, id ID, change func(*GoogleAccount) error) (GoogleAccount, error)
	DeleteAccount(ctx context.Context, id ID) error
}

// ErrNotStored is returned by GrantStore.Renew, together with the grant, when the grant was renewed and not stored.
var ErrNotStored = errors.New("the renewed grant is not stored")

// GrantStore keeps the sealed tokens of connections. PutGrant has made the grant durable when it returns.
type GrantStore interface {
	Grant(ctx context.Context, key GrantKey) (Grant, error)
	PutGrant(ctx context.Context, key GrantKey, g Grant) error
	// Renew gives the stored grant to renew and stores what it returns, durably; if that is the same grant, nothing is
	// stored. Of all callers for one key, in all processes, one is inside renew at a time. renew may ask a provider:
	// other keys and other calls of the store do not wait for it. Its error is returned as it is, and nothing is stored
	// then.
	Renew(ctx context.Context, key GrantKey, renew func(ctx context.Context, stored Grant) (Grant, error)) (Grant,
		error)
	DeleteGrant(ctx context.Context, key GrantKey) error
}

// FlowStore keeps consents under way, by the hash of their state.
type FlowStore interface {
	PutFlow(ctx context.Context, stateHash string, f Flow) error
	// TakeFlow returns a flow and forgets it, so that it cannot be used twice. Expired ones are not found.
	TakeFlow(ctx context.Context, stateHash string, now time.Time) (Flow, error)
}

// ExporterStore keeps exporters.
type ExporterStore interface {
	CreateExporter(ctx context.Context, e Exporter) error
	Exporter(ctx context.Context, id ID) (Exporter, error)
	Exporters(ctx context.Context, f ExporterFilter) ([]Exporter, error) // by name
	// UpdateExporter changes an exporter and, in the same transaction, the copy of it that its queued run carries.
	UpdateExporter(ctx context.Context, id ID, change func(*Exporter) error) (Exporter, error)
	DeleteExporter(ctx context.Context, id ID) error // its marks go as well, its runs stay in the history
}

// MarkKey is where the mark of an exporter and a company is kept.
func MarkKey(exporter ID, realm RealmID) string { return MarkPrefix(exporter) + string(realm) }

// MarkPrefix begins the keys of all of an exporter's marks.
func MarkPrefix(exporter ID) string { return string(exporter) + "/" }

// MarkStore keeps how far exporters have come, sealed: bytes that only the Source understands, under MarkKey.
type MarkStore interface {
	Mark(ctx context.Context, key string) ([]byte, error)
	PutMark(ctx context.Context, key string, data []byte) error
	// DeleteMarks forgets all whose keys begin with prefix; there may be none.
	DeleteMarks(ctx context.Context, prefix string) error
}

// DifferenceStore keeps what runs changed, sealed: bytes that change.Unpack understands, by run.
type DifferenceStore interface {
	PutDifference(ctx context.Context, run ID, data []byte) error
	// Difference returns ErrNotFound for a run that left none. It is forgotten together with its run.
	Difference(ctx context.Context, run ID) ([]byte, error)
}

// Held names a run as the worker holds it that executes it. It fences: once the run has another worker or another
// attempt, or is over, nothing is held any more.
type Held struct {
	Run     ID
	Worker  ID
	Attempt int
}

// RunStore keeps runs. The queue is those that are queued or running.
type RunStore interface {
	// Enqueue stores a queued run, unless its exporter has one that is queued or running: that one is returned, joined.
	// The run carries its exporter as it is stored.
	Enqueue(ctx context.Context, r Run) (stored Run, joined bool, err error)
	// EnqueueDue is Enqueue for the due time r.Due of the exporter, and makes next the exporter's next due time in the
	// same transaction. It returns ErrExists, and does nothing, when the exporter's next due time is not r.Due, or no
	// longer, or when there is a run for it already; ErrNotFound when the exporter is gone.
	EnqueueDue(ctx context.Context, r Run, next time.Time) (stored Run, joined bool, err error)
	Run(ctx context.Context, id ID) (Run, error)
	// UpdateRun changes a run whoever holds it: for what people ask. Its worker uses UpdateRunning.
	UpdateRun(ctx context.Context, id ID, change func(*Run) error) (Run, error)
	// Claim gives queued runs to a worker: those that choose names of the active runs, which it gets oldest first.
	// choose may be called several times and must not change the runs. Each run becomes running, with the worker as its
	// owner, one more attempt, and what begin does to it. All of it is one transaction, so no run is given twice.
	Claim(ctx context.Context, worker ID, choose func(active []Run) []ID, begin func(*Run)) ([]Run, error)
	// UpdateRunning changes a run for the worker that holds it, and returns ErrFenced when it does not.
	UpdateRunning(ctx context.Context, h Held, change func(*Run) error) (Run, error)
	// Rescue calls decide for each running run whose worker is gone, and for each queued one that is being cancelled,
	// which puts it back to the queue or ends it. One transaction; it returns what was changed.
	Rescue(ctx context.Context, gone func(worker ID) bool, decide func(*Run)) ([]Run, error)
	// ActiveRuns returns the runs that are queued or running, oldest first.
	ActiveRuns(ctx context.Context) ([]Run, error)
	// Runs returns the history, newest first, and the cursor of the next page, empty at the end.
	Runs(ctx context.Context, f RunFilter) (page []Run, next ID, err error)
	// PruneRuns deletes ended runs that finished before the time, but never an exporter's newest `keep`.
	PruneRuns(ctx context.Context, before time.Time, keep int) (deleted int, err error)
}

// UserStore keeps the people who may sign in.
type UserStore interface {
	// CreateUser returns ErrExists for an e-mail that is taken.
	CreateUser(ctx context.Context, u User) error
	UserByEmail(ctx context.Context, email string) (User, error)
	Users(ctx context.Context) ([]User, error)
	UpdateUser(ctx context.Context, id ID, change func(*User) error) (User, error)
}

// AuditStore keeps who did what.
type AuditStore interface {
	Audit(ctx context.Context, e AuditEntry) error
	AuditEntries(ctx context.Context, limit int) ([]AuditEntry, error) // newest first
}

// Store is all of them: what one database offers.
type Store interface {
	CompanyStore
	AccountStore
	GrantStore
	FlowStore
	ExporterStore
	MarkStore
	RunStore
	DifferenceStore
	UserStore
	AuditStore
}
