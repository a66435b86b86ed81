package change

import (
	"cmp"
	"slices"
)

// index finds rows by a digest, the first of equal ones first. Each is found once. It takes 8 bytes per row.
type index struct {
	digest func(row int32) digest
	rows   []int32 // by digest, then by position
	taken  []int32 // at the first of rows with equal digests: how many of them have been taken
}

// newIndex returns an index of rows, given by their positions in ascending order. It keeps the slice.
func newIndex(rows []int32, of func(row int32) digest) *index {
	slices.SortFunc(rows, func(a, b int32) int { return cmp.Or(cmp.Compare(of(a), of(b)), cmp.Compare(a, b)) })
	return &index{digest: of, rows: rows, taken: make([]int32, len(rows))}
}

// allRows returns the positions of so many rows.
func allRows(n int) []int32 {
	rows := make([]int32, n)
	for i := range rows {
		rows[i] = int32(i)
	}
	return rows
}

// first returns where the rows with a digest begin, and whether there are any.
func (x *index) first(d digest) (int, bool) {
	return slices.BinarySearchFunc(x.rows, d, func(row int32, d digest) int { return cmp.Compare(x.digest(row), d) })
}

// next returns the first row with a digest that has not been taken, or none.
func (x *index) next(d digest) int32 {
	first, found := x.first(d)
	if !found {
		return none
	}
	return x.nextFrom(first, d)
}

// nextFrom is next, if the rows with the digest begin there.
func (x *index) nextFrom(first int, d digest) int32 {
	at := first + int(x.taken[first])
	if at == len(x.rows) || x.digest(x.rows[at]) != d {
		return none
	}
	return x.rows[at]
}

// take is next for a row that is not to be found again.
func (x *index) take(d digest) int32 {
	first, found := x.first(d)
	if !found {
		return none
	}
	row := x.nextFrom(first, d)
	if row != none {
		x.taken[first]++
	}
	return row
}

// has reports whether a row with a digest has not been taken.
func (x *index) has(d digest) bool { return x.next(d) != none }

// all yields the rows with a digest, whether they have been taken or not.
func (x *index) all(d digest) func(yield func(int32) bool) {
	return func(yield func(int32) bool) {
		for at, _ := x.first(d); at < len(x.rows) && x.digest(x.rows[at]) == d; at++ {
			if !yield(x.rows[at]) {
				return
			}
		}
	}
}
