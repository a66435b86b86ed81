package boltstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.etcd.io/bbolt"
	"pgregory.net/rapid"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// indexes are the contents of the buckets that can be made from others, by bucket and key.
type indexes map[string]map[string]string

// compareIndexes compares every index with one made by a full scan.
func compareIndexes(tx *bbolt.Tx) error {
	want, err := scanAll(tx)
	if err != nil {
		return err
	}
	got := indexes{}
	for bucket := range want {
		got[bucket] = map[string]string{}
		err := tx.Bucket([]byte(bucket)).ForEach(func(k, v []byte) error {
			got[bucket][string(k)] = string(v)
			return nil
		})
		if err != nil {
			return err
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		return fmt.Errorf("an index is not what it indexes (-want +got):\n%s", d)
	}
	return nil
}

// addDueTimes indexes the due times that wait for a run.
func (m indexes) addDueTimes(tx *bbolt.Tx) error {
	return tx.Bucket([]byte(bucketDueTimes)).ForEach(func(k, _ []byte) error {
		d, err := get[export.DueTime](tx, bucketDueTimes, string(k))
		if err == nil && d.End == export.DueWaiting {
			m[bucketDueTimesByRun][string(d.Run)+"\x00"+string(k)] = ""
		}
		return err
	})
}

// scanAll makes the indexes from the runs and the exporters, in the plainest way.
func scanAll(tx *bbolt.Tx) (indexes, error) {
	made := indexes{
		bucketRunHeads: {}, bucketRunsBy: {}, bucketRunsByExporter: {}, bucketRunsByDue: {}, bucketActive: {},
		bucketActiveByExporter: {}, bucketHistories: {}, bucketExportersByName: {}, bucketExportersByCompany: {},
		bucketExportersBySheet: {}, bucketExportersByDue: {}, bucketDueTimesByRun: {},
		bucketExportersByAfter: {},
	}
	if err := made.addDueTimes(tx); err != nil {
		return nil, err
	}
	runs, err := list[export.Run](tx, bucketRuns)
	if err != nil {
		return nil, err
	}
	slices.Reverse(runs)
	histories := map[export.ID]*export.History{}
	for _, r := range runs {
		if err := made.addRun(r); err != nil {
			return nil, err
		}
		h := histories[r.Exporter.ID]
		if h == nil {
			h = &export.History{Problem: r.Problem}
			histories[r.Exporter.ID] = h
		}
		h.Days = h.Days.Count(r.Ending(), 1)
		if h.Runs++; h.Runs <= export.MostRecent {
			h.Recent = append(h.Recent, r.Brief())
		}
		if r.Status == export.RunSucceeded && r.Trigger != export.TriggerUndo && h.Last == nil {
			h.Last = r.Success()
		}
	}
	for id, h := range histories {
		if made[bucketHistories][string(id)], err = rowOf(*h); err != nil {
			return nil, err
		}
	}
	all, err := list[export.Exporter](tx, bucketExporters)
	for _, e := range all {
		h := export.History{}
		if known := histories[e.ID]; known != nil {
			h = *known
		}
		made.addExporter(e, h)
	}
	return made, err
}

func rowOf(v any) (string, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	raw, err := json.Marshal(row{Version: rowVersion, Data: data})
	return string(raw), err
}

func (m indexes) addRun(r export.Run) (err error) {
	id := string(r.ID)
	m[bucketRunsByExporter][string(r.Exporter.ID)+"\x00"+id] = ""
	if !r.Due.IsZero() {
		m[bucketRunsByDue][dueKey(r.Exporter.ID, r.Due)] = id
	}
	m[bucketRunsBy]["s"+string(r.Status)+"\x00"+id] = ""
	m[bucketRunsBy]["t"+string(r.Trigger)+"\x00"+id] = ""
	for _, realm := range r.Exporter.Companies {
		m[bucketRunsBy]["c"+string(realm)+"\x00"+id] = ""
	}
	if len(r.Exporter.Companies) == 0 {
		m[bucketRunsBy]["c\x00"+id] = ""
	}
	if !r.Status.Over() {
		key := string(activeKey(r.Activity()))
		m[bucketActive][key] = string(packActive(r.Activity()))
		m[bucketActiveByExporter][string(r.Exporter.ID)] = key
	}
	m[bucketRunHeads][id], err = rowOf(headOf(r))
	return err
}

func (m indexes) addExporter(e export.Exporter, h export.History) {
	head := e.Head(h)
	m[bucketExportersByName][head.Position()] = string(packHead(head))
	for _, realm := range e.Companies {
		m[bucketExportersByCompany][string(realm)+"\x00"+head.Position()] = ""
	}
	if s := e.Target.Spreadsheet; s != "" {
		m[bucketExportersBySheet][s+"\x00"+head.Position()] = ""
	}
	for _, id := range e.After {
		m[bucketExportersByAfter][string(id)+"\x00"+string(e.ID)] = ""
	}
	if !e.Paused() && (len(e.After) > 0 && !e.NextAt.IsZero() ||
		len(e.After) == 0 && e.Schedule.Enabled && e.Schedule.Cron != "") {
		m[bucketExportersByDue][string(dueExporterKey(e.NextAt, e.ID))] = ""
	}
}

// keeper does random things to a store.
type keeper struct {
	s   *Store
	ctx context.Context
	now time.Time
	n   int
}

func (k *keeper) exporter(t *rapid.T) export.ID {
	return export.ID(rapid.SampledFrom([]string{"exp_1", "exp_10", "exp_2", "exp_3"}).Draw(t, "exporter"))
}

func (k *keeper) draw(t *rapid.T, e *export.Exporter) {
	e.Name = rapid.SampledFrom([]string{"a", "A", "a b", "", "Ünder", "z\x00y"}).Draw(t, "name")
	e.Companies = rapid.SliceOfNDistinct(rapid.SampledFrom([]export.RealmID{"1", "2", "12"}), 0, 2,
		rapid.ID[export.RealmID]).Draw(t, "companies")
	e.Target.Spreadsheet = rapid.SampledFrom([]string{"", "S", "T"}).Draw(t, "spreadsheet")
	e.Schedule.Enabled = rapid.Bool().Draw(t, "enabled")
	e.Schedule.Cron = rapid.SampledFrom([]string{"", "0 6 * * *"}).Draw(t, "cron")
	e.Pause = rapid.SampledFrom([]*export.Pause{nil, nil, {Reason: export.PausedByPerson}}).Draw(t, "pause")
	e.NextAt = rapid.SampledFrom([]time.Time{{}, k.now, k.now.Add(time.Hour)}).Draw(t, "next")
	e.After = rapid.SliceOfNDistinct(rapid.SampledFrom([]export.ID{"exp_1", "exp_10", "exp_2", "exp_3"}), 0, 2,
		rapid.ID[export.ID]).Draw(t, "after")
	e.After = slices.DeleteFunc(e.After, func(id export.ID) bool { return id <= e.ID }) // so there is no cycle
}

func (k *keeper) want(t *rapid.T, err error, allowed ...error) {
	if err == nil {
		return
	}
	for _, a := range allowed {
		if errors.Is(err, a) {
			return
		}
	}
	t.Fatal(err)
}

func (k *keeper) create(t *rapid.T) {
	e := export.Exporter{ID: k.exporter(t)}
	k.draw(t, &e)
	k.want(t, k.s.CreateExporter(k.ctx, e), export.ErrExists)
}

func (k *keeper) update(t *rapid.T) {
	_, err := k.s.UpdateExporter(k.ctx, k.exporter(t), func(e *export.Exporter) error { k.draw(t, e); return nil })
	k.want(t, err, export.ErrNotFound)
}

func (k *keeper) drop(t *rapid.T) {
	k.want(t, k.s.DeleteExporter(k.ctx, k.exporter(t)), export.ErrNotFound)
}

func (k *keeper) run(t *rapid.T) export.Run {
	k.n++
	k.now = k.now.Add(time.Duration(rapid.IntRange(-5, 600).Draw(t, "seconds")) * time.Second)
	r := export.Run{
		ID: export.NewID("run", k.now), Exporter: export.Exporter{ID: k.exporter(t)}, QueuedAt: k.now,
		Trigger: rapid.SampledFrom([]export.Trigger{export.TriggerManual, export.TriggerUndo}).Draw(t, "trigger"),
	}
	if rapid.Bool().Draw(t, "later") {
		r.NotBefore = k.now.Add(time.Minute)
	}
	return r
}

func (k *keeper) enqueue(t *rapid.T) {
	_, _, err := k.s.Enqueue(k.ctx, k.run(t))
	k.want(t, err)
}

// many adds more ended runs of one exporter than its history lists.
func (k *keeper) many(t *rapid.T) {
	id := k.exporter(t)
	if k.n += export.MostRecent; k.n > 3*export.MostRecent {
		return // more takes time and shows nothing new
	}
	err := k.s.db.Update(func(tx *bbolt.Tx) error {
		for range export.MostRecent + 3 {
			k.now = k.now.Add(time.Second)
			r := export.Run{ID: export.NewID("run", k.now), Exporter: export.Exporter{ID: id}, QueuedAt: k.now}
			stored, joined, err := enqueue(tx, r)
			if err != nil || joined {
				return err
			}
			stored.Status, stored.FinishedAt = export.RunFailed, k.now
			if err := putRun(tx, stored); err != nil {
				return err
			}
		}
		return nil
	})
	k.want(t, err)
}

func (k *keeper) enqueueDue(t *rapid.T) {
	r := k.run(t)
	e, err := k.s.Exporter(k.ctx, r.Exporter.ID)
	if err != nil {
		return
	}
	r.Due, r.Trigger = e.NextAt, export.TriggerSchedule
	_, _, err = k.s.EnqueueDue(k.ctx, dueRun(r, k.now.Add(time.Hour)))
	k.want(t, err, export.ErrExists, export.ErrBusy)
}

func (k *keeper) claim(t *rapid.T) {
	n := rapid.IntRange(0, 3).Draw(t, "claims")
	_, err := k.s.Claim(k.ctx, "wrk_1", func(active iter.Seq[export.ActiveRun]) (ids []export.ID) {
		for a := range active {
			if a.Status == export.RunQueued && len(ids) < n {
				ids = append(ids, a.ID)
			}
		}
		return ids
	}, func(r *export.Run) { r.NotBefore = time.Time{} })
	k.want(t, err)
}

func (k *keeper) change(t *rapid.T) {
	runs, _, err := k.s.Runs(k.ctx, export.RunFilter{Limit: 1000})
	k.want(t, err)
	if len(runs) == 0 {
		return
	}
	r := rapid.SampledFrom(runs).Draw(t, "run")
	status := rapid.SampledFrom([]export.RunStatus{
		export.RunSucceeded, export.RunSucceeded, export.RunFailed, export.RunCancelled, export.RunQueued,
		export.RunRunning,
	}).Draw(t, "status")
	if r.Status.Over() && !status.Over() {
		return
	}
	rows := rapid.IntRange(0, 3).Draw(t, "rows")
	_, err = k.s.UpdateRun(k.ctx, r.ID, func(r *export.Run) error {
		r.Status, r.Rows, r.Problem = status, rows, nil
		if status.Over() {
			r.FinishedAt = k.now
		}
		if status == export.RunFailed {
			r.Problem = problem.New(problem.SheetConflict, "%d cells are in the way.", rows)
		}
		if rows > 1 {
			r.Checks = []export.Check{{What: "Total"}}
		}
		return nil
	})
	k.want(t, err)
}

func (k *keeper) rescue(t *rapid.T) {
	_, err := k.s.Rescue(k.ctx, func(export.ID) bool { return true },
		func(r *export.Run) { r.Status, r.NotBefore = export.RunQueued, k.now })
	k.want(t, err)
}

func (k *keeper) prune(t *rapid.T) {
	before := k.now.Add(time.Duration(rapid.IntRange(-10, 60).Draw(t, "before")) * time.Minute)
	_, err := k.s.PruneRuns(k.ctx, before, rapid.SampledFrom([]int{0, 1, 2, 25}).Draw(t, "keep"))
	k.want(t, err)
}

func (k *keeper) check(t *rapid.T) { k.want(t, k.s.db.View(compareIndexes)) }

// After any history, each index is what a full scan would make of the rows.
func TestIndexesEqualAFullScan(t *testing.T) {
	t.Parallel()
	path, seal := t.TempDir(), newVault(t)
	opened := 0
	rapid.Check(t, func(rt *rapid.T) {
		opened++
		s, err := Open(filepath.Join(path, fmt.Sprintf("%d.db", opened)), seal, Options{})
		if err != nil {
			rt.Fatal(err)
		}
		s.db.NoSync = true
		defer func() { _ = s.Close() }()
		k := &keeper{s: s, ctx: context.Background(), now: noon}
		rt.Repeat(map[string]func(*rapid.T){
			"": k.check, "create": k.create, "update": k.update, "drop": k.drop, "enqueue": k.enqueue,
			"enqueue more": k.enqueue, "many": k.many, "enqueue due": k.enqueueDue, "claim": k.claim,
			"change":      k.change,
			"change more": k.change, "change again": k.change, "rescue": k.rescue, "prune": k.prune,
		})
	})
}
