package rows

import (
	"context"
	"strings"

	"ledgersheet/internal/export"
	"ledgersheet/internal/supply"
)

// Version returns a text that stays the same as long as Read returns the same rows for the query on its day, or nothing
// if the supply does not know. The rows follow from the entity's records and the lists that columns look into.
func Version(ctx context.Context, from supply.Supply, e export.Entity, q export.Query) (string, error) {
	versions, ok := from.(supply.Versions)
	if !ok || q.Limit > 0 {
		return "", nil
	}
	m, err := New(from, e, q)
	if err != nil {
		return "", err
	}
	all := make([]string, 1, 1+len(m.lists.all))
	if all[0], err = versions.Version(ctx, m.Want(), false); err != nil || all[0] == "" {
		return "", err
	}
	for _, l := range m.lists.all {
		v, err := versions.Version(ctx, l.want(m), true)
		if err != nil || v == "" {
			return "", err
		}
		all = append(all, v)
	}
	return strings.Join(all, " "), nil
}
