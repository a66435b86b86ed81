package notice

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

const (
	// sendTimeout bounds one attempt.
	sendTimeout = 30 * time.Second
	// attachTimeout bounds one that first has to read what is attached.
	attachTimeout = 5 * time.Minute
	// sendIdle is how long the sender sleeps when nothing is due.
	sendIdle = time.Minute
	// atOnce is how many rules are served at a time.
	atOnce = 4
	// inARow is how many messages a rule sends before it makes room for others.
	inARow = 20
	// giveUpAfter is how long a message is tried.
	giveUpAfter = 3 * 24 * time.Hour
	// refusalWait is the time between two attempts of a message that was refused, and mostRefusals how many there are.
	refusalWait  = 6 * time.Hour
	mostRefusals = 4
	// longestAfter bounds what a receiver may ask for.
	longestAfter = 6 * time.Hour
)

// backoff returns how long to wait after the n-th attempt, from 1 on.
func backoff(n int) time.Duration {
	waits := []time.Duration{
		30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour,
	}
	if n > len(waits) {
		return 2 * time.Hour
	}
	return waits[n-1]
}

// deliver sends what is due, again and again.
func (d *Dispatcher) deliver(ctx context.Context) {
	for {
		wait, err := d.deliverSafely(ctx)
		if err != nil && ctx.Err() == nil {
			d.log.ErrorContext(ctx, "notices could not be sent", "error", err.Error())
		}
		if !pause(ctx, max(wait, 10*time.Millisecond), d.send) {
			return
		}
	}
}

// deliverSafely is Deliver, and goes on after a panic in it.
func (d *Dispatcher) deliverSafely(ctx context.Context) (wait time.Duration, err error) {
	wait = sendIdle //nolint:wastedassign // a panic leaves it
	defer problem.Recover(&err)
	return d.Deliver(ctx, time.Now())
}

// Deliver sends what is due now, each rule's messages in order, and returns when to look again.
func (d *Dispatcher) Deliver(ctx context.Context, now time.Time) (wait time.Duration, err error) {
	rules, waiting, err := d.readAll(ctx)
	if err != nil {
		return sendIdle, err
	}
	return d.serve(ctx, rules, waiting, now)
}

// readAll returns all rules and what is to be sent, as they are at one moment.
func (d *Dispatcher) readAll(ctx context.Context) (rules []Rule, waiting map[export.ID][]delivery, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if rules, err = d.rules(ctx); err != nil {
		return nil, nil, err
	}
	waiting, err = d.outbox(ctx)
	return rules, waiting, err
}

func (d *Dispatcher) serve(
	ctx context.Context, rules []Rule, waiting map[export.ID][]delivery, now time.Time,
) (wait time.Duration, err error) {
	wait = sendIdle // a panic leaves it
	slots := make(chan struct{}, atOnce)
	var (
		serving sync.WaitGroup
		mu      sync.Mutex // protects wait and failed
		failed  []error
	)
	for _, r := range rules {
		if len(waiting[r.ID]) == 0 {
			continue
		}
		slots <- struct{}{}
		serving.Go(func() {
			defer func() { <-slots }()
			next, err := sendIdle, error(nil)
			func() {
				defer problem.Recover(&err)
				next, err = d.serveRule(ctx, r, waiting[r.ID], now)
			}()
			mu.Lock()
			defer mu.Unlock()
			wait, failed = min(wait, next), append(failed, err)
		})
	}
	serving.Wait()
	return wait, errors.Join(failed...)
}

// serveRule sends a rule's messages in order, until one does not arrive for now. It returns when to go on.
func (d *Dispatcher) serveRule(
	ctx context.Context, r Rule, list []delivery, now time.Time,
) (wait time.Duration, err error) {
	if until := r.quietUntil(now); !until.IsZero() {
		return min(max(until.Sub(now), 0), sendIdle), nil
	}
	for i, o := range list {
		if i == inARow || ctx.Err() != nil {
			return 0, nil
		}
		if o.NotBefore.After(now.Add(longestAfter)) { // the clock was set back
			o.NotBefore = now
		}
		if o.NotBefore.After(now) {
			if o.Refusals > 0 {
				continue // others need not wait for it
			}
			return o.NotBefore.Sub(now), nil
		}
		arrived, err := d.attempt(ctx, r, o)
		if err != nil {
			return sendIdle, err
		}
		if !arrived {
			return 0, nil // to be read again, with its new time
		}
	}
	return sendIdle, nil
}

