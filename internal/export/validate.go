package export

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"

	"ledgersheet/internal/problem"
	"ledgersheet/internal/record"
)

// Limits on what an exporter may hold; all are far above what anyone needs.
const (
	maxName        = 100
	maxCompanies   = 100
	maxColumns     = 200
	maxColumnKey   = 200
	maxFilters     = 20
	maxFilterValue = 5_000
	maxTabTitle    = 100 // Google's own, in UTF-16 units
)

// Normalize tidies what people type: blanks around, pasted spreadsheet addresses, lower-case start cells.
func (e *Exporter) Normalize() {
	e.Name = strings.TrimSpace(e.Name)
	if pasted := openURL.FindString(strings.TrimSpace(e.Target.Spreadsheet)); pasted != "" {
		e.Target.URL = pasted + "/edit"
	}
	e.Target.Spreadsheet = SpreadsheetID(e.Target.Spreadsheet)
	e.Target.Sheet = strings.TrimSpace(e.Target.Sheet)
	e.Target.Start = strings.ToUpper(strings.TrimSpace(e.Target.Start))
	e.Schedule.Cron = strings.Join(strings.Fields(e.Schedule.Cron), " ")
	e.Schedule.Timezone = strings.TrimSpace(e.Schedule.Timezone)
	for k, v := range e.Options {
		if v == "" {
			delete(e.Options, k)
		}
	}
	e.setDefaults()
}

var spreadsheetURL = regexp.MustCompile(`/spreadsheets/(?:u/\d+/)?d/([A-Za-z0-9_-]+)`)

// openURL is the part of a pasted address that opens the spreadsheet for everybody.
var openURL = regexp.MustCompile(`^https://[a-z0-9.-]+/spreadsheets/d/[A-Za-z0-9_-]+`)

// SpreadsheetID takes the id out of a pasted address; anything else comes back without the blanks around it.
func SpreadsheetID(s string) string {
	s = strings.TrimSpace(s)
	if m := spreadsheetURL.FindStringSubmatch(s); m != nil {
		return m[1]
	}
	return s
}

var spreadsheetIDText = regexp.MustCompile(`^[A-Za-z0-9_-]{10,100}$`)

// Validate adds what is wrong with the exporter to c, under the field's name in the API. It checks what the exporter
// says by itself; whether companies, accounts and schedules exist is for the caller.
func (e Exporter) Validate(d Definition, c *problem.Collect) {
	e.validateFields(d, c)
	if len([]rune(e.Name)) > maxName {
		c.Add("name", "has more than %d characters", maxName)
	} else if strings.ContainsFunc(e.Name, unicode.IsControl) {
		c.Add("name", "has line breaks or other control characters")
	}
	if len(e.Companies) > maxCompanies {
		c.Add("company_ids", "are more than %d", maxCompanies)
		return
	}
	for i, r := range e.Companies {
		if slices.Contains(e.Companies[:i], r) {
			c.Add(fmt.Sprintf("company_ids[%d]", i), "is there twice")
		}
	}
	e.Target.validate(c)
	e.validateOptions(d, c)
	e.validateColumns(d, c)
	e.validateFilters(d, c)
}

func (t Target) validate(c *problem.Collect) {
	if t.Spreadsheet != "" && !spreadsheetIDText.MatchString(t.Spreadsheet) {
		c.Add("destination.spreadsheet_id", "is neither a spreadsheet's id nor its address; leave it empty to have one made")
	}
	switch {
	case len(utf16.Encode([]rune(t.Sheet))) > maxTabTitle:
		c.Add("destination.sheet", "has more than %d characters", maxTabTitle)
	case strings.ContainsFunc(t.Sheet, unicode.IsControl):
		c.Add("destination.sheet", "has line breaks or other control characters")
	}
	if _, _, err := ParseCell(t.Start); err != nil {
		c.Add("destination.start_cell", "%v", err)
	}
}

var cellText = regexp.MustCompile(`^([A-Z]{1,3})([1-9][0-9]{0,6})$`)

// ParseCell reads an A1 address into zero-based row and column.
func ParseCell(s string) (row, col int, err error) {
	m := cellText.FindStringSubmatch(s)
	if m == nil {
		return 0, 0, fmt.Errorf("must be a cell such as A1")
	}
	for _, r := range m[1] {
		col = col*26 + int(r-'A') + 1
	}
	row, err = strconv.Atoi(m[2])
	if col > 18278 || err != nil {
		return 0, 0, fmt.Errorf("must be a cell such as A1; columns end at ZZZ")
	}
	return row - 1, col - 1, nil
}

