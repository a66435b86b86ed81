package export

import (
	"slices"
	"strings"
	"time"

	"ledgersheet/internal/record"
	"ledgersheet/internal/table"
)

// Definition is something that can be exported: an Entity, a Report or a ChangeLog, nothing else. Users know it as an
// exporter type.
type Definition interface {
	Info() Info
	// Catalogue lists the columns that the definition offers, in their default order.
	Catalogue() []Column
	// OptionList lists the options that an exporter of this definition may set.
	OptionList() []Option
	// Modes lists the modes in which its rows can be written, the default first.
	Modes() []Mode

	// columns and options yield the same items one by one, so that looking one up does not build them all.
	columns(yield func(Column) bool)
	options(yield func(option) bool)
}

// DefinitionKind distinguishes lists of records from reports.
type DefinitionKind string

// The kinds of definitions.
const (
	KindEntity DefinitionKind = "entity"
	KindReport DefinitionKind = "report"
)

// Info is what a catalogue shows about a definition.
type Info struct {
	ID      string // snake_case, part of the contract
	Title   string
	Summary string // one sentence
	Group   string // its heading in the catalogue
	Kind    DefinitionKind
	Paths   bool // any path into the records is a column, whether the catalogue lists it or not
}

// Entity is a list of QuickBooks records, with one row per record or per line.
type Entity struct {
	ID, Title, Summary, Group string

	Object string // the name in QuickBooks' query language, such as "Invoice"
	Single bool   // there is only one record, which can only be replaced
	Lines  bool   // records have lines: the option "lines" gives each line a row
	// LinesIn is the member that holds the lines; empty means "Line". The keys of its columns begin with "Line." either
	// way.
	LinesIn   string
	HasActive bool     // inactive records exist and are left out unless asked for
	Dates     []string // the paths that a date range may apply to, the default first; empty if it has none
	// AppPath opens a record in QuickBooks' own pages, once its Id is appended; empty if there is no such page.
	AppPath string
	Columns []Column
	Figures []Figure // headline figures; none for lists without amounts that add up
}

// Column is a column that a definition offers.
type Column struct {
	Path  string // the key: a record path, or a name of its own if From is set
	Title string
	Help  string
	Kind  table.Kind
	Key   bool // part of a row's identity
	Off   bool // not among the defaults
	// NotAdded marks an amount that does not add up down the column: a price, a rate, or a balance that includes
	// others.
	NotAdded bool
	// Sensitive marks values about a person's identity or bank. The column's help then says so, and it is never among
	// the defaults.
	Sensitive bool
	// Queryable reports whether QuickBooks' query language can filter by it.
	Queryable bool
	// From computes a value that no path can express.
	From func(View) table.Cell
}

// Line reports whether the column describes a record's line rather than the record.
func (c Column) Line() bool { return strings.HasPrefix(c.Path, LinePrefix) }

// LinePrefix begins the keys of columns that describe a record's line, whichever member holds the lines.
const LinePrefix = "Line."

// View is what a computed column sees of one row.
type View struct {
	Record  record.Record
	Line    record.Record // empty unless rows are lines
	Company Company
	Today   time.Time // midnight UTC of the day of the run in the exporter's zone
}

// Info implements Definition.
func (e Entity) Info() Info {
	return Info{ID: e.ID, Title: e.Title, Summary: e.Summary, Group: e.Group, Kind: KindEntity, Paths: true}
}

// Catalogue implements Definition. Every entity also offers Company, Link if its records can be opened, and Status if
// they can go.
func (e Entity) Catalogue() []Column { return slices.Collect(e.columns) }

// Lists reports whether the catalogue has a column.
func (e Entity) Lists(path string) bool {
	for c := range e.columns {
		if c.Path == path {
			return true
		}
	}
	return false
}

func (e Entity) columns(yield func(Column) bool) {
	status := e.Single
	for _, c := range e.Columns {
		status = status || c.Path == StatusColumn
		if c.Sensitive {
			c.Help = strings.TrimSpace(sensitiveHelp + " " + c.Help)
		}
		if !yield(c) {
			return
		}
	}
	if e.AppPath != "" {
		link := Column{Path: LinkColumn, Title: "Link", Off: true, From: e.link}
		link.Help = "Opens the record in QuickBooks."
		if !yield(link) {
			return
		}
	}
	_ = (status || yield(statusColumn)) && yield(companyColumn)
}

const sensitiveHelp = "Sensitive: everybody who can open the spreadsheet sees it."

// CompanyColumn is the key of the column that holds the company's name.
const CompanyColumn = "Company"

var companyColumn = Column{
	Path: CompanyColumn, Title: "Company", Off: true, Key: true, Help: "The company's name in QuickBooks.",
	From: func(v View) table.Cell { return table.TextOf(v.Company.Name) },
}

// recordLink returns the function behind the column with a record's address; nil if there is no such page.
func (e Entity) recordLink() func(View) table.Cell {
	if e.AppPath != "" {
		return e.link
	}
	for _, c := range e.Columns {
		if c.Path == LinkColumn {
			return c.From
		}
	}
	return nil
}

func (e Entity) link(v View) table.Cell {
	id := v.Record.Text("Id")
	if id == "" {
		return table.Cell{}
	}
	return table.TextOf(v.Company.AppLink(e.AppPath + id))
}

// Shape is how a report's rows relate to each other.
type Shape string

// The shapes of reports.
const (
	// Tree is a statement: nested sections with totals.
	Tree Shape = "tree"
	// List is rows under fixed columns, possibly grouped.
	List Shape = "list"
)

// Dates says which dates a report takes, and what may be done with its figures.
type Dates uint8

