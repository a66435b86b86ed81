package mirror

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ledgersheet/internal/record"
	"ledgersheet/internal/supply"
)

// seenList is an object's records at a version.
type seenList struct {
	version string
	order   []string
	records map[string]string
}

// TestDifferences draws histories, with files that are put back, gaps and faults, and compares what a mirror tells of
// the difference between any two readings with the records of both.
func TestDifferences(t *testing.T) {
	t.Parallel()
	told, asked := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		h := newHistory(t, rt, objects())
		past := map[string][]seenList{}
		for range rapid.IntRange(2, 6).Draw(rt, "readings") {
			for range rapid.IntRange(0, 4).Draw(rt, "changes") {
				h.step()
			}
			if rapid.IntRange(0, 3).Draw(rt, "upset?") == 0 {
				h.upset()
			}
			h.server.ClearFaults()
			for _, object := range h.objects {
				now, ok := h.see(0, object)
				if !ok {
					continue
				}
				for _, was := range past[object] {
					asked++
					if h.compare(0, object, was, now) {
						told++
					}
				}
				past[object] = append(past[object], now)
			}
		}
	})
	if told < asked/4 {
		t.Errorf("only %d of %d differences are known", told, asked)
	}
}

// see reads an object's records and their version.
func (h *history) see(which int, object string) (seenList, bool) {
	ctx := supply.WithOccasion(context.Background(), h.clock.Read())
	m, want := h.mirrors[which], h.wantOf(object)
	version, err := m.Version(ctx, want, false)
	if err != nil || version == "" {
		return seenList{}, false
	}
	records, err := m.Records(ctx, want)
	if err != nil {
		h.rt.Fatal(err)
	}
	s := seenList{version: version, records: map[string]string{}}
	for rec, err := range records.All {
		if err != nil {
			h.rt.Fatal(err)
		}
		id := rec.Text("Id")
		s.order, s.records[id] = append(s.order, id), plainText(h.rt, rec)
	}
	return s, true
}

// plainText returns a record's JSON in one spelling.
func plainText(t *rapid.T, rec record.Record) string {
	var v any
	if err := json.Unmarshal(rec.JSON(), &v); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// compare makes the later records of the earlier ones and the difference. It reports whether that was known.
func (h *history) compare(which int, object string, was, now seenList) bool {
	ctx := supply.WithOccasion(context.Background(), h.clock.Read())
	d, err := h.mirrors[which].Difference(ctx, h.wantOf(object), was.version)
	if err != nil {
		h.rt.Fatal(err)
	}
	if d == nil || d.Version != now.version {
		return false
	}
	made := map[string]string{}
	for id, text := range was.records {
		made[id] = text
	}
	var fresh []string
	for _, r := range d.Records {
		if old, had := was.records[r.ID]; had != r.Had || had && old != plainText(h.rt, r.Old) {
			h.rt.Fatalf("%s %s: the record as it was is not as it was", object, r.ID)
		}
		delete(made, r.ID)
		if r.Has {
			made[r.ID] = plainText(h.rt, r.New)
		}
		if r.Has && !r.Had {
			fresh = append(fresh, r.ID)
		}
	}
	if diff := cmp.Diff(now.records, made); diff != "" {
		h.rt.Fatalf("%s (-records +made of the difference):\n%s", object, diff)
	}
	if tail := now.order[max(0, len(now.order)-len(fresh)):]; d.AtEnd && !cmp.Equal(tail, fresh) &&
		len(fresh) > 0 {
		h.rt.Fatalf("%s: %v do not come last in %v", object, fresh, now.order)
	}
	return true
}
