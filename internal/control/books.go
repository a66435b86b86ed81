package control

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"ledgersheet/internal/export"
)

// DaysShown is for how many days, today included, pages show how runs went.
const DaysShown = 30

// mostBooks limits the exporters of one company from which its books are put together.
const mostBooks = 400

// Topic is something that headline figures of several types of exporters tell of a company.
type Topic string

// The topics.
const (
	TopicIncome            Topic = "income"
	TopicNet               Topic = "net"
	TopicCash              Topic = "cash"
	TopicReceivable        Topic = "receivable"
	TopicReceivableOverdue Topic = "receivable_overdue"
	TopicPayable           Topic = "payable"
	TopicPayableOverdue    Topic = "payable_overdue"
)

// telling says which figure of which type of exporter tells of a topic.
type telling struct {
	topic              Topic
	definition, figure string
}

// tellings returns all of them, of each topic the one that is preferred first.
func tellings() []telling {
	return []telling{
		{TopicIncome, "profit_and_loss", "income"}, {TopicIncome, "profit_and_loss_detail", "income"},
		{TopicNet, "profit_and_loss", "net_income"}, {TopicNet, "profit_and_loss_detail", "net_income"},
		{TopicCash, "balance_sheet", "cash"}, {TopicCash, "cash_flow", "cash"}, {TopicCash, "accounts", "bank"},
		{TopicReceivable, "ar_aging_summary", "total"}, {TopicReceivable, "ar_aging_detail", "total"},
		{TopicReceivable, "invoices", "open"},
		{TopicReceivableOverdue, "ar_aging_summary", "overdue"}, {TopicReceivableOverdue, "ar_aging_detail", "overdue"},
		{TopicReceivableOverdue, "invoices", "overdue"},
		{TopicPayable, "ap_aging_summary", "total"}, {TopicPayable, "ap_aging_detail", "total"},
		{TopicPayable, "bills", "open"},
		{TopicPayableOverdue, "ap_aging_summary", "overdue"}, {TopicPayableOverdue, "ap_aging_detail", "overdue"},
		{TopicPayableOverdue, "bills", "overdue"},
	}
}

// Origin is the run, and its exporter, that a figure comes from.
type Origin struct {
	Exporter   Named
	Definition string
	Run        export.ID
	At         time.Time // when the run ended
	URL        string    // of the sheet in which the figure stands
	Basis      string    // "Accrual" or "Cash"; empty if the company's own, or if there is none
	rank       int
}

// Told is what one exporter tells of a topic: one figure for each currency, or for each month and currency.
type Told struct {
	Origin
	Figures []export.FigureValue
}

// Books is what is kept of one company: the headline figures of its exporters' last successes, and how their runs went.
// Nothing in it is added up from several exporters, periods or currencies.
type Books struct {
	Company   export.Company
	Exporters int // how many tell of it
	More      bool
	Topics    map[Topic]Told // of the whole period, newest as far as it goes
	// Months are a topic's figures of single months, oldest first, at most one year; all of one currency and exporter.
	Months map[Topic]Told
	// Checks and Differences count figures of QuickBooks' own that the last successes compared with their parts. Most
	// says that there are more.
	Checks, Differences int
	Most                bool
	Failing             int          // exporters that failed last, or that a connection blocks
	Days                []export.Day // the last DaysShown, oldest first, those without runs too
	Latest              time.Time    // when the last success ended
}

// Books puts together what is kept of companies that the actor may see. It asks nobody.
func (d *Desk) Books(ctx context.Context, companies ...export.Company) ([]Books, error) {
	list := make([]Books, 0, len(companies))
	for _, c := range companies {
		if !d.sees(c.Realm) {
			continue
		}
		b, err := d.booksOf(ctx, c)
		if err != nil {
			return nil, err
		}
		list = append(list, b)
	}
	return list, nil
}

func (d *Desk) booksOf(ctx context.Context, c export.Company) (Books, error) {
	today, blocks := export.DayNumber(d.o.Now()), d.newBlocks()
	b := Books{Company: c, Topics: map[Topic]Told{}, Months: map[Topic]Told{}, Days: make([]export.Day, DaysShown)}
	for i := range b.Days {
		b.Days[i].Number = today - DaysShown + 1 + i
	}
	for h, err := range d.heads(ctx, ExporterQuery{Company: c.Realm}) {
		if err != nil {
			return b, fmt.Errorf("reading a company's exporters: %w", err)
		}
		if b.Exporters++; b.Exporters > mostBooks {
			b.More = true
			break
		}
		state, err := d.stateOfHead(ctx, h, blocks)
		if err != nil {
			return b, err
		}
		if state == StateFailing || state == StateBlocked {
			b.Failing++
		}
		history, err := d.history(ctx, h.ID)
		if err != nil {
			return b, err
		}
		for i := range b.Days {
			b.Days[i].Add(history.Days.On(b.Days[i].Number))
		}
		if history.Last != nil {
			if err := d.tell(ctx, &b, h, *history.Last); err != nil {
				return b, err
			}
		}
	}
	for topic, told := range b.Months {
		told.Figures = lastYear(told.Figures)
		b.Months[topic] = told
	}
	return b, nil
}

