// Package control is what people can do with the service: every button of the dashboard and every call of the API is one
// method here. A method checks its input, refuses with a problem, stores, starts or stops work, and notes who did it.
package control

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"ledgersheet/internal/change"
	"ledgersheet/internal/export"
	"ledgersheet/internal/pipeline"
	"ledgersheet/internal/problem"
)

// Consents leads people through one provider's consent.
type Consents interface {
	Begin(ctx context.Context, flow export.Flow, extra map[string]string) (address string, err error)
	Finish(ctx context.Context, answer url.Values, session string) (export.Flow, export.Grant, error)
	Revoke(ctx context.Context, g export.Grant) error
}

// Grants is where a provider's tokens live while they are used.
type Grants interface {
	Replace(ctx context.Context, key export.GrantKey, g export.Grant) error
	// Forget deletes a grant and returns the newest one, so that it can be revoked.
	Forget(ctx context.Context, key export.GrantKey) (export.Grant, error)
}

// QuickBooks is what control asks of QuickBooks beside exports.
type QuickBooks interface {
	// Probe reads the company's facts with a token that is not stored yet: the proof that the realm is what it claims.
	Probe(ctx context.Context, realm export.RealmID, token string) (export.Company, error)
	// Facts reads them with the connection's own token.
	Facts(ctx context.Context, realm export.RealmID) (export.Company, error)
	// Usage tells how many calls the company has had in the last minute, and how many it may have.
	Usage(realm export.RealmID) (used, limit int)
}

// Google is what control asks of Google beside exports.
type Google interface {
	// Identity reads who a token's owner is.
	Identity(ctx context.Context, token string) (subject, email string, err error)
	// Account reads the e-mail with the connection's own token.
	Account(ctx context.Context, id export.ID) (email string, err error)
}

// Queue is where runs wait and are worked on.
type Queue interface {
	Enqueue(ctx context.Context, r export.Run) (export.Run, bool, error)
	Cancel(ctx context.Context, id export.ID) (export.Run, error)
	Waiting(id export.ID) string
}

// Ticker starts runs by their schedules.
type Ticker interface {
	Plan(e export.Exporter, now time.Time) time.Time
	Wake()
}

// Previewer shows what a run would write, and what runs changed.
type Previewer interface {
	Preview(ctx context.Context, e export.Exporter) (pipeline.Preview, error)
	DryRun(ctx context.Context, e export.Exporter) (pipeline.DryRun, error)
	Difference(ctx context.Context, run export.ID) (*change.Set, error)
}

// Options are what a Control needs; all fields but Now are required.
type Options struct {
	Store                              export.Store
	Definitions                        []export.Definition
	QuickBooksConsents, GoogleConsents Consents
	CompanyGrants, AccountGrants       Grants
	QuickBooks                         QuickBooks
	Google                             Google
	Queue                              Queue
	Ticker                             Ticker
	Previewer                          Previewer
	Environment                        string        // Intuit's: "production" or "sandbox"
	MinInterval                        time.Duration // shortest allowed time between two due times
	// QuickBooksReady and GoogleReady say whether the apps' credentials are set.
	QuickBooksReady, GoogleReady bool
	Now                          func() time.Time
	Logger                       *slog.Logger
}

// Control is safe for concurrent use.
type Control struct {
	o           Options
	definitions map[string]export.Definition
}

// New returns a Control.
func New(o Options) *Control {
	if o.Now == nil {
		o.Now = time.Now
	}
	c := &Control{o: o, definitions: map[string]export.Definition{}}
	for _, d := range o.Definitions {
		c.definitions[d.Info().ID] = d
	}
	return c
}

// Actor is who asks: a signed-in user with a browser session, or the holder of an API token.
type Actor struct {
	Email   string // of the user; "api" for the token
	Session string // hash of the browser session; empty for the API
	API     bool
}

func (c *Control) audit(ctx context.Context, who Actor, action, object, detail string) {
	entry := export.AuditEntry{At: c.o.Now(), Who: who.Email, Action: action, Object: object, Detail: detail}
	if err := c.o.Store.Audit(ctx, entry); err != nil {
		c.o.Logger.ErrorContext(ctx, "audit entry was not stored", "action", action, "error", err.Error())
	}
}

// Audit returns the newest entries of who did what.
func (c *Control) Audit(ctx context.Context, limit int) ([]export.AuditEntry, error) {
	return c.o.Store.AuditEntries(ctx, limit)
}

// Definitions returns what can be exported, by id.
func (c *Control) Definitions() []export.Definition { return c.o.Definitions }

// Definition returns one of them.
func (c *Control) Definition(id string) (export.Definition, error) {
	if d, ok := c.definitions[id]; ok {
		return d, nil
	}
	return nil, problem.New(problem.NotFound, "There is no exporter type %q.", id)
}

// Ready says which provider's app credentials are set.
func (c *Control) Ready() (quickBooks, google bool) { return c.o.QuickBooksReady, c.o.GoogleReady }

// missing turns the store's "not found" into a problem that names the thing.
func missing(err error, what string) error {
	if errors.Is(err, export.ErrNotFound) {
		return problem.New(problem.NotFound, "There is no such %s.", what)
	}
	return fmt.Errorf("reading the %s: %w", what, err)
}
