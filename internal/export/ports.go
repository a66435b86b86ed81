package export

import (
	"context"
	"errors"
	"iter"
	"sync/atomic"
	"time"

	"ledgersheet/internal/table"
)

// ErrNotFound is returned by every store for something it does not have.
var ErrNotFound = errors.New("not found")

// ErrExists is returned by every store for something it already has.
var ErrExists = errors.New("exists already")

// ErrFenced is returned by every store for a change to a run by a worker that no longer holds it.
var ErrFenced = errors.New("the run is held by somebody else, or by nobody")

// Meter counts the requests that one run makes. The zero value is ready to use. A nil Meter counts nothing.
type Meter struct {
	n      atomic.Int64
	reads  atomic.Int64
	writes atomic.Int64
	notes  notes
	parent *Meter // of a Part
}

// Add counts one request.
func (m *Meter) Add() {
	for ; m != nil; m = m.parent {
		m.n.Add(1)
	}
}

// Count returns the number of requests so far.
func (m *Meter) Count() int {
	if m == nil {
		return 0
	}
	return int(m.n.Load())
}

// AddSheets counts one request, of those that Add counts, against the quota of reads or of writes of the Sheets API.
func (m *Meter) AddSheets(write bool) {
	for ; m != nil; m = m.parent {
		if write {
			m.writes.Add(1)
		} else {
			m.reads.Add(1)
		}
	}
}

// Sheets returns the requests so far that count against the quotas of the Sheets API.
func (m *Meter) Sheets() (reads, writes int) {
	if m == nil {
		return 0, 0
	}
	return int(m.reads.Load()), int(m.writes.Load())
}

// Query says what a run wants to read from one company.
type Query struct {
	Company Company
	Columns []string // keys; never empty
	Filters []Filter
	Options map[string]string
	Today   time.Time // midnight UTC of the day of the run in the exporter's zone
	Limit   int       // for a preview: the maximum number of rows; 0 reads everything
	Due     time.Time // what QuickBooks said then or later is new enough; zero asks anew
	State   []byte    // the Outcome.State of the last reading for this exporter and company; nil at first
	Meter   *Meter
}

// Reading is an answer in progress.
type Reading struct {
	Schema table.Schema
	Total  int // how many records or rows QuickBooks reports; -1 if it does not say
	// Rows yields the rows. If it ends without an error, they are complete and agree with QuickBooks' own counts and
	// totals. It can be ranged over once.
	Rows iter.Seq2[table.Row, error]
	// End returns what else the reading found. Call it once, after Rows has ended without an error or, in a preview,
	// after enough rows were taken.
	End func() (Outcome, error)
}

// Source reads from QuickBooks. Its errors are problems.
type Source interface {
	Read(ctx context.Context, d Definition, q Query) (*Reading, error)
}

// Versions is implemented by a Source that may know without reading whether what it would return has changed.
type Versions interface {
	// Version returns a text that stays the same as long as Read returns the same rows for the query, or nothing if
	// that is not known. A reading that begins afterwards returns what the version stands for, or something newer.
	Version(ctx context.Context, d Definition, q Query) (string, error)
}

// Differences is implemented by a Source that may know what has changed in what it has returned.
type Differences interface {
	// Difference returns what Read would return otherwise than it did at an earlier version, on the same day and for
	// the same query, or nil if that is not known. Its answer is as new as that of Read would be.
	Difference(ctx context.Context, d Definition, q Query, since string) (*Difference, error)
}

// Difference is what a reading would return otherwise than an earlier one. Each record has one row at most.
type Difference struct {
	Version string // the later one
	Schema  table.Schema
	Rows    []DifferingRow // in the order of the reading
	// AtEnd reports whether the rows of which there was none before come after all others.
	AtEnd bool
	// Out and In are what the rows before and after add to the figures. Steady reports whether each row adds to the
	// same ones as before.
	Out, In Tallied
	Steady  bool
	Period  string // Outcome.Period
}

