package rows

import (
	"context"
	"iter"

	"ledgersheet/internal/record"
	"ledgersheet/internal/supply"
)

// preview prepares the first records. It makes at most one further request: for the entries of one list or, if nothing
// has to be looked up, for the number of records. The total is -1 if the number of rows is unknown.
func (m *Maker) preview(ctx context.Context, from *supply.Records) (iter.Seq2[record.Record, error], int, error) {
	sample, err := collect(from.All)
	if err != nil {
		return nil, 0, err
	}
	if m.learnsFrom() {
		if err := m.learn(sample); err != nil {
			return nil, 0, err
		}
	}
	looked, err := m.prepareSample(ctx, sample)
	if err != nil {
		return nil, 0, err
	}
	total := from.Total
	if total < 0 && !looked && from.Exact {
		if total, err = m.supply.Count(ctx, m.Want()); err != nil {
			return nil, 0, err
		}
	}
	if !from.Exact {
		total = -1 // the number of records that pass the filters is unknown
	}
	return each(sample), total, nil
}

// prepareSample looks up the sample's entries in the first list it needs and skips the others. It reports whether that
// took a request.
func (m *Maker) prepareSample(ctx context.Context, sample []record.Record) (bool, error) {
	w := m.wantOf(sample)
	for i, l := range w.lists {
		if i > 0 {
			l.leaveOut()
		} else if err := l.readSome(ctx, m, w.ids[l]); err != nil {
			return false, err
		}
	}
	return len(w.lists) > 0, nil
}

func collect(records iter.Seq2[record.Record, error]) ([]record.Record, error) {
	var list []record.Record
	for rec, err := range records {
		if err != nil {
			return nil, err
		}
		list = append(list, rec)
	}
	return list, nil
}

func each(list []record.Record) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		for _, rec := range list {
			if !yield(rec, nil) {
				return
			}
		}
	}
}
