package pipeline

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/change"
	"ledgersheet/internal/export"
	"ledgersheet/internal/storetest"
	"ledgersheet/internal/table"
)

// keeper is a store, source and destination that records the order of its calls.
type keeper struct {
	companies
	storetest.Differences
	exporter   export.Exporter
	marks      map[string]string
	steps      []string
	write, put error // what Commit and PutMark return
	deleted    bool  // the exporter is gone once there was a call
}

func (k *keeper) Account(context.Context, export.ID) (export.GoogleAccount, error) {
	return export.GoogleAccount{Status: export.Connected}, nil
}

func (k *keeper) Exporter(context.Context, export.ID) (export.Exporter, error) {
	if k.deleted && len(k.steps) > 0 {
		return export.Exporter{}, export.ErrNotFound
	}
	return k.exporter, nil
}

func (k *keeper) Exporters(context.Context, export.ExporterFilter) ([]export.Exporter, error) {
	return []export.Exporter{k.exporter}, nil
}

func (k *keeper) UpdateExporter(_ context.Context, _ export.ID,
	change func(*export.Exporter) error) (export.Exporter, error) {
	return k.exporter, change(&k.exporter)
}

func (k *keeper) Mark(_ context.Context, key string) ([]byte, error) {
	if m, ok := k.marks[key]; ok {
		return []byte(m), nil
	}
	return nil, export.ErrNotFound
}

func (k *keeper) PutMark(_ context.Context, key string, data []byte) error {
	if k.put != nil {
		return k.put
	}
	k.steps = append(k.steps, "put "+key)
	k.marks[key] = string(data)
	return nil
}

// Read appends an x to the state, so that the state counts the readings.
func (k *keeper) Read(_ context.Context, _ export.Definition, q export.Query) (*export.Reading, error) {
	k.steps = append(k.steps, "read "+string(q.Company.Realm)+" after "+string(q.State))
	r := &export.Reading{
		Schema: table.Schema{Columns: []table.Column{{ID: "Id", Title: "Id"}}},
		Rows:   func(func(table.Row, error) bool) {},
	}
	r.End = func() (export.Outcome, error) {
		if q.Limit > 0 {
			return export.Outcome{}, nil
		}
		return export.Outcome{State: append(q.State, 'x')}, nil
	}
	return r, nil
}

func (k *keeper) Prepare(_ context.Context, w export.WriteRequest) (export.Write, error) {
	return keeperWrite{k, w}, nil
}

type keeperWrite struct {
	k *keeper
	w export.WriteRequest
}

func (keeperWrite) Change() *change.Set { return &change.Set{} }

func (keeperWrite) Requests() int { return 1 }

func (keeperWrite) Close() error { return nil }

func (w keeperWrite) Commit(context.Context) (export.WriteResult, error) {
	w.k.steps = append(w.k.steps, "write")
	return export.WriteResult{Target: w.w.Target}, w.k.write
}

func TestMarksFollowTheSheet(t *testing.T) {
	t.Parallel()
	refused := errors.New("refused")
	log := export.ChangeLog{ID: "changes", Title: "Change log"}
	entity := export.Entity{ID: "changes", Title: "No log"}
	both := map[string]string{"exp_1/1": "a", "exp_1/2": "b"}
	for name, test := range map[string]struct {
		definition export.Definition
		marks      map[string]string
		write, put error
		deleted    bool
		steps      []string
		after      map[string]string
	}{
		"first": {
			definition: log,
			steps:      []string{"read 1 after ", "read 2 after ", "write", "put exp_1/1", "put exp_1/2"},
			after:      map[string]string{"exp_1/1": "x", "exp_1/2": "x"},
		},
		"next": {
			definition: log, marks: both,
			steps: []string{"read 1 after a", "read 2 after b", "write", "put exp_1/1", "put exp_1/2"},
			after: map[string]string{"exp_1/1": "ax", "exp_1/2": "bx"},
		},
		"unsaved": {
			definition: log, marks: both, write: refused,
			steps: []string{"read 1 after a", "read 2 after b", "write"},
			after: both,
		},
		"unmarked": {
			definition: log, marks: both, put: refused,
			steps: []string{"read 1 after a", "read 2 after b", "write"},
			after: both,
		},
		"deleted": {
			definition: log, deleted: true,
			steps: []string{"read 1 after ", "read 2 after ", "write"},
			after: map[string]string{},
		},
		"no log": {
			definition: entity, marks: both,
			steps: []string{"read 1 after ", "read 2 after ", "write", "put exp_1/1", "put exp_1/2"},
			after: map[string]string{"exp_1/1": "x", "exp_1/2": "x"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := &keeper{
				marks: map[string]string{}, write: test.write, put: test.put, deleted: test.deleted,
				exporter: export.Exporter{
					ID: "exp_1", Definition: "changes", Companies: []export.RealmID{"1", "2"}, Columns: []string{"Id"},
				},
			}
			for key, value := range test.marks {
				k.marks[key] = value
			}
			r := New(Options{Definitions: []export.Definition{test.definition}, Store: k, Source: k, Destination: k})
			err := r.Work(t.Context(), export.Run{ID: "run_1", Exporter: k.exporter}, func(func(*export.Run)) {})
			if want := errors.Join(test.write, test.put); (err == nil) != (want == nil) ||
				want != nil && !errors.Is(err, refused) {
				t.Errorf("the run ended with %v", err)
			}
			if diff := cmp.Diff(test.steps, k.steps); diff != "" {
				t.Errorf("the steps (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.after, k.marks); diff != "" {
				t.Errorf("the marks (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPreviewLeavesMarksAlone(t *testing.T) {
	t.Parallel()
	k := &keeper{marks: map[string]string{"exp_1/1": "a"}}
	log := export.ChangeLog{ID: "changes", Title: "Change log"}
	r := New(Options{Definitions: []export.Definition{log}, Store: k, Source: k, Destination: k})
	for id, want := range map[export.ID]string{"exp_1": "read 1 after a", "": "read 1 after "} {
		k.steps = nil
		e := export.Exporter{
			ID: id, Definition: "changes", Companies: []export.RealmID{"1"}, Columns: []string{"Id"},
		}
		if _, err := r.Preview(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{want}, k.steps); diff != "" || len(k.marks) != 1 {
			t.Errorf("preview of %q: %s %v", id, diff, k.marks)
		}
	}
}
