// Package config reads the settings from environment variables, which may also be flags or, for secrets, files. It
// validates them as a whole and reports all faults together, each with its variable and an example.
package config

import (
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"ledgersheet/internal/vault"
)

// Flags are the settings as written. Values are text, so that all faults can be reported together.
type Flags struct {
	Addr    string `env:"LEDGERSHEET_ADDR" default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Listen address (${default})."`
	BaseURL string `env:"LEDGERSHEET_BASE_URL" placeholder:"URL" help:"Public URL, used for OAuth redirects and cookies; http:// and the listen address when it is not set."`
	DataDir string `env:"LEDGERSHEET_DATA_DIR" default:"./data" placeholder:"DIR" help:"Folder of the store (${default})."`

	IntuitEnvironment        string `env:"LEDGERSHEET_INTUIT_ENVIRONMENT" default:"production" placeholder:"NAME" help:"production or sandbox (${default})."`
	IntuitDiscoveryURL       string `env:"LEDGERSHEET_INTUIT_DISCOVERY_URL" placeholder:"URL" help:"OpenID discovery document; Intuit's when it is not set."`
	IntuitAPIURL             string `name:"intuit-api-url" env:"LEDGERSHEET_INTUIT_API_URL" placeholder:"URL" help:"Root of the accounting API; Intuit's when it is not set."`
	GoogleAuthURL            string `env:"LEDGERSHEET_GOOGLE_AUTH_URL" default:"https://accounts.google.com/o/oauth2/v2/auth" placeholder:"URL" hidden:""`
	GoogleTokenURL           string `env:"LEDGERSHEET_GOOGLE_TOKEN_URL" default:"https://oauth2.googleapis.com/token" placeholder:"URL" hidden:""`
	GoogleRevokeURL          string `env:"LEDGERSHEET_GOOGLE_REVOKE_URL" default:"https://oauth2.googleapis.com/revoke" placeholder:"URL" hidden:""`
	GoogleUserInfoURL        string `name:"google-userinfo-url" env:"LEDGERSHEET_GOOGLE_USERINFO_URL" default:"https://openidconnect.googleapis.com/v1/userinfo" placeholder:"URL" hidden:""`
	GoogleSheetsURL          string `env:"LEDGERSHEET_GOOGLE_SHEETS_URL" default:"https://sheets.googleapis.com/" placeholder:"URL" hidden:""`
	GoogleDriveURL           string `env:"LEDGERSHEET_GOOGLE_DRIVE_URL" default:"https://www.googleapis.com/drive/v3/" placeholder:"URL" hidden:""`
	GoogleServiceAccountFile string `env:"LEDGERSHEET_GOOGLE_SERVICE_ACCOUNT_FILE" placeholder:"FILE" help:"Key file of a Google service account, offered beside OAuth accounts."`

	ExportDirs string `env:"LEDGERSHEET_EXPORT_DIRS" placeholder:"DIRS" help:"Folders in which exporters may keep CSV files and Excel workbooks, separated like PATH; none when it is not set."`

	MinInterval    string `env:"LEDGERSHEET_MIN_INTERVAL" default:"5m" placeholder:"DURATION" help:"Shortest allowed time between two due times of a schedule (${default})."`
	Workers        string `env:"LEDGERSHEET_WORKERS" default:"8" placeholder:"N" help:"Runs at a time (${default})."`
	RunTimeout     string `env:"LEDGERSHEET_RUN_TIMEOUT" default:"30m" placeholder:"DURATION" help:"Limit of one run (${default})."`
	RetentionDays  string `env:"LEDGERSHEET_RETENTION_DAYS" default:"90" placeholder:"N" help:"Days for which the history is kept (${default})."`
	Backups        string `env:"LEDGERSHEET_BACKUPS" default:"7" placeholder:"N" help:"Daily backups of the store that are kept in the data folder; 0 for none (${default})."`
	Mirror         string `env:"LEDGERSHEET_MIRROR" default:"on" placeholder:"on|off" help:"Keep a sealed local copy of QuickBooks' records, so that a refresh asks only for what changed (${default})."`
	MetricsAddr    string `env:"LEDGERSHEET_METRICS_ADDR" placeholder:"HOST:PORT" help:"Own listener for /metrics; when it is not set, /metrics is on the main one behind the API token."`
	TrustedProxies string `env:"LEDGERSHEET_TRUSTED_PROXIES" placeholder:"NETWORKS" help:"Networks of reverse proxies whose X-Forwarded-For is believed, such as 127.0.0.1/32,10.0.0.0/8; none when it is not set."`
	MailFrom       string `env:"LEDGERSHEET_MAIL_FROM" placeholder:"ADDRESS" help:"Who writes the mails of notices, such as Books <books@example.com>; goes with LEDGERSHEET_SMTP_URL."`
	AllowPrivate   string `name:"allow-private-urls" env:"LEDGERSHEET_ALLOW_PRIVATE_URLS" placeholder:"NETWORKS" help:"Private networks that webhooks may reach all the same, such as 127.0.0.0/8; none when it is not set."`
	DebugAddr      string `env:"LEDGERSHEET_DEBUG_ADDR" placeholder:"HOST:PORT" help:"Loopback address for Go's profiles (/debug/pprof/); none when it is not set."`
	LimitFlags
	Logging
}