// tell adds what an exporter's last success says.
func (d *Desk) tell(ctx context.Context, b *Books, h export.ExporterHead, last export.Success) error {
	b.Checks, b.Differences = b.Checks+last.Checks, b.Differences+last.Differences
	b.Most = b.Most || last.Checks == export.MostChecks
	if last.FinishedAt.After(b.Latest) {
		b.Latest = last.FinishedAt
	}
	for rank, t := range tellings() {
		if t.definition != h.Definition {
			continue
		}
		figures := figuresOf(last.Figures, t.figure, b.Company.Realm)
		if len(figures) == 0 {
			continue
		}
		origin, whole, err := d.originOf(ctx, h, last)
		if err != nil || !whole {
			return err
		}
		origin.rank = rank
		if months := keepMonths(figures); len(months) > 0 {
			offer(b.Months, t.topic, Told{origin, months}, func(a, b Told) int {
				return cmp.Compare(min(12, len(b.Figures)), min(12, len(a.Figures)))
			})
		}
		offer(b.Topics, t.topic, Told{origin, keepWhole(figures)}, func(a, b Told) int { return 0 })
	}
	return nil
}

// originOf describes where a success's figures come from. They are whole if the exporter leaves nothing out, and has
// not been made to ask for something else since.
func (d *Desk) originOf(ctx context.Context, h export.ExporterHead, last export.Success) (Origin, bool, error) {
	e, err := d.o.Store.Exporter(ctx, h.ID)
	if errors.Is(err, export.ErrNotFound) {
		return Origin{}, false, nil // deleted meanwhile
	}
	def := d.definitions[h.Definition]
	if err != nil || def == nil {
		return Origin{}, false, err
	}
	o := Origin{
		Exporter: Named{h.ID, h.Name}, Definition: h.Definition, Run: last.ID, At: last.FinishedAt, URL: last.URL,
		Basis: e.Option(def, export.OptBasis),
	}
	return o, e.Whole(def) && (last.Asks == "" || last.Asks == e.Asks()), nil
}

// offer keeps the better of two tellings of a topic: by what, then the preferred type, then the newer one.
func offer(kept map[Topic]Told, topic Topic, t Told, by func(a, b Told) int) {
	old, known := kept[topic]
	if !known || cmp.Or(by(t, old), cmp.Compare(t.rank, old.rank), old.At.Compare(t.At)) < 0 {
		kept[topic] = t
	}
}

func figuresOf(all []export.FigureValue, id string, realm export.RealmID) []export.FigureValue {
	var list []export.FigureValue
	for _, f := range all {
		if f.ID == id && f.Company == realm {
			list = append(list, f)
		}
	}
	return list
}

// isMonth reports whether a figure is of one month, or of its beginning.
func isMonth(f export.FigureValue) bool { return len(f.Span()) == len("2006-01") }

// keepMonths returns the figures of single months of the first currency, oldest first, each month once.
func keepMonths(figures []export.FigureValue) []export.FigureValue {
	var list []export.FigureValue
	for _, f := range figures {
		known := func(other export.FigureValue) bool { return other.Span() == f.Span() }
		if isMonth(f) && f.Currency == figures[0].Currency && !slices.ContainsFunc(list, known) {
			list = append(list, f)
		}
	}
	slices.SortFunc(list, func(a, b export.FigureValue) int { return cmp.Compare(a.Span(), b.Span()) })
	return list
}

// keepWhole returns the figures of the whole period: the first one of each currency, which reports state first.
func keepWhole(figures []export.FigureValue) []export.FigureValue {
	var list []export.FigureValue
	for _, f := range figures {
		known := func(other export.FigureValue) bool { return other.Currency == f.Currency }
		if !slices.ContainsFunc(list, known) {
			list = append(list, f)
		}
	}
	return list
}

// lastYear returns the months that lie within a year of the last one.
func lastYear(months []export.FigureValue) []export.FigureValue {
	if len(months) == 0 {
		return nil
	}
	last, err := time.Parse("2006-01", months[len(months)-1].Span())
	if err != nil {
		return nil
	}
	first := last.AddDate(0, -11, 0).Format("2006-01")
	return slices.DeleteFunc(months, func(f export.FigureValue) bool { return f.Span() < first })
}

// Concerns reports whether a cause is about a company, or about an exporter of it.
func (c Cause) Concerns(realm export.RealmID) bool { return c.realms[realm] }

// Elsewhere reports whether a cause that concerns a company lies with another company: exporters of both wait for that.
func (c Cause) Elsewhere(realm export.RealmID) bool {
	return c.Company != "" && c.Company != realm
}
