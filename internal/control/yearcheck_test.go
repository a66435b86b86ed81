package control_test

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/schedule"
)

// harvest keeps what the ledgers say before they forget it, and compares each new entry with what happened. What was
// said of a wrong future is forgotten.
func (y *year) harvest() {
	for id, told := range y.told {
		all, err := y.store.DueTimes(y.ctx, id)
		must(y.t, err)
		if len(all) == 0 {
			continue
		}
		before := maps.Clone(told)
		maps.DeleteFunc(told, func(at int64, _ export.DueTime) bool { return at >= all[len(all)-1].At.UnixNano() })
		for _, d := range all {
			at := d.At.UnixNano()
			told[at] = d
			if before[at].End != d.End {
				y.compare(id, d)
			}
		}
	}
}

// compare proves an entry by the run and the log.
func (y *year) compare(id export.ID, d export.DueTime) {
	e := y.stored(id)
	near := y.happened("clock", d.At) || y.happened("clock", d.Ended)
	if d.Run != "" && d.End != export.DueWaiting {
		r, err := y.store.Run(y.ctx, d.Run)
		if err != nil {
			return // it is pruned, and was compared before
		}
		want := map[export.RunStatus]export.DueEnd{
			export.RunSucceeded: d.Hope, export.RunFailed: export.DueMissed, export.RunCancelled: export.DueMissed,
		}[r.Status]
		if d.End != want || r.Exporter.ID != id {
			y.t.Errorf("%s: the run of %v is %s, the ledger says %s", id, d.At, r.Status, d.End)
		}
		y.mu.Lock()
		began := y.began[r.ID]
		y.mu.Unlock()
		if d.End != export.DueMissed && began.Before(d.At) && !near {
			y.t.Errorf("%s: the run of %v began before, at %v", id, d.At, began)
		}
		return
	}
	if near {
		return
	}
	realm := string(e.Companies[0])
	ok := true
	switch d.Why {
	case export.MissedPaused:
		ok = y.happened("paused "+string(id), d.At) || y.happened("paused "+realm, d.At)
		ok = ok && d.Note != ""
	case export.MissedDown:
		ok = e.Schedule.SkipMissed && (y.happened("down", d.At) || y.happened("paused "+realm, d.At) ||
			y.happened("paused "+string(id), d.At))
	case export.MissedChanged:
		ok = y.happened("changed "+string(id), d.Ended)
	case export.MissedSlowed:
		ok = false
	}
	if !ok {
		y.t.Errorf("%s: that %v was missed (%s, %q) has no reason", id, d.At, d.Why, d.Note)
	}
}

// check proves that each due time of the year has one entry, which has ended.
func (y *year) check() {
	for id, eras := range y.eras {
		var entries []export.DueTime
		for _, d := range y.told[id] {
			entries = append(entries, d)
		}
		slices.SortFunc(entries, func(a, b export.DueTime) int { return a.At.Compare(b.At) })
		for i, d := range entries {
			if i > 0 && d.At.Before(entries[i-1].Until) {
				y.t.Errorf("%s: %v is told of twice: %+v, %+v", id, d.At, entries[i-1], d)
			}
		}
		for i, era := range eras {
			until := time.Now().Add(-24 * time.Hour)
			if i+1 < len(eras) {
				until = eras[i+1].from
			}
			spec, err := schedule.Parse(era.spec.Cron, era.spec.Timezone)
			must(y.t, err)
			for at := spec.Next(era.from); !at.IsZero() && at.Before(until); at = spec.Next(at) {
				y.checkOne(id, entries, at)
			}
		}
	}
}

func (y *year) checkOne(id export.ID, entries []export.DueTime, at time.Time) {
	y.times++
	i, found := slices.BinarySearchFunc(entries, at, func(d export.DueTime, at time.Time) int {
		return cmp.Compare(d.At.UnixNano(), at.UnixNano())
	})
	if !found {
		i--
	}
	if i < 0 || !at.Before(entries[i].Until) {
		y.t.Errorf("%s: nothing is told of %v", id, at)
		return
	}
	d := entries[i]
	if d.End == export.DueWaiting {
		y.t.Errorf("%s: %v still waits for %s", id, at, d.Run)
	}
	y.ends[cmp.Or(string(d.Why), string(d.End))]++
}
