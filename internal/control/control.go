// Package control is what people can do with the service. Every button of the dashboard and every call of the API is
// one method of a [Desk], which belongs to one [Actor]. Each method asks package access whether the actor may, checks
// the input, returns a problem if something is wrong, does the work, and records who did it. To a desk, what its actor
// may not see does not exist.
package control

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/url"
	"sync"
	"time"

	"ledgersheet/internal/change"
	"ledgersheet/internal/export"
	"ledgersheet/internal/pipeline"
	"ledgersheet/internal/problem"
)

// Consents guides people through one provider's consent.
type Consents interface {
	Begin(ctx context.Context, flow export.Flow, extra map[string]string) (address string, err error)
	Finish(ctx context.Context, answer url.Values, session string) (export.Flow, export.Grant, error)
	Revoke(ctx context.Context, g export.Grant) error
}

// Grants holds a provider's tokens while they are in use.
type Grants interface {
	Replace(ctx context.Context, key export.GrantKey, g export.Grant) error
	// Forget has drop delete a grant, and returns its newest version. Without a grant it calls nothing.
	Forget(
		ctx context.Context, key export.GrantKey, drop func(ctx context.Context, newest export.Grant) error,
	) (export.Grant, error)
}

// QuickBooks is what control needs from QuickBooks apart from exports.
type QuickBooks interface {
	// Probe reads the company's facts with a token that is not stored yet. That proves that the token reaches the
	// realm.
	Probe(ctx context.Context, realm export.RealmID, token string) (export.Company, error)
	// Facts reads the facts with the connection's own token.
	Facts(ctx context.Context, realm export.RealmID) (export.Company, error)
	// Usage returns how many calls the company has had in the last minute, and how many it may have.
	Usage(realm export.RealmID) (used, limit int)
	// Copy returns what is known about the local copy of the company's lists, apart from Kept.
	Copy(realm export.RealmID) Copy
	// DropCopy destroys it.
	DropCopy(ctx context.Context, realm export.RealmID) error
	// Names returns the active records of one of the company's lists, such as "Customer".
	Names(ctx context.Context, company export.Company, object string) ([]RecordName, error)
}

// Google is what control needs from Google apart from exports.
type Google interface {
	// Identity returns who owns a token.
	Identity(ctx context.Context, token string) (subject, email string, err error)
	// Account returns the e-mail, read with the connection's own token.
	Account(ctx context.Context, id export.ID) (email string, err error)
	// Title returns a spreadsheet's title, if the account can open it.
	Title(ctx context.Context, account export.ID, spreadsheet string) (string, error)
	// Trashed returns which of the spreadsheets are in the bin, as far as the account can tell.
	Trashed(ctx context.Context, account export.ID, spreadsheets []string) ([]string, error)
	// Peek returns what a spreadsheet is, and what stands at a place in it.
	Peek(ctx context.Context, account export.ID, spreadsheet, sheet, start string) (export.Peek, error)
}

// Files is what control needs of files in folders apart from exports.
type Files interface {
	// Check returns a problem that names the field if a target cannot be a file here.
	Check(t export.Target) error
	// Open opens a target's file; an fs.ErrNotExist if it is not there.
	Open(t export.Target) (io.ReadSeekCloser, fs.FileInfo, error)
}

// Queue holds runs until they are executed.
type Queue interface {
	Enqueue(ctx context.Context, r export.Run) (export.Run, bool, error)
	EnqueueDue(ctx context.Context, d export.DueRun) error
	Cancel(ctx context.Context, id export.ID) (export.Run, error)
	Waiting(r export.Run) string
}

// Settings keeps small values by name, sealed if they are secrets. A missing value is export.ErrNotFound.
type Settings interface {
	Setting(ctx context.Context, key string, sealed bool) ([]byte, error)
	PutSetting(ctx context.Context, key string, value []byte, sealed bool) error
}

// Events publishes runs while they happen.
type Events interface {
	// Subscribe returns whole states of the runs that the filter accepts, from now on. The channel is closed when ctx
	// ends or the service stops.
	Subscribe(ctx context.Context, filter func(export.Run) bool) <-chan export.RunEvent
}

// Ticker starts runs on schedule.
type Ticker interface {
	Plan(e export.Exporter, now time.Time) time.Time
	Wake()
}

