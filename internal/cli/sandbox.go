package cli

import (
	"context"
	"fmt"
	"os"

	"ledgersheet/exporters"
	"ledgersheet/internal/config"
	"ledgersheet/internal/demo"
)

// sizeFlags set the size of the simulated companies.
type sizeFlags struct {
	Seed      int64 `default:"1" help:"Selects the data; the same seed gives the same data on the same day."`
	Companies int   `default:"7" help:"Simulated companies."`
	Customers int   `default:"250" help:"Customers of each company."`
	Vendors   int   `default:"120" help:"Vendors of each company."`
	Items     int   `default:"60" help:"Products and services of each company."`
	Invoices  int   `default:"1200" help:"Invoices of each company, over three years."`
	Bills     int   `default:"500" help:"Bills of each company."`
	Nasty     bool  `help:"Add names and texts that careless programs break on."`
}

// defaultSizes are the sizes without flags.
func defaultSizes() sizeFlags {
	return sizeFlags{Seed: 1, Companies: 7, Customers: 250, Vendors: 120, Items: 60, Invoices: 1200, Bills: 500}
}

func (f sizeFlags) size() demo.Size {
	return demo.Size{
		Seed: f.Seed, Companies: f.Companies,
		Customers: f.Customers, Vendors: f.Vendors, Items: f.Items, Invoices: f.Invoices, Bills: f.Bills,
		Nasty: f.Nasty,
	}
}

// mostRecords limits each size, because the simulators hold all records in memory.
const mostRecords = 1_000_000

// check rejects sizes that the simulators cannot make.
func (f sizeFlags) check() error {
	if f.Companies < 1 || f.Companies > 1000 {
		return fmt.Errorf("--companies must be from 1 to 1000, not %d", f.Companies)
	}
	for _, size := range []struct {
		flag string
		n    int
	}{
		{"customers", f.Customers},
		{"vendors", f.Vendors},
		{"items", f.Items},
		{"invoices", f.Invoices},
		{"bills", f.Bills},
	} {
		if size.n < 1 || size.n > mostRecords {
			return fmt.Errorf("--%s must be from 1 to %d, not %d", size.flag, mostRecords, size.n)
		}
	}
	return nil
}

type sandboxCommand struct {
	IntuitAddr         string `default:"127.0.0.1:8091" placeholder:"HOST:PORT" help:"Listen address of the simulated Intuit; port 0 takes a free one."`
	GoogleAddr         string `default:"127.0.0.1:8092" placeholder:"HOST:PORT" help:"Listen address of the simulated Google, whose root page shows the spreadsheets."`
	AutoConsent        bool   `help:"Approve consent at once, the next company each time."`
	ServiceAccountFile string `placeholder:"FILE" help:"Write a service account's key to this file and print its variable too."`
	Quirks             bool   `help:"Let companies answer with the oddities of real ones, every second one like the reports before 2026."`
	sizeFlags
}

// Validate checks the flags. Kong calls it.
func (c *sandboxCommand) Validate() error {
	for flag, addr := range map[string]string{"intuit-addr": c.IntuitAddr, "google-addr": c.GoogleAddr} {
		if why := config.CheckAddress(addr); why != "" {
			return fmt.Errorf("--%s %s", flag, why)
		}
	}
	return c.check()
}

// Run serves both simulators, and prints the environment variables with which the serve command uses them.
func (c *sandboxCommand) Run(ctx context.Context, std Stdio) error {
	s, err := demo.Open(demo.Options{
		IntuitAddr: c.IntuitAddr, GoogleAddr: c.GoogleAddr, AutoConsent: c.AutoConsent,
		Quirks: c.Quirks, Size: c.size(), Definitions: exporters.All(),
	})
	if err != nil {
		return err
	}
	defer func() { _ = s.Close(ctx) }()
	for _, pair := range s.Environment() {
		fmt.Fprintf(std.Out, "%s=%s\n", pair[0], pair[1])
	}
	if c.ServiceAccountFile != "" {
		if err := os.WriteFile(c.ServiceAccountFile, s.Google.ServiceAccountKey(), 0o600); err != nil {
			return fmt.Errorf("writing the service account's key: %w", err)
		}
		fmt.Fprintf(std.Out, "LEDGERSHEET_GOOGLE_SERVICE_ACCOUNT_FILE=%s\n", c.ServiceAccountFile)
	}
	fmt.Fprintf(std.Err, "Spreadsheets are shown at %s\n", s.SheetsURL())
	fmt.Fprintln(std.Out, "ready")
	<-ctx.Done()
	return nil
}
