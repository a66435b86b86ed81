package notice

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/export"
)

// brokenStore is a store that can be neither written nor read.
type brokenStore struct {
	Store
	broken bool
}

var errBroken = errors.New("broken")

func (s *brokenStore) NoticeRecords(ctx context.Context, prefix string) ([]export.NoticeRecord, error) {
	if s.broken {
		return nil, errBroken
	}
	return s.Store.NoticeRecords(ctx, prefix)
}

func (s *brokenStore) ChangeNotices(ctx context.Context, changes []export.NoticeRecord) error {
	if s.broken {
		return errBroken
	}
	return s.Store.ChangeNotices(ctx, changes)
}

// TestAlarmNeedsNoStore: who is told of what fails, or of what needs a person, is told of a store that can not even be
// read, once, again after a day, and when it is over; not before it has lasted a while, and in no quiet hours.
func TestAlarmNeedsNoStore(t *testing.T) {
	t.Parallel()
	x := newDesk(t, t.Context())
	store := &brokenStore{Store: x.store}
	x.d.o.Store = store
	x.add(Rule{On: []Event{Failure, Recovery, DigestEvent}, Tags: []string{"sales"}})
	x.add(Rule{On: []Event{NeedsYou}, Companies: []export.RealmID{"7"}, Quiet: Quiet{From: "00:00", To: "23:00"}})
	x.add(Rule{On: []Event{Difference, Recovery, DigestEvent}})
	var trouble *Cause
	a := x.d.NewAlarm(func() (Cause, bool) {
		if trouble == nil {
			return Cause{}, false
		}
		return *trouble, true
	})
	pass := func(after time.Duration) (got []Phase) {
		t.Helper()
		before, now := len(x.box.all()), noon.Add(after)
		must(t, a.Look(x.ctx, now, true))
		_, err := a.Deliver(x.ctx, now)
		must(t, err)
		return phases(x.box.all()[before:])
	}
	for _, step := range []struct {
		after             time.Duration
		broken, inTrouble bool
		want              []Phase
	}{
		{0, false, false, nil},
		{time.Minute, true, true, nil}, // it may pass
		{3 * time.Minute, true, true, []Phase{Opened}},
		{time.Hour, true, true, nil},
		{11*time.Hour + time.Minute, true, true, []Phase{Opened}}, // the other's quiet hours are over
		{12 * time.Hour, true, true, nil},
		{25 * time.Hour, true, true, []Phase{Still}}, // the other sleeps
		{26 * time.Hour, false, false, []Phase{Recovered}},
		{27 * time.Hour, false, false, nil},
		{35*time.Hour + time.Minute, false, false, []Phase{Still}}, // it was to be told, and says that it has ended
		{40 * time.Hour, false, false, nil},
		{41 * time.Hour, false, true, nil},
		{42 * time.Hour, false, true, []Phase{Opened}},
	} {
		store.broken = step.broken
		if trouble = nil; step.inTrouble {
			trouble = &Cause{
				Key: "store", Code: "store_in_trouble", Title: "The disk is full.", Path: "/",
				On: []Event{NeedsYou, Failure}, Settle: time.Minute,
			}
		}
		if got := pass(step.after); !slices.Equal(got, step.want) {
			t.Errorf("after %v: %v, want %v", step.after, got, step.want)
		}
	}
}

// TestPanicsAreSurvived: what panics while it is found out what to tell, or in a channel, ends nothing.
func TestPanicsAreSurvived(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := newDesk(t, t.Context())
		r := x.add(Rule{On: []Event{NeedsYou}})
		bad := &panicky{inbox: x.box, left: 2}
		x.d.o.Channels[Mail] = bad
		causes, left := x.d.o.Causes, 2
		x.d.o.Causes = func(ctx context.Context, among []export.RealmID) ([]Cause, error) {
			if left--; left >= 0 {
				panic("a fault of ours")
			}
			return causes(ctx, among)
		}
		x.causes = []Cause{lost("9130")}
		x.d.Start(x.ctx)
		time.Sleep(20 * time.Minute)
		x.d.Stop()
		if got := phases(x.box.all()); !slices.Equal(got, []Phase{Opened}) || bad.left > 0 || left > 0 {
			t.Errorf("told %v by %s", got, r.ID)
		}
	})
}

// panicky is a channel that panics a number of times.
type panicky struct {
	*inbox
	left int
}

func (p *panicky) Send(ctx context.Context, r Rule, m Message) (string, error) {
	if p.left > 0 {
		p.left--
		panic("a fault of ours")
	}
	return p.inbox.Send(ctx, r, m)
}
