package notice

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"ledgersheet/internal/export"
)

// Store is what a dispatcher reads and writes; every export.Store has it.
type Store interface {
	export.NoticeStore
	ExporterHeads(ctx context.Context, f export.ExporterFilter, after string) iter.Seq2[export.ExporterHead, error]
	Exporter(ctx context.Context, id export.ID) (export.Exporter, error)
	History(ctx context.Context, id export.ID) (export.History, error)
	ActiveRun(ctx context.Context, exporter export.ID) (export.Run, error)
	Runs(ctx context.Context, f export.RunFilter) (page []export.Run, next export.ID, err error)
	Companies(ctx context.Context) ([]export.Company, error)
}

// Subject is what rules select exporters by.
type Subject struct {
	Named
	Companies []export.RealmID
	Tags      []string
	Scheduled bool
}

// sight is what is going on at a moment. What it reads, it reads once.
type sight struct {
	d         *Dispatcher
	now       time.Time
	subjects  map[export.ID]Subject
	companies map[export.RealmID]export.Company
	causes    map[string][]Cause // by the companies that they are limited to
	histories map[export.ID]export.History
}

func (d *Dispatcher) look(ctx context.Context, now time.Time, rules []Rule) (*sight, error) {
	s := &sight{
		d: d, now: now, subjects: map[export.ID]Subject{}, companies: map[export.RealmID]export.Company{},
		causes: map[string][]Cause{}, histories: map[export.ID]export.History{},
	}
	tagged := slices.ContainsFunc(rules, func(r Rule) bool { return len(r.Tags) > 0 })
	for h, err := range d.o.Store.ExporterHeads(ctx, export.ExporterFilter{}, "") {
		if err != nil {
			return nil, fmt.Errorf("reading exporters: %w", err)
		}
		subject := Subject{Named: Named{h.ID, h.Name}, Companies: h.Companies, Scheduled: h.Scheduled()}
		if tagged && d.o.Tags != nil {
			e, err := d.o.Store.Exporter(ctx, h.ID)
			if err != nil && !errors.Is(err, export.ErrNotFound) {
				return nil, fmt.Errorf("reading an exporter: %w", err)
			}
			subject.Tags = d.o.Tags(e)
		}
		s.subjects[h.ID] = subject
	}
	companies, err := d.o.Store.Companies(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading companies: %w", err)
	}
	for _, c := range companies {
		s.companies[c.Realm] = c
	}
	return s, nil
}

func (s *sight) history(ctx context.Context, id export.ID) (export.History, error) {
	if h, known := s.histories[id]; known {
		return h, nil
	}
	h, err := s.d.o.Store.History(ctx, id)
	if err != nil {
		return h, fmt.Errorf("reading a history: %w", err)
	}
	s.histories[id] = h
	return h, nil
}

func (s *sight) nameCompany(realm export.RealmID) string {
	return orElse(s.companies[realm].Name, string(realm))
}

// causesFor returns the causes of the moment that a rule is about.
func (s *sight) causesFor(ctx context.Context, r Rule) ([]Cause, error) {
	key := fmt.Sprint(r.Companies)
	if _, known := s.causes[key]; !known {
		all, err := s.d.o.Causes(ctx, r.among())
		if err != nil {
			return nil, fmt.Errorf("finding causes: %w", err)
		}
		s.causes[key] = all
	}
	var list []Cause
	for _, c := range s.causes[key] {
		if c, about := r.narrow(c, s.subjects); about {
			list = append(list, c)
		}
	}
	if r.wants(Stale) {
		stale, err := s.stale(ctx, r)
		if err != nil {
			return nil, err
		}
		list = append(list, stale...)
	}
	if r.wants(Value) {
		passed, err := s.passedLimits(ctx, r)
		if err != nil {
			return nil, err
		}
		list = append(list, passed...)
	}
	return list, nil
}

// covered returns the exporters that a rule is about, by name.
func (s *sight) covered(r Rule) []Subject {
	var list []Subject
	for _, e := range s.subjects {
		if r.covers(e) {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(a, b Subject) int {
		return strings.Compare(a.Name+"\x00"+string(a.ID), b.Name+"\x00"+string(b.ID))
	})
	return list
}

// stale returns a cause for each set of companies of which exporters with a schedule have had no success for too long.
func (s *sight) stale(ctx context.Context, r Rule) ([]Cause, error) {
	patience := time.Duration(r.StaleHours) * time.Hour
	var list []Cause
	for _, e := range s.covered(r) {
		if !e.Scheduled {
			continue
		}
		h, err := s.history(ctx, e.ID)
		if err != nil {
			return nil, err
		}
		since := madeAt(e.ID)
		if h.Last != nil {
			since = h.Last.FinishedAt
		}
		if s.now.Sub(since) < patience {
			continue
		}
		list = addStale(list, s.staleCause(e, r.StaleHours), since, e.Named)
	}
	return list, nil
}

func addStale(list []Cause, c Cause, since time.Time, e Named) []Cause {
	i := slices.IndexFunc(list, func(have Cause) bool { return have.Key == c.Key })
	if i < 0 {
		i, list = len(list), append(list, c)
	}
	if list[i].Since.IsZero() || since.Before(list[i].Since) {
		list[i].Since = since
	}
	list[i].Waiting = append(list[i].Waiting, e)
	return list
}

func (s *sight) staleCause(e Subject, hours int) Cause {
	names := make([]string, len(e.Companies))
	realms := make([]string, len(e.Companies))
	for i, realm := range e.Companies {
		names[i], realms[i] = s.nameCompany(realm), string(realm)
	}
	slices.Sort(realms)
	c := Cause{
		Key: "stale\x00" + strings.Join(realms, " "), Code: "stale", On: []Event{Stale},
		Title: fmt.Sprintf("Nothing of %s has come for more than %d hours.", strings.Join(names, " and "), hours),
		Detail: "Exporters with a schedule have had no success in that time. Their spreadsheets show what was " +
			"true before.",
		Action: "Open the exporters and see what keeps them from running.",
		Path:   "/exporters", Button: "Show the exporters",
	}
	if len(e.Companies) == 1 {
		c.Company = e.Companies[0]
		c.Path += "?company=" + realms[0]
	}
	return c
}

// madeAt returns when an id was made.
func madeAt(id export.ID) time.Time {
	_, text, _ := strings.Cut(string(id), "_")
	u, err := ulid.Parse(text)
	if err != nil {
		return time.Time{}
	}
	return ulid.Time(u.Time())
}

// active reports whether an exporter has a run that is queued or under way. If that cannot be known, it may have.
func (s *sight) active(ctx context.Context) func(export.ID) bool {
	return func(id export.ID) bool {
		_, err := s.d.o.Store.ActiveRun(ctx, id)
		return !errors.Is(err, export.ErrNotFound)
	}
}
