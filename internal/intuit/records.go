package intuit

import (
	"cmp"
	"context"
	"iter"
	"net/url"
	"slices"
	"strings"
	"time"

	"ledgersheet/internal/problem"
	"ledgersheet/internal/record"
	"ledgersheet/internal/supply"
	"ledgersheet/internal/table"
)

var (
	_ supply.Supply  = (*Client)(nil)
	_ supply.Feed    = (*Client)(nil)
	_ supply.Reports = (*Client)(nil)
)

// quirk is how an object differs from others in the query language.
type quirk struct {
	single     bool   // there is one record, which can be neither counted nor paged
	unordered  bool   // records have no ids to order by
	activeless bool   // records are never inactive
	wrapped    bool   // each record is wrapped in an object with one member, named for its type
	asOf       string // a date that must be compared, by default with the day of the run
}

func quirkOf(object string) quirk {
	switch object {
	case "CompanyInfo", "Preferences":
		return quirk{single: true, activeless: true}
	case "ExchangeRate":
		return quirk{unordered: true, activeless: true, asOf: "AsOfDate"}
	case "RecurringTransaction":
		return quirk{wrapped: true, activeless: true}
	case "TaxAgency", "Attachable", "Invoice", "Estimate", "SalesReceipt", "CreditMemo", "RefundReceipt", "Payment",
		"Bill",
		"BillPayment", "VendorCredit", "PurchaseOrder", "Purchase", "JournalEntry", "Deposit", "Transfer",
		"CreditCardPaymentTxn", "TimeActivity", "InventoryAdjustment", "ReimburseCharge":
		return quirk{activeless: true}
	}
	return quirk{}
}

// unwrap returns the record itself. Recurring transactions are wrapped in an object with one member named for their
// type; that name becomes the member TxnType.
func (q quirk) unwrap(rec record.Record) record.Record {
	if !q.wrapped {
		return rec
	}
	if name, inner, ok := rec.Unwrap(); ok {
		return inner.With("TxnType", name)
	}
	return rec
}

// selection is a Want being read: its statement, and whether that covers all of its conditions.
type selection struct {
	lister
	want      supply.Want
	quirk     quirk
	statement statement
	exact     bool
}

func (c *Client) selectFor(w supply.Want) *selection {
	s := &selection{
		lister: lister{client: c, realm: w.Company.Realm, object: w.Object, meter: w.Meter}, want: w,
		quirk: quirkOf(w.Object),
	}
	if w.CustomFields {
		s.include = allCustomFields
	}
	if !s.quirk.unordered {
		s.statement.order = cmp.Or(c.habits.of(s.lister).order, "Id")
	}
	s.pushDown(true)
	return s
}

// allCustomFields requests all custom fields. Without it QuickBooks returns only the first three on sales forms.
const allCustomFields = "enhancedAllCustomFields"

// pushDown builds the statement. Without narrow it omits conditions that only save work.
func (s *selection) pushDown(narrow bool) {
	s.statement = statement{object: s.object, order: s.statement.order}
	s.exact = true
	inactive := s.want.Inactive && !s.quirk.activeless
	if inactive {
		// Without it QuickBooks omits inactive records, even if a filter asks for them.
		s.statement.where = append(s.statement.where, "Active IN (true, false)")
	}
	for _, f := range s.want.Narrow {
		conditions, exact := push(f.Filter, f.Column)
		// The names of inactive records end in "(deleted)" in answers, but perhaps not where QuickBooks compares them.
		if !narrow || conditions == nil || (inactive && f.Column.Kind == table.Text && f.Column.Path != "Id") {
			s.exact = false
			continue
		}
		s.statement.where = append(s.statement.where, conditions...)
		s.exact = s.exact && exact
	}
	compared := func(condition string) bool { return strings.HasPrefix(condition, s.quirk.asOf+" ") }
	if s.quirk.asOf != "" && !slices.ContainsFunc(s.statement.where, compared) {
		s.statement.where = append(s.statement.where, s.quirk.asOf+" = "+quote(dayText(s.want.Day, false, "")))
	}
}

// askNarrowed calls ask, and calls it again without conditions if QuickBooks cannot filter by one of the properties.
// Callers filter the records anyway.
func (s *selection) askNarrowed(ctx context.Context, ask func() error) error {
	err := ask()
	if !isRefused(err) {
		return err
	}
	narrow := s.statement
	if s.pushDown(false); len(s.statement.where) == len(narrow.where) {
		return err
	}
	s.client.log.WarnContext(ctx, "quickbooks refused a condition, reading all", "object", s.object,
		"realm", string(s.realm))
	return ask()
}

// Records implements supply.Supply. Reading everything costs a count, the pages, and another count if the two disagree.
// A limited reading of at most one page costs one request.
func (c *Client) Records(ctx context.Context, w supply.Want) (*supply.Records, error) {
	s := c.selectFor(w)
	if w.Limit > 0 && w.Limit <= pageSize {
		return s.first(ctx)
	}
	total, at, err := s.countWanted(ctx)
	if err != nil {
		return nil, err
	}
	all := func(yield func(record.Record, error) bool) {
		if err := s.readAll(ctx, total, yield); err != nil {
			yield(record.Record{}, err)
		}
	}
	return &supply.Records{Total: total, At: at, Exact: s.exact, All: all}, nil
}

