// Package exporters says what can be exported: one small file with one literal per exporter type, and nothing else.
//
// To add one, add a file with
//
//	var _ = register(export.Entity{ID: "vendors", Title: "Vendors", Object: "Vendor", …})
//
// The catalogue, the forms, the API, the command line, the help page and the tests of all types read the literal. A
// column is a path in QuickBooks' own JSON; one that goes on behind a reference, such as CustomerRef.CompanyName, is
// looked up in the list that the reference is about, which a run reads once, or asks for a few entries. Groups of
// columns that several types share are functions in columns*.go; what a path cannot say is computed in computed.go and
// status.go.
package exporters
