package notice

import (
	"context"
	"fmt"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// Listed is a rule with how its notices have fared.
type Listed struct {
	Rule
	Health
}

// Rules returns all rules, with their addresses and secrets.
func (d *Dispatcher) Rules(ctx context.Context) ([]Listed, error) {
	rules, err := d.rules(ctx)
	if err != nil {
		return nil, err
	}
	waiting, err := d.outbox(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]Listed, len(rules))
	for i, r := range rules {
		h, err := d.health(ctx, r.ID)
		if err != nil {
			return nil, err
		}
		h.Pending = len(waiting[r.ID])
		list[i] = Listed{r, h}
	}
	return list, nil
}

// Rule returns one rule.
func (d *Dispatcher) Rule(ctx context.Context, id export.ID) (Listed, error) {
	all, err := d.Rules(ctx)
	if err != nil {
		return Listed{}, err
	}
	for _, r := range all {
		if r.ID == id {
			return r, nil
		}
	}
	return Listed{}, export.ErrNotFound
}

// Add stores a rule, with what was left out filled in. It returns a problem if something in it is wrong.
func (d *Dispatcher) Add(ctx context.Context, r Rule) (Rule, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	all, err := d.rules(ctx)
	if err != nil {
		return r, err
	}
	if len(all) >= mostRules {
		return r, problem.New(problem.Conflict, "There are %d notices already.", mostRules).
			WithHint("Delete one that nobody needs any more.")
	}
	if r.CreatedAt.IsZero() {
		r.CreatedAt = time.Now()
	}
	r.prepare()
	if err := r.validate(d.checkAddress); err != nil {
		return r, err
	}
	if r.ID == "" {
		r.ID = export.NewID("ntc", r.CreatedAt)
	}
	var c changes
	if err := c.put(rulePrefix+string(r.ID), r); err != nil {
		return r, err
	}
	if err := d.o.Store.ChangeNotices(ctx, c); err != nil {
		return r, fmt.Errorf("storing a notice's rule: %w", err)
	}
	poke(d.wake)
	return r, nil
}

func (d *Dispatcher) checkAddress(r Rule) string {
	channel, err := d.channelFor(r)
	if err != nil {
		return plain(err)
	}
	return channel.Check(r.To)
}

// plain returns an error's text for people.
func plain(err error) string { return problem.From(err).Message }

// Change changes a rule, and returns it as stored. It returns a problem if something in it is wrong then, and
// export.ErrNotFound if there is none that is stored. What is still to be sent goes to the new address, at once.
func (d *Dispatcher) Change(ctx context.Context, id export.ID, change func(*Rule) error) (Rule, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	found, err := read[Rule](ctx, d.o.Store, rulePrefix+string(id))
	if err != nil {
		return Rule{}, err
	}
	old, there := found[""]
	if !there {
		return Rule{}, export.ErrNotFound
	}
	r := old
	if err := change(&r); err != nil {
		return old, err
	}
	r.ID, r.CreatedAt, r.CreatedBy, r.ChangedAt = old.ID, old.CreatedAt, old.CreatedBy, old.ChangedAt
	if r.Kind != old.Kind && r.Secret == old.Secret {
		r.Secret = ""
	}
	r.prepare()
	if err := r.validate(d.checkAddress); err != nil {
		return old, err
	}
	var c changes
	if err := d.follow(ctx, &c, old, &r); err != nil {
		return old, err
	}
	if err := c.put(rulePrefix+string(id), r); err != nil {
		return old, err
	}
	if err := d.o.Store.ChangeNotices(ctx, c); err != nil {
		return old, fmt.Errorf("storing a notice's rule: %w", err)
	}
	poke(d.wake)
	poke(d.send)
	return r, nil
}