// Count implements supply.Supply.
func (c *Client) Count(ctx context.Context, w supply.Want) (int, error) {
	total, _, err := c.selectFor(w).countWanted(ctx)
	return total, err
}

func (s *selection) countWanted(ctx context.Context) (total int, at time.Time, err error) {
	if s.quirk.single {
		return -1, at, nil
	}
	err = s.askNarrowed(ctx, func() (err error) {
		total, at, err = s.countAt(ctx, s.statement)
		return err
	})
	return total, at, err
}

// first reads the first records with one request, or with more if that one takes QuickBooks too long.
func (s *selection) first(ctx context.Context) (*supply.Records, error) {
	var list []record.Record
	size := 0
	ask := func() (err error) {
		if size = s.want.Limit; !s.exact {
			size = max(size, supply.Scan)
		}
		list, err = s.fetchFirst(ctx, size)
		return err
	}
	err := s.askOrdered(ctx, func() error { return s.askNarrowed(ctx, ask) })
	if err != nil {
		return nil, err
	}
	total := -1
	if !s.quirk.single && len(list) < size {
		total = len(list)
	}
	return &supply.Records{Total: total, Exact: s.exact, All: yieldAll(list)}, nil
}

// fetchFirst returns the first records, as many as wanted if there are so many.
func (s *selection) fetchFirst(ctx context.Context, wanted int) ([]record.Record, error) {
	if s.quirk.single {
		page, err := s.fetch(ctx, s.statement.all())
		if err != nil {
			return nil, err
		}
		return s.unwrapAll(nil, page), nil
	}
	var list []record.Record
	for most := min(wanted, s.pageSize()); len(list) < wanted; {
		size := min(most, wanted-len(list))
		page, err := s.fetchPage(ctx, s.statement.page(len(list)+1, size))
		if isTooMuch(ctx, err) && size/2 >= leastPage {
			most = size / 2
			s.shrink(ctx, most)
			continue
		}
		list = s.unwrapAll(list, page)
		if err != nil || len(page.records) < size {
			return list, err
		}
	}
	return list, nil
}

// unwrapAll appends a page's records to the list.
func (s *selection) unwrapAll(list []record.Record, page fetched) []record.Record {
	for _, rec := range page.records {
		list = append(list, s.quirk.unwrap(rec))
	}
	return list
}

func yieldAll(list []record.Record) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		for _, rec := range list {
			if !yield(rec, nil) {
				return
			}
		}
	}
}

// readAll yields all records and proves that they are all. The caller must yield its error; it is nil if the consumer
// stopped early.
func (s *selection) readAll(ctx context.Context, total int, yield func(record.Record, error) bool) error {
	switch {
	case total == 0:
		return nil
	case total < 0:
		return s.readAtOnce(ctx, yield)
	}
	seen, stopped, err := s.walk(ctx, total, func(rec record.Record) bool { return yield(rec, nil) })
	if err != nil || stopped {
		return err
	}
	return s.prove(ctx, total, seen)
}

func (s *selection) title() string {
	if s.want.Title == "" {
		return s.object
	}
	return s.want.Title
}

// readAtOnce reads an object that supports neither counting nor paging.
func (s *selection) readAtOnce(ctx context.Context, yield func(record.Record, error) bool) error {
	page, err := s.fetch(ctx, s.statement.all())
	if err != nil {
		return err
	}
	for _, rec := range page.records {
		if !yield(s.quirk.unwrap(rec), nil) {
			return nil
		}
	}
	return nil
}

// Lookup implements supply.Supply, with one request, or with more if that one takes QuickBooks too long.
func (c *Client) Lookup(ctx context.Context, w supply.Want, ids []string) (map[string]record.Record, error) {
	if len(ids) > supply.MostLookedUp {
		return nil, problem.New(problem.Internal, "%d records of %s were looked up at once.", len(ids), w.Object)
	}
	found := map[string]record.Record{}
	if len(ids) == 0 {
		return found, nil
	}
	return found, c.lookUp(ctx, w, ids, found)
}

// lookUp adds the records with the ids to found. If they take QuickBooks too long, it asks for each half of them.
func (c *Client) lookUp(ctx context.Context, w supply.Want, ids []string, found map[string]record.Record) error {
	s := c.selectFor(w)
	quoted := make([]string, len(ids))
	for i, id := range ids {
		quoted[i] = quote(id)
	}
	s.statement.where = append([]string{"Id IN (" + strings.Join(quoted, ", ") + ")"}, s.statement.where...)
	var page fetched
	err := s.askOrdered(ctx, func() (err error) {
		page, err = s.fetchPage(ctx, s.statement.page(1, len(ids)))
		return err
	})
	if half := len(ids) / 2; isTooMuch(ctx, err) && half >= leastPage {
		if err := c.lookUp(ctx, w, ids[:half], found); err != nil {
			return err
		}
		return c.lookUp(ctx, w, ids[half:], found)
	}
	if err != nil {
		return err
	}
	for _, rec := range s.unwrapAll(nil, page) {
		found[rec.Text("Id")] = rec
	}
	return nil
}

// Report implements supply.Reports.
func (c *Client) Report(ctx context.Context, w supply.ReportWant, accept func(body []byte) error) error {
	return c.get(ctx, request{
		realm: w.Company.Realm, path: "reports/" + url.PathEscape(w.Object), query: w.Params,
		report: true, once: w.Divisible,
		meter: w.Meter, accept: accept,
	})
}
