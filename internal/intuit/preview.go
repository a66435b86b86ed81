package intuit

import (
	"context"
	"encoding/json"
)

// previewScan is how many records a preview looks through when filters have to be applied here.
const previewScan = 100

// openPreview reads a preview's records. It costs two requests at most: the records, and then either what one list has
// to say about them or, where nothing has to be looked up, how many records there are.
func (r *entityRead) openPreview(ctx context.Context) error {
	var page json.RawMessage
	size := 0
	err := r.narrowed(ctx, func() (err error) {
		if size = min(r.query.Limit, pageSize); !r.exact {
			size = max(size, previewScan)
		}
		query := r.statement.page(1, size)
		if quirkOf(r.object).single {
			query = r.statement.all()
		}
		page, err = r.fetch(ctx, query)
		return err
	})
	if err != nil {
		return err
	}
	for rec, err := range records(page) {
		if err != nil {
			return malformed(err)
		}
		r.sample = append(r.sample, unwrapped(r.object, rec))
	}
	looked, err := r.prepareSample(ctx)
	switch {
	case err != nil:
		return err
	case quirkOf(r.object).single:
	case len(r.sample) < size:
		r.total = len(r.sample)
	case !looked && r.exact:
		r.total, err = r.count(ctx, r.statement)
	}
	return err
}

// prepareSample looks up what the first of the lists that are needed says of the sample, and leaves the others out. It
// reports whether that took a request.
func (r *entityRead) prepareSample(ctx context.Context) (bool, error) {
	var w wanted
	for _, rec := range r.sample {
		if err := r.want(&w, rec); err != nil {
			return false, err
		}
	}
	for i, l := range w.lists {
		if i > 0 {
			l.leaveOut()
		} else if err := l.readSome(ctx, r.lister, w.ids[l]); err != nil {
			return false, err
		}
	}
	return len(w.lists) > 0, nil
}
