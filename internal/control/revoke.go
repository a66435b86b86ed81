package control

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// revokeLimit is how long a provider may take to end a grant, for which a person waits.
const revokeLimit = 10 * time.Second

// revokeFor is how long it is tried to end a grant whose provider does not say when it ends by itself.
const revokeFor = 100 * 24 * time.Hour

// forget moves a grant among those that are still to be revoked, and revokes it at the provider. If that fails, owed
// says so, and RevokeOwed tries again: the person wants the connection gone in any case.
func (k kind[K, T]) forget(ctx context.Context, c *core, s connection) (owed *problem.Problem, err error) {
	if s.grant == "" {
		return nil, nil
	}
	now := c.o.Now()
	r := export.Revocation{
		ID: export.NewID("rev", now), Key: s.grant, Identity: s.identity, Name: s.name, Since: now,
	}
	r.Grant, err = k.grants.Forget(ctx, s.grant, func(ctx context.Context, newest export.Grant) error {
		r.Grant = newest
		return c.o.Store.RetireGrant(ctx, r)
	})
	if err != nil || r.Grant.RefreshToken == "" {
		return nil, err
	}
	c.revoking.Lock()
	defer c.revoking.Unlock()
	return k.revoke(ctx, c, r), nil
}

// revoke revokes a grant and forgets it. The caller holds c.revoking.
func (k kind[K, T]) revoke(ctx context.Context, c *core, r export.Revocation) (owed *problem.Problem) {
	limited, cancel := context.WithTimeout(ctx, revokeLimit)
	defer cancel()
	if err := k.consents.Revoke(limited, r.Grant); err != nil {
		c.o.Logger.WarnContext(ctx, "grant was not revoked at the provider, which is tried again",
			"connection", string(r.Key), "error", err.Error())
		why := problem.From(err)
		return problem.Wrap(err, k.away, "%s is disconnected here, but %s could not be told: %s", r.Name, k.provider,
			why.Message).WithHint("That is tried again by itself, each hour. It can also be ended at %s.", k.provider)
	}
	if err := c.o.Store.DeleteRevocation(ctx, r.ID); err != nil {
		c.o.Logger.WarnContext(ctx, "a revoked grant was not forgotten", "connection", string(r.Key),
			"error", err.Error())
	}
	return nil
}

// replace stores a new consent's grant. An older grant of the same identity is no longer to be revoked, because that
// would end the new one as well.
func (k kind[K, T]) replace(ctx context.Context, c *core, s connection, grant export.Grant) error {
	c.revoking.Lock()
	defer c.revoking.Unlock()
	if err := k.grants.Replace(ctx, s.grant, grant); err != nil {
		return err
	}
	all, err := c.o.Store.Revocations(ctx)
	if err != nil {
		return fmt.Errorf("reading what is to be revoked: %w", err)
	}
	for _, r := range all {
		if r.Identity != s.identity || providerOf(r.Key) != providerOf(s.grant) {
			continue
		}
		if err := c.o.Store.DeleteRevocation(ctx, r.ID); err != nil {
			return fmt.Errorf("forgetting what was to be revoked: %w", err)
		}
	}
	return nil
}

// providerOf returns the part of a grant's key that names the provider.
func providerOf(key export.GrantKey) string {
	name, _, _ := strings.Cut(string(key), "/")
	return name
}

// RevokeOwed tries again to revoke the grants of connections that people have ended while the provider could not be
// told. It is called now and then.
func (c *Control) RevokeOwed(ctx context.Context) error {
	all, err := c.o.Store.Revocations(ctx)
	if err != nil {
		return fmt.Errorf("reading what is to be revoked: %w", err)
	}
	for _, r := range all {
		if ctx.Err() != nil {
			return nil
		}
		if r.Key == export.CompanyGrant(export.RealmID(r.Identity)) {
			revokeOwed(ctx, c.core, c.companies, export.RealmID(r.Identity), r)
			continue
		}
		revokeOwed(ctx, c.core, c.accounts, export.ID(strings.TrimPrefix(string(r.Key), providerOf(r.Key)+"/")), r)
	}
	return nil
}

// revokeOwed tries one of them again, and clears what the connection says about it.
func revokeOwed[K ~string, T any](ctx context.Context, c *core, k kind[K, T], id K, r export.Revocation) {
	c.revoking.Lock()
	defer c.revoking.Unlock()
	ends := r.Grant.RefreshExpiry
	if ends.IsZero() {
		ends = r.Since.Add(revokeFor)
	}
	if c.o.Now().After(ends) {
		if err := c.o.Store.DeleteRevocation(ctx, r.ID); err != nil && !errors.Is(err, export.ErrNotFound) {
			c.o.Logger.WarnContext(ctx, "an old grant was not forgotten", "error", err.Error())
		}
		return
	}
	if k.revoke(ctx, c, r) != nil {
		return
	}
	k.note(ctx, c, id, func(t *T) {
		if s := k.shared(t); *s.status == export.Disconnected {
			*s.lastError = nil
		}
	})
}