// DifferingRow is the row of a record before and after; nil if there is none.
type DifferingRow struct{ Old, New *table.Row }

// CompanyStore keeps companies.
type CompanyStore interface {
	PutCompany(ctx context.Context, c Company) error
	Company(ctx context.Context, realm RealmID) (Company, error)
	Companies(ctx context.Context) ([]Company, error) // by name
	UpdateCompany(ctx context.Context, realm RealmID, change func(*Company) error) (Company, error)
	DeleteCompany(ctx context.Context, realm RealmID) error
}

// MirrorKeyStore keeps the keys under which the local copies of companies' records are sealed, themselves sealed.
type MirrorKeyStore interface {
	// MirrorKey returns a company's key: 32 random bytes, made with the first call. It returns ErrNotFound if the
	// company is not stored. Deleting a company deletes its key.
	MirrorKey(ctx context.Context, realm RealmID) ([]byte, error)
}

// AccountStore keeps Google accounts.
type AccountStore interface {
	PutAccount(ctx context.Context, a GoogleAccount) error
	Account(ctx context.Context, id ID) (GoogleAccount, error)
	Accounts(ctx context.Context) ([]GoogleAccount, error) // by e-mail
	UpdateAccount(ctx context.Context, id ID, change func(*GoogleAccount) error) (GoogleAccount, error)
	DeleteAccount(ctx context.Context, id ID) error
}

// ErrNotStored is returned by GrantStore.Renew, together with the grant, if the grant was renewed but not stored.
var ErrNotStored = errors.New("the renewed grant is not stored")

// GrantStore keeps the sealed tokens of connections. When PutGrant returns, the grant is durable.
type GrantStore interface {
	Grant(ctx context.Context, key GrantKey) (Grant, error)
	PutGrant(ctx context.Context, key GrantKey, g Grant) error
	// Renew passes the stored grant to renew and durably stores what it returns, unless that is the same grant. Of all
	// callers for one key, in all processes, only one is inside renew at a time. renew may call a provider: other keys,
	// and other calls of the store, do not wait for it. Its error is returned unchanged, and nothing is stored then.
	Renew(
		ctx context.Context, key GrantKey, renew func(ctx context.Context, stored Grant) (Grant, error),
	) (Grant, error)
	DeleteGrant(ctx context.Context, key GrantKey) error
}

// Revocation is a grant that is used no more and that its provider has not been told to end.
type Revocation struct {
	ID  ID       `json:"id"`
	Key GrantKey `json:"key"` // under which the grant was kept
	// Identity is whose consent it is at the provider: a realm, or Google's id of an account. A new consent of the same
	// identity must not be ended with the old one.
	Identity string    `json:"identity"`
	Name     string    `json:"name"` // for people
	Grant    Grant     `json:"grant"`
	Since    time.Time `json:"since"`
}

// RevocationStore keeps, sealed, which grants are still to be revoked.
type RevocationStore interface {
	// RetireGrant keeps a revocation and deletes the grant under its key, if there is one: both or neither.
	RetireGrant(ctx context.Context, r Revocation) error
	Revocations(ctx context.Context) ([]Revocation, error) // by id
	DeleteRevocation(ctx context.Context, id ID) error
}

// FlowStore keeps consents in progress, by the hash of their state.
type FlowStore interface {
	PutFlow(ctx context.Context, stateHash string, f Flow) error
	// TakeFlow returns a flow and deletes it, so that it cannot be used twice. Expired flows are not found.
	TakeFlow(ctx context.Context, stateHash string, now time.Time) (Flow, error)
}