// Logging has the log settings, which every command takes.
type Logging struct {
	LogLevel  string `env:"LEDGERSHEET_LOG_LEVEL" default:"info" placeholder:"LEVEL" help:"debug, info, warn or error (${default})."`
	LogFormat string `env:"LEDGERSHEET_LOG_FORMAT" placeholder:"FORMAT" help:"text or json; text on a terminal, else json, when it is not set."`
}

// Settings that are secret or belong to a secret come from the environment only, because other users of the machine can
// see flags.
const (
	envSecretKey     = "LEDGERSHEET_SECRET_KEY"
	envAdminEmail    = "LEDGERSHEET_ADMIN_EMAIL"
	envAdminPassword = "LEDGERSHEET_ADMIN_PASSWORD"
	envAPIToken      = "LEDGERSHEET_API_TOKEN"
	envIntuitID      = "LEDGERSHEET_INTUIT_CLIENT_ID"
	envIntuitSecret  = "LEDGERSHEET_INTUIT_CLIENT_SECRET"
	envGoogleID      = "LEDGERSHEET_GOOGLE_CLIENT_ID"
	envGoogleSecret  = "LEDGERSHEET_GOOGLE_CLIENT_SECRET"
	envWebhookToken  = "LEDGERSHEET_INTUIT_WEBHOOK_TOKEN"
	envSMTPURL       = "LEDGERSHEET_SMTP_URL"
	envNoticeURL     = "LEDGERSHEET_NOTICE_WEBHOOK_URL"
	envNoticeSecret  = "LEDGERSHEET_NOTICE_WEBHOOK_SECRET"
	envHeartbeatURL  = "LEDGERSHEET_HEARTBEAT_URL"
)

// Settings are validated settings.
type Settings struct {
	Addr, BaseURL, DataDir string
	SecretKey              *vault.Key // nil if it is kept in the data folder
	AdminEmail             string
	AdminPassword          vault.Secret
	APIToken               vault.Secret
	Intuit                 Intuit
	Google                 Google
	ExportDirs             []string // absolute and clean
	MinInterval            time.Duration
	Workers                int
	RunTimeout             time.Duration
	Retention              time.Duration
	Backups                int  // daily backups that are kept; 0 for none
	Mirror                 bool // keep local copies of QuickBooks' records
	MetricsAddr            string
	DebugAddr              string // on loopback; empty for none
	Limits                 Limits
	Notices                Notices
	TrustedProxies         []netip.Prefix // reverse proxies whose X-Forwarded-For is believed
}

// Intuit is how to reach QuickBooks.
type Intuit struct {
	ClientID     string
	ClientSecret vault.Secret
	Environment  string       // "production" or "sandbox"
	DiscoveryURL string       // empty: Intuit's own, by environment
	APIURL       string       // likewise
	WebhookToken vault.Secret // verifies what Intuit's webhooks bring; empty: they are not received
}

// Google is how to reach Google.
type Google struct {
	ClientID           string
	ClientSecret       vault.Secret
	AuthURL            string
	TokenURL           string
	RevokeURL          string
	UserInfoURL        string
	SheetsURL          string
	DriveURL           string
	ServiceAccountFile string
}

// Faults lists everything that is wrong with the settings.
type Faults []string

