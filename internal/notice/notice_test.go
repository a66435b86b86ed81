package notice

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"ledgersheet/internal/export"
	"ledgersheet/internal/storetest"
)

var noon = time.Date(2026, 3, 29, 12, 0, 0, 0, time.UTC)

type failer interface {
	Helper()
	Fatal(args ...any)
}

func must(t failer, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// inbox is a channel that takes messages, or fails as it is told.
type inbox struct {
	mu   sync.Mutex
	sent []Message
	fail []error // of the next messages
	lose bool    // it takes the message, and the answer is lost
}

func (c *inbox) Check(string) string { return "" }

func (c *inbox) Send(_ context.Context, _ Rule, m Message) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.fail) > 0 {
		err := c.fail[0]
		c.fail = c.fail[1:]
		if c.lose {
			c.sent = append(c.sent, m)
		}
		return "", err
	}
	c.sent = append(c.sent, m)
	return "Taken.", nil
}

func (c *inbox) all() []Message {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.sent)
}

// deadStore is a store whose process dies before the n-th write from now; 0 means that it lives.
type deadStore struct {
	export.Store
	dies int
}

var errDead = errors.New("killed")

func (s *deadStore) ChangeNotices(ctx context.Context, changes []export.NoticeRecord) error {
	if s.dies > 0 {
		if s.dies--; s.dies == 0 {
			return errDead
		}
	}
	return s.Store.ChangeNotices(ctx, changes)
}

// desk is a dispatcher whose causes the test sets.
type desk struct {
	t      failer
	ctx    context.Context
	store  *deadStore
	box    *inbox
	d      *Dispatcher
	mu     sync.Mutex // protects causes while the dispatcher is at work
	causes []Cause
}

// happen changes the causes while the dispatcher is at work.
func (x *desk) happen(causes ...Cause) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.causes = causes
}

func newDesk(t failer, ctx context.Context) *desk {
	x := &desk{t: t, ctx: ctx, store: &deadStore{Store: storetest.NewMemory()}, box: &inbox{}}
	x.restart()
	return x
}

// restart begins anew with what is in the store.
func (x *desk) restart() {
	x.d = New(Options{
		Store: x.store, Channels: map[Kind]Channel{Mail: x.box, Webhook: x.box}, BaseURL: "https://s.example",
		Logger: slog.New(slog.DiscardHandler),
		Causes: func(_ context.Context, among []export.RealmID) ([]Cause, error) {
			x.mu.Lock()
			defer x.mu.Unlock()
			return slices.DeleteFunc(slices.Clone(x.causes), func(c Cause) bool {
				return among != nil && !slices.Contains(among, c.Company)
			}), nil
		},
	})
}

func (x *desk) add(r Rule) Rule {
	x.t.Helper()
	r.CreatedAt = noon
	if r.Kind == "" {
		r.Kind, r.To = Mail, "ann@example.com"
	}
	r, err := x.d.Add(x.ctx, r)
	must(x.t, err)
	return r
}

// pass looks and sends, and returns what has arrived.
func (x *desk) pass(now time.Time) []Message {
	x.t.Helper()
	before := len(x.box.all())
	must(x.t, x.d.Look(x.ctx, now, true))
	_, err := x.d.Deliver(x.ctx, now)
	must(x.t, err)
	return x.box.all()[before:]
}

func lost(key string) Cause {
	return Cause{
		Key: key, Code: "company_reconnect_required", Title: "Access to " + key + " has ended.",
		Action: "Press Reconnect.", Path: "/connections?q=" + key, Button: "Open the connection",
		On: []Event{NeedsYou, Failure}, Company: export.RealmID(key), Waiting: []Named{{"exp_1", "Open invoices"}},
	}
}

func phases(list []Message) []Phase {
	var out []Phase
	for _, m := range list {
		out = append(out, m.Phase)
	}
	return out
}

