package intuitsim

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// defaultCellLimit is where reports stop: 400,000 cells.
// https://developer.intuit.com/app/developer/qbo/docs/workflows/run-reports
const defaultCellLimit = 400_000

// tooMuchText is the row that replaces the rest of a report that is too big. The status is still 200.
const tooMuchText = "Unable to display more data. Please reduce the date range."

// reportSettings are the knobs of reports.
type reportSettings struct {
	cellLimit    int
	timeoutCells int
	legacy       bool
}

// SetReportCellLimit changes the number of cells above which a report is cut; zero restores the default.
func (s *Server) SetReportCellLimit(cells int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reports.cellLimit = cells
	if cells == 0 {
		s.reports.cellLimit = defaultCellLimit
	}
}

// SetReportTimeout makes reports with more cells answer 504; zero means that none do.
func (s *Server) SetReportTimeout(cells int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reports.timeoutCells = cells
}

// SetLegacyReports switches between the report service of 2026 (false) and the one before it: capitals in total titles
// and 0.00 instead of blanks.
func (s *Server) SetLegacyReports(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reports.legacy = on
}

// The shape of report answers.
// https://developer.intuit.com/app/developer/qbo/docs/api/accounting/report-entities/profitandloss
type (
	report struct {
		Header  reportHeader
		Columns reportColumns
		Rows    reportRows
	}
	reportHeader struct {
		Time               string
		ReportName         string
		DateMacro          string `json:",omitempty"`
		ReportBasis        string `json:",omitempty"`
		StartPeriod        string `json:",omitempty"`
		EndPeriod          string `json:",omitempty"`
		SummarizeColumnsBy string `json:",omitempty"`
		Currency           string
		Customer           string `json:",omitempty"`
		Vendor             string `json:",omitempty"`
		Class              string `json:",omitempty"`
		Department         string `json:",omitempty"`
		Item               string `json:",omitempty"`
		Option             []nameValue
	}
	nameValue     struct{ Name, Value string }
	reportColumns struct {
		Column []reportColumn `json:",omitempty"`
	}
	reportColumn struct {
		ColTitle string
		ColType  string
		MetaData []nameValue `json:",omitempty"`
	}
	reportRows struct {
		Row []*reportRow `json:",omitempty"`
	}
	reportRow struct {
		Header  *colData     `json:",omitempty"`
		ColData []reportCell `json:",omitempty"`
		Rows    *reportRows  `json:",omitempty"`
		Summary *colData     `json:",omitempty"`
		Type    string       `json:"type,omitempty"`
		Group   string       `json:"group,omitempty"`
	}
	colData    struct{ ColData []reportCell }
	reportCell struct {
		Value string  `json:"value"`
		ID    *string `json:"id,omitempty"`
	}
)

// reportCall is one parsed request for a report.
type reportCall struct {
	*Company
	name       string
	start, end day
	macro      string
	method     string
	by         string
	filters    map[string][]string // ids by dimension: customer, vendor, class, department, item
	query      url.Values
	legacy     bool
	now        time.Time
	posted     map[*txn][]posting // accrual postings already worked out, to name the other sides
}

// builder makes the body of a report.
type builder func(*reportCall) *report

// builders are the reports by the name in the URL, which is case-sensitive.
func builders() map[string]builder {
	return map[string]builder{
		"ProfitAndLoss":             (*reportCall).profitAndLoss,
		"ProfitAndLossDetail":       (*reportCall).profitAndLossDetail,
		"BalanceSheet":              (*reportCall).balanceSheet,
		"CashFlow":                  (*reportCall).cashFlow,
		"TrialBalance":              (*reportCall).trialBalance,
		"GeneralLedger":             (*reportCall).generalLedger,
		"JournalReport":             (*reportCall).journalReport,
		"TransactionList":           (*reportCall).transactionList,
		"TransactionListByCustomer": (*reportCall).transactionsByCustomer,
		"TransactionListByVendor":   (*reportCall).transactionsByVendor,
		"TransactionListWithSplits": (*reportCall).transactionsWithSplits,
		"AccountList":               (*reportCall).accountList,
		"AgedReceivables":           (*reportCall).agedReceivables,
		"AgedReceivableDetail":      (*reportCall).agedReceivableDetail,
		"AgedPayables":              (*reportCall).agedPayables,
		"AgedPayableDetail":         (*reportCall).agedPayableDetail,
		"CustomerBalance":           (*reportCall).customerBalance,
		"CustomerBalanceDetail":     (*reportCall).customerBalanceDetail,
		"VendorBalance":             (*reportCall).vendorBalance,
		"VendorBalanceDetail":       (*reportCall).vendorBalanceDetail,
		"CustomerIncome":            (*reportCall).customerIncome,
		"VendorExpenses":            (*reportCall).vendorExpenses,
		"CustomerSales":             (*reportCall).customerSales,
		"ItemSales":                 (*reportCall).itemSales,
		"ClassSales":                (*reportCall).classSales,
		"DepartmentSales":           (*reportCall).departmentSales,
		"InventoryValuationSummary": (*reportCall).inventoryValuation,
		"InventoryValuationDetail":  (*reportCall).inventoryValuationDetail,
		"TaxSummary":                (*reportCall).taxSummary,
	}
}

