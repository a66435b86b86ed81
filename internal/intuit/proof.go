package intuit

import (
	"context"

	"ledgersheet/internal/problem"
	"ledgersheet/internal/record"
)

// sight is what walking through the pages showed. Two equal sights of the same list mean that it was not changing.
type sight struct {
	read int    // distinct records until the first gap, or until the end if there is none
	all  int    // distinct records, also those behind the first gap
	gap  seam   // where two pages did not join first
	torn bool   // there is such a gap
	last string // the id of the last record for which the next page begins
}

// seam is the place between two pages: the id with which the second one has to begin, and that with which it began.
type seam struct{ want, got string }

func (v *sight) tear(at seam) {
	if !v.torn {
		v.read, v.gap, v.torn = v.all, at, true
	}
}

// walk goes through all pages. With yield it passes on each record once and ends at the first gap or when yield returns
// false, which it reports as stopped; without yield it goes on to the end.
func (s *selection) walk(ctx context.Context, total int, yield func(record.Record) bool) (
	v sight, stopped bool, err error,
) {
	var seen record.IDs
	size := 0
	room := 0 // what the last page had
	for page, err := range s.pages(ctx, total) {
		if err != nil {
			return v, false, err
		}
		previous := v.last
		size, room = 0, page.size
		for _, rec := range page.records {
			rec = s.quirk.unwrap(rec)
			id := rec.Text("Id")
			if size == 0 && previous != "" && id != previous {
				v.tear(seam{previous, id})
				if yield != nil {
					return v, false, nil
				}
			}
			// QuickBooks has returned more records than were asked for; the next page begins at the last of those.
			// https://github.com/mcohen01/node-quickbooks/issues/89
			if size++; size <= page.size {
				v.last = id
			}
			if id != "" && !seen.Add(id) {
				continue
			}
			v.all++
			if yield != nil && !yield(rec) {
				return v, true, nil
			}
		}
		if size == 0 && previous != "" { // even the last record of the previous page is missing
			v.tear(seam{want: previous})
			if yield != nil {
				return v, false, nil
			}
		}
	}
	// Records may have been pushed out behind a full page. The pages were chosen so that the last one has room.
	if !s.quirk.unordered && size >= room {
		v.tear(seam{want: v.last})
	}
	if !v.torn {
		v.read = v.all
	}
	return v, false, nil
}

// prove compares what was read with QuickBooks' count. Records added at the end since the count are fine if all of them
// were read. If the two disagree while the count stays, it walks through the pages once more: the same disagreement
// twice is no race, and would be found by each further attempt.
func (s *selection) prove(ctx context.Context, total int, first sight) error {
	if !first.torn && first.read == total {
		return nil
	}
	now, err := s.count(ctx, s.statement)
	if err != nil {
		return err
	}
	if !first.torn && first.read == now {
		return nil
	}
	if now != total {
		return s.racedProblem(total, now, first)
	}
	second, _, err := s.walk(ctx, now, nil)
	if err != nil {
		return err
	}
	if second.read != first.read || second.gap != first.gap {
		return s.racedProblem(total, now, first)
	}
	return s.mismatchProblem(now, second)
}

// racedProblem is the problem of records that changed while they were read.
func (s *selection) racedProblem(total, now int, v sight) error {
	if v.torn {
		return problem.New(problem.IncompleteRead, "Records of %s were added or deleted while they were read.",
			s.title())
	}
	return problem.New(problem.IncompleteRead, "QuickBooks counted %d of %s before and %d after reading, but %d came.",
		total, s.title(), now, v.read)
}

// mismatchProblem is the problem of a count and of pages that stay as they are and do not agree. It lasts: the same
// reading would end the same way.
func (s *selection) mismatchProblem(total int, v sight) error {
	p := problem.New(problem.IncompleteRead, "QuickBooks counts %d of %s and gives %d, twice in a row.",
		total, s.title(), v.all)
	if v.all == total {
		p = problem.New(problem.IncompleteRead, "QuickBooks counts and gives %d of %s, but twice its pages did not "+
			"follow one another, so that none can be known to be missing or old.", total, s.title())
	}
	return p.WithHint("Records may be hidden from the person who connected the company: have one of its " +
		"administrators " +
		"press Reconnect on Connections, or leave them out with a filter. The sheet keeps its previous rows.").Lasting()
}
