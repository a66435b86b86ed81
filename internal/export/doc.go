// Package export is the domain: what can be exported (definitions), what a user wants exported (exporters), the
// connections it needs, the runs it leads to, and the ports that the program's adapters fill. It knows neither
// QuickBooks' nor Google's protocols, nor how anything is stored.
package export