func TestOneNoticeForEachCause(t *testing.T) {
	t.Parallel()
	x := newDesk(t, t.Context())
	x.add(Rule{On: []Event{NeedsYou, Recovery}})
	for _, step := range []struct {
		after time.Duration
		there bool
		want  []Phase
	}{
		{0, false, nil},
		{time.Minute, true, []Phase{Opened}},
		{2 * time.Minute, true, nil},
		{20 * time.Hour, true, nil},
		{25 * time.Hour, true, []Phase{Still}},
		{26 * time.Hour, true, nil},
		{7 * 24 * time.Hour, true, nil},
		{8*24*time.Hour + 2*time.Hour, true, []Phase{Still}},
		{9 * 24 * time.Hour, false, []Phase{Recovered}},
		{10 * 24 * time.Hour, false, nil},
		{11 * 24 * time.Hour, true, []Phase{Opened}},
	} {
		x.restart() // tells nothing twice and forgets nothing
		x.causes = nil
		if step.there {
			x.causes = []Cause{lost("9130")}
		}
		got := x.pass(noon.Add(step.after))
		if !slices.Equal(phases(got), step.want) {
			t.Errorf("after %v: %v, want %v", step.after, phases(got), step.want)
		}
		for _, m := range got {
			lands := "https://s.example/connections?q=9130"
			if m.Phase == Recovered {
				lands = "https://s.example/"
			}
			if m.Cause != mark("9130") || m.Link.URL != lands || m.ID == "" {
				t.Errorf("after %v: %+v", step.after, m)
			}
		}
	}
}

func TestWhoIsTold(t *testing.T) {
	t.Parallel()
	x := newDesk(t, t.Context())
	warning := lost("7")
	warning.On, warning.Warning = []Event{Difference}, true
	x.causes = []Cause{lost("9130"), warning}
	for to, r := range map[string]Rule{
		"all":     {On: []Event{Failure, Difference}},
		"one":     {On: []Event{Failure, Difference}, Companies: []export.RealmID{"7"}},
		"other":   {On: []Event{Failure}, Companies: []export.RealmID{"8"}},
		"event":   {On: []Event{Recovery, Stale}},
		"differ":  {On: []Event{Difference}},
		"nothing": {On: []Event{Failure}, Exporters: []export.ID{"exp_2"}},
	} {
		r.Kind, r.To, r.CreatedBy = Mail, to, to
		x.add(r)
	}
	x.pass(noon)
	got := map[string]int{}
	rules, err := x.d.Rules(t.Context())
	must(t, err)
	for _, r := range rules {
		if !r.SentAt.IsZero() {
			got[r.To]++
		}
	}
	if len(got) != 3 || got["all"] == 0 || got["one"] == 0 || got["differ"] == 0 || len(x.box.all()) != 4 {
		t.Errorf("told %v, %d messages", got, len(x.box.all()))
	}
}

// A cause that goes away by itself within its time is not told, and one whose exporter is running is not over.
func TestPatience(t *testing.T) {
	t.Parallel()
	x := newDesk(t, t.Context())
	x.add(Rule{On: []Event{Failure, Recovery}})
	late := lost("late")
	late.Settle = 15 * time.Minute
	x.causes = []Cause{late}
	if got := x.pass(noon); len(got) > 0 {
		t.Errorf("told at once: %+v", got)
	}
	x.causes = nil
	x.pass(noon.Add(5 * time.Minute))
	x.causes = []Cause{late}
	x.pass(noon.Add(6 * time.Minute))
	if got := x.pass(noon.Add(20 * time.Minute)); len(got) > 0 {
		t.Errorf("told too early: %+v", got)
	}
	if got := x.pass(noon.Add(22 * time.Minute)); !slices.Equal(phases(got), []Phase{Opened}) {
		t.Errorf("not told: %+v", got)
	}
	must(t, x.store.CreateExporter(t.Context(), export.Exporter{ID: "exp_1", Name: "Open invoices"}))
	_, _, err := x.store.Enqueue(t.Context(), export.Run{
		ID: "run_1", Exporter: export.Exporter{ID: "exp_1"}, Status: export.RunQueued, QueuedAt: noon,
	})
	must(t, err)
	x.causes = nil
	if got := x.pass(noon.Add(30 * time.Minute)); len(got) > 0 {
		t.Errorf("over while a run is under way: %+v", got)
	}
	_, err = x.store.UpdateRun(t.Context(), "run_1", func(r *export.Run) error {
		r.Status = export.RunSucceeded
		return nil
	})
	must(t, err)
	if got := x.pass(noon.Add(31 * time.Minute)); !slices.Equal(phases(got), []Phase{Recovered}) {
		t.Errorf("not over: %+v", got)
	}
}

