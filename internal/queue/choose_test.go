package queue

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ledgersheet/internal/export"
)

const testWorker = export.ID("wrk_me")

// dispatching is a model of a queue: what choose names begins at once, and ends when the machine says so.
type dispatching struct {
	limits limits
	now    time.Time
	runs   []export.Run // active, oldest first
	added  int
}

func (d *dispatching) add(t *rapid.T) {
	d.added++
	e := export.Exporter{ID: export.ID(fmt.Sprintf("exp_%d", d.added))}
	e.Companies = rapid.SliceOfN(rapid.SampledFrom([]export.RealmID{"A", "B", "C"}), 1, 3).Draw(t, "companies")
	e.Target.Spreadsheet = rapid.SampledFrom([]string{"", "S", "T"}).Draw(t, "spreadsheet")
	r := export.Run{ID: export.ID(fmt.Sprintf("run_%04d", d.added)), Exporter: e, Status: export.RunQueued,
		QueuedAt: d.now}
	if wait := rapid.SampledFrom([]time.Duration{0, 0, time.Minute, time.Hour}).Draw(t, "wait"); wait > 0 {
		r.NotBefore = d.now.Add(wait)
	}
	d.runs = append(d.runs, r)
}

// order returns the runs as Claim gives them to choose.
func order(runs []export.Run) iter.Seq[export.ActiveRun] {
	list := make([]export.ActiveRun, len(runs))
	for i, r := range runs {
		list[i] = r.Activity()
	}
	waits := map[export.RunStatus]int{export.RunQueued: 1}
	slices.SortFunc(list, func(a, b export.ActiveRun) int {
		return cmp.Or(waits[a.Status]-waits[b.Status], a.Ready().Compare(b.Ready()), strings.Compare(string(a.ID),
			string(b.ID)))
	})
	return slices.Values(list)
}

// others begins a run as another worker does.
func (d *dispatching) others(*rapid.T) {
	c := choose(order(d.runs), "wrk_other", nil, d.limits, d.now)
	if len(c.begin) > 0 {
		d.begin(c.begin[:1], "wrk_other")
	}
}

func (d *dispatching) begin(ids []export.ID, worker export.ID) {
	for i := range d.runs {
		if slices.Contains(ids, d.runs[i].ID) {
			d.runs[i].Status, d.runs[i].Owner = export.RunRunning, worker
		}
	}
}

func (d *dispatching) end(t *rapid.T) {
	running := d.of(export.RunRunning)
	if len(running) == 0 {
		return
	}
	id := rapid.SampledFrom(running).Draw(t, "run").ID
	i := slices.IndexFunc(d.runs, func(r export.Run) bool { return r.ID == id })
	if rapid.IntRange(0, 3).Draw(t, "again") == 0 { // it is tried again later
		d.runs[i].Status, d.runs[i].Owner, d.runs[i].NotBefore = export.RunQueued, "", d.now.Add(time.Minute)
		return
	}
	d.runs = slices.Delete(d.runs, i, i+1)
}

func (d *dispatching) of(status export.RunStatus) (some []export.Run) {
	for _, r := range d.runs {
		if r.Status == status {
			some = append(some, r)
		}
	}
	return some
}

// use counts how many runs of this worker, or of all, hold each key.
func (d *dispatching) use() map[string]int {
	held := map[string]int{}
	for _, r := range d.of(export.RunRunning) {
		for _, k := range keysOf(r.Activity(), d.limits) {
			if k.name != workersKey || r.Owner == testWorker {
				held[k.name]++
			}
		}
	}
	return held
}

// pass asks choose, proves its answer and begins what it names.
func (d *dispatching) pass(t *rapid.T) {
	before := slices.Clone(d.runs)
	c := choose(order(d.runs), testWorker, nil, d.limits, d.now)
	if diff := gocmp.Diff(before, d.runs); diff != "" {
		t.Fatalf("choose changed the runs:\n%s", diff)
	}
	again := choose(order(d.runs), testWorker, nil, d.limits, d.now)
	if diff := gocmp.Diff(c, again, gocmp.AllowUnexported(choice{}, taken{})); diff != "" {
		t.Fatalf("choose does not repeat itself:\n%s", diff)
	}
	d.begin(c.begin, testWorker)
	held := d.use()
	for _, r := range d.of(export.RunRunning) {
		for _, k := range keysOf(r.Activity(), d.limits) {
			if held[k.name] > k.limit {
				t.Fatalf("%d runs hold %s, the limit is %d", held[k.name], k.name, k.limit)
			}
		}
	}
	var next time.Time
	patient := map[string]bool{} // what a run waits for that has waited too long
	for r := range order(before) {
		if r.Status != export.RunQueued {
			continue
		}
		begun := slices.Contains(c.begin, r.ID)
		if r.NotBefore.After(d.now) {
			if begun {
				t.Fatalf("%s began before its time", r.ID)
			}
			if next.IsZero() || r.NotBefore.Before(next) {
				next = r.NotBefore
			}
			continue
		}
		keys := keysOf(r, d.limits)
		why := c.blocked(r.ID, keys)
		if !begun && why == "" {
			t.Fatalf("%s: begun %t, waits because %q", r.ID, begun, why)
		}
		kept := slices.ContainsFunc(keys, func(k key) bool { return patient[k.name] })
		full := slices.ContainsFunc(keys, func(k key) bool { return held[k.name] >= k.limit })
		if begun && kept {
			t.Fatalf("%s overtook a run that had waited for longer than %v", r.ID, patience)
		}
		if !begun && !kept && !full {
			t.Fatalf("%s waits because %q, and everything it needs is free", r.ID, why)
		}
		if !begun && d.now.Sub(r.Ready()) > patience {
			for _, k := range keys {
				patient[k.name] = patient[k.name] || k.reservable()
			}
		}
	}
	if !c.next.Equal(next) && held[workersKey] < d.limits.workers { // otherwise the end of a run comes first
		t.Fatalf("it wants to look again at %v, a run's time comes at %v", c.next, next)
	}
	d.wantFair(t, before, c, held)
}

