package web

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
)

// portfolioPage is how many companies a page of the portfolio has.
const portfolioPage = 16

// money is a figure as the portfolio shows it: the amount, of what day or period, and where it stands.
type money struct {
	Whole, Cents string // the amount's two parts
	Negative     bool
	Currency     string // empty if it is the company's own
	About        string // the full sentence, for whoever points at it
	Of           string // of when, in a word
	Href         string // of the run that found it
}

// gap says how to get a figure that no exporter gives.
type gap struct{ Word, Href, About string }

// moneyCell is one topic of one company.
type moneyCell struct {
	Title string
	Money []money // one for each currency
	Gap   *gap
}

// chartCell is one topic of a company month by month.
type chartCell struct {
	Title string
	Chart chart
	Last  string // "Feb", the last whole month
	Money *money // its figure
	Trend string // "up", "down" or empty, against the month before
	By    string // how much
	On    string // the month before
	Gap   *gap
}

// bookRow is one company of the portfolio.
type bookRow struct {
	Realm       export.RealmID
	Name        string
	Client      string // set in the first row of a group
	Currency    string
	Closed      string // the last day of closed books
	Read        moment
	Pill        *pill  // what stands in its way; nil if nothing does
	Why         string // what else holds some of its exporters back
	Income, Net chartCell
	Cash        moneyCell
	Receivable  moneyCell // overdue
	Payable     moneyCell
	Tie         tie
	Dots        dots
}

// tie says whether the company's figures agree with those that they should follow from.
type tie struct {
	Text, Note, Href string
	Differs, Known   bool
}

func companyHref(realm export.RealmID) string { return "/companies/" + url.PathEscape(string(realm)) }

// bookRow shows a company's books. causes are those that concern it.
func (w *Web) bookRow(b control.Books, causes []control.Cause) bookRow {
	now := w.o.Now()
	row := bookRow{
		Realm: b.Company.Realm, Name: b.Company.Name, Currency: b.Company.HomeCurrency, Read: w.moment(b.Latest),
		Closed: shortDay(b.Company.ClosedThrough, now), Tie: tieOf(b), Dots: newDots(b.Days),
		Income:     newChartCell(b, control.TopicIncome, "Income", now, smallChart()),
		Net:        newChartCell(b, control.TopicNet, "Net income", now, smallChart()),
		Cash:       newMoneyCell(b, control.TopicCash, "Cash", now),
		Receivable: newMoneyCell(b, control.TopicReceivableOverdue, "Receivable overdue", now),
		Payable:    newMoneyCell(b, control.TopicPayableOverdue, "Payable overdue", now),
	}
	for _, cause := range causes {
		if cause.Elsewhere(b.Company.Realm) {
			row.Why = cmp.Or(row.Why, "Some exporters wait for another company")
		} else if row.Pill == nil {
			p := causePill(cause)
			row.Pill = &p
		}
	}
	return row
}

// causePill is what a cause looks like in a word.
func causePill(c control.Cause) pill {
	switch {
	case c.Code == control.CauseEndsSoon:
		return pill{"Ends soon", "clock", toneWarn}
	case c.Code == control.CauseAssessment:
		return pill{"Due", "clock", toneWarn}
	case c.Code == control.CauseLate:
		return pillOf(stateLate)
	case c.Code == control.CauseDifferences:
		return pillOf(stateDiffers)
	// A connection that blocks something is not about to end: the time does not matter.
	case c.Block.Company != nil:
		return pillOf(companyState(*c.Block.Company, control.LifeOf(*c.Block.Company, time.Time{})))
	case c.Block.Account != nil:
		return pillOf(connectionState(control.LifeOfAccount(*c.Block.Account, time.Time{})))
	}
	return pillOf(stateFailed)
}

// tieOf says how the checks of the last successes came out.
func tieOf(b control.Books) tie {
	list := "/exporters?" + url.Values{"company": {string(b.Company.Realm)},
		"state": {string(control.StateDiffers)}}.Encode()
	compared := count(b.Checks)
	if b.Most {
		compared += "+"
	}
	switch {
	case b.Checks == 0:
		return tie{}
	case b.Failing > 0:
		list = "/exporters?" + url.Values{"company": {string(b.Company.Realm)}, "state": {stateAttention}}.Encode()
		return tie{Known: true, Differs: true, Href: list, Text: plural(b.Failing, "exporter fails", "exporters fail"),
			Note: compared + " sums compared by the last successes"}
	case b.Differences > 0:
		return tie{Known: true, Differs: true, Href: list,
			Text: plural(b.Differences, "sum differs", "sums differ"), Note: "of " + compared + " compared"}
	}
	return tie{Known: true, Text: "Ties out", Note: compared + " sums agree"}
}

// newGap says how to get a topic's figure.
func newGap(topic control.Topic, months bool) *gap {
	link := func(word, kind, about string) *gap {
		return &gap{word, "/exporters/new?type=" + kind, about}
	}
	switch topic {
	case control.TopicIncome, control.TopicNet:
		if months {
			return link("Add a P&L by month", "profit_and_loss",
				"No exporter of a whole profit and loss by month has succeeded yet.")
		}
		return link("Add a P&L", "profit_and_loss", "No exporter of a whole profit and loss has succeeded yet.")
	case control.TopicCash:
		return link("Add a balance sheet", "balance_sheet",
			"No exporter of a whole balance sheet, or of the chart of accounts, has succeeded yet.")
	case control.TopicReceivable, control.TopicReceivableOverdue:
		return link("Add receivables aging", "ar_aging_summary",
			"No exporter of all receivables, or of all invoices, has succeeded yet.")
	}
	return link("Add payables aging", "ap_aging_summary",
		"No exporter of all payables, or of all bills, has succeeded yet.")
}

