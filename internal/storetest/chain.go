package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ledgersheet/internal/export"
)

// testChains: an exporter is due in the transaction in which the last one succeeds after which it runs, and not before.
func testChains(t *testing.T, s export.Store) {
	ctx := t.Context()
	var ids []export.ID
	for _, name := range []string{"a", "b", "c"} {
		e := sampleExporter(export.ID("exp_"+name), name)
		e.Schedule, e.NextAt = export.Schedule{}, time.Time{}
		must(t, s.CreateExporter(ctx, e))
		ids = append(ids, e.ID)
	}
	link := func(id export.ID, after ...export.ID) error {
		_, err := s.UpdateExporter(ctx, id, func(e *export.Exporter) error { e.After = after; return nil })
		return err
	}
	must(t, link(ids[1], ids[0]))
	must(t, link(ids[2], ids[1]))
	for _, after := range [][]export.ID{{ids[0]}, {ids[1]}, {ids[2]}} {
		if err := link(ids[0], after...); !errors.Is(err, export.ErrCycle) {
			t.Errorf("%s after %v: %v", ids[0], after, err)
		}
	}
	_, err := s.PassDue(ctx, ids[0], func(e *export.Exporter) (export.DueTime, error) {
		e.After = []export.ID{ids[2]}
		return export.DueTime{}, nil
	})
	if !errors.Is(err, export.ErrCycle) {
		t.Errorf("a cycle of three: %v", err)
	}
	heads := map[export.ID]bool{}
	for h, err := range s.ExporterHeads(ctx, export.ExporterFilter{}, "") {
		must(t, err)
		heads[h.ID] = h.Chained
	}
	if heads[ids[0]] || !heads[ids[1]] || !heads[ids[2]] {
		t.Errorf("chained: %v", heads)
	}
	a, err := s.Exporter(ctx, ids[0])
	must(t, err)
	r, _, err := s.Enqueue(ctx, sampleRun("run_1", a, noon))
	must(t, err)
	_, err = s.UpdateRun(ctx, r.ID, func(r *export.Run) error {
		r.Status, r.FinishedAt = export.RunSucceeded, noon.Add(time.Minute)
		return nil
	})
	must(t, err)
	_, err = s.UpdateRun(ctx, r.ID, func(r *export.Run) error { r.Rows++; return nil }) // which is no second success
	must(t, err)
	due, _, err := s.DueExporters(ctx, noon.Add(time.Minute), 10)
	must(t, err)
	if len(due) != 1 || due[0].ID != ids[1] || !due[0].NextAt.Equal(noon.Add(time.Minute)) {
		t.Fatalf("due: %v", due)
	}
	run := sampleRun("run_2", due[0], noon.Add(time.Hour))
	run.Due, run.Trigger = due[0].NextAt, export.TriggerAfter
	_, _, err = s.EnqueueDue(ctx, export.DueRun{Run: run})
	must(t, err)
	if e, err := s.Exporter(ctx, ids[1]); err != nil || !e.NextAt.IsZero() || len(e.Done) != 0 {
		t.Errorf("queued: %v, %v, %v", e.NextAt, e.Done, err)
	}
	must(t, s.DeleteExporter(ctx, ids[1]))
	if e, err := s.Exporter(ctx, ids[2]); err != nil || e.Chained() {
		t.Errorf("after one that is gone: %v, %v", e.After, err)
	}
}

// chain is what a property test believes of an exporter that runs after others.
type chain struct {
	t     *rapid.T
	ctx   context.Context
	s     export.Store
	id    export.ID
	now   time.Time
	alive []export.ID
	after []export.ID
	done  map[export.ID]bool // since its last run
	due   bool
	runs  int
}

// testChainsHold does anything in any order. The exporter is due if and only if all that it names have succeeded since
// its last run by the chain, or were deleted before the last of them did.
func testChainsHold(t *testing.T, s export.Store) {
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		c := &chain{t: rt, ctx: t.Context(), s: s, now: noon, done: map[export.ID]bool{}}
		for i := range 5 {
			e := sampleExporter(export.ID(fmt.Sprintf("exp_%d_%d", n, i)), "x")
			e.Schedule, e.NextAt = export.Schedule{}, time.Time{}
			c.must(s.CreateExporter(c.ctx, e))
			if c.id = e.ID; i < 4 {
				c.alive = append(c.alive, e.ID)
			}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"": c.check, "name": c.name, "run": c.other, "due": c.queue, "delete": c.delete, "manual": c.manual,
		})
	})
}

func (c *chain) must(err error) {
	if err != nil {
		c.t.Fatal(err)
	}
}

