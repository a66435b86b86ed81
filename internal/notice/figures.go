package notice

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/export"
)

// closedAfter is how long after its end a period counts as closed: most books of a month are closed by then, and
// figures that move before are nothing special.
const closedAfter = 10 * 24 * time.Hour

// news returns the changes of closed periods since the last success of an exporter that was looked at, and what to
// remember of it. changed is false if there is no newer success.
func (s *sight) news(e Subject, before seen, h export.History) (moves []Move, now seen, changed bool) {
	if h.Last == nil || h.Last.ID == before.Run {
		return nil, before, false
	}
	now = seen{Run: h.Last.ID}
	for _, f := range h.Last.Figures {
		if f.Period != "" {
			now.Figures = append(now.Figures, f)
		}
	}
	for _, f := range now.Figures {
		i := slices.IndexFunc(before.Figures, func(b export.FigureValue) bool { return sameFigure(b, f) })
		if i < 0 || !isClosed(f.Period, s.companies[f.Company], s.now) {
			continue
		}
		if by := difference(before.Figures[i].Value, f.Value); by != "" {
			moves = append(moves, Move{
				Title: f.Title, Company: s.nameCompany(f.Company), Period: f.Period, Currency: f.Currency,
				Old: before.Figures[i].Value, New: f.Value, By: by,
			})
		}
	}
	return moves, now, true
}

// sameFigure reports whether two values are of one figure, company, period and currency.
func sameFigure(a, b export.FigureValue) bool {
	a.Value, b.Value, a.Title, b.Title = "", "", "", ""
	return a == b
}

// difference returns b less a; empty if they are equal or no numbers.
func difference(a, b string) string {
	from, errA := decimal.NewFromString(a)
	to, errB := decimal.NewFromString(b)
	if errA != nil || errB != nil || from.Equal(to) {
		return ""
	}
	return to.Sub(from).String()
}

// isClosed reports whether a period such as "2026-01-01 to 2026-01-31" ended long enough ago, or lies in what
// QuickBooks says is closed, or ends in a month whose figures people have handed on.
func isClosed(period string, c export.Company, now time.Time) bool {
	if len(period) < len(time.DateOnly) {
		return false
	}
	last := period[len(period)-len(time.DateOnly):]
	end, err := time.Parse(time.DateOnly, last)
	if err != nil || !end.Before(now) {
		return false
	}
	return now.Sub(end.AddDate(0, 0, 1)) >= closedAfter || last <= c.ClosedThrough ||
		slices.ContainsFunc(c.Sent, func(m export.SentMonth) bool { return m.Month == last[:len("2006-01")] })
}

// mostMoves is how many figures a message names.
const mostMoves = 12

// moved makes the message that figures of closed periods have changed.
func (d *Dispatcher) moved(r Rule, e Subject, run export.ID, moves []Move, now time.Time) Message {
	m := Message{
		At: now, Phase: Happened, Event: ClosedChange, Code: "closed_change",
		Title: "A figure of a past month has changed: " + moves[0].Title + " of " + moves[0].Company + ".",
		Lines: []string{fmt.Sprintf("The last run of %s read other figures for a period that is over than the run "+
			"before it.", e.Name)},
		Action: "See in the run what changed. If it is right, send the new figures to whoever has the old ones.",
		Link:   Link{"Open run", d.o.BaseURL + "/runs/" + string(run)}, Moves: moves[:min(len(moves), mostMoves)],
		Exporters: []Link{{e.Name, d.o.BaseURL + "/exporters/" + string(e.ID)}}, Zone: r.Timezone,
	}
	if len(moves) > 1 {
		m.Title = fmt.Sprintf("%d figures of past months of %s have changed.", len(moves), moves[0].Company)
	}
	if more := len(moves) - mostMoves; more > 0 {
		m.Lines = append(m.Lines, fmt.Sprintf("The run has %d more.", more))
	}
	if len(e.Companies) == 1 {
		m.Company = e.Companies[0]
	}
	return m
}