// wantFair proves that no company got a second run while another one had none, and could have had one.
func (d *dispatching) wantFair(t *rapid.T, before []export.Run, c choice, held map[string]int) {
	most := func(r export.Run) (n int) {
		for _, realm := range r.Exporter.Companies {
			n = max(n, held[companyKey(realm)])
		}
		return n
	}
	for _, x := range before {
		a := x.Activity()
		due := x.Status == export.RunQueued && !a.Ready().After(d.now) && d.now.Sub(a.Ready()) <= patience
		if !due || slices.Contains(c.begin, x.ID) || most(x) > 0 {
			continue
		}
		free := !slices.ContainsFunc(keysOf(a, d.limits), func(k key) bool {
			return k.name != workersKey && (held[k.name] >= k.limit || c.reserved[k.name] != "")
		})
		for _, b := range before {
			ready := b.Activity().Ready()
			if free && slices.Contains(c.begin, b.ID) && d.now.Sub(ready) <= patience && most(b) > 1 {
				t.Fatalf("%s began, whose company had a run, and %s did not, whose company has none", b.ID, x.ID)
			}
		}
	}
}

func TestChoose(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := &dispatching{
			now: time.Date(2026, 3, 29, 12, 0, 0, 0, time.UTC),
			limits: limits{
				workers: rapid.IntRange(1, 4).Draw(t, "workers"), company: rapid.IntRange(1, 2).Draw(t, "company"),
				spreadsheet: 1,
			},
		}
		t.Repeat(map[string]func(*rapid.T){
			"add": d.add, "add another": d.add, "pass": d.pass, "end": d.end, "others": d.others,
			"time": func(t *rapid.T) {
				d.now = d.now.Add(rapid.SampledFrom([]time.Duration{time.Second, time.Minute,
					6 * time.Minute}).Draw(t, "by"))
			},
		})
		// Whatever has happened, everything runs in the end, the oldest among the first.
		for rounds := 0; len(d.runs) > 0; rounds++ {
			if rounds > 10*d.added+10 {
				c := choose(order(d.runs), testWorker, nil, d.limits, d.now)
				t.Fatalf("%d runs never begin: %v", len(d.runs), c)
			}
			d.now = d.now.Add(time.Hour)
			d.pass(t)
			d.runs = slices.DeleteFunc(d.runs, func(r export.Run) bool { return r.Status == export.RunRunning })
		}
	})
}

// Nine thousand runs of one company do not keep those of others from beginning in the same pass.
func TestChooseLooksPastOneCompany(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 29, 12, 0, 0, 0, time.UTC)
	var active []export.Run
	add := func(company export.RealmID) {
		id := fmt.Sprintf("%05d", len(active))
		active = append(active, export.Run{
			ID: export.ID("run_" + id), Status: export.RunQueued, QueuedAt: now.Add(time.Duration(len(active))),
			Exporter: export.Exporter{ID: export.ID("exp_" + id), Companies: []export.RealmID{company}},
		})
	}
	for range 9000 {
		add("busy")
	}
	for i := range 5 {
		add(export.RealmID(fmt.Sprint(i)))
	}
	c := choose(order(active), testWorker, nil, limits{workers: 8, company: 2, spreadsheet: 1}, now.Add(time.Second))
	if len(c.begin) != 7 {
		t.Errorf("%d runs begin: %v", len(c.begin), c.begin)
	}
}

// A company whose runs have waited longest behind those of another gets the next worker.
func TestChooseTakesTurns(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 29, 12, 0, 0, 0, time.UTC)
	var active []export.Run
	for i := range 40 {
		company := export.RealmID("many")
		if i == 39 {
			company = "few"
		}
		id := fmt.Sprintf("%05d", i)
		active = append(active, export.Run{
			ID: export.ID("run_" + id), Status: export.RunQueued, QueuedAt: now.Add(time.Duration(i) * time.Second),
			Exporter: export.Exporter{ID: export.ID("exp_" + id), Companies: []export.RealmID{company}},
		})
	}
	l := limits{workers: 1, company: 2, spreadsheet: 1, served: map[export.RealmID]time.Time{"many": now}}
	c := choose(order(active), testWorker, nil, l, now.Add(time.Minute))
	if len(c.begin) != 1 || c.begin[0] != "run_00039" {
		t.Errorf("%v begins", c.begin)
	}
}