func newMoneyCell(b control.Books, topic control.Topic, title string, now time.Time) moneyCell {
	cell := moneyCell{Title: title}
	told, known := b.Topics[topic]
	if !known {
		cell.Gap = newGap(topic, false)
		return cell
	}
	for _, f := range told.Figures {
		cell.Money = append(cell.Money, newMoney(b, told.Origin, f, now))
	}
	return cell
}

// newMoney shows one figure with all that it is: what, of whom, of when, and where it stands.
func newMoney(b control.Books, o control.Origin, f export.FigureValue, now time.Time) money {
	a := amountOf(f.Value)
	m := money{Negative: a.Negative, Href: "/runs/" + string(o.Run), Of: "read " + dayOr(o.At.UTC(), now)}
	m.Whole, m.Cents = splitAmount(f.Value)
	currency := cmp.Or(f.Currency, b.Company.HomeCurrency)
	if currency != b.Company.HomeCurrency {
		m.Currency = currency
	}
	period := ""
	if f.Period != "" {
		period = ", " + markDates(f.Period)
		end := f.Period[strings.LastIndex(f.Period, " ")+1:]
		m.Of = "on " + shortDay(end, now)
	}
	basis := ""
	if o.Basis != "" {
		basis = ", " + strings.ToLower(o.Basis) + " basis"
	}
	m.About = fmt.Sprintf("%s of %s: %s %s%s%s. From %s, read %s.",
		f.Title, isolate(b.Company.Name), a.Text, currency, period, basis,
		isolate(o.Exporter.Name), formatExact(o.At, nil))
	return m
}

func newChartCell(b control.Books, topic control.Topic, title string, now time.Time, size chartSize) chartCell {
	cell := chartCell{Title: title}
	told, known := b.Months[topic]
	if !known || len(told.Figures) == 0 {
		cell.Gap = newGap(topic, true)
		return cell
	}
	cell.Chart = monthChart(told, now, size)
	this := now.UTC().Format("2006-01")
	whole := slices.DeleteFunc(slices.Clone(told.Figures), func(f export.FigureValue) bool { return f.Span() >= this })
	if len(whole) == 0 {
		whole = told.Figures
	}
	last := whole[len(whole)-1]
	m := newMoney(b, told.Origin, last, now)
	cell.Money, cell.Last = &m, monthName(last.Span(), "Jan")
	if len(whole) < 2 {
		return cell
	}
	before := whole[len(whole)-2]
	was, err := decimal.NewFromString(before.Value)
	is, err2 := decimal.NewFromString(last.Value)
	if err != nil || err2 != nil || was.Equal(is) {
		return cell
	}
	cell.Trend = "up"
	if is.LessThan(was) {
		cell.Trend = "down"
	}
	cell.By, cell.On = groupDigits(is.Sub(was).Abs().Round(0).String()), monthName(before.Span(), "Jan")
	return cell
}

// monthName formats a month such as 2026-03.
func monthName(month, layout string) string {
	t, err := time.Parse("2006-01", month)
	if err != nil {
		return month
	}
	return t.Format(layout)
}

// shortDay formats a day such as 2026-03-31, without the year if it is this one; empty for anything else.
func shortDay(day string, now time.Time) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return ""
	}
	return dayOr(t, now)
}

// dayOr formats the day of a time in its own zone, without the year if it is this one.
func dayOr(t, now time.Time) string {
	if t.Year() == now.UTC().Year() {
		return t.Format("2 Jan")
	}
	return t.Format("2 Jan 2006")
}

// concerning returns the causes that concern a company, in order.
func concerning(causes []control.Cause, realm export.RealmID) []control.Cause {
	return slices.DeleteFunc(slices.Clone(causes), func(c control.Cause) bool { return !c.Concerns(realm) })
}

// portfolioOrder sorts companies by client, those without one last, then by name.
func portfolioOrder(all []export.Company) []export.Company {
	list := slices.Clone(all)
	slices.SortStableFunc(list, func(a, b export.Company) int {
		if (a.Client == "") != (b.Client == "") {
			return cmp.Compare(len(b.Client), len(a.Client))
		}
		return cmp.Or(cmp.Compare(export.FoldName(a.Client), export.FoldName(b.Client)),
			cmp.Compare(export.FoldName(a.Name), export.FoldName(b.Name)), cmp.Compare(a.Realm, b.Realm))
	})
	return list
}

// clientChoices offers the clients that companies are grouped under; nil if there are none.
func clientChoices(all []export.Company, chosen string) []choice {
	var names []string
	for _, c := range all {
		if c.Client != "" && !slices.Contains(names, c.Client) {
			names = append(names, c.Client)
		}
	}
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	list := []choice{{Title: "All clients"}}
	for _, name := range names[:min(len(names), mostChoices)] {
		list = append(list, choice{Value: name, Title: name})
	}
	return choose(chosen, list...)
}

// pageOf returns the page of a list that an address asks for, counted from 1, and how many pages there are.
func pageOf[T any](list []T, size int, asked string) (page []T, number, pages int) {
	pages = max(1, (len(list)+size-1)/size)
	number, err := strconv.Atoi(asked)
	if err != nil || number < 1 || number > pages {
		number = 1
	}
	return list[min(len(list), (number-1)*size):min(len(list), number*size)], number, pages
}
