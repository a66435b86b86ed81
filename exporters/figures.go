package exporters

import "ledgersheet/internal/export"

// figure is a headline figure of a list: the amounts in one column, of the records for which where holds.
func figure(id, title, column string, where ...export.Filter) export.Figure {
	return export.Figure{ID: id, Title: title, Sum: []string{column}, Where: where}
}

// totalFigure is what all documents come to.
func totalFigure() export.Figure { return figure("total", "Total", "TotalAmt") }

func is(column, value string) export.Filter {
	return export.Filter{Column: column, Op: export.OpEqual, Value: value}
}

func statusIs(status string) export.Filter { return is("Status", status) }

// overdueOnly is what paymentStatus says of documents that should have been paid.
func overdueOnly() export.Filter { return statusIs("Overdue") }

// group is a report's own figure for a section group, in each period or in some columns alone.
func group(id, title, group string, columns ...string) export.Figure {
	return export.Figure{ID: id, Title: title, Group: group, Sum: columns}
}

// added is what columns of a report add up to over its rows; a minus sign subtracts a column.
func added(id, title string, columns ...string) export.Figure {
	return export.Figure{ID: id, Title: title, Sum: columns}
}

// overdueRows is what the column of open amounts adds up to over the rows that are past due.
func overdueRows(column string) export.Figure {
	f := added("overdue", "Overdue", column)
	f.Where = []export.Filter{{Column: "past_due", Op: export.OpGreater, Value: "0"}}
	return f
}
