// Package demo shows the program without accounts. It serves the simulated Intuit and Google on loopback, and sets up
// companies, a Google account and exporters in a running app as a person would. The app differs from a real one only in
// its endpoints.
package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"

	"ledgersheet/internal/config"
	"ledgersheet/internal/export"
	"ledgersheet/internal/google/googlesim"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/vault"
)

// Size says how large the simulated companies are. Zero fields mean the simulator's defaults.
type Size struct {
	Seed                                                  int64
	Companies, Customers, Vendors, Items, Invoices, Bills int
	Nasty                                                 bool
}

// Options say where the simulators listen. Empty addresses mean a free port on loopback.
type Options struct {
	IntuitAddr, GoogleAddr string
	AutoConsent            bool // consent pages approve at once, each time for the next company
	Quirks                 bool // companies have intuitsim.AllQuirks, every second one in the older style
	Size                   Size
	Definitions            []export.Definition // the types of the exporters; see Describe
}

// Sandbox is both simulators being served. Create it with Open and end it with Close.
type Sandbox struct {
	Intuit *intuitsim.Server
	Google *googlesim.Server

	intuitURL, googleURL string
	servers              []*http.Server
	serving              sync.WaitGroup
}

// Open serves both simulators.
func Open(o Options) (*Sandbox, error) {
	objects, reports := Describe(o.Definitions)
	var quirks []intuitsim.Quirks
	if o.Quirks {
		quirks = []intuitsim.Quirks{intuitsim.AllQuirks(false), intuitsim.AllQuirks(true)}
	}
	s := &Sandbox{
		Intuit: intuitsim.New(intuitsim.Options{Seed: o.Size.Seed, Companies: o.Size.Companies,
			Customers: o.Size.Customers, Vendors: o.Size.Vendors,
			Items: o.Size.Items, Invoices: o.Size.Invoices, Bills: o.Size.Bills, Nasty: o.Size.Nasty,
			AutoConsent: o.AutoConsent, Quirks: quirks,
			Objects: objects, Reports: reports}),
		Google: googlesim.New(googlesim.Options{AutoConsent: o.AutoConsent}),
	}
	var err error
	if s.intuitURL, err = s.serve(o.IntuitAddr, s.Intuit); err != nil {
		return nil, fmt.Errorf("serving the simulated Intuit: %w", err)
	}
	if s.googleURL, err = s.serve(o.GoogleAddr, s.Google); err != nil {
		return nil, errors.Join(fmt.Errorf("serving the simulated Google: %w", err), s.Close(context.Background()))
	}
	s.Intuit.SetBaseURL(s.intuitURL)
	s.Google.SetBaseURL(s.googleURL)
	return s, nil
}

func (s *Sandbox) serve(addr string, h http.Handler) (root string, err error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return "",
			fmt.Errorf("the address %s is taken by another program; choose another one, or port 0 for a free one", addr)
	}
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	s.servers = append(s.servers, server)
	s.serving.Go(func() { _ = server.Serve(l) }) // ends with Close
	return "http://" + l.Addr().String(), nil
}

// Close ends both simulators.
func (s *Sandbox) Close(context.Context) error {
	var failed []error
	for _, server := range s.servers {
		failed = append(failed, server.Close())
	}
	s.serving.Wait()
	return errors.Join(failed...)
}

// SheetsURL returns the address of the page that shows the simulated spreadsheets.
func (s *Sandbox) SheetsURL() string { return s.googleURL + "/" }

// Apply points settings at the simulators.
func (s *Sandbox) Apply(set *config.Settings) {
	g := s.Google.Endpoints()
	set.Intuit = config.Intuit{
		ClientID: s.Intuit.ClientID(), ClientSecret: vault.Secret(s.Intuit.ClientSecret()), Environment: "sandbox",
		DiscoveryURL: s.intuitURL + "/.well-known/openid_sandbox_configuration", APIURL: s.intuitURL,
	}
	set.Google = config.Google{
		ClientID: g.ClientID, ClientSecret: vault.Secret(g.ClientSecret), AuthURL: g.AuthURL, TokenURL: g.TokenURL,
		RevokeURL: g.RevokeURL, UserInfoURL: g.UserinfoURL, SheetsURL: g.SheetsURL, DriveURL: g.DriveURL,
	}
}

// TellChanges makes the simulated Intuit send its webhooks to the service that has the settings.
func (s *Sandbox) TellChanges(set *config.Settings) {
	set.Intuit.WebhookToken = vault.Secret(rand.Text())
	s.Intuit.SetWebhook(intuitsim.Webhook{
		URL: set.BaseURL + "/webhooks/quickbooks", Token: set.Intuit.WebhookToken.Reveal(),
	})
}

// Environment returns what Apply sets, as environment variables for another process.
func (s *Sandbox) Environment() [][2]string {
	var set config.Settings
	s.Apply(&set)
	return [][2]string{
		{"LEDGERSHEET_INTUIT_CLIENT_ID", set.Intuit.ClientID},
		{"LEDGERSHEET_INTUIT_CLIENT_SECRET", set.Intuit.ClientSecret.Reveal()},
		{"LEDGERSHEET_INTUIT_ENVIRONMENT", set.Intuit.Environment},
		{"LEDGERSHEET_INTUIT_DISCOVERY_URL", set.Intuit.DiscoveryURL},
		{"LEDGERSHEET_INTUIT_API_URL", set.Intuit.APIURL},
		{"LEDGERSHEET_GOOGLE_CLIENT_ID", set.Google.ClientID},
		{"LEDGERSHEET_GOOGLE_CLIENT_SECRET", set.Google.ClientSecret.Reveal()},
		{"LEDGERSHEET_GOOGLE_AUTH_URL", set.Google.AuthURL}, {"LEDGERSHEET_GOOGLE_TOKEN_URL", set.Google.TokenURL},
		{"LEDGERSHEET_GOOGLE_REVOKE_URL", set.Google.RevokeURL},
		{"LEDGERSHEET_GOOGLE_USERINFO_URL", set.Google.UserInfoURL},
		{"LEDGERSHEET_GOOGLE_SHEETS_URL", set.Google.SheetsURL}, {"LEDGERSHEET_GOOGLE_DRIVE_URL", set.Google.DriveURL},
	}
}

// RaiseQuotas has the simulated Google allow ten times as much as it does by default, as it may for a project that asks
// for it, and the program use it: nobody wants to wait for a minute to see what it does.
func (s *Sandbox) RaiseQuotas(set *config.Settings) {
	const user, project = 600, 3000
	s.Google.SetQuota(googlesim.Quota{
		ReadsPerUser: user, WritesPerUser: user, ReadsPerProject: project, WritesPerProject: project,
	})
	set.Limits.GoogleReadsUser, set.Limits.GoogleWritesUser = user, user
	set.Limits.GoogleReadsProject, set.Limits.GoogleWritesProject = project, project
}
