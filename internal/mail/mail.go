// Package mail sends notices by e-mail, as HTML and as plain text, through one SMTP server.
package mail

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/textproto"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"ledgersheet/internal/notice"
	"ledgersheet/internal/problem"
)

// Security says how the connection to the server is encrypted.
type Security int

// The kinds of security. The zero one is for mail over the internet.
const (
	StartTLS    Security = iota // STARTTLS, or no mail
	ImplicitTLS                 // TLS from the first byte
	MaybeTLS                    // STARTTLS if the server offers it
	NoTLS                       // never: for a server on this machine
)

// Options are how to reach the server, and who writes. User, Password and TLS may be missing.
type Options struct {
	Host           string
	Port           int
	User, Password string
	Security       Security
	TLS            *tls.Config // nil means the system's roots
	From           string      // an address, or a name and an address
	BaseURL        string      // of the dashboard
	// Attach returns the workbook that a message brings, and its file name. Its errors are shown by their problems'
	// messages.
	Attach func(ctx context.Context, m notice.Message) (name string, data []byte, err error)
	Hello  string // the name of this machine for the server; empty means its own
}

// Sender sends notices by mail. Create one with New.
type Sender struct {
	o    Options
	from *netmail.Address
	page pages
}

var _ notice.Channel = (*Sender)(nil)

// The time that the talk with the server may take.
const (
	sendTimeout   = 15 * time.Second
	attachTimeout = 2 * time.Minute
)

// New returns a sender. It makes no connection.
func New(o Options) (*Sender, error) {
	from, err := netmail.ParseAddress(o.From)
	if err != nil {
		return nil, fmt.Errorf("reading the sender's address: %w", err)
	}
	if from.Name == "" {
		from.Name = "ledgersheet"
	}
	page, err := newPages()
	if err != nil {
		return nil, err
	}
	return &Sender{o: o, from: from, page: page}, nil
}

// Check implements notice.Channel.
func (s *Sender) Check(to string) (why string) {
	a, err := netmail.ParseAddress(to)
	if err != nil || a.Address != to || len(to) > 254 || strings.ContainsAny(to, "\r\n") {
		return "must be one e-mail address such as ann@example.com"
	}
	return ""
}

// Send implements notice.Channel.
func (s *Sender) Send(ctx context.Context, r notice.Rule, m notice.Message) (answer string, err error) {
	msg, err := s.compose(r, m)
	if err != nil {
		return "", err
	}
	large := len(m.Attached()) > 0
	if large && s.o.Attach != nil {
		if err := s.attach(ctx, msg, m); err != nil {
			return "", err
		}
	}
	client, err := s.newClient(ctx, large)
	if err != nil {
		return "", err
	}
	if err := client.DialAndSendWithContext(ctx, msg); err != nil && !msg.IsDelivered() {
		return "", explain(err)
	}
	return "The mail server has taken the message for " + r.To + ".", nil
}

// attach adds the workbook that a message brings. It is read now.
func (s *Sender) attach(ctx context.Context, msg *gomail.Msg, m notice.Message) error {
	name, data, err := s.o.Attach(ctx, m)
	if err != nil {
		p := problem.From(err)
		return &notice.SendError{
			Text: "What is to be attached could not be read: " + p.Message, Lasting: p.Code == problem.NotFound,
		}
	}
	const workbook = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	err = msg.AttachReader(name, bytes.NewReader(data), gomail.WithFileContentType(workbook))
	if err != nil {
		return fmt.Errorf("attaching a workbook: %w", err)
	}
	return nil
}

