package mirror

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"ledgersheet/internal/record"
	"ledgersheet/internal/supply"
)

// A journal tells what the last refreshes changed in one object's records, with the records as they were before. It is
// kept beside them and written in the same step. It only saves work: whoever asks for more than it holds is told
// nothing.
type journal []journalStep

// journalStep is one refresh.
type journalStep struct {
	From, To string // versions
	Records  []journalRecord
}

// journalRecord is a record as it was before; Old is nil if it was not there.
type journalRecord struct {
	ID  string
	Old json.RawMessage `json:",omitempty"`
}

// What a journal holds at most.
const (
	journalRecords = 2000
	journalBytes   = 2 << 20
)

// trim drops the oldest steps of a journal that is too long.
func (j journal) trim() journal {
	records, size := 0, 0
	for n, step := range slices.Backward(j) {
		records += len(step.Records)
		for _, r := range step.Records {
			size += len(r.ID) + len(r.Old)
		}
		if records > journalRecords || size > journalBytes {
			return j[n+1:]
		}
	}
	return j
}

// between returns what was changed between two versions, each record as it was at the first one, or false if that is
// not known.
func (j journal) between(from, to string) (map[string]json.RawMessage, bool) {
	old := map[string]json.RawMessage{}
	for at := from; at != to; {
		n := slices.IndexFunc(j, func(s journalStep) bool { return s.From == at })
		if n < 0 {
			return nil, false
		}
		for _, r := range j[n].Records {
			if _, known := old[r.ID]; !known {
				old[r.ID] = r.Old
			}
		}
		at, j = j[n].To, j[n+1:]
	}
	return old, true
}

// journalStep returns what the draft changes, given the object's state and directory so far.
func (d *draft) journalStep(from string, next directory) journalStep {
	step := journalStep{From: from, To: versionOf(d.name, d.now, next)}
	add := func(id string) {
		r := journalRecord{ID: id}
		if old, there := d.old[id]; there {
			r.Old = slices.Clone(old.json)
		}
		step.Records = append(step.Records, r)
	}
	for id := range d.changed {
		add(id)
	}
	for id := range d.gone {
		add(id)
	}
	return step
}

// journals returns the journals as they are to be after the commit: those that change, nil for one that ends.
func (r *refresh) journals(next map[string]directory) (map[string]journal, error) {
	list := map[string]journal{}
	for name, dir := range next {
		d, was := r.drafts[name], r.b.state.Objects[name]
		if d == nil || d.read || r.b.dirs[name] == nil || was.Order != d.now.Order || !was.Read.Equal(d.now.Read) {
			list[name] = nil
			continue
		}
		j, err := r.b.file.journal(name)
		if err != nil {
			return nil, err
		}
		list[name] = append(j, d.journalStep(versionOf(name, was, r.b.dirs[name]), dir)).trim()
	}
	return list, nil
}

var _ supply.Differences = (*Mirror)(nil)

// Difference implements supply.Differences.
func (m *Mirror) Difference(ctx context.Context, w supply.Want, since string) (*supply.Difference, error) {
	w.Limit = 0
	is := anyhow
	if len(w.Narrow) > 0 {
		is = fewOnly
	}
	s, err := m.currentIf(ctx, w, is)
	if err != nil || s == nil {
		return nil, err
	}
	return s.difference(w, since)
}

// difference returns what differs from an earlier version, or nil if that is not known.
func (s *snapshot) difference(w supply.Want, since string) (*supply.Difference, error) {
	f, err := s.book.acquire()
	if err != nil {
		return nil, s.broken(err)
	}
	defer s.book.release()
	j, err := f.journal(s.object)
	if err != nil {
		return nil, s.broken(err)
	}
	out := &supply.Difference{Version: s.version()}
	old, known := j.between(since, out.Version)
	if !known {
		return nil, nil
	}
	ids := make([]string, 0, len(old))
	for id := range old {
		ids = append(ids, id)
	}
	now, err := find(f, s.object, s.order, s.dir, ids)
	if err != nil {
		return nil, s.broken(err)
	}
	places := map[string]place{}
	fresh := map[string]bool{}
	var valid record.Valid
	for _, id := range ids {
		d := supply.Differing{ID: id}
		was, had := place{}, old[id] != nil
		if had {
			rec, err := record.Parse(old[id])
			if err != nil {
				return nil, s.broken(errors.Join(errDamaged, err))
			}
			e := entryOf(rec)
			was = e.place
			d.Old, d.Had = rec, w.Inactive || !e.inactive
		}
		e, has := now[id]
		if has {
			if d.New, d.Has, err = s.take(&valid, e, w, narrowing{}); err != nil {
				return nil, err
			}
			if had && s.order.compare(was, e.place) != 0 {
				return nil, nil // it has moved
			}
			was = e.place
		}
		if fresh[id] = d.Has && !d.Had; d.Has || d.Had {
			places[id] = was
			out.Records = append(out.Records, d)
		}
	}
	slices.SortFunc(out.Records, func(a, b supply.Differing) int {
		return s.order.compare(places[a.ID], places[b.ID])
	})
	out.AtEnd, err = s.endsWith(f, fresh)
	return out, err
}

// endsWith reports whether the records that are marked are the last ones.
func (s *snapshot) endsWith(f *file, marked map[string]bool) (bool, error) {
	left := 0
	for _, is := range marked {
		if is {
			left++
		}
	}
	for _, ref := range slices.Backward(s.dir) {
		if left == 0 {
			return true, nil
		}
		list, err := f.block(s.object, ref)
		if err != nil {
			return false, s.broken(err)
		}
		for _, e := range slices.Backward(list) {
			if left == 0 {
				return true, nil
			}
			if !marked[e.id] {
				return false, nil
			}
			left--
		}
	}
	return left == 0, nil
}