// Error lists the faults, one per line.
func (f Faults) Error() string {
	if len(f) == 1 {
		return "wrong setting: " + f[0]
	}
	return fmt.Sprintf("%d wrong settings:\n  - %s", len(f), strings.Join(f, "\n  - "))
}

// reader collects faults while reading settings.
type reader struct {
	getenv func(string) string
	faults Faults
}

func (r *reader) fault(format string, args ...any) {
	r.faults = append(r.faults, fmt.Sprintf(format, args...))
}

// Settings validates the flags together with the environment's secrets. Its error is of type Faults.
func (f Flags) Settings(getenv func(string) string) (Settings, error) {
	r := &reader{getenv: getenv}
	s := Settings{
		Addr: f.Addr, DataDir: f.DataDir, MetricsAddr: f.MetricsAddr,
		AdminEmail: strings.TrimSpace(getenv(envAdminEmail)), AdminPassword: r.secret(envAdminPassword),
		APIToken:    r.secret(envAPIToken),
		MinInterval: r.duration("LEDGERSHEET_MIN_INTERVAL", f.MinInterval, time.Second, 24*time.Hour),
		RunTimeout:  r.duration("LEDGERSHEET_RUN_TIMEOUT", f.RunTimeout, 10*time.Second, 24*time.Hour),
		Workers:     r.number("LEDGERSHEET_WORKERS", f.Workers, 1, 64),
		Retention:   time.Duration(r.number("LEDGERSHEET_RETENTION_DAYS", f.RetentionDays, 1, 3650)) * 24 * time.Hour,
	}
	s.Backups = r.number("LEDGERSHEET_BACKUPS", f.Backups, 0, 1000)
	s.Mirror = r.onOff("LEDGERSHEET_MIRROR", f.Mirror)
	s.Limits = r.limits(f.LimitFlags)
	s.DebugAddr = r.loopback("LEDGERSHEET_DEBUG_ADDR", f.DebugAddr)
	r.address("LEDGERSHEET_ADDR", f.Addr)
	if f.MetricsAddr != "" {
		r.address("LEDGERSHEET_METRICS_ADDR", f.MetricsAddr)
	}
	s.TrustedProxies = r.networks("LEDGERSHEET_TRUSTED_PROXIES", f.TrustedProxies)
	s.BaseURL = r.baseURL(f)
	s.Notices = r.notices(f)
	if f.DataDir == "" {
		r.fault("LEDGERSHEET_DATA_DIR is empty; name a folder, such as ./data")
	}
	if text := r.secret(envSecretKey); text != "" {
		key, err := vault.ParseKey(text.Reveal())
		if err != nil {
			r.fault("%s %v", envSecretKey, err)
		}
		s.SecretKey = &key
	}
	r.admin(s)
	s.Intuit = r.intuit(f)
	s.Google = r.google(f)
	s.ExportDirs = r.exportDirs(f.ExportDirs)
	r.faults = append(r.faults, f.Logging.faults()...)
	if len(r.faults) > 0 {
		return Settings{}, r.faults
	}
	return s, nil
}

// secret reads a variable, or the file named by its _FILE variant.
func (r *reader) secret(name string) vault.Secret {
	value, file := r.getenv(name), r.getenv(name+"_FILE")
	if file == "" {
		return vault.Secret(value)
	}
	if value != "" {
		r.fault("%s and %s_FILE are both set; keep one of them", name, name)
		return ""
	}
	data, err := os.ReadFile(file)
	if err != nil {
		r.fault("%s_FILE cannot be read: %v", name, errors.Unwrap(err))
		return ""
	}
	text := strings.TrimSpace(string(data))
	if text == "" {
		r.fault("%s_FILE names an empty file", name)
	}
	return vault.Secret(text)
}

func (r *reader) duration(name, text string, least, most time.Duration) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil || d < least || d > most {
		r.fault("%s must be a duration from %s to %s such as 5m or 1h30m, not %q", name, least, most, text)
	}
	return d
}

func (r *reader) number(name, text string, least, most int) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		r.fault("%s must be a number from %d to %d, not %q", name, least, most, text)
	}
	return n
}

