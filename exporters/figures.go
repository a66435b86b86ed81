package exporters

import "ledgersheet/internal/export"

// figure returns a headline figure of a list: the sum of one column over the records that match where.
func figure(id, title, column string, where ...export.Filter) export.Figure {
	return export.Figure{ID: id, Title: title, Sum: []string{column}, Where: where}
}

// totalFigure returns the figure that sums all documents.
func totalFigure() export.Figure { return figure("total", "Total", "TotalAmt") }

func is(column, value string) export.Filter {
	return export.Filter{Column: column, Op: export.OpEqual, Value: value}
}

func statusIs(status string) export.Filter { return is("Status", status) }

// overdueOnly returns the filter for documents that paymentStatus calls overdue.
func overdueOnly() export.Filter { return statusIs("Overdue") }

// group returns a figure that a report states for a section group, in each period or only in the given columns.
func group(id, title, group string, columns ...string) export.Figure {
	return export.Figure{ID: id, Title: title, Group: group, Sum: columns}
}

// groupAmounts returns a group's figure for each key that a detail report's amounts can have: in the home currency
// where there are several, and without tax where companies show it apart. The first key that is there counts.
// https://developer.intuit.com/app/developer/qbo/docs/api/accounting/report-entities/generalledger
func groupAmounts(id, title, name string) []export.Figure {
	var list []export.Figure
	for _, key := range []string{
		"subt_nat_home_amount", "subt_nat_amount_home_nt", "subt_nat_amount", "subt_nat_amount_nt",
	} {
		list = append(list, group(id, title, name, key))
	}
	return list
}

// addUp returns a figure that sums columns of a report over its rows. A minus sign subtracts a column.
func addUp(id, title string, columns ...string) export.Figure {
	return export.Figure{ID: id, Title: title, Sum: columns}
}

// overdueRows returns the figure that sums the column of open amounts over the rows past due.
func overdueRows(column string) export.Figure {
	f := addUp("overdue", "Overdue", column)
	f.Where = []export.Filter{{Column: "past_due", Op: export.OpGreater, Value: "0"}}
	return f
}