// whole returns the figures of a success that are about its whole period, or else the last one of each: what a person
// means by the figure when no period is named.
func whole(s export.Success) []export.FigureValue {
	var list []export.FigureValue
	for i, f := range s.Figures {
		covers := slices.ContainsFunc(s.Outcomes, func(c export.CompanyOutcome) bool {
			return c.Realm == f.Company && strings.HasPrefix(c.Period, f.Period)
		})
		later := func(g export.FigureValue) bool {
			return g.ID == f.ID && g.Company == f.Company && g.Currency == f.Currency
		}
		if covers || !slices.ContainsFunc(s.Figures[i+1:], later) && !slices.ContainsFunc(list, later) {
			list = append(list, f)
		}
	}
	return list
}

// passedLimits returns a cause for each figure that is above or below a limit of the rule's.
func (s *sight) passedLimits(ctx context.Context, r Rule) ([]Cause, error) {
	var list []Cause
	for _, e := range s.covered(r) {
		h, err := s.history(ctx, e.ID)
		if err != nil {
			return nil, err
		}
		if h.Last == nil {
			continue
		}
		for n, limit := range r.Limits {
			for _, f := range whole(*h.Last) {
				if !strings.EqualFold(limit.Figure, f.ID) && !strings.EqualFold(limit.Figure, f.Title) {
					continue
				}
				if words := limit.passed(f.Value); words != "" {
					list = append(list, s.limitCause(n, e, f, words, h.Last.ID))
				}
			}
		}
	}
	return list, nil
}

// passed says how a value passes the limit; empty if it does not.
func (l Limit) passed(value string) string {
	v, err := decimal.NewFromString(value)
	if err != nil {
		return ""
	}
	if above, err := decimal.NewFromString(l.Above); err == nil && v.GreaterThan(above) {
		return "above " + l.Above
	}
	if below, err := decimal.NewFromString(l.Below); err == nil && v.LessThan(below) {
		return "below " + l.Below
	}
	return ""
}

func (s *sight) limitCause(n int, e Subject, f export.FigureValue, words string, run export.ID) Cause {
	c := Cause{
		Key:  fmt.Sprintf("value\x00%d\x00%s\x00%s\x00%s\x00%s", n, e.ID, f.ID, f.Company, f.Currency),
		Code: "value", On: []Event{Value}, Company: f.Company, Waiting: []Named{e.Named},
		Title: fmt.Sprintf("%s of %s is %s, %s.", f.Title, s.nameCompany(f.Company),
			strings.TrimSpace(Group(f.Value)+" "+f.Currency), words),
		Path: "/runs/" + string(run), Button: "Open run", Warning: true,
	}
	if f.Period != "" {
		c.Detail = "Period: " + f.Period + "."
	}
	return c
}

// Group writes an amount with a comma between thousands.
func Group(amount string) string {
	sign, digits := "", amount
	if rest, negative := strings.CutPrefix(amount, "-"); negative {
		sign, digits = "−", rest
	}
	units, cents, fraction := strings.Cut(digits, ".")
	for i := len(units) - 3; i > 0; i -= 3 {
		units = units[:i] + "," + units[i:]
	}
	if fraction {
		if len(cents) == 1 {
			cents += "0"
		}
		units += "." + cents
	}
	return sign + units
}

// Bounds of digests.
const (
	mostFigures = 12
	mostPoints  = 14
	mostCauses  = 10
)

