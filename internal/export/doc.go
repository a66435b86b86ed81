// Package export is the domain: what can be exported (definitions), what a user wants exported (exporters), the
// connections and runs that this takes, and the ports that the program's adapters implement. It knows nothing of
// QuickBooks' or Google's protocols, nor of how anything is stored.
package export