// ExporterStore keeps exporters.
type ExporterStore interface {
	CreateExporter(ctx context.Context, e Exporter) error
	// CreateExporters stores all of them in one transaction, or none.
	CreateExporters(ctx context.Context, all []Exporter) error
	Exporter(ctx context.Context, id ID) (Exporter, error)
	Exporters(ctx context.Context, f ExporterFilter) ([]Exporter, error) // by name
	// ExporterHeads yields the heads of the exporters that the filter selects, sorted by Position, from after a
	// position on. It is for lists, searches and counts: it does not read the exporters themselves. An error ends it.
	ExporterHeads(ctx context.Context, f ExporterFilter, after string) iter.Seq2[ExporterHead, error]
	// DueExporters returns the exporters, at most limit, that have a schedule which is on, are not paused, and whose
	// next due time is not after now or unknown: unknown first, then by due time. next is the first due time after
	// now; zero if there is none.
	DueExporters(ctx context.Context, now time.Time, limit int) (due []Exporter, next time.Time, err error)
	// History sums up an exporter's runs. It is empty for an exporter that has none, even for one that is not there.
	History(ctx context.Context, id ID) (History, error)
	// UpdateExporter changes an exporter and, in the same transaction, the copy of it in its queued run. change may be
	// called again, with the exporter as it is then.
	UpdateExporter(ctx context.Context, id ID, change func(*Exporter) error) (Exporter, error)
	DeleteExporter(ctx context.Context, id ID) error // also deletes its marks and due times; its runs stay
}

// MarkKey returns the key of the mark for an exporter and a company.
func MarkKey(exporter ID, realm RealmID) string { return MarkPrefix(exporter) + string(realm) }

// MarkPrefix returns the common prefix of the keys of an exporter's marks.
func MarkPrefix(exporter ID) string { return string(exporter) + "/" }

// MarkStore keeps how far exporters have come, sealed, under MarkKey. Only the Source understands the bytes.
type MarkStore interface {
	Mark(ctx context.Context, key string) ([]byte, error)
	PutMark(ctx context.Context, key string, data []byte) error
	// DeleteMarks deletes all marks whose keys begin with prefix. There may be none.
	DeleteMarks(ctx context.Context, prefix string) error
}

// DifferenceStore keeps what runs changed, sealed, by run. The bytes are for change.Unpack.
type DifferenceStore interface {
	PutDifference(ctx context.Context, run ID, data []byte) error
	// Difference returns ErrNotFound for a run that left none. A difference is deleted together with its run.
	Difference(ctx context.Context, run ID) ([]byte, error)
}

// MoveStore keeps what exporters' figures and rows did from day to day. It notes it by itself as runs succeed.
type MoveStore interface {
	// Moves returns an exporter's moves from a day of UTC (2006-01-02) on, oldest first. Those of the last KeptMoves
	// days are kept, until the exporter is deleted.
	Moves(ctx context.Context, exporter ID, since string) ([]Moves, error)
}

// EvidenceStore keeps runs' evidence, sealed, by run. The bytes are for UnpackEvidence.
type EvidenceStore interface {
	PutEvidence(ctx context.Context, run ID, data []byte) error
	// Evidence returns ErrNotFound for a run that left none. It is deleted together with its run.
	Evidence(ctx context.Context, run ID) ([]byte, error)
}

// CallCount is how many metered calls were made to QuickBooks for a company on a day.
type CallCount struct {
	Day   string // 2006-01-02 in UTC
	Realm RealmID
	Calls int
}

// CallStore counts metered calls by day and company.
type CallStore interface {
	// AddCalls adds to the counts, all in one transaction.
	AddCalls(ctx context.Context, more []CallCount) error
	// Calls returns the counts of the days from first to last, by day and company.
	Calls(ctx context.Context, first, last string) ([]CallCount, error)
	// PruneCalls deletes the counts of the days before the given one.
	PruneCalls(ctx context.Context, before string) error
}

// NoticeRecord is one thing that package notice remembers. The bytes are its own.
type NoticeRecord struct {
	Key  string
	Data []byte
}

// NoticeStore keeps the records of package notice, sealed, by key.
type NoticeStore interface {
	// NoticeRecords returns the records whose keys begin with prefix, by key.
	NoticeRecords(ctx context.Context, prefix string) ([]NoticeRecord, error)
	// ChangeNotices stores the records, and deletes those without data, which need not be there; all in one
	// transaction.
	ChangeNotices(ctx context.Context, changes []NoticeRecord) error
}

