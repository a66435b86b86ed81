// Command ledgersheet exports QuickBooks Online, read-only, into Google Sheets.
package main

import (
	"context"
	"os"

	"ledgersheet/internal/cli"
)

func main() {
	tuneCollector()
	os.Exit(cli.Main(context.Background(), os.Args[1:], cli.Stdio{Out: os.Stdout, Err: os.Stderr}))
}
