// Package source picks the reader for a definition: rows of records, statements of reports, or a change log.
package source

import (
	"context"
	"log/slog"
	"slices"
	"strings"

	"ledgersheet/internal/changelog"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/rows"
	"ledgersheet/internal/statement"
	"ledgersheet/internal/supply"
)

// Services is what a Source reads from: a live client, or records kept locally.
type Services interface {
	supply.Supply
	supply.Feed
	supply.Reports
}

// Source implements export.Source. It is safe for concurrent use. Create one with New.
type Source struct {
	from Services
	log  *slog.Logger
}

var _ export.Source = (*Source)(nil)

// New returns a source that reads from the services. A nil logger discards.
func New(from Services, logger *slog.Logger) *Source {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	return &Source{from: from, log: logger}
}

// Follows reports whether an exporter's rows may change when records of one of the objects do. Objects are in lower
// case. Reports show anything.
func Follows(d export.Definition, e export.Exporter, objects map[string]bool) bool {
	var reads []string
	switch d := d.(type) {
	case export.Entity:
		own, all := rows.Objects(d, e.ResultColumns(d))
		if all {
			return true
		}
		reads = own
	case export.ChangeLog:
		for _, w := range d.Watched {
			reads = append(reads, w.Object)
		}
	default:
		return true
	}
	return slices.ContainsFunc(reads, func(object string) bool { return objects[strings.ToLower(object)] })
}

var (
	_ export.Versions    = (*Source)(nil)
	_ export.Differences = (*Source)(nil)
)

// Version implements export.Versions. It is known of lists alone: transactions that no interface shows, such as those
// of payroll, move reports, and a change log goes on from where it was.
func (s *Source) Version(ctx context.Context, d export.Definition, q export.Query) (string, error) {
	e, ok := d.(export.Entity)
	if !ok {
		return "", nil
	}
	if !q.Due.IsZero() {
		ctx = supply.WithOccasion(ctx, q.Due)
	}
	return rows.Version(ctx, s.from, e, q)
}

// Difference implements export.Differences. It is known of lists alone.
func (s *Source) Difference(ctx context.Context, d export.Definition, q export.Query, since string) (
	*export.Difference, error) {
	e, ok := d.(export.Entity)
	if !ok {
		return nil, nil
	}
	if !q.Due.IsZero() {
		ctx = supply.WithOccasion(ctx, q.Due)
	}
	return rows.Difference(ctx, s.from, e, q, since)
}

// Read implements export.Source.
func (s *Source) Read(ctx context.Context, d export.Definition, q export.Query) (*export.Reading, error) {
	if !q.Due.IsZero() {
		ctx = supply.WithOccasion(ctx, q.Due)
	}
	switch d := d.(type) {
	case export.Entity:
		return rows.Read(ctx, s.from, d, q)
	case export.Report:
		return statement.Read(ctx, s.from, d, q)
	case export.ChangeLog:
		return changelog.Read(ctx, s.from, d, q, s.log)
	}
	return nil, problem.New(problem.Internal, "There is no way to read a %T.", d)
}