func (c *Company) report(name string, query url.Values, settings reportSettings, now time.Time) (*answer, *apiFault) {
	build := builders()[name]
	if build == nil {
		build = builderOf(c.opts.Reports, name)
	}
	if build == nil {
		return nil, validation("5020", "Permission Denied Error", "Permission Denied Error : Invalid report name: "+
			name)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	legacy := settings.legacy || c.quirks.LegacyReports
	call := &reportCall{Company: c, name: name, query: query, legacy: legacy, now: now, method: c.basis()}
	if fault := call.understand(); fault != nil {
		return nil, fault
	}
	rep := build(call)
	call.addQuirks(rep)
	cells := countCells(rep.Rows.Row)
	if settings.timeoutCells > 0 && cells > settings.timeoutCells {
		return gatewayTimeout(0), nil
	}
	if cells > settings.cellLimit {
		left := settings.cellLimit
		rep.Rows.Row = append(cutRows(rep.Rows.Row, &left), &reportRow{
			ColData: []reportCell{{Value: tooMuchText}}, Type: "Data",
		})
	}
	a := jsonAnswer(http.StatusOK, rep)
	if !legacy {
		a.header.Set("V3modernresponse", "true")
	}
	return a, nil
}

// understand parses the parameters. Unknown ones are ignored, as by the service.
func (r *reportCall) understand() *apiFault {
	today := dayOf(r.now.In(r.zone))
	q := r.query
	from, to := q.Get("start_date"), q.Get("end_date")
	r.macro = strings.ToLower(q.Get("date_macro"))
	switch {
	case from != "" && to != "":
		var okStart, okEnd bool
		r.start, okStart = parseDay(from)
		r.end, okEnd = parseDay(to)
		if !okStart || !okEnd {
			return validation("2100", "Invalid Date", "Invalid date format, use YYYY-MM-DD")
		}
		if r.start > r.end {
			return validation("2100", "Invalid Date", "start_date must be less than end_date")
		}
		r.macro = ""
	default:
		if r.macro == "" {
			r.macro = defaultMacro(r.name)
		}
		var ok bool
		if r.start, r.end, ok = macroPeriod(r.macro, today, r.info.FiscalYearStart); !ok {
			r.macro = defaultMacro(r.name)
			r.start, r.end, _ = macroPeriod(r.macro, today, r.info.FiscalYearStart)
		}
	}
	switch m := q.Get("accounting_method"); {
	case strings.EqualFold(m, cash):
		r.method = cash
	case strings.EqualFold(m, accrual):
		r.method = accrual
	}
	r.by = "Total"
	for _, by := range []string{
		"Month", "Week", "Days", "Quarter", "Year", "Customers", "Vendors", "Classes", "Departments", "Employees",
		"ProductsAndServices",
	} {
		if strings.EqualFold(by, q.Get("summarize_column_by")) {
			r.by = by
		}
	}
	r.filters = map[string][]string{}
	for _, name := range []string{"customer", "vendor", "class", "department", "item", "account"} {
		if v := q.Get(name); v != "" {
			r.filters[name] = strings.Split(v, ",")
		}
	}
	return nil
}

func (r *reportCall) header(noData bool) reportHeader {
	return reportHeader{
		Time: stamp(r.now, r.zone), ReportName: r.name, DateMacro: r.macro, ReportBasis: r.method,
		StartPeriod: r.start.String(), EndPeriod: r.end.String(), SummarizeColumnsBy: r.by, Currency: r.info.Currency,
		Customer: r.query.Get("customer"), Vendor: r.query.Get("vendor"), Class: r.query.Get("class"),
		Department: r.query.Get("department"), Item: r.query.Get("item"),
		Option: []nameValue{
			{"AccountingStandard", "GAAP"}, {"NoReportData", map[bool]string{true: "true", false: "false"}[noData]},
		},
	}
}

// money spells an amount of a report: the modern service leaves zeros blank.
func (r *reportCall) money(c cents) string {
	if c == 0 && !r.legacy {
		return ""
	}
	return c.String()
}

// heading gives a total or section title in the case of the service in use.
func (r *reportCall) heading(title string) string {
	if r.legacy {
		return strings.ToUpper(title)
	}
	return title
}

// passesFilter reports whether the id passes the filter of that name.
func (r *reportCall) passesFilter(filter, id string) bool {
	ids, ok := r.filters[filter]
	return !ok || slices.Contains(ids, id)
}

func text(values ...string) []reportCell {
	out := make([]reportCell, len(values))
	for i, v := range values {
		out[i].Value = v
	}
	return out
}

func idCell(value, id string) reportCell { return reportCell{Value: value, ID: &id} }

func countCells(rows []*reportRow) int {
	n := 0
	for _, r := range rows {
		n += r.cells()
		if r.Rows != nil {
			n += countCells(r.Rows.Row)
		}
	}
	return n
}

func (r *reportRow) cells() int {
	n := len(r.ColData)
	if r.Header != nil {
		n += len(r.Header.ColData)
	}
	if r.Summary != nil {
		n += len(r.Summary.ColData)
	}
	return n
}

// cutRows keeps the rows that fit into the remaining cells.
func cutRows(rows []*reportRow, left *int) []*reportRow {
	var out []*reportRow
	for _, r := range rows {
		*left -= r.cells()
		if *left < 0 {
			break
		}
		if r.Rows != nil {
			cut := *r
			cut.Rows = &reportRows{cutRows(r.Rows.Row, left)}
			r = &cut
		}
		out = append(out, r)
	}
	return out
}
