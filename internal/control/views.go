package control

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// View is a list of exporters that a person has named: what its address says after the question mark.
type View struct {
	Name  string `json:"name"`
	Query string `json:"query"`
}

// The bounds of what is kept of one person's views.
const (
	mostViews    = 20
	longestView  = 500 // bytes of a query
	longestTitle = 60  // characters of a view's name
)

// viewsKey is the setting with a person's views.
func viewsKey(email string) string { return "views/" + export.FoldName(email) }

// Views returns the actor's own views, by name.
func (d *Desk) Views(ctx context.Context) ([]View, error) {
	return readSetting[[]View](ctx, d.core, viewsKey(d.who.Email))
}

// SaveView keeps a view for the actor, in place of one of the same name.
func (d *Desk) SaveView(ctx context.Context, v View) error {
	v.Name = strings.Join(strings.Fields(v.Name), " ")
	query, err := url.ParseQuery(v.Query)
	switch {
	case !d.sees() || d.who.Email == "":
		return problem.New(problem.Forbidden, "Only people have views.")
	case v.Name == "":
		return problem.Invalid("name", "is missing")
	case utf8.RuneCountInString(v.Name) > longestTitle:
		return problem.Invalid("name", "has more than %d characters", longestTitle)
	case err != nil || len(v.Query) > longestView:
		return problem.Invalid("query", "is not a list that can be kept")
	}
	v.Query = query.Encode()
	_, err = changeSetting(ctx, d.core, viewsKey(d.who.Email), func(list *[]View) error {
		*list = slices.DeleteFunc(*list, func(old View) bool { return old.Name == v.Name })
		if len(*list) == mostViews {
			return problem.Invalid("name", "cannot be kept: there are %d views already; delete one first", mostViews)
		}
		*list = append(*list, v)
		slices.SortFunc(*list, func(a, b View) int {
			return strings.Compare(export.FoldName(a.Name), export.FoldName(b.Name))
		})
		return nil
	})
	return err
}

// DeleteView forgets one of the actor's views.
func (d *Desk) DeleteView(ctx context.Context, name string) error {
	if d.who.Email == "" {
		return problem.New(problem.Forbidden, "Only people have views.")
	}
	_, err := changeSetting(ctx, d.core, viewsKey(d.who.Email), func(list *[]View) error {
		*list = slices.DeleteFunc(*list, func(v View) bool { return v.Name == name })
		return nil
	})
	return err
}

// forgetViewsOf forgets the views of a person who is removed: somebody else may be invited with the same e-mail.
func (d *Desk) forgetViewsOf(ctx context.Context, email string) error {
	views, err := readSetting[[]View](ctx, d.core, viewsKey(email))
	if err != nil || len(views) == 0 {
		return err
	}
	_, err = changeSetting(ctx, d.core, viewsKey(email), func(list *[]View) error {
		*list = nil
		return nil
	})
	return err
}