// TestTellsEverythingOnce lets causes come and go, receivers fail in every way, and the process die before any write.
// In the end each episode has been told, and only repetitions of one id have arrived twice.
// TestEachStageIsTold: an end that comes nearer is told at each stage, also after a restart, and once.
func TestEachStageIsTold(t *testing.T) {
	t.Parallel()
	x := newDesk(t, t.Context())
	x.add(Rule{On: []Event{NeedsYou, Recovery}})
	for _, step := range []struct {
		hours, stage int
		want         []Phase
		line         string
	}{
		{0, 30, []Phase{Opened}, ""},
		{1, 30, nil, ""},
		{2, 7, []Phase{Still}, "It comes within 7 days now."},
		{3, 7, nil, ""},
		{4, 1, []Phase{Still}, "It comes within a day now."},
		{5, 1, nil, ""},
		{6, 30, nil, ""}, // it was renewed for a while; that is no bad news
		{7, 7, []Phase{Still}, "It comes within 7 days now."},
	} {
		x.restart()
		cause := lost("9130")
		cause.Stage, cause.Warning = step.stage, true
		x.causes = []Cause{cause}
		got := x.pass(noon.Add(time.Duration(step.hours) * time.Hour))
		if !slices.Equal(phases(got), step.want) {
			t.Errorf("after %d hours: %v, want %v", step.hours, phases(got), step.want)
		}
		if step.line != "" && !slices.Contains(got[0].Lines, step.line) {
			t.Errorf("after %d hours it says %q", step.hours, got[0].Lines)
		}
	}
}

func TestTellsEverythingOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x := newDesk(t, context.Background())
		x.add(Rule{On: []Event{NeedsYou, Recovery}})
		now := time.Now()
		var episodes []Phase // of the one cause, in order
		step := func() {
			now = now.Add(time.Minute)
			if err := x.d.Look(x.ctx, now, true); err != nil && !errors.Is(err, errDead) {
				t.Fatal(err)
			} else if err != nil {
				x.restart()
				must(t, x.d.Look(x.ctx, now, true))
			}
			if _, err := x.d.Deliver(x.ctx, now.Add(7*time.Hour)); errors.Is(err, errDead) {
				x.restart()
			} else {
				must(t, err)
			}
			x.store.dies = 0
		}
		there := false
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "changes") {
				there = !there
				x.causes = nil
				if there {
					x.causes = []Cause{lost("9130")}
				}
				episodes = append(episodes, map[bool]Phase{true: Opened, false: Recovered}[there])
			}
			x.store.dies = rapid.IntRange(0, 3).Draw(t, "dies")
			x.box.lose = rapid.Bool().Draw(t, "lost answer")
			for range rapid.IntRange(0, 2).Draw(t, "failures") {
				x.box.fail = append(x.box.fail, &SendError{Text: "no"})
			}
			step()
		}
		x.box.fail = nil
		for range 3 {
			x.restart()
			step()
		}
		seen := map[export.ID]bool{}
		var told []Phase
		for _, m := range x.box.all() {
			if !seen[m.ID] {
				seen[m.ID] = true
				told = append(told, m.Phase)
			}
		}
		// An episode that was over before its notice had been tried is told by its end alone.
		n := 0
		for _, p := range episodes {
			switch {
			case n < len(told) && told[n] == p:
				n++
			case p == Opened && n < len(told) && told[n] == Recovered:
			default:
				t.Fatalf("told %v of %v", told, episodes)
			}
		}
		if n != len(told) {
			t.Fatalf("told %v of %v", told, episodes)
		}
		if waiting, err := x.d.outbox(x.ctx); err != nil || len(waiting) > 0 {
			t.Fatalf("still waiting: %v, %v", waiting, err)
		}
	})
}