// attempt sends a message and stores what came of it. It returns false if those after it have to wait.
func (d *Dispatcher) attempt(ctx context.Context, r Rule, o delivery) (goOn bool, err error) {
	d.mark(o, true)
	defer d.mark(o, false)
	_, sendErr := d.sendTo(ctx, r, o.Message)
	if ctx.Err() != nil {
		return false, nil // the service stops, which says nothing about the receiver
	}
	// What was sent is noted even if the service stops just now.
	ctx = context.WithoutCancel(ctx)
	d.mu.Lock()
	defer d.mu.Unlock()
	there, err := d.stillThere(ctx, r, o)
	if err != nil || !there {
		return true, err
	}
	health, err := d.health(ctx, r.ID)
	if err != nil {
		return false, err
	}
	now := time.Now()
	var c changes
	goOn = d.settle(r, &o, &health, &c, sendErr, now)
	if err := c.put(healthPrefix+string(r.ID), health); err != nil {
		return false, err
	}
	if err := d.o.Store.ChangeNotices(ctx, c); err != nil {
		return false, fmt.Errorf("storing what came of a notice: %w", err)
	}
	return goOn, nil
}

func (d *Dispatcher) mark(o delivery, sending bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if sending {
		d.sending[o.Message.ID] = true
	} else {
		delete(d.sending, o.Message.ID)
	}
}

// sendTo sends a message through a rule's channel.
func (d *Dispatcher) sendTo(ctx context.Context, r Rule, m Message) (answer string, err error) {
	channel, err := d.channelFor(r)
	if err != nil {
		return "", &SendError{Text: plain(err)}
	}
	timeout := sendTimeout
	if len(m.Attached()) > 0 {
		timeout = attachTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return channel.Send(ctx, r, m)
}

// settle decides what becomes of a delivery after an attempt. It returns false if those after it have to wait.
func (d *Dispatcher) settle(r Rule, o *delivery, h *Health, c *changes, sendErr error, now time.Time) (goOn bool) {
	if sendErr == nil {
		c.remove(o.key())
		*h = Health{SentAt: now}
		return true
	}
	failure := failureOf(sendErr)
	if h.Error == "" {
		h.Since = now
	}
	h.Error, h.Refused = failure.Text, failure.Lasting
	o.Attempts++
	wait := max(backoff(o.Attempts), min(failure.After, longestAfter))
	if failure.Lasting {
		o.Refusals++
		wait = refusalWait
	}
	d.log.Warn("a notice did not arrive", "notice", string(o.Message.ID), "rule", string(r.ID),
		"kind", string(r.Kind), "attempt", o.Attempts, "refused", failure.Lasting, "error", failure.Text)
	if o.Refusals >= mostRefusals || now.Sub(o.CreatedAt) > giveUpAfter {
		h.Lost++
		c.remove(o.key())
		return true
	}
	o.NotBefore = now.Add(wait)
	if err := c.put(o.key(), *o); err != nil {
		d.log.Error("a notice was not stored", "error", err.Error())
	}
	return failure.Lasting
}

// failureOf returns an error as a SendError. Other errors are not shown to people.
func failureOf(err error) *SendError {
	if failure, ok := errors.AsType[*SendError](err); ok {
		return failure
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &SendError{Text: "There was no answer in time."}
	}
	return &SendError{Text: "It could not be sent; the log says more."}
}

// stillThere reports whether neither the rule nor the delivery has gone while it was sent.
func (d *Dispatcher) stillThere(ctx context.Context, r Rule, o delivery) (bool, error) {
	rules, err := d.rules(ctx)
	if err != nil {
		return false, err
	}
	if !slices.ContainsFunc(rules, func(x Rule) bool { return x.ID == r.ID }) {
		return false, nil
	}
	found, err := read[delivery](ctx, d.o.Store, o.key())
	return len(found) > 0, err
}

func (d *Dispatcher) health(ctx context.Context, rule export.ID) (Health, error) {
	all, err := read[Health](ctx, d.o.Store, healthPrefix+string(rule))
	return all[""], err
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// sameIncident reports whether there is nothing new to be stored.
func sameIncident(a, b incident) bool {
	was, errA := json.Marshal(a)
	is, errB := json.Marshal(b)
	return errA == nil && errB == nil && bytes.Equal(was, is)
}