// Previewer shows what a run would read and write, and what runs changed.
type Previewer interface {
	Preview(ctx context.Context, e export.Exporter) (pipeline.Preview, error)
	DryRun(ctx context.Context, e export.Exporter) (pipeline.DryRun, error)
	DryUndo(ctx context.Context, e export.Exporter, run export.ID) (pipeline.DryRun, error)
	Result(ctx context.Context, e export.Exporter) (pipeline.Result, error)
	Difference(ctx context.Context, run export.ID) (*change.Set, error)
	Evidence(ctx context.Context, run export.ID) (export.Evidence, error)
	Capture(ctx context.Context, e export.Exporter) ([]byte, error)
}

// Options configure a Control. All fields but Now, Budget, Notices, Files, ExportDirs, Backup, Demo, Examine, Recheck,
// Installation, Trouble, People and Tokens are required.
type Options struct {
	Store                              export.Store
	Settings                           Settings
	Definitions                        []export.Definition
	Packs                              []export.Pack
	QuickBooksConsents, GoogleConsents Consents
	CompanyGrants, AccountGrants       Grants
	QuickBooks                         QuickBooks
	Google                             Google
	Files                              Files
	Queue                              Queue
	Events                             Events
	Ticker                             Ticker
	Previewer                          Previewer
	Budget                             Budget        // nil if calls are not counted
	Notices                            Notices       // nil if nobody is told of anything
	BaseURL                            string        // public root of this installation, without a trailing slash
	Environment                        string        // Intuit's: "production" or "sandbox"
	MinInterval                        time.Duration // shortest allowed time between two due times
	ExportDirs                         []string      // the folders in which exporters may keep files; none: no files
	Installation                       Installation
	// Backup writes a copy of the store; nil if the store has backups of its own.
	Backup func(ctx context.Context, w io.Writer) error
	// Demo can run beside this installation; nil if it cannot.
	Demo Demo
	// Examine finds out whether the installation can work; nil if nobody can tell.
	Examine func(ctx context.Context, d *Desk) []Finding
	// Recheck has a company's connection tested soon, unless that was done just now. It returns at once. Nil: nothing
	// is done.
	Recheck func(realm export.RealmID)
	// Trouble says since when the store cannot be written and why; a nil problem says that all is well. It may be nil.
	Trouble func() (since time.Time, why *problem.Problem)
	// People decides who may sign in; nil if nobody does.
	People People
	// Tokens are those of the API that people make; nil if there are none.
	Tokens Tokens
	// QuickBooksReady and GoogleReady say whether the apps' credentials are set.
	QuickBooksReady, GoogleReady bool
	Now                          func() time.Time
	Logger                       *slog.Logger
}

// Control is safe for concurrent use. Its own methods are for the program itself. People and other programs get a desk
// from As.
type Control struct{ *core }

// core is what a Control and its desks share. It does not check who is asking.
type core struct {
	o           Options
	definitions map[string]export.Definition
	companies   kind[export.RealmID, export.Company]
	accounts    kind[export.ID, export.GoogleAccount]
	names       nameLists
	turn        chan struct{} // held while a setting is changed
	intervals   intervals
	revoking    sync.Mutex // held while a grant is revoked, and while a consent takes the place of one
}

// New returns a Control.
func New(o Options) *Control {
	if o.Now == nil {
		o.Now = time.Now
	}
	c := &core{o: o, definitions: map[string]export.Definition{}, companies: companyKind(o), accounts: accountKind(o),
		turn: make(chan struct{}, 1)}
	for _, d := range o.Definitions {
		c.definitions[d.Info().ID] = d
	}
	return &Control{c}
}

func (c *core) audit(ctx context.Context, who Actor, action, object, detail string) {
	// Without who and detail, which are in the store: the log is no place for names.
	c.o.Logger.InfoContext(ctx, "somebody did something", "action", action, "object", object)
	entry := export.AuditEntry{At: c.o.Now(), Who: who.Email, Action: action, Object: object, Detail: detail}
	if err := c.o.Store.Audit(ctx, entry); err != nil {
		c.o.Logger.ErrorContext(ctx, "audit entry was not stored", "action", action, "error", err.Error())
	}
}

// explainMissing turns the store's "not found" into a problem that names the thing. Problems are returned unchanged.
func explainMissing(err error, what string) error {
	if errors.Is(err, export.ErrNotFound) {
		return problem.New(problem.NotFound, "There is no such %s.", what)
	}
	if _, ok := errors.AsType[*problem.Problem](err); ok {
		return err
	}
	return fmt.Errorf("reading the %s: %w", what, err)
}
