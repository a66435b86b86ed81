package control

import (
	"context"
	"fmt"
	"slices"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// feedDays is how far back a company's feed of changes goes, and mostFeed how many entries it has.
const (
	feedDays = 31
	mostFeed = 20
)

// FeedEntry is what one exporter's runs of one day found to be different, as far as it is about one company.
type FeedEntry struct {
	export.Moves
	Exporter   Named
	Definition string
	// Voided counts rows that became Voided. It is known for days with one run only.
	Voided int
	// Shared says that the counts of rows are also about other companies.
	Shared bool
}

// MonthState says how final a month is.
type MonthState string

// The states of months.
const (
	MonthRunning MonthState = "running" // it has not ended
	MonthEnded   MonthState = "ended"   // it has, and its books are open
	MonthClosed  MonthState = "closed"  // QuickBooks says that its books are closed
)

// MonthEnd is one month of a company on the board: what it is now, and what it was when it was sent.
type MonthEnd struct {
	Month   string // 2006-01
	State   MonthState
	Sent    *export.SentMonth // nil if nobody has said that it was
	Figures []MonthFigure
}

// Changed reports whether a figure is not what it was when the month was sent.
func (m MonthEnd) Changed() bool {
	return slices.ContainsFunc(m.Figures, func(f MonthFigure) bool { return f.Sent != "" && f.Sent != f.Value })
}

// MonthFigure is a figure of one month.
type MonthFigure struct {
	export.FigureValue
	Sent  string             // what it was when the month was sent; empty if that is not known
	Moved *export.FigureMove // its last move that is known; nil if there is none
	On    string             // the day of that
}

// CompanyChanges is what is kept of what a company's figures did.
type CompanyChanges struct {
	Feed   []FeedEntry // newest first
	Cut    bool        // there is more than Feed has
	Months []MonthEnd  // newest first
	Trends map[Topic][]TrendPoint
}

// TrendPoint is what a figure was at the end of a day of UTC.
type TrendPoint struct {
	Day   int
	Value string
}

// Changes returns what a company's figures did, given its books.
func (d *Desk) Changes(ctx context.Context, b Books) (CompanyChanges, error) {
	var c CompanyChanges
	now := d.o.Now()
	since := now.AddDate(0, 0, -feedDays).UTC().Format(time.DateOnly)
	n := 0
	for h, err := range d.heads(ctx, ExporterQuery{Company: b.Company.Realm}) {
		if err != nil {
			return c, fmt.Errorf("reading a company's exporters: %w", err)
		}
		if n++; n > mostBooks {
			c.Cut = true
			break
		}
		moves, err := d.o.Store.Moves(ctx, h.ID, since)
		if err != nil {
			return c, fmt.Errorf("reading what moved: %w", err)
		}
		for _, m := range moves {
			if entry, any := feedEntry(m, h, b.Company.Realm); any {
				c.Feed = append(c.Feed, entry)
			}
		}
	}
	slices.SortStableFunc(c.Feed, func(a, b FeedEntry) int { return b.At.Compare(a.At) })
	c.Cut = c.Cut || len(c.Feed) > mostFeed
	c.Feed = c.Feed[:min(len(c.Feed), mostFeed)]
	for i := range c.Feed {
		d.countVoided(ctx, &c.Feed[i])
	}
	var err error
	if c.Months, err = d.monthEnds(ctx, b, now); err != nil {
		return c, err
	}
	c.Trends, err = d.trends(ctx, b, now)
	return c, err
}

// feedEntry returns what moves are about one company; false if nothing is.
func feedEntry(m export.Moves, h export.ExporterHead, realm export.RealmID) (FeedEntry, bool) {
	other := func(f export.FigureMove) bool { return f.Company != realm }
	m.Figures = slices.DeleteFunc(slices.Clone(m.Figures), other)
	entry := FeedEntry{
		Moves: m, Exporter: Named{h.ID, h.Name}, Definition: h.Definition, Shared: len(h.Companies) > 1,
	}
	return entry, len(m.Figures) > 0 || m.Added+m.Changed+m.Removed > 0
}

// countVoided counts the rows that became Voided, if the day had one run and its difference is complete.
func (d *Desk) countVoided(ctx context.Context, f *FeedEntry) {
	if f.Runs != 1 || f.Changed == 0 || f.Shared || d.definitions[f.Definition] == nil {
		return
	}
	title := ""
	for _, c := range d.definitions[f.Definition].Catalogue() {
		if c.Path == export.StatusColumn {
			title = c.Title
		}
	}
	set, err := d.o.Previewer.Difference(ctx, f.Run)
	if title == "" || err != nil || !set.Complete {
		return // what is not known is not said
	}
	for _, item := range set.Items {
		for _, cell := range item.Cells {
			if cell.Column == title && cell.New.Text == "Voided" && cell.Old.Text != "Voided" {
				f.Voided++
			}
		}
	}
}

// monthEnds returns the months that a company's books tell of, newest first.
func (d *Desk) monthEnds(ctx context.Context, b Books, now time.Time) ([]MonthEnd, error) {
	var list []MonthEnd
	for _, topic := range []Topic{TopicIncome, TopicNet} {
		told := b.Months[topic]
		if len(told.Figures) == 0 {
			continue
		}
		moves, err := d.o.Store.Moves(ctx, told.Exporter.ID, "")
		if err != nil {
			return nil, fmt.Errorf("reading what moved: %w", err)
		}
		for _, f := range told.Figures {
			i := slices.IndexFunc(list, func(m MonthEnd) bool { return m.Month == f.Span() })
			if i < 0 {
				i = len(list)
				list = append(list, MonthEnd{
					Month: f.Span(), State: monthState(b.Company, f.Span(), now), Sent: sentMonth(b.Company, f.Span()),
				})
			}
			figure := MonthFigure{FigureValue: f}
			figure.Moved, figure.On = lastMove(moves, f)
			if sent := list[i].Sent; sent != nil {
				figure.Sent = sentValue(*sent, f)
			}
			list[i].Figures = append(list[i].Figures, figure)
		}
	}
	slices.SortFunc(list, func(a, b MonthEnd) int {
		if a.Month > b.Month {
			return -1
		}
		return 1
	})
	return list, nil
}

func monthState(c export.Company, month string, now time.Time) MonthState {
	first, err := time.Parse("2006-01", month)
	switch end := first.AddDate(0, 1, -1); {
	case err != nil || !now.After(end.AddDate(0, 0, 1)):
		return MonthRunning
	case c.ClosedThrough >= end.Format(time.DateOnly):
		return MonthClosed
	}
	return MonthEnded
}

func sentMonth(c export.Company, month string) *export.SentMonth {
	for i := range c.Sent {
		if c.Sent[i].Month == month {
			return &c.Sent[i]
		}
	}
	return nil
}

func sentValue(sent export.SentMonth, f export.FigureValue) string {
	for _, s := range sent.Figures {
		if s.ID == f.ID && s.Currency == f.Currency {
			return s.Value
		}
	}
	return ""
}

// moveOf returns a figure's part of moves; nil if it did not move.
func moveOf(m export.Moves, f export.FigureValue) *export.FigureMove {
	for i, move := range m.Figures {
		if move.ID == f.ID && move.Company == f.Company && move.Currency == f.Currency && move.Span == f.Span() {
			return &m.Figures[i]
		}
	}
	return nil
}

func lastMove(moves []export.Moves, f export.FigureValue) (*export.FigureMove, string) {
	for _, m := range slices.Backward(moves) {
		if move := moveOf(m, f); move != nil {
			return move, m.Day
		}
		if m.Asked {
			break
		}
	}
	return nil, ""
}

// trendDays is for how many days a company's page shows what figures did.
const trendDays = 90

// trends returns what the figures of standing amounts were, day by day, as far back as is known.
func (d *Desk) trends(ctx context.Context, b Books, now time.Time) (map[Topic][]TrendPoint, error) {
	trends := map[Topic][]TrendPoint{}
	for _, topic := range []Topic{TopicCash, TopicReceivableOverdue, TopicPayableOverdue} {
		told, known := b.Topics[topic]
		if !known || len(told.Figures) != 1 {
			continue
		}
		since := now.AddDate(0, 0, -trendDays).UTC().Format(time.DateOnly)
		moves, err := d.o.Store.Moves(ctx, told.Exporter.ID, since)
		if err != nil {
			return nil, fmt.Errorf("reading what moved: %w", err)
		}
		history, err := d.history(ctx, told.Exporter.ID)
		if err != nil {
			return nil, err
		}
		trends[topic] = trend(told, moves, history.Days)
	}
	return trends, nil
}

// trend works back from what a figure is to what it was. Days is how far back there were runs, for exporters whose
// first success nobody has noted.
func trend(told Told, moves []export.Moves, days export.Days) []TrendPoint {
	f := told.Figures[0]
	points := []TrendPoint{{export.DayNumber(told.At), f.Value}}
	value, start := f.Value, 0
	for _, m := range slices.Backward(moves) {
		day := export.DayNumber(m.At)
		if m.Asked {
			start = day
			break
		}
		if move := moveOf(m, f); move != nil && move.New == value {
			if day != points[len(points)-1].Day {
				points = append(points, TrendPoint{day, value})
			}
			value, start = move.Old, day-1
			points = append(points, TrendPoint{day - 1, value})
		}
	}
	if start == 0 {
		for _, day := range days {
			if day.OK+day.Differs > 0 {
				start = day.Number
				break
			}
		}
	}
	if last := points[len(points)-1]; start > 0 && start < last.Day {
		points = append(points, TrendPoint{start, value})
	}
	slices.Reverse(points)
	return points
}

// MarkSent remembers that the figures of a month were handed on, as they are now, or forgets that.
func (d *Desk) MarkSent(ctx context.Context, realm export.RealmID, month string, sent bool) error {
	company, err := d.companies.getForChange(ctx, d, realm)
	if err != nil {
		return err
	}
	if _, err := time.Parse("2006-01", month); err != nil {
		return problem.Invalid("month", "must be a month such as 2026-03")
	}
	mark := export.SentMonth{Month: month, At: d.o.Now(), By: d.who.Email}
	if sent {
		books, err := d.Books(ctx, company)
		if err != nil {
			return err
		}
		if mark.Figures = figuresOfMonth(books, month); len(mark.Figures) == 0 {
			return problem.New(problem.Conflict, "No figures of that month are kept.").
				WithHint("Run an exporter whose period covers that month, such as those of the pack Month-end, and " +
					"try again.")
		}
	}
	_, err = d.o.Store.UpdateCompany(ctx, realm, func(c *export.Company) error {
		c.Sent = slices.DeleteFunc(c.Sent, func(s export.SentMonth) bool { return s.Month == month })
		if sent {
			c.Sent = append(c.Sent, mark)
			c.Sent = c.Sent[max(0, len(c.Sent)-export.MostSent):]
		}
		return nil
	})
	if err != nil {
		return explainMissing(err, "company")
	}
	action := "company.month_sent"
	if !sent {
		action = "company.month_not_sent"
	}
	d.audit(ctx, d.who, action, string(realm), month)
	return nil
}

func figuresOfMonth(books []Books, month string) []export.FigureValue {
	var list []export.FigureValue
	for _, b := range books {
		for _, topic := range []Topic{TopicIncome, TopicNet} {
			for _, f := range b.Months[topic].Figures {
				if f.Span() == month {
					list = append(list, f)
				}
			}
		}
	}
	return list
}
