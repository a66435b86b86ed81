// Package destinationtest is the conformance suite for export.Destination. It proves that preparing a write changes
// nothing, that a write takes effect wholly or not at all whatever fails, and that it does what it announced. It relies
// only on what a reader of the destination sees.
package destinationtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

// Place is a destination with an empty target.
type Place struct {
	Destination export.Destination
	Target      export.Target
	// Read returns what a reader sees now, the header first, or nil if nothing was written. Numbers and texts are as
	// they were given, amounts have two decimal places.
	Read func() [][]string
	// Disturb changes something that a write depends on, as another person or program would. It returns when that is
	// done.
	Disturb func()
	// Steps returns how many requests that can fail were made so far. It is nil if none can.
	Steps func() int
	// Fail makes the n-th request from now fail, counted from 0. It affects that one request only.
	Fail func(n int, way Way)
}

// Way is how a request fails.
type Way string

// The ways.
const (
	Refused Way = "refused" // the request never arrives
	Lost    Way = "lost"    // it is carried out, but the answer is lost
	Garbled Way = "garbled" // it is carried out, but the answer makes no sense
)

// plan is a kind of write.
type plan struct {
	name                    string
	before                  []table.Row // nil if nothing was written before
	schema                  table.Schema
	after                   []table.Row
	added, changed, removed int
	modal
}

// modal is what the modes add to a plan.
type modal struct {
	mode    export.Mode // empty means Replace
	deleted string
	want    []table.Row // that stand afterwards; nil means plan.after
}

// stands returns the rows that readers see afterwards.
func (p plan) stands() []table.Row {
	if p.want != nil {
		return p.want
	}
	return p.after
}

func columns(more ...string) table.Schema {
	s := table.Schema{Columns: []table.Column{
		{ID: "Id", Title: "ID", Key: true}, {ID: "Name", Title: "Name"},
		{ID: "Total", Title: "Total", Kind: table.Money, Currency: "USD"},
	}}
	for _, title := range more {
		s.Columns = append(s.Columns, table.Column{ID: title, Title: title})
	}
	return s
}

func rows(from, to int, name string, extra ...string) []table.Row {
	var list []table.Row
	for i := from; i < to; i++ {
		r := table.Row{Cells: []table.Cell{
			table.TextOf(fmt.Sprintf("%04d", i)), table.TextOf(name), table.MoneyOf(decimal.New(int64(100*i+25), -2)),
		}}
		for _, x := range extra {
			r.Cells = append(r.Cells, table.TextOf(x))
		}
		list = append(list, r)
	}
	return list
}

func makePlans() []plan {
	changed := rows(0, 8, "Ann")
	changed[3].Cells[1] = table.TextOf("=HYPERLINK(\"x\")")
	plans := []plan{
		{"first", nil, columns(), rows(0, 8, "Ann"), 8, 0, 0, modal{}},
		{"first, no rows", nil, columns(), nil, 0, 0, 0, modal{}},
		{"unchanged", rows(0, 8, "Ann"), columns(), rows(0, 8, "Ann"), 0, 0, 0, modal{}},
		{"one cell", rows(0, 8, "Ann"), columns(), changed, 0, 1, 0, modal{}},
		{"grow", rows(0, 8, "Ann"), columns(), rows(0, 30, "Ann"), 22, 0, 0, modal{}},
		{"shrink", rows(0, 30, "Ann"), columns(), rows(5, 8, "Ann"), 0, 0, 27, modal{}},
		{"all others", rows(0, 8, "Ann"), columns(), rows(10, 18, "Bob"), 8, 0, 8, modal{}},
		{"another column", rows(0, 8, "Ann"), columns("Note"), rows(0, 8, "Ann", "x"), 0, 8, 0, modal{}},
	}
	for _, m := range []export.Mode{export.Append, export.Upsert} {
		plans = append(plans, plan{"first, " + string(m), nil, columns(), rows(0, 8, "Ann"), 8, 0, 0, modal{mode: m}})
	}
	old, fresh := rows(0, 8, "Ann"), slices.Concat(rows(5, 11, "Bob"), rows(2, 3, "Ann"))
	marked := slices.Clone(old)
	for i := range marked {
		marked[i] = table.Row{Cells: slices.Clone(marked[i].Cells)}
	}
	for _, i := range []int{0, 1, 3, 4} {
		marked[i].Cells[1] = table.TextOf(export.DeletedStatus)
	}
	status := columns()
	status.Columns[1].ID = export.StatusColumn
	return append(plans,
		plan{"append", old, columns(), fresh, 3, 0, 0,
			modal{export.Append, "", slices.Concat(old, rows(8, 11, "Bob"))}},
		plan{"upsert", old, columns(), fresh, 3, 3, 4,
			modal{export.Upsert, export.DeletedRemove, slices.Concat(rows(2, 3, "Ann"), rows(5, 11, "Bob"))}},
		plan{"upsert and mark", old, status, fresh, 3, 7, 0,
			modal{export.Upsert, export.DeletedMark, slices.Concat(marked[:5], rows(5, 11, "Bob"))}},
		plan{"upsert and keep", old, columns(), fresh, 3, 3, 0,
			modal{export.Upsert, export.DeletedKeep, slices.Concat(old[:5], rows(5, 11, "Bob"))}})
}

