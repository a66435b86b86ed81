package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/shopspring/decimal"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
)

// companyExporters is how many exporters a company's page lists.
const companyExporters = 10

// companyView is the page of one company: its figures, what they did, and how final its months are.
type companyView struct {
	Row         bookRow
	Attention   []attention
	Unlisted    string
	Income, Net chartCell // large
	Standing    []standingCell
	Feed        []feedRow
	FeedCut     bool
	Months      []monthRow
	ClosedNote  string
	Exporters   []exporterRow
	All         int
	Facts       []fact
	Pill        pill
	Connected   bool
	Path        string // of its connection
	Client      string
	Clients     []string // that other companies have
	Recent      []runRow
	Packs       []packRow
}

// standingCell is an amount of one day, and what it was before.
type standingCell struct {
	moneyCell
	Of    *moneyCell // the whole of which it is a part
	Trend trendChart
}

// feedRow is what one exporter's runs of a day found to be different.
type feedRow struct {
	Day      string // empty if it is the same as the row's before
	Exporter link
	Run      string // address of the day's last run
	Counts   string // "14 invoices added, 2 changed"
	Moves    []moveRow
	More     int
}

// moveRow is a figure that moved.
type moveRow struct {
	Title    string
	Month    string
	Closed   bool // the books of the month are closed
	Old, New amount
	By       amount // with a sign
	Currency string
}

// monthRow is a month on the board.
type monthRow struct {
	Key, Name string
	Pill      pill
	Figures   []monthCell
	Sent      string // when and by whom; empty if it was not
	Changed   bool
	Running   bool
}

type monthCell struct {
	Title string
	Money amount
	Sent  *amount // what it was when it was sent, if that is something else
	By    amount
	Moved string // "+1,200.00 on 3 Apr"; empty if no move is known
}

// mostMoves is how many figures an entry of the feed shows.
const mostMoves = 6

func (w *Web) companyPage(c *gin.Context) error {
	ctx, d := c.Request.Context(), w.desk(c)
	co, err := d.Company(ctx, export.RealmID(c.Param("realm")))
	if err != nil {
		return err
	}
	k, err := know(ctx, d, needCompanies|needAccounts|needCensus)
	if err != nil {
		return err
	}
	status, err := d.Status(ctx)
	if err != nil {
		return err
	}
	books, err := d.Books(ctx, co)
	if err != nil {
		return err
	}
	b, causes := books[0], concerning(status.Causes, co.Realm)
	if len(k.companies) == 1 {
		causes = status.Causes
	}
	now := w.o.Now()
	view := companyView{
		Row: w.bookRow(b, causes), All: k.census.Companies[co.Realm], Client: co.Client,
		Clients: clientsOf(k.companies),
		Income:  newChartCell(b, control.TopicIncome, "Income", now, largeChart()),
		Net:     newChartCell(b, control.TopicNet, "Net income", now, largeChart()),
		Path:    companiesPath + "/" + url.PathEscape(string(co.Realm)),
		Pill:    pillOf(companyState(co, d.CompanyLife(co))), Connected: co.Status == export.Connected,
	}
	view.Attention, view.Unlisted = w.attention(causes, k)
	if view.Facts, err = w.companyFacts(ctx, co, k); err != nil {
		return err
	}
	if err := w.fillChanges(ctx, d, b, &view); err != nil {
		return err
	}
	listed, _, err := d.ListExporters(ctx, control.ExporterQuery{Company: co.Realm, Limit: companyExporters})
	if err != nil {
		return err
	}
	view.Exporters = w.exporterRows(listed, k)
	if view.Packs, err = w.packRows(ctx, d, co.Realm); err != nil {
		return err
	}
	if view.Recent, err = w.recentRuns(ctx, k, export.RunFilter{Company: co.Realm}); err != nil {
		return err
	}
	return w.page(c, http.StatusOK, "company", frame{Title: isolate(co.Name), Section: "overview", Live: liveAll}, view)
}

