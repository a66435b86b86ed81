package storetest

import (
	"context"
	"errors"
	"sync"
	"testing"

	"ledgersheet/internal/export"
)

// Differences keeps differences and evidence in memory, for stores that tests write by hand. The zero value is empty.
type Differences struct {
	mu       sync.Mutex
	kept     map[export.ID][]byte
	evidence map[export.ID][]byte
}

var (
	_ export.DifferenceStore = (*Differences)(nil)
	_ export.EvidenceStore   = (*Differences)(nil)
)

// PutEvidence implements export.EvidenceStore.
func (d *Differences) PutEvidence(_ context.Context, run export.ID, data []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.evidence == nil {
		d.evidence = map[export.ID][]byte{}
	}
	d.evidence[run] = data
	return nil
}

// Evidence implements export.EvidenceStore.
func (d *Differences) Evidence(_ context.Context, run export.ID) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	data, ok := d.evidence[run]
	if !ok {
		return nil, export.ErrNotFound
	}
	return data, nil
}

// PutDifference implements export.DifferenceStore.
func (d *Differences) PutDifference(_ context.Context, run export.ID, data []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.kept == nil {
		d.kept = map[export.ID][]byte{}
	}
	d.kept[run] = data
	return nil
}

// Difference implements export.DifferenceStore.
func (d *Differences) Difference(_ context.Context, run export.ID) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	data, ok := d.kept[run]
	if !ok {
		return nil, export.ErrNotFound
	}
	return data, nil
}

func testDifferences(t *testing.T, s export.Store) {
	ctx := t.Context()
	runs := fillHistory(t, s, 3)
	for _, r := range runs {
		must(t, s.PutDifference(ctx, r.ID, []byte("first")))
		must(t, s.PutDifference(ctx, r.ID, []byte(string(r.ID)+"\x00\xff")))
		must(t, s.PutEvidence(ctx, r.ID, []byte("evidence of "+string(r.ID))))
	}
	for _, r := range runs {
		got, err := s.Difference(ctx, r.ID)
		if err != nil || string(got) != string(r.ID)+"\x00\xff" {
			t.Errorf("the difference of %s is %q, %v", r.ID, got, err)
		}
		got, err = s.Evidence(ctx, r.ID)
		if err != nil || string(got) != "evidence of "+string(r.ID) {
			t.Errorf("the evidence of %s is %q, %v", r.ID, got, err)
		}
	}
	if _, err := s.Evidence(ctx, "run_none"); !errors.Is(err, export.ErrNotFound) {
		t.Errorf("of a run that left no evidence: %v", err)
	}
	if _, err := s.Difference(ctx, "run_none"); !errors.Is(err, export.ErrNotFound) {
		t.Errorf("of a run that left none: %v", err)
	}
	deleted, err := s.PruneRuns(ctx, noon.AddDate(1, 0, 0), 0)
	must(t, err)
	gone := 0
	for _, r := range runs {
		if _, err := s.Run(ctx, r.ID); !errors.Is(err, export.ErrNotFound) {
			continue
		}
		gone++
		if _, err := s.Difference(ctx, r.ID); !errors.Is(err, export.ErrNotFound) {
			t.Errorf("the difference of %s outlives its run: %v", r.ID, err)
		}
		if _, err := s.Evidence(ctx, r.ID); !errors.Is(err, export.ErrNotFound) {
			t.Errorf("the evidence of %s outlives its run: %v", r.ID, err)
		}
	}
	if gone == 0 || gone != deleted {
		t.Errorf("%d runs are gone, %d deleted: this shows too little", gone, deleted)
	}
}

func (d *Differences) forget(run export.ID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.kept, run)
	delete(d.evidence, run)
}