// newClient returns a client for one mail. The end of ctx breaks the talk off at any point.
func (s *Sender) newClient(ctx context.Context, large bool) (*gomail.Client, error) {
	timeout := sendTimeout
	if large {
		timeout = attachTimeout
	}
	options := []gomail.Option{
		gomail.WithPort(s.o.Port), gomail.WithTimeout(timeout), gomail.WithoutNoop(),
		gomail.WithDialContextFunc(func(dialing context.Context, network, address string) (net.Conn, error) {
			return s.dial(ctx, dialing, network, address)
		}),
	}
	switch s.o.Security {
	case ImplicitTLS:
		options = append(options, gomail.WithSSL())
	case MaybeTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
	case NoTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if s.o.TLS != nil {
		options = append(options, gomail.WithTLSConfig(s.o.TLS))
	}
	if s.o.Hello != "" {
		options = append(options, gomail.WithHELO(s.o.Hello))
	}
	if s.o.User != "" {
		auth := gomail.SMTPAuthAutoDiscover
		if s.o.Security == NoTLS {
			auth = gomail.SMTPAuthPlainNoEnc // its URL says so
		}
		options = append(options, gomail.WithSMTPAuth(auth), gomail.WithUsername(s.o.User),
			gomail.WithPassword(s.o.Password))
	}
	client, err := gomail.NewClient(s.o.Host, options...)
	if err != nil {
		return nil, fmt.Errorf("setting up mail: %w", err)
	}
	return client, nil
}

// dial connects to the server, for as long as ctx lasts. dialing bounds the connecting alone.
func (s *Sender) dial(ctx, dialing context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(dialing, network, address)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { _ = conn.Close() })
	if s.o.Security != ImplicitTLS {
		return conn, nil
	}
	config := &tls.Config{ServerName: s.o.Host, MinVersion: tls.VersionTLS12}
	if s.o.TLS != nil {
		config = s.o.TLS
	}
	return tls.Client(conn, config), nil
}

// compose makes the mail. Its id is that of the notice, so that a repetition can be told.
func (s *Sender) compose(r notice.Rule, m notice.Message) (*gomail.Msg, error) {
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(s.from)
	if err := msg.To(r.To); err != nil {
		return nil, &notice.SendError{Text: "The address cannot be used.", Lasting: true}
	}
	domain := s.from.Address[strings.LastIndex(s.from.Address, "@")+1:]
	msg.SetMessageIDWithValue(string(m.ID) + "@" + domain)
	if m.Cause != "" { // mails about one cause form one thread
		thread := "<" + m.Cause + "." + string(r.ID) + "@" + domain + ">"
		msg.SetGenHeaderPreformatted(gomail.HeaderInReplyTo, thread)
		msg.SetGenHeaderPreformatted(gomail.HeaderReferences, thread)
	}
	msg.SetDateWithValue(m.At)
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetGenHeader("X-Auto-Response-Suppress", "All")
	msg.SetGenHeader("X-Ledgersheet-Notice", string(m.ID))
	msg.Subject(strings.TrimSuffix(m.Prefix()+m.Title, "."))
	v := newView(m, r, s.o.BaseURL)
	text, err := s.page.text(v)
	if err != nil {
		return nil, err
	}
	html, err := s.page.html(v)
	if err != nil {
		return nil, err
	}
	msg.SetBodyString(gomail.TypeTextPlain, text)
	msg.AddAlternativeString(gomail.TypeTextHTML, html)
	return msg, nil
}

// explain turns an error of the talk with the server into words. Neither password nor user is in them.
func explain(err error) *notice.SendError {
	var (
		send    *gomail.SendError
		answer  *textproto.Error
		names   *net.DNSError
		verify  *tls.CertificateVerificationError
		dial    *net.OpError
		timeout interface{ Timeout() bool }
	)
	switch {
	case errors.As(err, &answer):
		return refusal(answer.Code, answer.Msg)
	case errors.As(err, &send) && send.ErrorCode() != 0:
		return refusal(send.ErrorCode(), send.Error())
	case errors.As(err, &names) && names.IsNotFound:
		return &notice.SendError{Text: "There is no mail server of that name."}
	case errors.As(err, &verify):
		return &notice.SendError{Text: "The mail server's certificate is not right: " +
			problem.Safe(verify.Err.Error()) + "."}
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return &notice.SendError{Text: "The mail server did not answer in time."}
	case errors.As(err, &dial) && dial.Op == "dial":
		return &notice.SendError{Text: "The mail server could not be reached."}
	case strings.Contains(err.Error(), "STARTTLS"):
		return &notice.SendError{Text: "The mail server offers no encryption (STARTTLS)."}
	}
	return &notice.SendError{Text: "The connection to the mail server broke off."}
}

// refusal returns what a reply code means: 4yz is for now, 5yz for good (RFC 5321, 4.2.1).
func refusal(code int, text string) *notice.SendError {
	failure := &notice.SendError{Lasting: code >= 500}
	switch code {
	case 530, 534, 535, 538:
		failure.Text = fmt.Sprintf("The mail server does not let us in (%d): its user or password is not right.", code)
	default:
		failure.Text = fmt.Sprintf("The mail server answered %d: %s.", code,
			strings.TrimSuffix(problem.Safe(text), "."))
	}
	return failure
}