func clientsOf(all []export.Company) []string {
	var names []string
	for _, c := range all {
		if c.Client != "" {
			names = append(names, c.Client)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// companyFacts describes the connection: how long it lasts, and the calls that it costs.
func (w *Web) companyFacts(ctx context.Context, co export.Company, k known) ([]fact, error) {
	calls, err := w.callsView(ctx, k.desk)
	if err != nil {
		return nil, err
	}
	facts := w.companyCard(co, k, calls).Facts
	used, limit := k.desk.CompanyUsage(co.Realm)
	if limit > 0 {
		facts = append(facts, fact{Title: "Calls in the last minute", Text: count(used) + " of " + count(limit)})
	}
	return facts, nil
}

// fillChanges fills in what the company's figures did.
func (w *Web) fillChanges(ctx context.Context, d *control.Desk, b control.Books, v *companyView) error {
	changes, err := d.Changes(ctx, b)
	if err != nil {
		return err
	}
	now := w.o.Now()
	v.FeedCut = changes.Cut
	for _, entry := range changes.Feed {
		row := w.feedRow(d, entry, b.Company)
		if n := len(v.Feed); n > 0 && v.Feed[n-1].Day == row.Day || n > 0 && sameDay(changes.Feed[n-1], entry) {
			row.Day = ""
		}
		v.Feed = append(v.Feed, row)
	}
	for _, m := range changes.Months {
		v.Months = append(v.Months, newMonthRow(m, now))
	}
	v.ClosedNote = closedNote(b.Company, now)
	for _, s := range []struct {
		topic, of control.Topic
		title     string
		whole     string
	}{
		{control.TopicCash, "", "Cash", ""},
		{control.TopicReceivableOverdue, control.TopicReceivable, "Receivable overdue", "of all receivables"},
		{control.TopicPayableOverdue, control.TopicPayable, "Payable overdue", "of all payables"},
	} {
		cell := standingCell{moneyCell: newMoneyCell(b, s.topic, s.title, now)}
		if _, known := b.Topics[s.of]; known && cell.Gap == nil {
			whole := newMoneyCell(b, s.of, s.whole, now)
			cell.Of = &whole
		}
		if points := changes.Trends[s.topic]; len(points) > 0 {
			cell.Trend = newTrend(b.Topics[s.topic], points)
		}
		v.Standing = append(v.Standing, cell)
	}
	return nil
}

func sameDay(a, b control.FeedEntry) bool { return a.Day == b.Day }

// closedNote says what is known of the company's closing date.
func closedNote(c export.Company, now time.Time) string {
	switch {
	case c.ClosedAsOf.IsZero():
		return "The closing date is not known yet; Test the connection to read it."
	case c.ClosedThrough == "":
		return "QuickBooks had no closing date on " + dayOr(c.ClosedAsOf.UTC(), now) + "."
	}
	return fmt.Sprintf("QuickBooks said on %s that the books are closed through %s.", dayOr(c.ClosedAsOf.UTC(), now),
		shortDay(c.ClosedThrough, now))
}

// feedRow describes what a day's runs found to be different. It says only what is known.
func (w *Web) feedRow(d *control.Desk, f control.FeedEntry, co export.Company) feedRow {
	day, _ := time.Parse(time.DateOnly, f.Day)
	row := feedRow{
		Day:      dayTitle(day, w.o.Now()),
		Exporter: link{f.Exporter.Name, "/exporters/" + string(f.Exporter.ID)}, Run: "/runs/" + string(f.Run),
	}
	noun := "rows"
	if def, err := d.Definition(f.Definition); err == nil && def.Info().Kind == export.KindEntity {
		noun = strings.ToLower(def.Info().Title)
	}
	var parts []string
	for _, p := range []struct {
		n    int
		word string
	}{{f.Added, "added"}, {f.Changed, "changed"}, {f.Removed, "removed"}} {
		if p.n > 0 {
			parts = append(parts, count(p.n)+" "+p.word)
		}
	}
	if len(parts) > 0 {
		row.Counts = upperFirst(noun) + ": " + strings.Join(parts, ", ")
		if f.Shared {
			row.Counts += ", of all its companies"
		}
	}
	if f.Voided > 0 {
		row.Counts += fmt.Sprintf(" (%s voided)", count(f.Voided))
	}
	for _, m := range f.Figures {
		if !isMonthSpan(m.Span) && movedInMonth(f.Figures, m.ID) {
			continue // the months say it already, and more exactly
		}
		row.Moves = append(row.Moves, newMoveRow(m, co, w.o.Now()))
	}
	// Closed months first: nobody expects them to move.
	slices.SortStableFunc(row.Moves, func(a, b moveRow) int {
		switch {
		case a.Closed == b.Closed:
			return 0
		case a.Closed:
			return -1
		}
		return 1
	})
	row.More = max(0, len(row.Moves)-mostMoves)
	row.Moves = row.Moves[:len(row.Moves)-row.More]
	return row
}

func isMonthSpan(span string) bool { return len(span) == len("2006-01") }

// movedInMonth reports whether a figure moved in one of its months.
func movedInMonth(moves []export.FigureMove, id string) bool {
	return slices.ContainsFunc(moves, func(m export.FigureMove) bool { return m.ID == id && isMonthSpan(m.Span) })
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func dayTitle(day, now time.Time) string {
	switch export.DayNumber(now) - export.DayNumber(day) {
	case 0:
		return "Today"
	case 1:
		return "Yesterday"
	}
	return day.Format("Mon ") + dayOr(day, now)
}

func newMoveRow(m export.FigureMove, co export.Company, now time.Time) moveRow {
	row := moveRow{
		Title: m.Title, Old: amountOf(m.Old), New: amountOf(m.New), By: differenceOf(m.Old, m.New),
		Currency: m.Currency,
	}
	if first, err := time.Parse("2006-01", m.Span); err == nil {
		row.Month = first.Format("January")
		if first.Year() != now.UTC().Year() {
			row.Month = first.Format("January 2006")
		}
		row.Closed = co.ClosedThrough >= first.AddDate(0, 1, -1).Format(time.DateOnly)
	}
	return row
}

// differenceOf returns by how much a figure moved, always with a sign.
func differenceOf(old, value string) amount {
	was, err := decimal.NewFromString(old)
	is, err2 := decimal.NewFromString(value)
	if err != nil || err2 != nil {
		return amount{}
	}
	a := amountOf(is.Sub(was).String())
	if !a.Negative {
		a.Text = "+" + a.Text
	}
	return a
}

func newMonthRow(m control.MonthEnd, now time.Time) monthRow {
	row := monthRow{
		Key: m.Month, Name: monthName(m.Month, "Jan 2006"), Changed: m.Changed(),
		Running: m.State == control.MonthRunning,
	}
	switch {
	case row.Changed:
		row.Pill = pill{"Changed since sent", "warn", toneWarn}
	case m.State == control.MonthRunning:
		row.Pill = pill{"Running", "clock", toneInfo}
	case m.State == control.MonthClosed && m.Sent != nil:
		row.Pill = pill{"Final", "check", toneGood}
	case m.State == control.MonthClosed:
		row.Pill = pill{"Closed", "check", toneGood}
	case m.Sent != nil:
		row.Pill = pill{"Sent, books open", "dot", toneInfo}
	default:
		row.Pill = pill{"Open", "dot", toneQuiet}
	}
	if m.Sent != nil {
		row.Sent = "Sent " + dayOr(m.Sent.At.UTC(), now) + " by " + m.Sent.By
	}
	for _, f := range m.Figures {
		cell := monthCell{Title: f.Title, Money: amountOf(f.Value)}
		if f.Sent != "" && f.Sent != f.Value {
			sent := amountOf(f.Sent)
			cell.Sent, cell.By = &sent, differenceOf(f.Sent, f.Value)
		}
		if f.Moved != nil && !row.Running {
			cell.Moved = differenceOf(f.Moved.Old, f.Moved.New).Text + " on " + shortDay(f.On, now)
		}
		row.Figures = append(row.Figures, cell)
	}
	return row
}

// groupCompany puts a company under the name of a client.
func (w *Web) groupCompany(c *gin.Context) error {
	realm := export.RealmID(c.Param("realm"))
	co, err := w.desk(c).GroupCompany(c.Request.Context(), realm, c.PostForm("client"))
	if err != nil {
		return err
	}
	text := co.Name + " belongs to no client now."
	if co.Client != "" {
		text = co.Name + " stands under " + co.Client + " now."
	}
	w.notify(c, toneGood, text, "")
	return seeOther(c, companyHref(realm))
}

// markSent remembers that a month's figures were handed on, or forgets that.
func (w *Web) markSent(c *gin.Context) error {
	realm, month := export.RealmID(c.Param("realm")), c.PostForm("month")
	sent := c.PostForm("sent") == "true"
	if err := w.desk(c).MarkSent(c.Request.Context(), realm, month, sent); err != nil {
		return err
	}
	if sent {
		w.notify(c, toneGood, monthName(month, "January 2006")+" is marked as sent, with its figures as they are now.",
			"If one of them changes later, this page says so.")
	} else {
		w.notify(c, toneGood, monthName(month, "January 2006")+" is not marked as sent any more.", "")
	}
	return seeOther(c, companyHref(realm)+"#months")
}