// follow adds what follows from the change of a rule.
func (d *Dispatcher) follow(ctx context.Context, c *changes, old Rule, r *Rule) error {
	now := time.Now()
	if !r.sameSubject(old) {
		r.ChangedAt = now
		known, err := read[incident](ctx, d.o.Store, incidentPrefix(r.ID))
		if err != nil {
			return err
		}
		for _, i := range known {
			i.Unsure = true
			if err := c.put(i.key(), i); err != nil {
				return err
			}
		}
	}
	if r.Digest != old.Digest || r.Timezone != old.Timezone || !r.wants(DigestEvent) {
		c.remove(digestPrefix + string(r.ID)) // planned anew
	}
	if r.Kind == old.Kind && r.To == old.To {
		return nil
	}
	c.remove(healthPrefix + string(r.ID))
	waiting, err := d.outbox(ctx)
	if err != nil {
		return err
	}
	for _, o := range waiting[r.ID] {
		o.NotBefore, o.Attempts, o.Refusals = time.Time{}, 0, 0
		if err := c.put(o.key(), o); err != nil {
			return err
		}
	}
	return nil
}

// Remove deletes a rule and what is still to be sent for it. It returns export.ErrNotFound if there is none.
func (d *Dispatcher) Remove(ctx context.Context, id export.ID) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	found, err := read[Rule](ctx, d.o.Store, rulePrefix+string(id))
	if err != nil {
		return err
	}
	if _, there := found[""]; !there {
		return export.ErrNotFound
	}
	waiting, err := d.outbox(ctx)
	if err != nil {
		return err
	}
	known, err := read[incident](ctx, d.o.Store, incidentPrefix(id))
	if err != nil {
		return err
	}
	var c changes
	for _, prefix := range []string{rulePrefix, healthPrefix, digestPrefix} {
		c.remove(prefix + string(id))
	}
	for _, o := range waiting[id] {
		c.remove(o.key())
	}
	for _, i := range known {
		c.remove(i.key())
	}
	if err := d.o.Store.ChangeNotices(ctx, c); err != nil {
		return fmt.Errorf("deleting a notice's rule: %w", err)
	}
	return nil
}

// Test sends a message for trial at once, whatever the time, and returns what the receiver answered. The error of a
// message that did not arrive is a *SendError. One that arrived makes those that wait go at once.
func (d *Dispatcher) Test(ctx context.Context, id export.ID) (answer string, err error) {
	r, err := d.Rule(ctx, id)
	if err != nil {
		return "", err
	}
	now := time.Now()
	answer, err = d.sendTo(ctx, r.Rule, Message{
		ID: export.NewID("ntf", now), At: now, Phase: Trial, Code: "test", Title: "Notices arrive here.",
		Lines: []string{"Somebody has pressed Send test, and this is it. Nothing needs to be done."},
		Link:  Link{"Open the settings", d.o.BaseURL + "/settings#notices"}, Zone: r.Timezone,
	})
	if err != nil {
		return "", failureOf(err)
	}
	return answer, d.noteArrival(ctx, id, now)
}

// noteArrival notes that something has arrived, and lets go what waited because earlier things had not.
func (d *Dispatcher) noteArrival(ctx context.Context, id export.ID, now time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	waiting, err := d.outbox(ctx)
	if err != nil {
		return err
	}
	var c changes
	if err := c.put(healthPrefix+string(id), Health{SentAt: now}); err != nil {
		return err
	}
	for _, o := range waiting[id] {
		o.NotBefore = time.Time{}
		if err := c.put(o.key(), o); err != nil {
			return err
		}
	}
	if err := d.o.Store.ChangeNotices(ctx, c); err != nil {
		return fmt.Errorf("storing what came of a notice: %w", err)
	}
	poke(d.send)
	return nil
}

// Ready returns why a kind of notice cannot be sent; empty if it can.
func (d *Dispatcher) Ready(k Kind) (why string) {
	if _, err := d.channelFor(Rule{Kind: k}); err != nil {
		return plain(err)
	}
	return ""
}
