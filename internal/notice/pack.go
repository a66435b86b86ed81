package notice

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"ledgersheet/internal/export"
)

// PackRun is how a run of all exporters that a pack has made for a company, or for several together, stands.
type PackRun struct {
	Key       string    // the same for all runs of the pack for these companies
	At        time.Time // when it was asked for, or due; another one for each run
	Title     string    // the pack and the companies
	Companies []export.RealmID
	Over      bool
	EndedAt   time.Time // when the last part ended; zero if none has run, or it is not over
	Came      []Named
	Missing   []MissingPart
	Path      string // of the page that tells more
}

// MissingPart is an exporter of a pack whose rows have not come.
type MissingPart struct {
	Named
	Why string // for people
}

// packSeen is what was last told of a pack.
type packSeen struct {
	At      time.Time `json:"at"`
	Missing int       `json:"missing,omitempty"`
}

// judgePacks tells of runs of packs that are over: once for each run, and again if all that was missing has come later.
func (l *look) judgePacks(ctx context.Context, rules []Rule, ask func(export.ID) bool) error {
	wanted := slices.ContainsFunc(rules, func(r Rule) bool { return r.wants(Pack) })
	if !wanted || l.d.o.Packs == nil {
		return nil
	}
	var ids []export.ID
	for id := range l.subjects {
		if ask(id) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	runs, err := l.d.o.Packs(ctx, ids)
	if err != nil {
		return fmt.Errorf("reading the runs of packs: %w", err)
	}
	before, err := read[packSeen](ctx, l.d.o.Store, packPrefix)
	if err != nil {
		return err
	}
	for _, run := range runs {
		seen, known := before[run.Key]
		same := known && seen.At.Equal(run.At)
		if !run.Over || same && (seen.Missing == 0 || len(run.Missing) > 0) || known && run.At.Before(seen.At) {
			continue
		}
		if err := l.changes.put(packPrefix+run.Key, packSeen{run.At, len(run.Missing)}); err != nil {
			return err
		}
		if err := l.tellPack(ctx, rules, run, same); err != nil {
			return err
		}
	}
	return nil
}

// tellPack tells of a pack's run. later says that it was told before, and that what was missing has come.
func (l *look) tellPack(ctx context.Context, rules []Rule, run PackRun, later bool) error {
	for _, r := range rules {
		if !r.wants(Pack) || !l.coversPack(r, run) || !run.EndedAt.After(r.since()) {
			continue
		}
		m, err := l.packMessage(ctx, r, run, later)
		if err != nil {
			return err
		}
		if err := l.enqueue(r, m); err != nil {
			return err
		}
	}
	return nil
}

// coversPack reports whether the rule is about all of a pack.
func (s *sight) coversPack(r Rule, run PackRun) bool {
	parts := slices.Clone(run.Came)
	for _, p := range run.Missing {
		parts = append(parts, p.Named)
	}
	for _, p := range parts {
		if e, known := s.subjects[p.ID]; known && !r.covers(e) {
			return false
		}
	}
	return len(r.Companies) == 0 || export.AllAmong(run.Companies, r.Companies)
}

// packMessage makes the message of a pack's run, which brings the rows of all that has come.
func (s *sight) packMessage(ctx context.Context, r Rule, run PackRun, later bool) (Message, error) {
	came, all := len(run.Came), len(run.Came)+len(run.Missing)
	m := Message{
		At: s.now, Phase: Happened, Event: Pack, Code: "pack", Zone: r.Timezone,
		Link: Link{"Open the company", s.d.o.BaseURL + run.Path},
	}
	if len(run.Companies) == 1 {
		m.Company = run.Companies[0]
	}
	ended := run.EndedAt.In(r.zone()).Format("2 January at 15:04")
	switch {
	case len(run.Missing) == 0 && later:
		m.Title = run.Title + " is complete now."
		m.Lines = []string{fmt.Sprintf("What was missing has come: all %d tabs are there since %s.", all, ended)}
	case len(run.Missing) == 0:
		m.Title = run.Title + " is complete."
		m.Lines = []string{fmt.Sprintf("All %d tabs have come, the last on %s.", all, ended)}
	default:
		m.Title = fmt.Sprintf("%s is incomplete: %d of %d tabs are missing.", run.Title, len(run.Missing), all)
		m.Warning, m.Lines = true, []string{fmt.Sprintf("%d of %d tabs have come.", came, all)}
		m.Action = "Open each of these and do what it says there. When all of them have come, that is told, too."
	}
	for i, p := range run.Missing {
		if i == mostMissing {
			m.More = len(run.Missing) - mostMissing
			break
		}
		text := strings.TrimSuffix(p.Name+": "+p.Why, ": ")
		m.Causes = append(m.Causes, Link{text, s.d.o.BaseURL + "/exporters/" + string(p.ID)})
	}
	for _, p := range run.Came {
		m.AttachPack = append(m.AttachPack, p.ID)
		if err := s.addPictures(ctx, &m, p.ID); err != nil {
			return m, err
		}
	}
	m.AttachName = run.Title
	if r.Kind == Mail && came > 0 {
		m.Lines = append(m.Lines, "Their rows are attached as one workbook, as they were read for this mail.")
	}
	return m, nil
}

// addPictures adds the figures of an exporter's last success, as far as there is room.
func (s *sight) addPictures(ctx context.Context, m *Message, id export.ID) error {
	e, known := s.subjects[id]
	if !known || len(m.Figures) >= mostFigures {
		return nil
	}
	h, err := s.history(ctx, id)
	if err != nil || h.Last == nil {
		return err
	}
	figures, err := s.pictures(ctx, e, *h.Last)
	m.Figures = append(m.Figures, figures...)
	m.Figures = m.Figures[:min(len(m.Figures), mostFigures)]
	return err
}

// mostMissing is how many missing parts a message names.
const mostMissing = 20
