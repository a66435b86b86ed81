package export

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// KeptMoves is for how many days a store keeps what moved.
const KeptMoves = 400

// Moves are what an exporter's successful runs of one day of UTC found to be different from the success before them.
type Moves struct {
	Day     string       `json:"day"`             // 2006-01-02
	At      time.Time    `json:"at"`              // when the last of them ended
	Run     ID           `json:"run"`             // the last of them
	Runs    int          `json:"runs"`            // without those that had nothing to compare with
	Added   int          `json:"added,omitempty"` // rows of the sheet
	Changed int          `json:"changed,omitempty"`
	Removed int          `json:"removed,omitempty"`
	Figures []FigureMove `json:"figures,omitempty"`
	// Asked says that it was the first success, or that the exporter was changed since the one before, so that there is
	// nothing to compare with.
	Asked bool `json:"asked,omitempty"`
}

// FigureMove is a headline figure that another run found to be another one.
type FigureMove struct {
	ID       string  `json:"id"`
	Title    string  `json:"title"`
	Company  RealmID `json:"company_id"`
	Span     string  `json:"span,omitempty"` // see FigureValue.Span
	Currency string  `json:"currency,omitempty"`
	Old      string  `json:"old"`
	New      string  `json:"new"`
}

// same reports whether both are about one figure.
func (m FigureMove) same(o FigureMove) bool {
	m.Old, m.New, m.Title = o.Old, o.New, o.Title
	return m == o
}

// Span says what stretch of time a figure is about, in a way that stays the same from run to run: the month as 2026-03
// if it lies in one and begins with it, or else the first day. It is empty for a figure of one day or of no time.
func (f FigureValue) Span() string {
	from, to, isRange := strings.Cut(f.Period, " to ")
	switch {
	case !isRange || len(from) != len(time.DateOnly) || len(to) != len(from):
		return ""
	case strings.HasSuffix(from, "-01") && from[:7] == to[:7]:
		return from[:7]
	}
	return from
}

// FindMoves returns what a success found to be different from the one before it, which is nil for the first one; false
// if nothing was.
func FindMoves(before *Success, r Run) (Moves, bool) {
	m := Moves{
		Day: r.FinishedAt.UTC().Format(time.DateOnly), At: r.FinishedAt, Run: r.ID, Runs: 1,
		Added: r.Added, Changed: r.Changed, Removed: r.Removed,
	}
	if m.Asked = before == nil || before.Asks != r.Exporter.Asks(); m.Asked {
		m.Runs, m.Added, m.Changed, m.Removed = 0, 0, 0, 0
		return m, true
	}
	type key struct {
		id, span, currency string
		company            RealmID
	}
	old := make(map[key]string, len(before.Figures))
	for _, f := range before.Figures {
		k := key{f.ID, f.Span(), f.Currency, f.Company}
		if _, again := old[k]; !again {
			old[k] = f.Value
		}
	}
	for _, f := range r.Figures {
		k := key{f.ID, f.Span(), f.Currency, f.Company}
		was, known := old[k]
		if !known {
			continue
		}
		delete(old, k)
		if was != f.Value {
			m.Figures = append(m.Figures, FigureMove{f.ID, f.Title, f.Company, k.span, f.Currency, was, f.Value})
		}
	}
	return m, len(m.Figures) > 0 || m.Added+m.Changed+m.Removed > 0
}

// Join adds what a later run of the same day found.
func (m Moves) Join(later Moves) Moves {
	if later.Asked { // nothing before it can be compared with what follows
		return later
	}
	m.At, m.Run, m.Runs = later.At, later.Run, m.Runs+later.Runs
	m.Added, m.Changed, m.Removed = m.Added+later.Added, m.Changed+later.Changed, m.Removed+later.Removed
	m.Figures = slices.Clone(m.Figures)
	for _, f := range later.Figures {
		if i := slices.IndexFunc(m.Figures, f.same); i >= 0 {
			m.Figures[i].New = f.New
		} else {
			m.Figures = append(m.Figures, f)
		}
	}
	m.Figures = slices.DeleteFunc(m.Figures, func(f FigureMove) bool { return f.Old == f.New })
	return m
}

// Asks returns a text that differs if the exporter asks QuickBooks for something else, so that figures of its runs
// cannot be compared.
func (e Exporter) Asks() string {
	data, err := json.Marshal([]any{e.Definition, e.Companies, e.Filters, e.Options})
	if err != nil {
		return "" // cannot be: these are texts
	}
	sum := sha256.Sum256(data)
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}