// bench is a place under test.
type bench struct {
	*testing.T
	Place
	runs  int
	trace []byte
	modal // of the writes from now on
}

func (b *bench) request(s table.Schema, list []table.Row) export.WriteRequest {
	b.Helper()
	b.runs++
	spool := table.NewSpool(s)
	for _, r := range list {
		if err := spool.Add(r); err != nil {
			b.Fatal(err)
		}
	}
	return export.WriteRequest{
		Run: export.ID(fmt.Sprintf("run_%d", b.runs)), Owner: "exp_1", Target: b.Target, Title: "Test", Rows: spool,
		Mode: b.mode, Deleted: b.deleted, Note: "a note", Zone: time.UTC, Trace: b.trace, Budget: 1 << 20,
		Report: func(export.Phase, int) {},
		Found:  func(t export.Target) error { b.Target = t; return nil },
	}
}

// put writes the rows and keeps what the next write needs.
func (b *bench) put(s table.Schema, list []table.Row) error {
	b.Helper()
	res, _, err := export.Put(b.Context(), b.Destination, b.request(s, list))
	if err == nil {
		b.Target, b.trace = res.Target, res.Trace
	}
	return err
}

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func render(s table.Schema, list []table.Row) [][]string {
	head := make([]string, len(s.Columns))
	for i, c := range s.Columns {
		head[i] = c.Title
	}
	out := [][]string{head}
	for _, r := range list {
		texts := make([]string, len(r.Cells))
		for i, c := range r.Cells {
			texts[i] = c.String()
		}
		out = append(out, texts)
	}
	return out
}

func (b *bench) sees(what string, s table.Schema, list []table.Row) {
	b.Helper()
	if diff := cmp.Diff(render(s, list), b.Read()); diff != "" {
		b.Errorf("%s, readers see (-want +got):\n%s", what, diff)
	}
}

// begin writes what stood before a plan, and chooses its mode.
func (b *bench) begin(p plan) {
	b.Helper()
	if p.before != nil {
		s := columns()
		s.Columns[1].ID = p.schema.Columns[1].ID
		b.must(b.put(s, p.before))
	}
	b.modal = p.modal
}

// Run tests a destination. open returns a new place for each test. within, if not nil, runs a test's body, for instance
// in a bubble of virtual time.
func Run(t *testing.T, open func(t *testing.T) Place, within func(*testing.T, func(*testing.T))) {
	if within == nil {
		within = func(t *testing.T, body func(*testing.T)) { body(t) }
	}
	run := func(name string, body func(*testing.T)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			within(t, body)
		})
	}
	for _, p := range makePlans() {
		run(p.name, func(t *testing.T) {
			b := &bench{T: t, Place: open(t)}
			b.begin(p)
			b.look(p)
			b.must(b.put(p.schema, p.after))
			b.sees("afterwards", p.schema, p.stands())
			again, err := b.Destination.Prepare(t.Context(), b.request(p.schema, p.after))
			b.must(err)
			if set := again.Change(); !set.Empty() || set.Edited != 0 {
				t.Errorf("once more, it would change %+v", set)
			}
			res, err := again.Commit(t.Context())
			b.must(err)
			if !res.Unchanged {
				t.Error("what was right already is written again")
			}
		})
		run(p.name+" with faults", func(t *testing.T) { fail(t, p, open) })
	}
	run("moved meanwhile", func(t *testing.T) { move(t, open) })
	run("cancelled", func(t *testing.T) { cancel(t, open) })
}

