package config

import (
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"slices"
	"strconv"

	"ledgersheet/internal/vault"
)

// Notices is how people are told of things.
type Notices struct {
	SMTP      SMTP         // without a host if there are no mails
	MailFrom  string       // an address, or a name and an address
	URL       vault.Secret // of a webhook that is told everything; empty for none
	Secret    vault.Secret // signs what is sent there; empty: nothing is signed
	Heartbeat vault.Secret // a URL that is called while all is well; empty for none
	// AllowPrivate are private networks that webhooks may reach.
	AllowPrivate []netip.Prefix
}

// SMTP is how to reach the mail server.
type SMTP struct {
	Host     string
	Port     int
	User     string
	Password vault.Secret
	Security string // one of the constants below
}

// How the connection to the mail server is encrypted.
const (
	SMTPImplicit = "implicit" // TLS from the first byte
	SMTPStartTLS = "starttls" // STARTTLS, or no mail
	SMTPOptional = "optional" // STARTTLS if it is offered
	SMTPClear    = "off"
)

func (r *reader) notices(f Flags) Notices {
	n := Notices{
		MailFrom: f.MailFrom, URL: r.secret(envNoticeURL), Secret: r.secret(envNoticeSecret),
		Heartbeat: r.secret(envHeartbeatURL), AllowPrivate: r.networks("LEDGERSHEET_ALLOW_PRIVATE_URLS",
			f.AllowPrivate),
	}
	server := r.secret(envSMTPURL)
	if server != "" {
		n.SMTP = r.smtp(server.Reveal())
	}
	if (server == "") != (n.MailFrom == "") {
		r.fault("%s and LEDGERSHEET_MAIL_FROM go together; set both or neither", envSMTPURL)
	}
	if n.MailFrom != "" {
		if _, err := mail.ParseAddress(n.MailFrom); err != nil {
			r.fault("LEDGERSHEET_MAIL_FROM must be an address such as books@example.com or Books <books@example.com>")
		}
	}
	for name, address := range map[string]vault.Secret{envNoticeURL: n.URL, envHeartbeatURL: n.Heartbeat} {
		if u, err := url.Parse(address.Reveal()); address != "" &&
			(err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "") {
			r.fault("%s must be an address such as https://hooks.example.com/abc", name)
		}
	}
	if u, err := url.Parse(n.URL.Reveal()); err == nil && u.Scheme == "http" && len(n.AllowPrivate) == 0 {
		r.fault("%s must begin with https://, unless its network stands in LEDGERSHEET_ALLOW_PRIVATE_URLS",
			envNoticeURL)
	}
	if n.Secret != "" && len(n.Secret) < 16 {
		r.fault("%s must have at least 16 characters; openssl rand -hex 32 makes a good one", envNoticeSecret)
	}
	return n
}

// smtp reads the address of a mail server. Its text is a secret and stands in no fault.
func (r *reader) smtp(text string) SMTP {
	const form = "%s must be an address such as smtps://user:password@smtp.example.com or " +
		"smtp://user:password@smtp.example.com:587"
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "smtp" && u.Scheme != "smtps") || u.Hostname() == "" ||
		(u.Path != "" && u.Path != "/") || u.Fragment != "" {
		r.fault(form, envSMTPURL)
		return SMTP{}
	}
	s := SMTP{Host: u.Hostname(), Port: 465, Security: SMTPImplicit}
	if u.Scheme == "smtp" {
		s.Port, s.Security = 587, SMTPStartTLS
		if ip := net.ParseIP(s.Host); s.Host == "localhost" || ip != nil && ip.IsLoopback() {
			s.Security = SMTPOptional // it does not leave the machine
		}
	}
	if port := u.Port(); port != "" {
		if s.Port, err = strconv.Atoi(port); err != nil || s.Port < 1 || s.Port > 65535 {
			r.fault("%s has a port that cannot be", envSMTPURL)
		}
	}
	s.User = u.User.Username()
	password, _ := u.User.Password()
	s.Password = vault.Secret(password)
	query := u.Query()
	if how := query.Get("starttls"); how != "" {
		known := map[string]string{"required": SMTPStartTLS, "optional": SMTPOptional, "off": SMTPClear}
		if s.Security = known[how]; s.Security == "" || u.Scheme == "smtps" {
			r.fault("%s: starttls must be required, optional or off, and goes with smtp://", envSMTPURL)
		}
	}
	for name := range query {
		if !slices.Contains([]string{"starttls"}, name) {
			r.fault("%s has the parameter %q, which means nothing; there is starttls", envSMTPURL, name)
		}
	}
	return s
}