// onOff reads a switch that is on unless it says otherwise.
func (r *reader) onOff(name, text string) bool {
	switch text {
	case "", "on":
		return true
	case "off":
	default:
		r.fault("%s must be on or off, not %q", name, text)
	}
	return false
}

func (r *reader) address(name, text string) {
	if why := CheckAddress(text); why != "" {
		r.fault("%s %s", name, why)
	}
}

// networks reads a list of networks or single addresses, separated by commas.
func (r *reader) networks(name, text string) []netip.Prefix {
	var list []netip.Prefix
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		network, err := netip.ParsePrefix(part)
		if addr, addrErr := netip.ParseAddr(part); addrErr == nil {
			network, err = addr.Prefix(addr.BitLen())
		}
		if err != nil {
			r.fault("%s must be networks such as 127.0.0.1/32,10.0.0.0/8, not %q", name, part)
			continue
		}
		list = append(list, network.Masked())
	}
	return list
}

// CheckAddress returns what is wrong with a listen address, or "" if it is valid.
func CheckAddress(text string) (why string) {
	_, port, err := net.SplitHostPort(text)
	if n, numErr := strconv.Atoi(port); err != nil || numErr != nil || n < 0 || n > 65535 {
		return fmt.Sprintf("must be host:port such as 127.0.0.1:8080 or :8080, not %q", text)
	}
	return ""
}

// loopback reads a listen address that only this machine may reach. It returns "" for an empty one.
func (r *reader) loopback(name, text string) string {
	if text == "" {
		return ""
	}
	host, port, err := net.SplitHostPort(text)
	if why := CheckAddress(text); err != nil || why != "" {
		r.fault("%s %s", name, why)
		return ""
	}
	if host == "localhost" {
		host = "127.0.0.1" // what the name stands for is not up to us
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		r.fault("%s must be on this machine's loopback, such as 127.0.0.1:6060, not %q: whoever reaches it can read "+
			"the program's memory", name, text)
		return ""
	}
	return net.JoinHostPort(host, port)
}

// LocalURL returns the URL at which a browser on this machine reaches a listen address.
func LocalURL(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "http://" + addr
	}
	if ip := net.ParseIP(host); host == "" || ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

func (r *reader) baseURL(f Flags) string {
	if f.BaseURL == "" {
		return LocalURL(f.Addr)
	}
	u, err := url.Parse(f.BaseURL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || strings.Trim(u.Path, "/") != "" ||
		u.RawQuery != "" || u.Fragment != "" {
		r.fault("LEDGERSHEET_BASE_URL must be the public address without a path, such as "+
			"https://sheets.example.com, not %q", f.BaseURL)
		return ""
	}
	if u.User != nil {
		r.fault("LEDGERSHEET_BASE_URL must be the public address without a user and a password, such as " +
			"https://sheets.example.com")
		return ""
	}
	return u.Scheme + "://" + u.Host
}

func (r *reader) url(name, text string) string {
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		r.fault("%s must be an address that begins with https://, not %q", name, text)
	}
	return text
}

func (r *reader) admin(s Settings) {
	if (s.AdminEmail == "") != (s.AdminPassword == "") {
		r.fault("%s and %s go together; set both or neither", envAdminEmail, envAdminPassword)
	}
	if s.AdminEmail != "" {
		if a, err := mail.ParseAddress(s.AdminEmail); err != nil || a.Address != s.AdminEmail {
			r.fault("%s must be an e-mail address such as owner@example.com", envAdminEmail)
		}
		if len(s.AdminPassword) < 12 {
			r.fault("%s must have at least 12 characters", envAdminPassword)
		}
	}
	if s.APIToken != "" && len(s.APIToken) < 24 {
		r.fault("%s must have at least 24 characters; openssl rand -hex 32 makes a good one", envAPIToken)
	}
	if strings.ContainsFunc(s.APIToken.Reveal(), func(c rune) bool { return c <= ' ' || c > '~' }) {
		r.fault("%s must be made of letters, digits and signs without spaces, because a header carries it", envAPIToken)
	}
}