// digest makes a rule's regular message.
func (s *sight) digest(ctx context.Context, r Rule, causes []Cause, last time.Time) (Message, error) {
	d := s.d
	m := Message{
		At: s.now, Phase: Regular, Event: DigestEvent, Code: "digest", Zone: r.Timezone,
		Link: Link{"Open the dashboard", d.o.BaseURL + "/"}, Since: last,
	}
	covered := s.covered(r)
	fresh := 0
	for _, e := range covered {
		h, err := s.history(ctx, e.ID)
		if err != nil {
			return m, err
		}
		if h.Last == nil {
			continue
		}
		if h.Last.FinishedAt.After(last) {
			fresh++
		}
		if len(m.Figures) < mostFigures {
			figures, err := s.pictures(ctx, e, *h.Last)
			if err != nil {
				return m, err
			}
			m.Figures = append(m.Figures, figures...)
		}
	}
	m.Figures = m.Figures[:min(len(m.Figures), mostFigures)]
	for i, c := range causes {
		if i == mostCauses {
			m.More = len(causes) - mostCauses
			break
		}
		m.Causes = append(m.Causes, Link{c.Title, d.o.BaseURL + c.Path})
	}
	m.Title = "All is well."
	switch len(causes) {
	case 0:
	case 1:
		m.Title = "One thing needs a look."
	default:
		m.Title = fmt.Sprintf("%d things need a look.", len(causes))
	}
	m.Warning = len(causes) > 0
	exporters := "exporters have"
	if len(covered) == 1 {
		exporters = "exporter has"
	}
	m.Lines = []string{fmt.Sprintf("%d of %d %s had a success since %s.", fresh, len(covered), exporters,
		last.In(r.zone()).Format("2 January at 15:04"))}
	return m, nil
}

// report makes the message that brings the rows of an exporter's last success.
func (s *sight) report(ctx context.Context, r Rule, e Subject, last export.Success) (Message, error) {
	figures, err := s.pictures(ctx, e, last)
	m := Message{
		At: s.now, Phase: Happened, Event: Report, Code: "report", Zone: r.Timezone, Attach: e.ID,
		Title: e.Name + ", " + last.FinishedAt.In(r.zone()).Format("2 January 2006") + ".",
		Link:  Link{"Open exporter", s.d.o.BaseURL + "/exporters/" + string(e.ID)}, Figures: figures,
		Lines: []string{"The rows are attached as a workbook."},
	}
	if len(e.Companies) == 1 {
		m.Company = e.Companies[0]
	}
	return m, err
}

// pictures returns the figures of an exporter's last success with what they were on the days before.
func (s *sight) pictures(ctx context.Context, e Subject, last export.Success) ([]Figure, error) {
	values := whole(last)
	if len(values) == 0 {
		return nil, nil
	}
	runs, _, err := s.d.o.Store.Runs(ctx, export.RunFilter{
		Exporter: e.ID, Status: export.RunSucceeded, Since: s.now.AddDate(0, 0, -mostPoints), Limit: 200,
		Among: e.Companies,
	})
	if err != nil {
		return nil, fmt.Errorf("reading runs: %w", err)
	}
	var list []Figure
	for _, v := range values {
		f := Figure{
			Title: v.Title, Company: s.nameCompany(v.Company), Period: v.Period, Currency: v.Currency, Value: v.Value,
			URL: s.d.o.BaseURL + "/exporters/" + string(e.ID), Points: points(v, runs),
		}
		if n := len(f.Points); n > 1 {
			f.By = difference(f.Points[n-2].Value, v.Value)
		}
		list = append(list, f)
	}
	return list, nil
}

// points returns the values of a figure by day, oldest first: the last run of each day counts.
func points(of export.FigureValue, runs []export.Run) []Point {
	var list []Point
	for _, r := range runs { // newest first
		if !r.Brief().Success() {
			continue
		}
		day := r.FinishedAt.UTC().Format(time.DateOnly)
		if len(list) > 0 && list[len(list)-1].Day == day {
			continue
		}
		for _, v := range whole(*r.Success()) {
			if v.ID == of.ID && v.Company == of.Company && v.Currency == of.Currency {
				list = append(list, Point{day, v.Value})
				break
			}
		}
		if len(list) == mostPoints {
			break
		}
	}
	slices.Reverse(list)
	return list
}
