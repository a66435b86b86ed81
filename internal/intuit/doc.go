// Package intuit reads QuickBooks Online companies: lists of records by query, reports, and what a company is. It can
// only read: requests are built by one function that knows no method but GET, and ReadOnly refuses the rest below it.
// A read either ends complete, in agreement with QuickBooks' own counts and totals, or with a problem. Requests are
// paced per company, and those that may be sent again are, within the deadline of their context.
package intuit
