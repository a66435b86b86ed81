package config

// LimitFlags are the limits towards the providers as written.
type LimitFlags struct {
	QuickBooksPerMinute       string `name:"quickbooks-per-minute" env:"LEDGERSHEET_QUICKBOOKS_PER_MINUTE" default:"450" placeholder:"N" help:"Requests to QuickBooks a minute and company; 0 for no limit (${default}; Intuit allows 500)."`
	QuickBooksPerSecond       string `name:"quickbooks-per-second" env:"LEDGERSHEET_QUICKBOOKS_PER_SECOND" default:"9" placeholder:"N" help:"Requests to QuickBooks a second and company; 0 for no limit (${default}; Intuit allows 10)."`
	QuickBooksConcurrent      string `name:"quickbooks-concurrent" env:"LEDGERSHEET_QUICKBOOKS_CONCURRENT" default:"8" placeholder:"N" help:"Requests to QuickBooks at a time and company; 0 for no limit (${default}; Intuit allows 10)."`
	QuickBooksMonthlyCalls    string `name:"quickbooks-monthly-calls" env:"LEDGERSHEET_QUICKBOOKS_MONTHLY_CALLS" default:"500000" placeholder:"N" help:"Metered calls that the Intuit app may make in a month; schedules slow down before they are used up; 0 for no limit (${default})."`
	GoogleReadsPerMinUser     string `name:"google-reads-per-minute-user" env:"LEDGERSHEET_GOOGLE_READS_PER_MINUTE_USER" default:"60" placeholder:"N" help:"Google's quota of reads a minute and user; 0 for no limit (${default})."`
	GoogleWritesPerMinUser    string `name:"google-writes-per-minute-user" env:"LEDGERSHEET_GOOGLE_WRITES_PER_MINUTE_USER" default:"60" placeholder:"N" help:"Google's quota of writes a minute and user; 0 for no limit (${default})."`
	GoogleReadsPerMinProject  string `name:"google-reads-per-minute-project" env:"LEDGERSHEET_GOOGLE_READS_PER_MINUTE_PROJECT" default:"300" placeholder:"N" help:"Google's quota of reads a minute of the whole project; 0 for no limit (${default})."`
	GoogleWritesPerMinProject string `name:"google-writes-per-minute-project" env:"LEDGERSHEET_GOOGLE_WRITES_PER_MINUTE_PROJECT" default:"300" placeholder:"N" help:"Google's quota of writes a minute of the whole project; 0 for no limit (${default})."`
}

// Limits are what the program keeps towards the providers. 0 is no limit.
type Limits struct {
	// Of each company.
	QuickBooksPerMinute, QuickBooksPerSecond, QuickBooksConcurrent int
	// MonthlyCalls is how many metered calls the Intuit app may make in a month, of all companies.
	MonthlyCalls int
	// Google's quotas. Requests stay a little below them.
	GoogleReadsUser, GoogleWritesUser, GoogleReadsProject, GoogleWritesProject int
}

// DefaultLimits returns the limits of people whose quotas have not been raised.
// https://developer.intuit.com/app/developer/qbo/docs/learn/limits-and-throttles
// https://developers.google.com/workspace/sheets/api/limits
func DefaultLimits() Limits {
	return Limits{
		QuickBooksPerMinute: 450, QuickBooksPerSecond: 9, QuickBooksConcurrent: 8, MonthlyCalls: 500_000,
		GoogleReadsUser: 60, GoogleWritesUser: 60, GoogleReadsProject: 300, GoogleWritesProject: 300,
	}
}

const (
	mostPerMinute = 1_000_000
	mostMonthly   = 1_000_000_000
)

func (r *reader) limits(f LimitFlags) Limits {
	return Limits{
		QuickBooksPerMinute:  r.number("LEDGERSHEET_QUICKBOOKS_PER_MINUTE", f.QuickBooksPerMinute, 0, mostPerMinute),
		QuickBooksPerSecond:  r.number("LEDGERSHEET_QUICKBOOKS_PER_SECOND", f.QuickBooksPerSecond, 0, mostPerMinute),
		QuickBooksConcurrent: r.number("LEDGERSHEET_QUICKBOOKS_CONCURRENT", f.QuickBooksConcurrent, 0, 1000),
		MonthlyCalls: r.number("LEDGERSHEET_QUICKBOOKS_MONTHLY_CALLS", f.QuickBooksMonthlyCalls, 0,
			mostMonthly),
		GoogleReadsUser: r.number("LEDGERSHEET_GOOGLE_READS_PER_MINUTE_USER", f.GoogleReadsPerMinUser, 0,
			mostPerMinute),
		GoogleWritesUser: r.number("LEDGERSHEET_GOOGLE_WRITES_PER_MINUTE_USER", f.GoogleWritesPerMinUser, 0,
			mostPerMinute),
		GoogleReadsProject: r.number("LEDGERSHEET_GOOGLE_READS_PER_MINUTE_PROJECT", f.GoogleReadsPerMinProject, 0,
			mostPerMinute),
		GoogleWritesProject: r.number("LEDGERSHEET_GOOGLE_WRITES_PER_MINUTE_PROJECT", f.GoogleWritesPerMinProject, 0,
			mostPerMinute),
	}
}
