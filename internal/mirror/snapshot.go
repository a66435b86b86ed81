package mirror

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sort"
	"time"

	"ledgersheet/internal/problem"
	"ledgersheet/internal/record"
	"ledgersheet/internal/supply"
)

// snapshot is an object's records at one moment.
type snapshot struct {
	book   *book
	object string
	order  order
	dir    directory
	// read and readAt are those of the object's state: they tell readings apart that began anew.
	read, readAt time.Time
}

// entries yields the entries in order. The caller must yield its error.
func (s *snapshot) entries(ctx context.Context, yield func(entry) (bool, error)) error {
	f, err := s.book.acquire()
	if err != nil {
		return s.broken(err)
	}
	defer s.book.release()
	for _, ref := range s.dir {
		if ctx.Err() != nil {
			return contextProblem(ctx)
		}
		list, err := f.block(s.object, ref)
		if err != nil {
			return s.broken(err)
		}
		for _, e := range list {
			if more, err := yield(e); err != nil || !more {
				return err
			}
		}
	}
	return nil
}

// broken is the problem of a copy that cannot be read on. The next attempt reads anew what is missing.
func (s *snapshot) broken(err error) error {
	if errors.Is(err, errDamaged) {
		s.book.damaged.Store(true)
	}
	return problem.Wrap(err, problem.IncompleteRead, "The local copy of QuickBooks' records could not be read.").
		WithHint("It is made anew from QuickBooks with the next attempt.")
}

// records answers supply.Supply's Records.
func (s *snapshot) records(ctx context.Context, w supply.Want) (*supply.Records, error) {
	n, err := newNarrowing(w.Narrow)
	if err != nil {
		return nil, err
	}
	total := -1
	if len(w.Narrow) == 0 {
		total = s.total(w.Inactive)
	}
	return &supply.Records{Total: total, Exact: n.exact, All: s.all(ctx, w, n)}, nil
}

func (s *snapshot) total(inactive bool) int {
	all, off := s.dir.count()
	if inactive {
		return all
	}
	return all - off
}

func (s *snapshot) all(ctx context.Context, w supply.Want, n narrowing) iter.Seq2[record.Record, error] {
	enough := w.Limit
	if enough > 0 && !n.exact {
		enough = max(enough, supply.Scan)
	}
	return func(yield func(record.Record, error) bool) {
		given := 0
		var valid record.Valid
		err := s.entries(ctx, func(e entry) (bool, error) {
			rec, wanted, err := s.take(&valid, e, w, n)
			if err != nil || !wanted {
				return err == nil, err
			}
			given++
			return yield(rec, nil) && given != enough, nil
		})
		if err != nil {
			yield(record.Record{}, err)
		}
	}
}

// take returns an entry's record and whether it is wanted. Its text was valid when it was sealed.
func (s *snapshot) take(valid *record.Valid, e entry, w supply.Want, n narrowing) (record.Record, bool, error) {
	if e.inactive && !w.Inactive {
		return record.Record{}, false, nil
	}
	rec, err := valid.Parse(e.json)
	if err != nil {
		return record.Record{}, false, s.broken(errors.Join(errDamaged, err))
	}
	return rec, n.match(rec), nil
}

// count answers supply.Supply's Count.
func (s *snapshot) count(ctx context.Context, w supply.Want) (int, error) {
	n, err := newNarrowing(w.Narrow)
	if err != nil {
		return 0, err
	}
	if len(n.tests) == 0 {
		return s.total(w.Inactive), nil
	}
	found := 0
	var valid record.Valid
	err = s.entries(ctx, func(e entry) (bool, error) {
		_, wanted, err := s.take(&valid, e, w, n)
		if wanted {
			found++
		}
		return true, err
	})
	return found, err
}

// lookup answers supply.Supply's Lookup.
func (s *snapshot) lookup(ctx context.Context, w supply.Want, ids []string) (map[string]record.Record, error) {
	if ctx.Err() != nil {
		return nil, contextProblem(ctx)
	}
	f, err := s.book.acquire()
	if err != nil {
		return nil, s.broken(err)
	}
	defer s.book.release()
	entries, err := find(f, s.object, s.order, s.dir, ids)
	if err != nil {
		return nil, s.broken(err)
	}
	found := map[string]record.Record{}
	var valid record.Valid
	for id, e := range entries {
		rec, wanted, err := s.take(&valid, e, w, narrowing{})
		if err != nil {
			return nil, err
		}
		if wanted {
			found[id] = rec
		}
	}
	return found, nil
}

// find returns the entries with the ids.
func find(f *file, object string, o order, d directory, ids []string) (map[string]entry, error) {
	found, wanted := map[string]entry{}, map[string]bool{}
	blocks := map[int]bool{}
	for _, id := range ids {
		wanted[id] = true
		if at, ok := d.blockOf(o, place{id: id}); ok {
			blocks[at] = true
		}
	}
	for at, ref := range d {
		if !blocks[at] && !o.byCreated() {
			continue
		}
		if len(found) == len(wanted) {
			break
		}
		list, err := f.block(object, ref)
		if err != nil {
			return nil, err
		}
		for _, e := range list {
			if wanted[e.id] {
				e.json = bytes.Clone(e.json) // so that it does not hold its whole block in memory
				found[e.id] = e
			}
		}
	}
	return found, nil
}

// blockOf returns the block in which a record with that place would be, if it is in the list. Where records are ordered
// by their creation an id alone does not tell.
func (d directory) blockOf(o order, p place) (int, bool) {
	if o.byCreated() || !o.accepts(p) {
		return 0, false
	}
	at := sort.Search(len(d), func(i int) bool { return o.compare(d[i].last, p) >= 0 })
	return at, at < len(d) && o.compare(d[at].first, p) <= 0
}

// narrowing is what can be applied of a Want's conditions.
type narrowing struct {
	tests []narrowTest
	exact bool
}

type narrowTest struct {
	supply.Condition
	path record.Path
}

// newNarrowing compiles conditions on members of the record itself. Others are left to the caller, who applies all of
// them anyway.
func newNarrowing(list []supply.Condition) (narrowing, error) {
	n := narrowing{exact: true}
	for _, c := range list {
		if !c.Column.Queryable || c.Column.From != nil || c.Column.Line() {
			n.exact = false
			continue
		}
		p, err := record.ParsePath(c.Column.Path)
		if err != nil {
			return n, problem.Wrap(fmt.Errorf("narrowing: %w", err), problem.Internal, "A condition makes no sense.")
		}
		n.tests = append(n.tests, narrowTest{c, p})
	}
	return n, nil
}

func (n narrowing) match(rec record.Record) bool {
	return !slices.ContainsFunc(n.tests, func(t narrowTest) bool {
		value, _ := t.path.Lookup(rec)
		return !t.Match(record.Convert(value, t.Column.Kind))
	})
}
