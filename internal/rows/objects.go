package rows

import (
	"strings"

	"ledgersheet/internal/export"
)

// Objects returns the objects whose records the columns show: the definition's own first, and those that the columns
// refer to. all reports that some column follows from records of any object, such as a balance.
func Objects(d export.Entity, columns []string) (objects []string, all bool) {
	objects = []string{d.Object}
	var referred lists
	for _, path := range columns {
		all = all || follows(path)
		// A path that cannot be compiled fails the run, which tells it.
		_, _ = compileReference(d.Object, path, &referred)
	}
	for _, l := range referred.all {
		objects = append(objects, l.object)
	}
	return objects, all
}

// follows reports whether a column shows what QuickBooks works out from other records: an open balance changes when a
// payment is entered.
func follows(path string) bool {
	last := path[strings.LastIndex(path, ".")+1:]
	return strings.Contains(last, "Balance") || last == "QtyOnHand" || last == export.StatusColumn ||
		strings.HasPrefix(path, "LinkedTxn")
}
