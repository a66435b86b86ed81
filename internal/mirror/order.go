package mirror

import (
	"cmp"
	"strings"
)

// place is what a record's place in its list depends on.
type place struct {
	id      string
	created int64 // seconds; 0 if unknown
}

// order is how QuickBooks orders an object's records. Which one it is shows when all of them are read.
type order string

const (
	byNumber        order = "number" // ids as numbers
	byText          order = "text"   // ids as text
	byCreation      order = "created,number"
	byCreationText  order = "created,text"
	creationPrefix        = "created,"
	mostIDDigits          = 64
	unknownCreation       = int64(0)
)

// orders lists all orders, likelier ones first.
func orders() []order { return []order{byNumber, byText, byCreation, byCreationText} }

// accepts reports whether the order has a place for the record.
func (o order) accepts(p place) bool {
	switch {
	case p.id == "":
		return false
	case (o == byNumber || o == byCreation) && !isNumber(p.id):
		return false
	}
	return !o.byCreated() || p.created != unknownCreation
}

// byCreated reports whether ids alone do not tell where a record is.
func (o order) byCreated() bool { return strings.HasPrefix(string(o), creationPrefix) }

func (o order) compare(a, b place) int {
	if o.byCreated() {
		if n := cmp.Compare(a.created, b.created); n != 0 {
			return n
		}
	}
	if o == byNumber || o == byCreation {
		return compareNumbers(a.id, b.id)
	}
	return strings.Compare(a.id, b.id)
}

// compareNumbers compares digits of any length. Equal numbers that are spelt differently are different ids.
func compareNumbers(a, b string) int {
	x, y := strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(x, y), strings.Compare(a, b))
}

func isNumber(id string) bool {
	for i := range len(id) {
		if id[i] < '0' || id[i] > '9' {
			return false
		}
	}
	return id != "" && len(id) <= mostIDDigits
}

// sorter finds the order of records as they come.
type sorter struct {
	left []order
	last place
	any  bool
}

func newSorter() *sorter { return &sorter{left: orders()} }

// see takes note of the next record.
func (s *sorter) see(p place) {
	var fits []order
	for _, o := range s.left {
		if o.accepts(p) && (!s.any || o.compare(s.last, p) < 0) {
			fits = append(fits, o)
		}
	}
	s.left, s.last, s.any = fits, p, true
}

// found returns the order, or "" if none of the known ones fits.
func (s *sorter) found() order {
	if len(s.left) == 0 {
		return ""
	}
	return s.left[0]
}
