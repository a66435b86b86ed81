package intuit

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"sync"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/record"
)

const (
	// leastPage is the smallest page that is worth asking for.
	leastPage = 25
	// slowAnswer tells a page that took QuickBooks too long from a gateway's hiccup, which retrying helps.
	slowAnswer = 30 * time.Second
)

// habit is how a company's records of one object have to be asked for. The zero value is the usual way.
type habit struct {
	size  int    // records per page; 0 means pageSize
	order string // the property to order by; empty means Id
}

// habits remembers what has been learnt, for as long as the client lives. It is safe for concurrent use.
type habits struct {
	mu    sync.Mutex
	known map[habitKey]habit
}

type habitKey struct {
	realm  export.RealmID
	object string
}

func (h *habits) of(l lister) habit {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.known[habitKey{l.realm, l.object}]
}

func (h *habits) learn(l lister, change func(*habit)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.known == nil {
		h.known = map[habitKey]habit{}
	}
	key := habitKey{l.realm, l.object}
	now := h.known[key]
	change(&now)
	h.known[key] = now
}

// page is one page of a list, and how many records were asked for.
type page struct {
	records []record.Record
	size    int
}

// pages yields all pages of a list of total records. A page that takes QuickBooks too long is asked for again with half
// the size, as is the rest of the list; people report that this helps. If QuickBooks refuses to order the list, another
// order is tried. https://github.com/mcohen01/node-quickbooks/issues/89
func (s *selection) pages(ctx context.Context, total int) iter.Seq2[page, error] {
	return func(yield func(page, error) bool) {
		for from := 1; ; {
			size := s.pageSize()
			starts := pageStarts(from, total, size, s.statement.order != "")
			failed, err := s.fetchAhead(ctx, s.statement, size, starts, func(records []record.Record) bool {
				s.keepOrder()
				return yield(page{records, size}, nil)
			})
			switch {
			case err == nil:
				return
			case isTooMuch(ctx, err) && size/2 >= leastPage:
				s.shrink(ctx, size/2)
			case isRefused(err) && failed == 1 && s.reorder(ctx): // nothing has been yielded in the other order
				if s.statement.order == "" && total >= s.pageSize() {
					yield(page{}, s.unorderedProblem(err, total))
					return
				}
			default:
				yield(page{}, err)
				return
			}
			from = failed
		}
	}
}

// pageSize returns how many records to ask for at once.
func (s *selection) pageSize() int {
	if size := s.client.habits.of(s.lister).size; size > 0 {
		return size
	}
	return pageSize
}

// shrink makes the pages of the object smaller, from now on and for all.
func (s *selection) shrink(ctx context.Context, size int) {
	s.client.habits.learn(s.lister, func(h *habit) { h.size = size })
	s.client.log.WarnContext(ctx, "quickbooks did not finish a page in time, asking for smaller ones",
		"object", s.object, "realm", string(s.realm), "size", size)
}

// byCreation is the order for objects that cannot be ordered by Id. Records do not change it either, and every object
// with an Id has it.
const byCreation = "MetaData.CreateTime"

// reorder chooses the next order after one that QuickBooks refused, finally none. It reports whether there is one.
func (s *selection) reorder(ctx context.Context) bool {
	refused := s.statement.order
	switch refused {
	case "":
		return false
	case byCreation:
		s.statement.order = ""
	default:
		s.statement.order = byCreation
	}
	s.client.log.WarnContext(ctx, "quickbooks refused an order, trying another", "object", s.object,
		"realm", string(s.realm), "refused", refused, "order", s.statement.order)
	return true
}

// keepOrder remembers the order if QuickBooks accepted it in place of the usual one.
func (s *selection) keepOrder() {
	if s.statement.order == byCreation {
		s.client.habits.learn(s.lister, func(h *habit) { h.order = byCreation })
	}
}

// askOrdered calls ask, and calls it again with other orders while QuickBooks refuses the query.
func (s *selection) askOrdered(ctx context.Context, ask func() error) error {
	err := ask()
	for isRefused(err) && s.reorder(ctx) {
		err = ask()
	}
	if err == nil {
		s.keepOrder()
	}
	return err
}

// unorderedProblem is the problem of a list that has more than one page and no order: pages that cannot be joined prove
// nothing.
func (s *selection) unorderedProblem(refused error, total int) error {
	return problem.Wrap(refused, problem.QuickBooksRejected, "QuickBooks gives %s in no lasting order. There are %d, "+
		"too many for one answer, so it could not be known whether some are missing.", s.title(), total).
		WithHint("Choose a date range or a filter that leaves fewer records.")
}

// isRefused reports whether QuickBooks did not accept the query as it was written.
func isRefused(err error) bool {
	refused, ok := errors.AsType[*refusal](err)
	return ok && (refused.code == "4000" || refused.code == "4001")
}

// isTooMuch reports whether QuickBooks ran out of time, or we out of room, so that a smaller page may be answered.
// https://developer.intuit.com/app/developer/qbo/docs/learn/limits-and-throttles
func isTooMuch(ctx context.Context, err error) bool {
	if err == nil || ctx.Err() != nil {
		return false
	}
	refused, ok := errors.AsType[*refusal](err)
	return (ok && refused.status == http.StatusGatewayTimeout) || errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, errTooLarge)
}

// fetchPage is fetch for a page that can be asked for in smaller ones, so that one which is too much is not asked for
// again.
func (l lister) fetchPage(ctx context.Context, query string) (fetched, error) {
	l.page = true
	return l.fetch(ctx, query)
}