// TestKilledBetweenSendingAndNoting sends again, under the same id.
func TestKilledBetweenSendingAndNoting(t *testing.T) {
	t.Parallel()
	x := newDesk(t, t.Context())
	x.add(Rule{On: []Event{Failure}})
	x.causes = []Cause{lost("9130")}
	must(t, x.d.Look(t.Context(), noon, true))
	x.store.dies = 1
	if _, err := x.d.Deliver(t.Context(), noon); !errors.Is(err, errDead) {
		t.Fatalf("got %v", err)
	}
	x.restart()
	x.pass(noon.Add(time.Minute))
	x.pass(noon.Add(2 * time.Minute))
	got := x.box.all()
	if len(got) != 2 || got[0].ID != got[1].ID {
		t.Errorf("arrived: %+v", got)
	}
}

func TestRetries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := newDesk(t, t.Context())
		r := x.add(Rule{On: []Event{Failure}})
		x.causes = []Cause{lost("9130")}
		for range 5 {
			x.box.fail = append(x.box.fail, &SendError{Text: "The host could not be reached."})
		}
		x.d.Start(t.Context())
		defer x.d.Stop()
		time.Sleep(10 * time.Second)
		h, err := x.d.Rule(t.Context(), r.ID)
		must(t, err)
		if h.Error != "The host could not be reached." || h.Refused || h.Pending != 1 {
			t.Errorf("after the first try: %+v", h.Health)
		}
		time.Sleep(5 * time.Minute)
		if n := len(x.box.all()); n > 0 {
			t.Errorf("%d arrived early", n)
		}
		time.Sleep(25 * time.Minute)
		if h, err = x.d.Rule(t.Context(), r.ID); err != nil || h.Error != "" || h.Pending != 0 ||
			len(x.box.all()) != 1 {
			t.Errorf("in the end: %+v, %v, %d arrived", h.Health, err, len(x.box.all()))
		}
	})
}

// TestRefused proves that a message which is refused for good holds nothing else up, is shown, and is given up.
func TestRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := newDesk(t, t.Context())
		r := x.add(Rule{On: []Event{Failure}})
		refusal := &SendError{Text: "The receiver answered 404.", Lasting: true}
		x.box.fail = []error{refusal}
		x.causes = []Cause{lost("1"), lost("2")}
		x.d.Start(t.Context())
		defer x.d.Stop()
		time.Sleep(time.Minute)
		if got := x.box.all(); len(got) != 1 || got[0].Company != "2" {
			t.Fatalf("arrived: %+v", got)
		}
		for range 10 {
			x.box.fail = append(x.box.fail, refusal)
		}
		time.Sleep(19 * time.Hour)
		h, err := x.d.Rule(t.Context(), r.ID)
		must(t, err)
		if !h.Refused || h.Error != refusal.Text || h.Lost != 1 || h.Pending != 0 {
			t.Errorf("in the end: %+v", h.Health)
		}
		if _, err := x.d.Test(t.Context(), r.ID); !errors.Is(err, refusal) {
			t.Errorf("the test: %v", err)
		}
		x.box.fail = nil
		answer, err := x.d.Test(t.Context(), r.ID)
		if h, _ = x.d.Rule(t.Context(), r.ID); err != nil || answer != "Taken." || h.Error != "" || h.Lost != 0 {
			t.Errorf("the test: %q, %v, %+v", answer, err, h.Health)
		}
	})
}