func (r *reader) intuit(f Flags) Intuit {
	i := Intuit{
		ClientID: strings.TrimSpace(r.getenv(envIntuitID)), ClientSecret: r.secret(envIntuitSecret),
		Environment: f.IntuitEnvironment, WebhookToken: r.secret(envWebhookToken),
	}
	r.pair(envIntuitID, i.ClientID, envIntuitSecret, i.ClientSecret)
	if i.Environment != "production" && i.Environment != "sandbox" {
		r.fault("LEDGERSHEET_INTUIT_ENVIRONMENT must be production or sandbox, not %q", i.Environment)
	}
	if f.IntuitDiscoveryURL != "" {
		i.DiscoveryURL = r.url("LEDGERSHEET_INTUIT_DISCOVERY_URL", f.IntuitDiscoveryURL)
	}
	if f.IntuitAPIURL != "" {
		i.APIURL = r.url("LEDGERSHEET_INTUIT_API_URL", f.IntuitAPIURL)
	}
	return i
}

func (r *reader) google(f Flags) Google {
	g := Google{
		ClientID: strings.TrimSpace(r.getenv(envGoogleID)), ClientSecret: r.secret(envGoogleSecret),
		AuthURL:            r.url("LEDGERSHEET_GOOGLE_AUTH_URL", f.GoogleAuthURL),
		TokenURL:           r.url("LEDGERSHEET_GOOGLE_TOKEN_URL", f.GoogleTokenURL),
		RevokeURL:          r.url("LEDGERSHEET_GOOGLE_REVOKE_URL", f.GoogleRevokeURL),
		UserInfoURL:        r.url("LEDGERSHEET_GOOGLE_USERINFO_URL", f.GoogleUserInfoURL),
		SheetsURL:          r.url("LEDGERSHEET_GOOGLE_SHEETS_URL", f.GoogleSheetsURL),
		DriveURL:           r.url("LEDGERSHEET_GOOGLE_DRIVE_URL", f.GoogleDriveURL),
		ServiceAccountFile: f.GoogleServiceAccountFile,
	}
	r.pair(envGoogleID, g.ClientID, envGoogleSecret, g.ClientSecret)
	if g.ServiceAccountFile != "" {
		if info, err := os.Stat(g.ServiceAccountFile); err != nil {
			r.fault("LEDGERSHEET_GOOGLE_SERVICE_ACCOUNT_FILE cannot be read: %v", errors.Unwrap(err))
		} else if info.IsDir() {
			r.fault("LEDGERSHEET_GOOGLE_SERVICE_ACCOUNT_FILE must name the key file, such as " +
				"/run/secrets/google.json, and not a folder")
		}
	}
	return g
}

// exportDirs reads a list of folders, all of which must be there.
func (r *reader) exportDirs(text string) []string {
	var list []string
	for _, dir := range filepath.SplitList(text) {
		if dir = strings.TrimSpace(dir); dir == "" {
			continue
		}
		info, err := os.Stat(dir)
		switch {
		case !filepath.IsAbs(dir) || filepath.Dir(dir) == dir:
			r.fault("LEDGERSHEET_EXPORT_DIRS must name folders such as /srv/exports, separated by %q, not %q",
				os.PathListSeparator, dir)
		case err != nil:
			r.fault("LEDGERSHEET_EXPORT_DIRS names the folder %s, which cannot be opened: %v", dir, errors.Unwrap(err))
		case !info.IsDir():
			r.fault("LEDGERSHEET_EXPORT_DIRS names %s, which is no folder", dir)
		}
		list = append(list, filepath.Clean(dir))
	}
	return list
}

func (r *reader) pair(idName, id, secretName string, secret vault.Secret) {
	if (id == "") != (secret == "") {
		r.fault("%s and %s go together; set both or neither", idName, secretName)
	}
}

// Unknown returns the LEDGERSHEET_ variables of an environment that have no meaning; they are usually misspelt.
func Unknown(environ []string, known []string) []string {
	secrets := []string{
		envSecretKey, envAdminPassword, envAPIToken, envIntuitSecret, envGoogleSecret, envWebhookToken,
		envSMTPURL, envNoticeURL, envNoticeSecret, envHeartbeatURL,
	}
	known = slices.Concat(known, secrets, []string{envAdminEmail, envIntuitID, envGoogleID, "LEDGERSHEET_URL"})
	for _, s := range secrets {
		known = append(known, s+"_FILE")
	}
	var unknown []string
	for _, pair := range environ {
		name, _, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(name, "LEDGERSHEET_") && !slices.Contains(known, name) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	return unknown
}