// The kinds of dates.
const (
	// RangeOfDays is a range that cannot be assembled from its parts, because of averages or percentages.
	RangeOfDays Dates = iota
	// JoinableRange is a range whose answer equals the joined answers for its parts. A report that is too large for
	// QuickBooks is read in parts.
	JoinableRange
	// BalanceAtEnd takes a range, but its figures are as of the end: periods must not be added up.
	BalanceAtEnd
	// AsOfDay takes one day, no range.
	AsOfDay
	// Undated takes no date.
	Undated
)

// Report is one of QuickBooks' reports.
type Report struct {
	ID, Title, Summary, Group string

	Object string // the name in the report's URL, which is not always its documented name
	// AppToken is the report's name in the address of QuickBooks' own page; empty if it is not known.
	AppToken string
	Shape    Shape
	Dates    Dates
	Basis    bool // knows accounting_method
	// Accounts reports whether rows are about accounts, so that AccountNumber and AccountType can be offered.
	Accounts bool
	// Levels is the minimum number of section columns in the table layout. It keeps a deeper account from shifting the
	// other columns.
	Levels int
	// Summarize lists the accepted values of summarize_by, the default first; empty if the report takes none.
	Summarize []string
	// Ageing reports whether the columns are periods by which amounts are overdue.
	Ageing bool
	// Params are the report's own filters. An option's key is QuickBooks' parameter name. An option at its default is
	// not sent, so the default has to be what QuickBooks does without it.
	Params []Option
	// Groups says how QuickBooks' computed totals, such as NetIncome, follow from the section groups. It is checked on
	// each read. Rules about the same group are alternatives.
	Groups []GroupSum
	// Across says how a column follows from others on each row, by column keys or titles. A rule without Of is the sum
	// of all other amounts. Rules about columns that an answer does not have are skipped. Answers that show what a rule
	// subtracts as negative amounts already are recognized.
	Across []GroupSum
	// Running reports whether an account's rows come in the order of their balances, so that opening balance, rows and
	// closing balance can be checked. Recorded answers of GeneralLedger show it.
	Running bool
	// Figures are the headline figures.
	Figures []Figure
	// Even names two columns with equal sums, such as debit and credit. Intuit's reference samples of TrialBalance and
	// JournalReport show it.
	Even [2]string
}

// GroupSum states that the figure of a group or column is the sum of others. A minus sign subtracts one.
type GroupSum struct {
	Group string
	Of    []string
	Seen  string // the reference page or the recording in which it holds: an address, or a file in testdata
}

// Info implements Definition.
func (r Report) Info() Info {
	return Info{ID: r.ID, Title: r.Title, Summary: r.Summary, Group: r.Group, Kind: KindReport}
}

// The keys of the columns that reports have besides those of QuickBooks' answer.
const (
	ReportLabel     = "Label"     // statement: the row's label; table and tidy: the account's or the row's name
	ReportRowID     = "LabelId"   // id of the account, customer, … of the row
	ReportSection   = "Section"   // table and tidy: Section1, Section2, …
	ReportAmounts   = "Amounts"   // the amount columns, one per period
	ReportPeriod    = "Period"    // tidy: the period's title
	ReportPeriodEnd = "PeriodEnd" // tidy: its last day
	ReportAmount    = "Amount"    // tidy: the amount
	ReportRowKind   = "RowKind"   // section, data or total

	ReportAccountNumber = "AccountNumber" // for reports about accounts: looked up in the chart of accounts
	ReportAccountType   = "AccountType"
)

// Catalogue implements Definition.
func (r Report) Catalogue() []Column { return slices.Collect(r.columns) }

func (r Report) columns(yield func(Column) bool) {
	for _, c := range reportColumns {
		needsAccounts := c.Path == ReportAccountNumber || c.Path == ReportAccountType
		if (r.Accounts || !needsAccounts) && !yield(c) {
			return
		}
	}
}

var reportColumns = []Column{
	{
		Path: ReportSection, Title: "Section",
		Help: "Where the row stands in the report; one column a level. Not in the statement layout.",
	},
	{Path: ReportLabel, Title: "Name", Help: "The account, customer or other thing that the row is about."},
	{Path: ReportRowID, Title: "Id", Off: true, Help: "Its id in QuickBooks."},
	{Path: ReportRowKind, Title: "Row kind", Off: true, Help: "section, data or total."},
	{
		Path: ReportAccountNumber, Title: "Account number", Off: true,
		Help: "Looked up in the chart of accounts, which is read as well. Blank in previews.",
	},
	{Path: ReportAccountType, Title: "Account type", Off: true, Help: "As above: Bank, Income, Expense and so on."},
	{
		Path: ReportAmounts, Title: "Amounts", Kind: table.Money,
		Help: "The report's figures: one column a period, or Period and Amount in the tidy layout.",
	},
	companyColumn,
}

// Defaults returns the keys of the columns that an exporter has if it names none.
func Defaults(d Definition, lines bool) []string {
	var keys []string
	for c := range d.columns {
		if !c.Off && (lines || !c.Line()) {
			keys = append(keys, c.Path)
		}
	}
	return keys
}

// FindColumn returns the catalogue's column with that key. For a path that the catalogue does not list, it returns a
// column whose title and kind are guessed from its name.
func FindColumn(d Definition, key string) (Column, error) {
	for c := range d.columns {
		if c.Path == key {
			return c, nil
		}
	}
	p, err := record.ParsePath(key)
	if err != nil {
		return Column{}, err
	}
	return Column{Path: key, Title: key, Kind: record.GuessKind(p)}, nil
}