// Held identifies a run as held by the worker that executes it. It is a fence: once the run has another worker or
// another attempt, or is over, it no longer matches.
type Held struct {
	Run     ID
	Worker  ID
	Attempt int
}

// RunStore keeps runs. The queue consists of those that are queued or running.
type RunStore interface {
	// Enqueue stores a queued run, unless its exporter already has one that is queued or running. Then it returns that
	// run, and joined is true. The new run carries its exporter as stored.
	Enqueue(ctx context.Context, r Run) (stored Run, joined bool, err error)
	Run(ctx context.Context, id ID) (Run, error)
	// UpdateRun changes a run no matter who holds it. It is for what people ask; the run's worker uses UpdateRunning.
	// A store may write the changes of several callers together, and call a change that it accepted again if another
	// one fails; so a change depends on nothing but its run.
	UpdateRun(ctx context.Context, id ID, change func(*Run) error) (Run, error)
	// Claim gives queued runs to a worker: those that choose names. choose gets the running ones, then the queued ones
	// by ActiveRun.Ready and id, and need not take all; it may be called several times. Each claimed run becomes
	// running, with the worker as its owner and one more attempt, and is passed to begin. All of it is one transaction,
	// so no run is given twice.
	Claim(ctx context.Context, worker ID, choose func(active iter.Seq[ActiveRun]) []ID, begin func(*Run)) ([]Run, error)
	// UpdateRunning changes a run for the worker that holds it. It returns ErrFenced if the worker does not hold it.
	UpdateRunning(ctx context.Context, h Held, change func(*Run) error) (Run, error)
	// Rescue calls decide for each running run whose worker is gone, and for each queued run that is being cancelled.
	// decide puts the run back into the queue or ends it. All of it is one transaction. Rescue returns the runs that
	// changed.
	Rescue(ctx context.Context, gone func(worker ID) bool, decide func(*Run)) ([]Run, error)
	// ActiveRuns returns the runs that are queued or running, oldest first.
	ActiveRuns(ctx context.Context) ([]Run, error)
	// ActiveRun returns the exporter's run that is queued or running; ErrNotFound if it has none.
	ActiveRun(ctx context.Context, exporter ID) (Run, error)
	// CountActive counts the runs that are queued or running.
	CountActive(ctx context.Context) (queued, running int, err error)
	// Runs returns a page of the history, newest first, and the cursor of the next page, which is empty at the end.
	Runs(ctx context.Context, f RunFilter) (page []Run, next ID, err error)
	// PruneRuns deletes runs that finished before the given time, but never an exporter's newest `keep` runs.
	PruneRuns(ctx context.Context, before time.Time, keep int) (deleted int, err error)
}

// UserStore keeps the people who can sign in.
type UserStore interface {
	// CreateUser returns ErrExists if the e-mail is taken.
	CreateUser(ctx context.Context, u User) error
	UserByEmail(ctx context.Context, email string) (User, error)
	Users(ctx context.Context) ([]User, error)
	UpdateUser(ctx context.Context, id ID, change func(*User) error) (User, error)
	DeleteUser(ctx context.Context, id ID) error
}

// AuditStore keeps the record of who did what.
type AuditStore interface {
	Audit(ctx context.Context, e AuditEntry) error
	AuditEntries(ctx context.Context, limit int) ([]AuditEntry, error) // newest first
}

// Store combines all stores: it is what one database offers.
type Store interface {
	CompanyStore
	MirrorKeyStore
	RevocationStore
	AccountStore
	GrantStore
	FlowStore
	ExporterStore
	DueStore
	MarkStore
	RunStore
	DifferenceStore
	MoveStore
	EvidenceStore
	CallStore
	NoticeStore
	UserStore
	AuditStore
}
