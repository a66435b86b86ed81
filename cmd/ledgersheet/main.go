// Command ledgersheet exports QuickBooks Online, read-only, into Google Sheets.
package main

import (
	"context"
	"os"
	"runtime/debug"

	"ledgersheet/internal/cli"
)

// collectAt makes the garbage collector run twice as often as by default: the service mostly waits for others, and a
// large result then needs a third less memory.
const collectAt = 50

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
	os.Exit(cli.Main(context.Background(), os.Args[1:], cli.Stdio{Out: os.Stdout, Err: os.Stderr}))
}
