package control

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"ledgersheet/internal/access"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// kind holds what differs between the two kinds of connections: QuickBooks companies (K is their realm) and Google
// accounts. Connecting, testing, disconnecting and deleting are the same for both and are implemented here once.
type kind[K ~string, T any] struct {
	noun     string // for people
	action   string // prefix of the actions in the audit log
	consents Consents
	grants   Grants
	provider string             // for people: who gives the consents
	away     problem.Code       // for a provider that cannot be reached
	lost     problem.Code       // for runs that fail because the provider ended the grant
	left     export.PauseReason // for exporters whose connection a person disconnected
	ready    func() error       // returns why no consent can begin

	read   func(ctx context.Context, id K) (T, error)
	put    func(ctx context.Context, t T) error
	update func(ctx context.Context, id K, change func(*T) error) (T, error)
	remove func(ctx context.Context, id K) error

	shared func(*T) connection
	// seen is what one must be able to see in order to see the connection. touched is what changing it affects.
	seen, touched func(id K) access.Thing
	users         func(id K) export.ExporterFilter // the exporters that need it
}

// connection is what both kinds have in common. The pointers lead into the company or the account.
type connection struct {
	name        string          // for people
	identity    string          // whose consent it is at the provider
	grant       export.GrantKey // empty if it needs none
	status      *export.ConnectionStatus
	connectedAt *time.Time
	connectedBy *string
	lastError   **problem.Problem
	lostAt      *time.Time
	paused      *[]export.ID
}

// get returns a connection that the actor may see.
func (k kind[K, T]) get(ctx context.Context, d *Desk, id K) (T, error) {
	t, err := k.read(ctx, id)
	if err == nil && !d.who.Grant.Can(access.See, k.seen(id)) {
		err = export.ErrNotFound
	}
	if err != nil {
		var none T
		return none, explainMissing(err, k.noun)
	}
	return t, nil
}

// getForChange returns a connection that the actor may change.
func (k kind[K, T]) getForChange(ctx context.Context, d *Desk, id K) (T, error) {
	t, err := k.get(ctx, d, id)
	if err == nil {
		err = d.allow(access.Connect, k.touched(id), k.noun)
	}
	return t, err
}

// begin starts a consent and returns the address of the provider's page.
func (k kind[K, T]) begin(ctx context.Context, d *Desk, flow export.Flow, extra map[string]string) (string, error) {
	flow.User, flow.Session = d.who.Email, d.who.Session
	address, err := k.consents.Begin(ctx, flow, extra)
	if err == nil {
		d.noteConsent(ctx, k.action, func(r *consentRecord) { r.BegunAt = d.o.Now() })
	}
	return address, err
}

// finish processes the provider's answer.
func (k kind[K, T]) finish(ctx context.Context, d *Desk, answer url.Values) (export.Flow, export.Grant, error) {
	flow, grant, err := k.consents.Finish(ctx, answer, d.who.Session)
	if flow.User != "" { // an answer that belongs to nothing proves nothing
		d.noteConsent(ctx, k.action, func(r *consentRecord) { r.BackAt = d.o.Now() })
	}
	return flow, grant, err
}

// connect stores a connection with its new grant and resumes its exporters.
func (k kind[K, T]) connect(ctx context.Context, d *Desk, id K, t T, grant export.Grant) (T, error) {
	s := k.shared(&t)
	*s.status, *s.lastError, *s.connectedAt, *s.connectedBy = export.Connected, nil, d.o.Now(), d.who.Email
	*s.lostAt = time.Time{}
	if err := k.replace(ctx, d.core, s, grant); err != nil {
		return t, err
	}
	if err := k.put(ctx, t); err != nil {
		return t, fmt.Errorf("storing the %s: %w", k.noun, err)
	}
	d.audit(ctx, d.who, k.action+".connect", string(id), s.name)
	users := k.users(id)
	if err := d.resume(ctx, *s.paused, k.lost, &users); err != nil {
		return t, err
	}
	return k.update(ctx, id, func(t *T) error { *k.shared(t).paused = nil; return nil })
}

// test calls the provider through the connection and records how that went, but for a passing failure while one that
// lasts is known. learn, unless nil, stores what the answer said.
func (k kind[K, T]) test(ctx context.Context, d *Desk, id K, ask func() (learn func(*T), err error)) error {
	t, err := k.get(ctx, d, id)
	if err != nil {
		return err
	}
	if err := d.allow(access.Operate, k.seen(id), k.noun); err != nil {
		return err
	}
	if s := k.shared(&t); *s.status != export.Connected {
		return problem.New(k.lost, "%s is not connected.", s.name)
	}
	learn, err := ask()
	_, saveErr := k.update(ctx, id, func(t *T) error {
		p, last := problem.From(err), k.shared(t).lastError
		if p == nil || p.Class() == problem.Stop || *last == nil || (*last).Class() != problem.Stop {
			*last = p
		}
		if p == nil && learn != nil {
			learn(t)
		}
		return nil
	})
	return errors.Join(err, saveErr)
}

// disconnect revokes the grant, deletes the tokens and pauses the exporters that need the connection.
func (k kind[K, T]) disconnect(ctx context.Context, d *Desk, id K, t T) (T, error) {
	s := k.shared(&t)
	owed, err := k.forget(ctx, d.core, s)
	if err != nil {
		return t, err
	}
	paused, err := d.pause(ctx, export.Pause{Reason: k.left, Who: s.name, Since: d.o.Now()}, k.users(id))
	if err != nil {
		return t, err
	}
	d.audit(ctx, d.who, k.action+".disconnect", string(id), s.name)
	return k.update(ctx, id, func(t *T) error {
		s := k.shared(t)
		*s.status, *s.lastError, *s.paused = export.Disconnected, owed, append(*s.paused, paused...)
		*s.lostAt = d.o.Now()
		return nil
	})
}

// drop disconnects and deletes. leave takes care of the exporters that need the connection; it comes first, so that
// runs which lose the connection see why.
func (k kind[K, T]) drop(ctx context.Context, d *Desk, id K, t T, leave func() error) error {
	s := k.shared(&t)
	if err := leave(); err != nil {
		return err
	}
	if _, err := k.forget(ctx, d.core, s); err != nil {
		return err
	}
	d.audit(ctx, d.who, k.action+".delete", string(id), s.name)
	return k.remove(ctx, id)
}

// markEnded records that the provider has ended the grant.
func (k kind[K, T]) markEnded(ctx context.Context, c *core, id K, why *problem.Problem) {
	k.note(ctx, c, id, func(t *T) {
		s := k.shared(t)
		if *s.status == export.Connected {
			*s.status = export.ReconnectRequired
			*s.lostAt = earliest(*s.lostAt, c.o.Now())
		}
		*s.lastError = why
	})
}

// note stores what the program has learnt by itself. If the connection has been deleted meanwhile, it does nothing.
func (k kind[K, T]) note(ctx context.Context, c *core, id K, change func(*T)) {
	_, err := k.update(ctx, id, func(t *T) error { change(t); return nil })
	if err != nil && !errors.Is(err, export.ErrNotFound) {
		c.o.Logger.ErrorContext(ctx, "connection state was not stored",
			"kind", k.noun, "id", string(id), "error", err.Error())
	}
}
