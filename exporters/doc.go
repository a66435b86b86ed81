// Package exporters says what can be exported: one small file with one literal per exporter type, and nothing else.
//
// To add one, add a file with
//
//	var _ = register(export.Entity{ID: "vendors", Title: "Vendors", Object: "Vendor", …})
//
// The catalogue, the forms, the API, the command line, the help page and the conformance test read the literal.
package exporters
