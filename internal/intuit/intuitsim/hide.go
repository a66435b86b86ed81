package intuitsim

import (
	"fmt"
	"slices"
)

// Hiding is how the query endpoint keeps a record back that it counts. No source tells how the service does it, or
// whether it does; both ways were thought up for clients that compare counts and pages.
type Hiding string

// The ways of hiding. The empty one is not hidden.
const (
	// HiddenUnpaged leaves the record out before the answer is cut into pages.
	HiddenUnpaged Hiding = "unpaged"
	// HiddenHole leaves the record out of its page, which then has fewer records than were asked for.
	HiddenHole Hiding = "hole"
)

// Hide makes queries count a record and not give it, or with the empty Hiding give it again. Single reads, change data
// capture and reports show it as before.
func (c *Company) Hide(entityName, id string, how Hiding) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.find(entityName, id)
	if r == nil {
		return fmt.Errorf("%s %s: %w", entityName, id, ErrNoRecord)
	}
	r.hidden = how
	return nil
}

// notHidden returns the records that are not hidden in that way.
func notHidden(list []*record, how Hiding) []*record {
	return slices.DeleteFunc(slices.Clone(list), func(r *record) bool { return r.hidden == how })
}
