package intuit

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/record"
	"ledgersheet/internal/table"
)

// statement is a query in QuickBooks' language, without its paging.
// https://developer.intuit.com/app/developer/qbo/docs/learn/explore-the-quickbooks-online-api/data-queries
type statement struct {
	object string
	where  []string // joined by AND
	order  string   // the property to order by, because paging by offset needs a stable order; empty for none
}

func (s statement) count() string { return "SELECT COUNT(*) FROM " + s.object + s.conditions() }

// page returns the query for up to size records from position start, counted from 1.
func (s statement) page(start, size int) string {
	order := ""
	if s.order != "" {
		order = " ORDERBY " + s.order
	}
	return fmt.Sprintf("SELECT * FROM %s%s%s STARTPOSITION %d MAXRESULTS %d", s.object, s.conditions(), order, start,
		size)
}

// all returns the query for all records of an object that does not support paging.
func (s statement) all() string { return "SELECT * FROM " + s.object + s.conditions() }

func (s statement) conditions() string {
	if len(s.where) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(s.where, " AND ")
}

var quoteEscapes = strings.NewReplacer(`\`, `\\`, `'`, `\'`)

// quote formats a value for the query language. Numbers are quoted too, because bare ones do not parse.
func quote(s string) string { return "'" + quoteEscapes.Replace(s) + "'" }

const (
	firstSecond = "T00:00:00Z"
	lastSecond  = "T23:59:59Z" // timestamps have whole seconds
)

func dayText(day time.Time, instant bool, second string) string {
	text := day.Format(time.DateOnly)
	if instant {
		return text + second
	}
	return text
}

// push translates a filter for QuickBooks, but only if QuickBooks cannot return fewer records than Filter.Match keeps;
// every filter is applied to the answer as well. exact reports that it cannot return more either.
func push(f export.Filter, col export.Column) (conditions []string, exact bool) {
	if !col.Queryable || col.From != nil || col.Line() || f.Value == "" {
		return nil, false
	}
	// A reference is compared by id, under its own name.
	col.Path = strings.TrimSuffix(col.Path, ".value")
	if f.Op == export.OpIn {
		return pushList(f, col)
	}
	op, ok := map[export.Op]string{
		export.OpEqual: "=", export.OpGreater: ">", export.OpAtLeast: ">=", export.OpLess: "<", export.OpAtMost: "<=",
	}[f.Op]
	if !ok {
		return nil, false
	}
	switch col.Kind {
	case table.Text:
		// Both sides order text differently, ids above all.
		if f.Op != export.OpEqual || !plainText.MatchString(f.Value) {
			return nil, false
		}
		return []string{col.Path + " = " + quote(f.Value)}, true
	case table.Money, table.Number:
		d, err := table.ParseDecimal(f.Value)
		if err != nil {
			return nil, false
		}
		return []string{col.Path + " " + op + " " + quote(table.DecimalText(d))}, true
	case table.Date:
		day, ok := record.Convert(f.Value, table.Date).Time()
		if !ok {
			return nil, false
		}
		return []string{col.Path + " " + op + " " + quote(day.Format(time.DateOnly))}, true
	case table.DateTime:
		return pushInstant(f, col, op)
	}
	return nil, false
}

// plainText matches values that everybody compares alike: no wildcards, quotes, accents, or blanks at either end.
var plainText = regexp.MustCompile(`^[A-Za-z0-9._#/@-]([A-Za-z0-9 ._#/@-]*[A-Za-z0-9._#/@-])?$`)

// maxPushed limits the length of a pushed list, to keep the URL short.
const maxPushed = 50

func pushList(f export.Filter, col export.Column) ([]string, bool) {
	if col.Kind != table.Text {
		return nil, false
	}
	var values []string
	for v := range strings.SplitSeq(f.Value, ",") {
		v = strings.TrimSpace(v)
		if !plainText.MatchString(v) {
			return nil, false
		}
		values = append(values, quote(v))
	}
	slices.Sort(values)
	if values = slices.Compact(values); len(values) > maxPushed {
		return nil, false
	}
	return []string{col.Path + " IN (" + strings.Join(values, ", ") + ")"}, true
}

func pushInstant(f export.Filter, col export.Column, op string) ([]string, bool) {
	if at, ok := record.Convert(f.Value, table.DateTime).Time(); ok {
		return []string{col.Path + " " + op + " " + quote(at.Format(time.RFC3339))}, true
	}
	day, ok := record.Convert(f.Value, table.Date).Time()
	if !ok {
		return nil, false
	}
	first, last := quote(dayText(day, true, firstSecond)), quote(dayText(day, true, lastSecond))
	switch f.Op {
	case export.OpEqual:
		return []string{col.Path + " >= " + first, col.Path + " <= " + last}, true
	case export.OpAtLeast, export.OpLess:
		return []string{col.Path + " " + op + " " + first}, true
	}
	return []string{col.Path + " " + op + " " + last}, true // after the day, or up to its end
}
