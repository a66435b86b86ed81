package rows

import (
	"context"
	"iter"

	"ledgersheet/internal/record"
	"ledgersheet/internal/supply"
)

// preview prepares the first records. With the request that brought them it costs two at most: what one list has to say
// about them or, where nothing has to be looked up, how many records there are. The total is -1 when nobody knows how
// many rows there are.
func (m *Maker) preview(ctx context.Context, from *supply.Records) (iter.Seq2[record.Record, error], int, error) {
	sample, err := collect(from.All)
	if err != nil {
		return nil, 0, err
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
		total = -1 // nobody knows how many pass the filters here
	}
	return each(sample), total, nil
}

// prepareSample looks up what the first of the lists that are needed says of the sample, and leaves the others out. It
// reports whether that took a request.
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