// settle is the rule itself.
func (c *chain) settle() {
	if len(c.after) == 0 {
		c.due = false
		return
	}
	c.due = c.due || !slices.ContainsFunc(c.after, func(id export.ID) bool { return !c.done[id] })
}

func (c *chain) name(t *rapid.T) {
	others := rapid.SampledFrom(append(c.alive, c.id))
	after := rapid.SliceOfNDistinct(others, 0, 3, rapid.ID[export.ID]).Draw(t, "after")
	_, err := c.s.UpdateExporter(c.ctx, c.id, func(e *export.Exporter) error {
		if e.After = after; len(after) == 0 {
			e.NextAt = time.Time{}
		}
		return nil
	})
	if slices.Contains(after, c.id) {
		if !errors.Is(err, export.ErrCycle) {
			c.t.Fatalf("after itself: %v", err)
		}
		return
	}
	c.must(err)
	c.after = after
	for id := range c.done {
		if !slices.Contains(after, id) {
			delete(c.done, id)
		}
	}
	c.settle()
}

// execute runs an exporter to an end.
func (c *chain) execute(id export.ID, status export.RunStatus, trigger export.Trigger) {
	c.now = c.now.Add(time.Second)
	c.runs++
	e, err := c.s.Exporter(c.ctx, id)
	c.must(err)
	r := sampleRun(export.ID(fmt.Sprintf("run_%s_%04d", c.id, c.runs)), e, c.now)
	r.Trigger = trigger
	r, _, err = c.s.Enqueue(c.ctx, r)
	c.must(err)
	c.end(r.ID, status)
}

func (c *chain) end(run export.ID, status export.RunStatus) {
	_, err := c.s.UpdateRun(c.ctx, run, func(r *export.Run) error {
		r.Status, r.FinishedAt = status, c.now
		return nil
	})
	c.must(err)
}

func ending(t *rapid.T) export.RunStatus {
	return rapid.SampledFrom([]export.RunStatus{export.RunSucceeded, export.RunSucceeded, export.RunFailed,
		export.RunCancelled}).Draw(t, "status")
}

func (c *chain) other(t *rapid.T) {
	if len(c.alive) == 0 {
		return
	}
	id, status := rapid.SampledFrom(c.alive).Draw(t, "exporter"), ending(t)
	trigger := rapid.SampledFrom([]export.Trigger{export.TriggerManual, export.TriggerUndo}).Draw(t, "trigger")
	c.execute(id, status, trigger)
	if status == export.RunSucceeded && trigger != export.TriggerUndo && slices.Contains(c.after, id) {
		c.done[id] = true
		c.settle()
	}
}

func (c *chain) manual(t *rapid.T) { c.execute(c.id, ending(t), export.TriggerManual) }

// queue queues the exporter's run and ends it, as the ticker and the queue do.
func (c *chain) queue(t *rapid.T) {
	e, err := c.s.Exporter(c.ctx, c.id)
	c.must(err)
	if e.NextAt.IsZero() {
		return
	}
	c.now = c.now.Add(time.Second)
	c.runs++
	r := sampleRun(export.ID(fmt.Sprintf("run_%s_%04d", c.id, c.runs)), e, c.now)
	r.Trigger, r.Due = export.TriggerAfter, e.NextAt
	r, _, err = c.s.EnqueueDue(c.ctx, export.DueRun{Run: r})
	c.must(err)
	c.due, c.done = false, map[export.ID]bool{}
	c.check(t)
	c.end(r.ID, ending(t))
}

func (c *chain) delete(t *rapid.T) {
	if len(c.alive) == 0 {
		return
	}
	id := rapid.SampledFrom(c.alive).Draw(t, "exporter")
	c.must(c.s.DeleteExporter(c.ctx, id))
	without := func(list []export.ID) []export.ID {
		return slices.DeleteFunc(slices.Clone(list), func(other export.ID) bool { return other == id })
	}
	c.alive = without(c.alive)
	if slices.Contains(c.after, id) {
		c.after = without(c.after)
		delete(c.done, id)
		c.settle()
	}
}

func (c *chain) check(*rapid.T) {
	e, err := c.s.Exporter(c.ctx, c.id)
	c.must(err)
	if !slices.Equal(e.After, c.after) || e.NextAt.IsZero() == c.due || len(e.Done) != len(c.done) {
		c.t.Fatalf("after %v, done %v, due at %v; want after %v, done %v, due %t", e.After, e.Done, e.NextAt, c.after,
			c.done, c.due)
	}
}
