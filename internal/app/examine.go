package app

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	"ledgersheet/internal/boltstore"
	"ledgersheet/internal/config"
	"ledgersheet/internal/control"
	"ledgersheet/internal/intuit"
	"ledgersheet/internal/version"
)

// examine finds out whether the installation can work.
func (a *App) examine(ctx context.Context, d *control.Desk) []control.Finding {
	all := append(ExamineSettings(ctx, a.o.Settings, a.o.Network), a.examineStore(ctx)...)
	checked, err := d.ExamineChecklist(ctx)
	if err != nil {
		checked = append(checked, control.FindingOf("checklist", "", err))
	}
	all = append(all, checked...)
	found, err := d.ExamineConnections(ctx)
	if err != nil {
		found = append(found, control.FindingOf("connections", "", err))
	}
	if len(found) == 0 {
		found = []control.Finding{{About: "connections", Says: "none yet"}}
	}
	return append(all, found...)
}

// maxSkew is by how much the clock may differ from the providers'. Consents and service accounts' keys begin to be
// refused some minutes off; exports of "today" go wrong earlier.
const maxSkew = time.Minute

// ExamineSettings looks at what needs no store: the redirect URIs to enter at the providers, and the clock. A nil
// network is the real one.
func ExamineSettings(ctx context.Context, set config.Settings, network http.RoundTripper) []control.Finding {
	if network == nil {
		network = newTransport()
	}
	intuitURI := control.Finding{
		About: "redirect URI to enter at developer.intuit.com", Says: set.BaseURL + "/oauth/quickbooks/callback",
	}
	real := set.Intuit.Environment == "production"
	switch {
	case set.Intuit.DiscoveryURL != "" || control.TakenByIntuit(set.BaseURL, real):
	case real:
		intuitURI.Wrong = true
		intuitURI.Remedy = "Intuit takes only https addresses with a host name for production keys: set " +
			"LEDGERSHEET_BASE_URL to the public https address, or LEDGERSHEET_INTUIT_ENVIRONMENT to sandbox."
	default:
		intuitURI.Wrong = true
		intuitURI.Remedy = "Intuit takes http addresses only for localhost, by name: set LEDGERSHEET_BASE_URL to " +
			"http://localhost and the port. With a browser on another machine, paste the address on which it lands."
	}
	all := []control.Finding{
		intuitURI,
		{
			About: "redirect URI to enter in the Google Cloud console", Says: set.BaseURL + "/oauth/google/callback",
		},
		credentials("Intuit app", set.Intuit.ClientID != "", "LEDGERSHEET_INTUIT_CLIENT_ID"),
		credentials("Google client", set.Google.ClientID != "" || set.Google.ServiceAccountFile != "",
			"LEDGERSHEET_GOOGLE_CLIENT_ID"),
	}
	document := set.Intuit.DiscoveryURL
	if document == "" {
		document = intuit.DiscoveryURL(set.Intuit.Environment)
	}
	for _, p := range []struct{ name, url string }{{"Intuit", document}, {"Google", set.Google.TokenURL}} {
		if p.url != "" {
			all = append(all, examineClock(ctx, network, p.name, p.url))
		}
	}
	return all
}

// installation returns what pages tell of this installation.
func (a *App) installation() control.Installation {
	set := a.o.Settings
	i := control.Installation{
		Simulated: set.Intuit.DiscoveryURL != "", Mirror: set.Mirror, Webhooks: set.Intuit.WebhookToken != "",
		Retention: set.Retention, Backups: set.Backups, DataDir: set.DataDir, Version: version.Current().Version,
	}
	if a.google.service != nil {
		i.ServiceAccount = a.google.service.Email()
	}
	return i
}

func credentials(what string, set bool, variable string) control.Finding {
	if set {
		return control.Finding{About: what, Says: "its id and secret are set"}
	}
	return control.Finding{
		About: what, Wrong: true, Says: "its id and secret are not set",
		Remedy: "Set " + variable + " and its secret; the README shows each step.",
	}
}

// examineClock compares the clock with the time of a provider's answer, whatever else it answers.
func examineClock(ctx context.Context, network http.RoundTripper, name, address string) control.Finding {
	about := "clock, compared with " + name + "'s"
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	unreachable := control.Finding{
		About: about, Wrong: true,
		Remedy: "Check that this machine can reach " + address + ": name service, firewall and proxy (HTTPS_PROXY).",
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		unreachable.Says = err.Error()
		return unreachable
	}
	before := time.Now()
	res, err := network.RoundTrip(req)
	if err != nil {
		unreachable.Says = name + " cannot be reached: " + err.Error()
		return unreachable
	}
	_ = res.Body.Close()
	after := time.Now()
	theirs, err := http.ParseTime(res.Header.Get("Date"))
	if err != nil {
		return control.Finding{About: about, Says: "reached, but it does not tell the time"}
	}
	// Between asking and hearing, and within the second that the header tells, nobody knows better.
	skew := time.Duration(0)
	switch {
	case theirs.After(after):
		skew = theirs.Sub(after)
	case theirs.Add(time.Second).Before(before):
		skew = theirs.Add(time.Second).Sub(before)
	}
	if skew.Abs() <= maxSkew {
		within := max(skew.Abs(), time.Second).Round(time.Second)
		return control.Finding{About: about, Says: fmt.Sprintf("right within %s", within)}
	}
	way := "behind"
	if skew < 0 {
		way = "ahead"
	}
	return control.Finding{
		About: about, Wrong: true, Says: fmt.Sprintf("this machine is %s %s", skew.Abs().Round(time.Second), way),
		Remedy: "Set the clock and keep it right, for example with: timedatectl set-ntp true",
	}
}

// examineStore looks at the store and its backups. The whole file is read only while nothing writes; a server's is
// checked with each daily backup.
func (a *App) examineStore(ctx context.Context) []control.Finding {
	set := a.o.Settings
	says, err := "it can be read and written", a.store.Ready()
	if err == nil && a.faces.mainAt == nil {
		var has boltstore.Contents
		folder := NewFolder(set)
		_, ring, sealErr := folder.seals()
		if err = sealErr; err == nil {
			has, err = boltstore.Verify(ctx, folder.store(), ring)
		}
		says = fmt.Sprintf("whole: %d companies, %d exporters, %d runs, %d secrets that the key opens", has.Companies,
			has.Exporters, has.Runs, has.Secrets)
	}
	found := control.FindingOf("store in "+set.DataDir, says, err)
	if err != nil {
		found.Remedy = "Make room on the disk and look at its rights; if it is damaged, bring a backup back with " +
			"ledgersheet restore."
	}
	return []control.Finding{found, examineBackups(set, time.Now())}
}

func examineBackups(set config.Settings, now time.Time) control.Finding {
	about := "daily backups"
	if set.Backups == 0 {
		return control.Finding{About: about, Says: "switched off (LEDGERSHEET_BACKUPS is 0)"}
	}
	newest := newestBackup(filepath.Join(set.DataDir, backupFolder))
	at, ok := takenAt(newest)
	if ok && now.Sub(at) < 2*backupEvery {
		return control.Finding{About: about, Says: "the newest is " + newest}
	}
	says := "there is none yet"
	if ok {
		says = "the newest is of " + at.Format("2 January 2006")
	}
	return control.Finding{
		About: about, Wrong: true, Says: says,
		Remedy: "ledgersheet serve makes one a day; if it runs, read in its log why it does not.",
	}
}