// TestQuietHours plays nights in New York, one of which has daylight saving begin.
func TestQuietHours(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		loc, err := time.LoadLocation("America/New_York")
		must(t, err)
		x := newDesk(t, t.Context())
		x.add(Rule{On: []Event{Failure}, Quiet: Quiet{"22:00", "07:00"}, Timezone: "America/New_York"})
		time.Sleep(time.Until(time.Date(2000, 3, 30, 12, 0, 0, 0, loc)))
		x.d.Start(t.Context())
		defer x.d.Stop()
		arrived := map[string]bool{}
		for night := range 7 {
			day := time.Now().In(loc)
			late := time.Date(day.Year(), day.Month(), day.Day(), 23, 30, 0, 0, loc)
			time.Sleep(time.Until(late))
			before := len(x.box.all())
			x.happen(lost(fmt.Sprint(night)))
			time.Sleep(time.Until(time.Date(day.Year(), day.Month(), day.Day()+1, 6, 59, 0, 0, loc)))
			if n := len(x.box.all()) - before; n > 0 {
				t.Fatalf("%d arrived in the night of %v", n, day)
			}
			time.Sleep(2*time.Minute + 10*time.Second)
			if n := len(x.box.all()) - before; n != 1 {
				t.Fatalf("%d arrived in the morning after %v", n, day)
			}
			arrived[day.Format(time.DateOnly)] = true
			time.Sleep(time.Hour)
		}
		if len(arrived) != 7 {
			t.Errorf("%d mornings", len(arrived))
		}
	})
}

func TestQuietUntil(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ from, to, now, want string }{
		{"22:00", "07:00", "2026-03-07T21:59:59", ""}, {"22:00", "07:00", "2026-03-07T22:00:00", "2026-03-08T07:00:00"},
		{"22:00", "07:00", "2026-03-08T06:59:59", "2026-03-08T07:00:00"}, {"22:00", "07:00", "2026-03-08T07:00:00", ""},
		{"12:00", "13:00", "2026-03-08T12:30:00", "2026-03-08T13:00:00"}, {"12:00", "13:00", "2026-03-08T14:00:00", ""},
		{"", "", "2026-03-08T03:00:00", ""},
	} {
		loc, _ := time.LoadLocation("America/New_York")
		now, err := time.ParseInLocation("2006-01-02T15:04:05", test.now, loc)
		must(t, err)
		got := ""
		until := Rule{Quiet: Quiet{test.from, test.to}, Timezone: "America/New_York"}.quietUntil(now)
		if !until.IsZero() {
			got = until.In(loc).Format("2006-01-02T15:04:05")
		}
		if got != test.want {
			t.Errorf("%s to %s at %s: %q, want %q", test.from, test.to, test.now, got, test.want)
		}
	}
}

func TestRemove(t *testing.T) {
	t.Parallel()
	x := newDesk(t, t.Context())
	r := x.add(Rule{On: Events()[:7]})
	x.causes = []Cause{lost("9130")}
	x.box.fail = []error{&SendError{Text: "no"}}
	x.pass(noon)
	must(t, x.d.Remove(t.Context(), r.ID))
	if all, err := x.store.NoticeRecords(t.Context(), ""); err != nil || len(all) > 0 {
		t.Errorf("left: %v, %v", all, err)
	}
	if err := x.d.Remove(t.Context(), r.ID); !errors.Is(err, export.ErrNotFound) {
		t.Errorf("again: %v", err)
	}
}

// TestNothingNewWritesNothing keeps the store quiet while nothing changes.
func TestNothingNewWritesNothing(t *testing.T) {
	t.Parallel()
	x := newDesk(t, t.Context())
	x.add(Rule{On: Events()[:7]})
	x.causes = []Cause{lost("9130"), lost("7")}
	x.pass(noon)
	x.store.dies = 1 // the next write fails
	for i := range 30 {
		must(t, x.d.Look(t.Context(), noon.Add(time.Duration(i)*time.Minute), true))
	}
}

// TestEndedBeforeItArrived proves that what is over before its notice could be sent is told all the same, as over.
func TestEndedBeforeItArrived(t *testing.T) {
	t.Parallel()
	x := newDesk(t, t.Context())
	x.add(Rule{On: []Event{Failure}})
	x.causes = []Cause{lost("9130")}
	x.box.fail = []error{&SendError{Text: "no"}}
	x.pass(time.Now())
	x.causes = nil
	got := x.pass(time.Now().Add(time.Hour))
	if len(got) != 1 || got[0].Phase != Opened || len(got[0].Lines) != 1 ||
		!strings.HasPrefix(got[0].Lines[0], "It has ended meanwhile, on ") {
		t.Errorf("got %+v", got)
	}
}