func (e Exporter) validateOptions(d Definition, c *problem.Collect) {
	known := map[string]Option{}
	for _, o := range d.OptionList() {
		known[o.Key] = o
		if o.Required && e.Options[o.Key] == "" {
			c.Add("options."+o.Key, "must be chosen: %s", joinChoices(o.Values))
		}
	}
	for k, v := range e.Options {
		o, ok := known[k]
		if !ok {
			c.Add("options."+k, "is no option of %s", d.Info().ID)
			continue
		}
		if why := o.check(v); why != "" {
			c.Add("options."+k, "%s", why)
		}
	}
	e.validateRange(d, c)
}

func (e Exporter) validateRange(d Definition, c *problem.Collect) {
	name := e.Option(d, OptDateRange)
	if name == "" || c.Has("options."+OptDateRange) || c.Has("options."+OptStartDate) || c.Has("options."+OptEndDate) {
		return
	}
	if name != RangeCustom {
		for _, k := range []string{OptStartDate, OptEndDate} {
			if e.Options[k] != "" {
				c.Add("options."+k, "only goes with date_range custom")
			}
		}
	} else if _, err := ResolveRange(name, time.Now(), time.January, e.Options[OptStartDate], e.Options[OptEndDate]); err != nil {
		c.Add("options."+OptDateRange, "%v", err)
	}
	if r, ok := d.(Report); ok {
		e.validateReportRange(r, name, c)
	}
}

func (e Exporter) validateReportRange(r Report, name string, c *problem.Collect) {
	o, err := r.Parse(e.Options)
	if p, ok := errors.AsType[*problem.Problem](err); ok {
		for field, why := range p.Fields {
			if !c.Has(field) {
				c.Add(field, "%s", why)
			}
		}
	}
	if name == RangeAll && periodic(o.Summarize) {
		c.Add("options."+OptDateRange, "all cannot be split by %s; choose a range", o.Summarize)
	}
	if name == RangeCustom && (e.Options[OptStartDate] == "" || e.Options[OptEndDate] == "") {
		c.Add("options."+OptDateRange, "a report's custom range needs both start_date and end_date")
	}
}

// periodic reports whether the value of summarize_by gives a column per span of time.
func periodic(by string) bool {
	return slices.Contains([]string{"Days", "Week", "Month", "Quarter", "Year"}, by)
}

func (e Exporter) validateColumns(d Definition, c *problem.Collect) {
	if len(e.Columns) > maxColumns {
		c.Add("columns", "are more than %d", maxColumns)
		return
	}
	_, records := d.(Entity) // whose paths are columns as well
	catalogue := d.Catalogue()
	lines := WantsLines(d, e.Options)
	for i, key := range e.Columns {
		field := fmt.Sprintf("columns[%d]", i)
		if len(key) > maxColumnKey {
			c.Add(field, "has more than %d characters", maxColumnKey)
			continue
		}
		listed := slices.ContainsFunc(catalogue, func(col Column) bool { return col.Path == key })
		_, err := record.ParsePath(key)
		switch {
		case slices.Contains(e.Columns[:i], key):
			c.Add(field, "%s is there twice", key)
		case listed && !strings.HasPrefix(key, LinePrefix):
		case !records && !listed:
			c.Add(field, "%s is not a column of %s", key, d.Info().ID)
		case err != nil:
			c.Add(field, "%s is not a column: %v", key, err)
		case strings.HasPrefix(key, LinePrefix) && !lines:
			c.Add(field, "%s is about lines; set the option lines to true", key)
		}
	}
}

func (e Exporter) validateFilters(d Definition, c *problem.Collect) {
	if len(e.Filters) > maxFilters {
		c.Add("filters", "are more than %d", maxFilters)
		return
	}
	if _, isReport := d.(Report); isReport && len(e.Filters) > 0 {
		c.Add("filters", "do not go with reports; use the report's own options")
		return
	}
	for i, f := range e.Filters {
		field := fmt.Sprintf("filters[%d]", i)
		if len(f.Column) > maxColumnKey || len(f.Value) > maxFilterValue {
			c.Add(field, "has a column of more than %d characters or a value of more than %d", maxColumnKey, maxFilterValue)
			continue
		}
		col, err := FindColumn(d, f.Column)
		if err != nil {
			c.Add(field, "%s is not a column: %v", f.Column, err)
			continue
		}
		if _, records := d.(Entity); !records && !slices.ContainsFunc(d.Catalogue(), func(col Column) bool { return col.Path == f.Column }) {
			c.Add(field, "%s is not a column of %s", f.Column, d.Info().ID)
			continue
		}
		if why := f.check(col.Kind); why != "" {
			c.Add(field, "%s", why)
		}
		if col.Line() && !WantsLines(d, e.Options) {
			c.Add(field, "%s is about lines; set the option lines to true", f.Column)
		}
	}
}

// FindColumn returns the catalogue's column of that key or, for a path that it does not list, one with a title and a
// kind guessed from its name.
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
