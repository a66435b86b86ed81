package cli

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"sync"

	"ledgersheet/internal/app"
	"ledgersheet/internal/config"
	"ledgersheet/internal/version"
	"ledgersheet/internal/web"
)

type serveCommand struct {
	config.Flags
}

// Run serves until the process is told to stop.
func (c *serveCommand) Run(ctx context.Context, std Stdio) error {
	settings, err := c.Settings(os.Getenv)
	if err != nil {
		return err
	}
	warnUnknown(std)
	options := app.Options{
		Settings: settings, Logger: c.Logger(std.Err), Variables: listVariables(settings),
		Getenv: os.Getenv,
		Notice: func(text string) { fmt.Fprintf(std.Err, "\n%s\n\n", text) },
	}
	var beside sync.WaitGroup
	defer beside.Wait()
	ctx, end := context.WithCancel(ctx)
	defer end()
	if d := newTryDemo(settings, c.Logging, std); d != nil {
		options.TryDemo = d
		beside.Go(func() { d.serve(ctx) })
	}
	a, err := app.New(ctx, options)
	if err != nil {
		return err
	}
	return a.Run(ctx, nil)
}

// listVariables returns the settings in force, as they may be shown: secrets only as set or not set.
func listVariables(s config.Settings) []web.Variable {
	set := func(secret string) string {
		if secret == "" {
			return "not set"
		}
		return "set"
	}
	list := []web.Variable{
		{Name: "LEDGERSHEET_ADDR", Value: s.Addr, Help: "Listen address."},
		{Name: "LEDGERSHEET_BASE_URL", Value: s.BaseURL, Help: "Public address."},
		{Name: "LEDGERSHEET_DATA_DIR", Value: s.DataDir, Help: "Folder of the store."},
		{Name: "LEDGERSHEET_API_TOKEN", Value: set(s.APIToken.Reveal()), Help: "Bearer token of the API."},
		{Name: "LEDGERSHEET_INTUIT_CLIENT_ID", Value: s.Intuit.ClientID, Help: "The Intuit app."},
		{Name: "LEDGERSHEET_INTUIT_CLIENT_SECRET", Value: set(s.Intuit.ClientSecret.Reveal()), Help: "Its secret."},
		{Name: "LEDGERSHEET_INTUIT_ENVIRONMENT", Value: s.Intuit.Environment, Help: "production or sandbox."},
		{Name: "LEDGERSHEET_GOOGLE_CLIENT_ID", Value: s.Google.ClientID, Help: "The Google OAuth client."},
		{Name: "LEDGERSHEET_GOOGLE_CLIENT_SECRET", Value: set(s.Google.ClientSecret.Reveal()), Help: "Its secret."},
		{
			Name: "LEDGERSHEET_GOOGLE_SERVICE_ACCOUNT_FILE", Value: s.Google.ServiceAccountFile,
			Help: "Key file of a service account.",
		},
		{
			Name: "LEDGERSHEET_EXPORT_DIRS", Value: strings.Join(s.ExportDirs, string(os.PathListSeparator)),
			Help: "Folders in which exporters may keep files.",
		},
		{Name: "LEDGERSHEET_MIN_INTERVAL", Value: s.MinInterval.String(), Help: "Shortest time between two due times."},
		{Name: "LEDGERSHEET_WORKERS", Value: fmt.Sprint(s.Workers), Help: "Runs at a time."},
		{Name: "LEDGERSHEET_RUN_TIMEOUT", Value: s.RunTimeout.String(), Help: "Limit of one run."},
		{
			Name: "LEDGERSHEET_RETENTION_DAYS", Value: fmt.Sprint(int(s.Retention.Hours() / 24)),
			Help: "Days of history.",
		},
		{Name: "LEDGERSHEET_BACKUPS", Value: fmt.Sprint(s.Backups), Help: "Daily backups that are kept."},
		{Name: "LEDGERSHEET_MIRROR", Value: onOff(s.Mirror), Help: "Local copies of QuickBooks' records."},
		{Name: "LEDGERSHEET_TRUSTED_PROXIES", Value: joinNetworks(s.TrustedProxies),
			Help: "Proxies whose X-Forwarded-For is believed."},
		{Name: "LEDGERSHEET_METRICS_ADDR", Value: s.MetricsAddr, Help: "Own listener of /metrics."},
		{Name: "LEDGERSHEET_DEBUG_ADDR", Value: s.DebugAddr, Help: "Loopback address of profiles."},
		{
			Name: "LEDGERSHEET_INTUIT_WEBHOOK_TOKEN", Value: set(s.Intuit.WebhookToken.Reveal()),
			Help: "Verifies Intuit's webhooks.",
		},
		{Name: "LEDGERSHEET_SMTP_URL", Value: set(s.Notices.SMTP.Host), Help: "The mail server of notices."},
		{Name: "LEDGERSHEET_MAIL_FROM", Value: s.Notices.MailFrom, Help: "Who writes their mails."},
		{Name: "LEDGERSHEET_NOTICE_WEBHOOK_URL", Value: set(s.Notices.URL.Reveal()), Help: "It is told everything."},
		{Name: "LEDGERSHEET_NOTICE_WEBHOOK_SECRET", Value: set(s.Notices.Secret.Reveal()),
			Help: "Signs what it is told."},
		{Name: "LEDGERSHEET_HEARTBEAT_URL", Value: set(s.Notices.Heartbeat.Reveal()),
			Help: "Called while all is well."},
		{Name: "LEDGERSHEET_ALLOW_PRIVATE_URLS", Value: joinNetworks(s.Notices.AllowPrivate),
			Help: "Private networks that webhooks may reach."},
	}
	list = append(list, listLimits(s.Limits)...)
	for i := range list {
		if strings.TrimSpace(list[i].Value) == "" {
			list[i].Value = "not set"
		}
	}
	return list
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

func listLimits(l config.Limits) []web.Variable {
	list := []web.Variable{}
	for _, v := range []struct {
		name string
		n    int
		help string
	}{
		{"QUICKBOOKS_PER_MINUTE", l.QuickBooksPerMinute, "Requests to QuickBooks a minute and company."},
		{"QUICKBOOKS_PER_SECOND", l.QuickBooksPerSecond, "Requests to QuickBooks a second and company."},
		{"QUICKBOOKS_CONCURRENT", l.QuickBooksConcurrent, "Requests to QuickBooks at a time and company."},
		{"QUICKBOOKS_MONTHLY_CALLS", l.MonthlyCalls, "Metered calls that the Intuit app may make in a month."},
		{"GOOGLE_READS_PER_MINUTE_USER", l.GoogleReadsUser, "Google's quota of reads a minute and user."},
		{"GOOGLE_WRITES_PER_MINUTE_USER", l.GoogleWritesUser, "Google's quota of writes a minute and user."},
		{"GOOGLE_READS_PER_MINUTE_PROJECT", l.GoogleReadsProject, "Google's quota of the project's reads a minute."},
		{"GOOGLE_WRITES_PER_MINUTE_PROJECT", l.GoogleWritesProject, "Google's quota of the project's writes a minute."},
	} {
		value := fmt.Sprint(v.n)
		if v.n == 0 {
			value = "no limit"
		}
		list = append(list, web.Variable{Name: "LEDGERSHEET_" + v.name, Value: value, Help: v.help})
	}
	return list
}

func joinNetworks(list []netip.Prefix) string {
	texts := make([]string, len(list))
	for i, p := range list {
		texts[i] = p.String()
	}
	return strings.Join(texts, ", ")
}

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(std Stdio) error {
	_, err := fmt.Fprintln(std.Out, "ledgersheet", version.String())
	return err
}