// look prepares a write and abandons it. Nothing may change, and what it announces must be what the plan expects.
func (b *bench) look(p plan) {
	b.Helper()
	before := b.Read()
	w, err := b.Destination.Prepare(b.Context(), b.request(p.schema, p.after))
	b.must(err)
	set := w.Change()
	if set.Added != p.added || set.Changed != p.changed || set.Removed != p.removed || set.Rows != len(p.stands()) {
		b.Errorf("it would add %d, change %d and remove %d for %d rows; want %d, %d and %d",
			set.Added, set.Changed, set.Removed, set.Rows, p.added, p.changed, p.removed)
	}
	if !set.Complete || len(set.Items) != p.added+p.changed+p.removed {
		b.Errorf("%d items of %+v", len(set.Items), set)
	}
	b.must(w.Close())
	b.must(w.Close())
	if diff := cmp.Diff(before, b.Read()); diff != "" {
		b.Errorf("a look changed what readers see:\n%s", diff)
	}
}

// fail makes each request of a write fail in each way. Readers must see either the old rows or the new ones, and the
// next write must put everything right.
func fail(t *testing.T, p plan, open func(t *testing.T) Place) {
	probe := &bench{T: t, Place: open(t)}
	if probe.Steps == nil {
		return // no request can fail
	}
	probe.begin(p)
	from := probe.Steps()
	probe.must(probe.put(p.schema, p.after))
	for n := range probe.Steps() - from {
		for _, way := range []Way{Refused, Lost, Garbled} {
			b := &bench{T: t, Place: open(t)}
			b.begin(p)
			before := b.Read()
			b.Fail(n, way)
			err := b.put(p.schema, p.after)
			seen, want := b.Read(), render(p.schema, p.stands())
			if isOld, isNew := cmp.Equal(before, seen), cmp.Equal(want, seen); !isNew && (!isOld || err == nil) {
				t.Errorf("request %d %s: readers see neither the old rows nor the new ones, error %v: %v", n, way,
					err, seen)
			}
			b.must(b.put(p.schema, p.after))
			b.sees(fmt.Sprintf("after request %d was %s and the write was repeated", n, way), p.schema, p.stands())
		}
	}
}

// move disturbs the target between preparing a write and its commit.
func move(t *testing.T, open func(t *testing.T) Place) {
	b := &bench{T: t, Place: open(t)}
	b.must(b.put(columns(), rows(0, 8, "Ann")))
	w, err := b.Destination.Prepare(t.Context(), b.request(columns(), rows(0, 8, "Bob")))
	b.must(err)
	b.Disturb()
	before := b.Read()
	if _, err := w.Commit(t.Context()); !errors.Is(err, export.ErrMoved) {
		t.Errorf("the commit says %v", err)
	}
	if diff := cmp.Diff(before, b.Read()); diff != "" {
		t.Errorf("a refused commit changed what readers see:\n%s", diff)
	}
	b.must(b.put(columns(), rows(0, 8, "Bob")))
	b.sees("after looking again", columns(), rows(0, 8, "Bob"))
}

// cancel ends the context before the commit.
func cancel(t *testing.T, open func(t *testing.T) Place) {
	b := &bench{T: t, Place: open(t)}
	b.must(b.put(columns(), rows(0, 8, "Ann")))
	w, err := b.Destination.Prepare(t.Context(), b.request(columns(), rows(0, 8, "Bob")))
	b.must(err)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := w.Commit(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("the commit says %v", err)
	}
	b.sees("after a cancelled commit", columns(), rows(0, 8, "Ann"))
}
