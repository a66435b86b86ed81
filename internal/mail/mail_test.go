package mail

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/http/httptest"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"ledgersheet/internal/mail/smtpsim"
	"ledgersheet/internal/notice"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// certificates returns a server's certificate for 127.0.0.1, and what a client trusts.
func certificates(t *testing.T) (server, client *tls.Config) {
	t.Helper()
	s := httptest.NewTLSServer(nil)
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return &tls.Config{Certificates: s.TLS.Certificates}, &tls.Config{RootCAs: roots, ServerName: "127.0.0.1"}
}

func start(t *testing.T, o smtpsim.Options) *smtpsim.Server {
	t.Helper()
	s, err := smtpsim.Start(o)
	must(t, err)
	t.Cleanup(s.Stop)
	return s
}

func sender(t *testing.T, s *smtpsim.Server, o Options) *Sender {
	t.Helper()
	o.Host, o.Port, o.BaseURL = "127.0.0.1", s.Addr().Port, "https://sheets.example.com"
	if o.From == "" {
		o.From = "notices@example.com"
	}
	m, err := New(o)
	must(t, err)
	return m
}

var rule = notice.Rule{ID: "ntc_1", Kind: notice.Mail, To: "ann@example.com"}

func opened() notice.Message {
	at := time.Date(2026, 3, 29, 12, 0, 0, 0, time.UTC)
	return notice.Message{
		ID: "ntf_1", At: at, Phase: notice.Opened, Event: notice.NeedsYou, Code: "company_reconnect_required",
		Cause: "0123456789abcdef", Title: "QuickBooks access to Alder & Sons <Ltd> has ended.",
		Lines:  []string{"Intuit ended the access, and does not say why.\r\nBcc: eve@example.com"},
		Action: "Open Connections and press Reconnect on Alder & Sons <Ltd>.",
		Link:   notice.Link{Text: "Reconnect", URL: "https://sheets.example.com/connections?q=9130"}, Since: at,
		Exporters: []notice.Link{{Text: "Open invoices", URL: "https://sheets.example.com/exporters/exp_1"}}, More: 3,
		Zone: "America/New_York",
	}
}

// read takes a mail apart and fails the test unless it has a text and an HTML part.
func read(t *testing.T, m smtpsim.Mail) (header netmail.Header, text, html string) {
	t.Helper()
	msg, err := netmail.ReadMessage(bytes.NewReader(m.Data))
	must(t, err)
	kind, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	must(t, err)
	if kind != "multipart/alternative" {
		t.Fatalf("the mail is %s", kind)
	}
	parts := map[string]string{}
	var order []string
	for r := multipart.NewReader(msg.Body, params["boundary"]); ; {
		p, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		must(t, err)
		if p.Header.Get("Content-Transfer-Encoding") != "quoted-printable" {
			t.Errorf("a part is encoded as %q", p.Header.Get("Content-Transfer-Encoding"))
		}
		body, err := io.ReadAll(quotedprintable.NewReader(p))
		must(t, err)
		kind, params, err := mime.ParseMediaType(p.Header.Get("Content-Type"))
		must(t, err)
		if !strings.EqualFold(params["charset"], "utf-8") {
			t.Errorf("%s is in %q", kind, params["charset"])
		}
		parts[kind], order = string(body), append(order, kind)
	}
	if fmt.Sprint(order) != "[text/plain text/html]" { // the last one is the one to show
		t.Errorf("the parts are %v", order)
	}
	return msg.Header, parts["text/plain"], parts["text/html"]
}

func TestMailArrivesWhole(t *testing.T) {
	t.Parallel()
	s := start(t, smtpsim.Options{})
	answer, err := sender(t, s, Options{Security: MaybeTLS}).Send(t.Context(), rule, opened())
	must(t, err)
	if answer != "The mail server has taken the message for ann@example.com." {
		t.Errorf("got %q", answer)
	}
	mails := s.Mails()
	if len(mails) != 1 || mails[0].From != "notices@example.com" || fmt.Sprint(mails[0].To) != "[ann@example.com]" {
		t.Fatalf("the server has %+v", mails)
	}
	header, text, html := read(t, mails[0])
	dec := new(mime.WordDecoder)
	subject, err := dec.DecodeHeader(header.Get("Subject"))
	must(t, err)
	for name, want := range map[string]string{
		"From": `"ledgersheet" <notices@example.com>`, "To": "<ann@example.com>", "Message-Id": "<ntf_1@example.com>",
		"References": "<0123456789abcdef.ntc_1@example.com>", "Auto-Submitted": "auto-generated",
		"X-Ledgersheet-Notice": "ntf_1", "Date": "Sun, 29 Mar 2026 12:00:00 +0000", "Bcc": "",
	} {
		if got := header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if subject != "QuickBooks access to Alder & Sons <Ltd> has ended" {
		t.Errorf("the subject is %q", subject)
	}
	for _, want := range []string{
		"Alder & Sons <Ltd> has ended.", "What to do: Open Connections", "Reconnect: https://sheets.example.com/conn",
		"- Open invoices: https://sheets.example.com/exporters/exp_1", "and 3 more", "Since 29 March, 08:00",
		"sends this to ann@example.com", "https://sheets.example.com/settings#notices",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the text lacks %q:\n%s", want, text)
		}
	}
	for _, want := range []string{
		"Alder &amp; Sons &lt;Ltd&gt; has ended.", "prefers-color-scheme: dark", "Needs you",
		`href="https://sheets.example.com/connections?q=9130"`, "and 3 more", "Sunday, 29 March 2026, 08:00 EDT",
	} {
		if !strings.Contains(html, want) {
			t.Errorf("the HTML lacks %q:\n%s", want, html)
		}
	}
	for _, never := range []string{"ZgotmplZ", "<no value>", "<script", "<img"} {
		if strings.Contains(html, never) || strings.Contains(text, never) {
			t.Errorf("the mail has %q", never)
		}
	}
	for _, line := range bytes.Split(mails[0].Data, []byte("\r\n")) {
		if len(line) > 998 || bytes.ContainsAny(line, "\n\r") {
			t.Errorf("a line is too long, or ends wrongly: %.60q", line)
		}
	}
}

func TestSecurity(t *testing.T) {
	t.Parallel()
	serverTLS, clientTLS := certificates(t)
	for _, test := range []struct {
		name   string
		server smtpsim.Options
		client Options
		want   string // the beginning of the failure; empty if the mail arrives
		tls    bool
		lasts  bool
	}{
		{"starttls", smtpsim.Options{TLS: serverTLS}, Options{TLS: clientTLS}, "", true, false},
		{"none offered", smtpsim.Options{}, Options{TLS: clientTLS}, "The mail server offers no encryption", false,
			false},
		{"implicit", smtpsim.Options{TLS: serverTLS, Implicit: true}, Options{TLS: clientTLS, Security: ImplicitTLS},
			"", true, false},
		{"unknown certificate", smtpsim.Options{TLS: serverTLS}, Options{}, "The mail server's certificate", false,
			false},
		{"user", smtpsim.Options{TLS: serverTLS, User: "u", Password: "hunter22"},
			Options{TLS: clientTLS, User: "u", Password: "hunter22"}, "", true, false},
		{"wrong password", smtpsim.Options{TLS: serverTLS, User: "u", Password: "hunter22"},
			Options{TLS: clientTLS, User: "u", Password: "hunter23"}, "The mail server does not let us in (535)",
			false, true},
		{"user in the clear", smtpsim.Options{User: "u", Password: "hunter22"},
			Options{Security: NoTLS, User: "u", Password: "hunter22"}, "", false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := start(t, test.server)
			_, err := sender(t, s, test.client).Send(t.Context(), rule, opened())
			if test.want == "" {
				must(t, err)
				m := s.Mails()
				if len(m) != 1 || m[0].TLS != test.tls || m[0].User != test.client.User {
					t.Errorf("the server has %d mails, tls %t", len(m), test.tls)
				}
				return
			}
			failure, ok := errors.AsType[*notice.SendError](err)
			if !ok || !strings.HasPrefix(failure.Text, test.want) || failure.Lasting != test.lasts {
				t.Errorf("got %#v", err)
			}
			if len(s.Mails()) > 0 || strings.Contains(fmt.Sprint(err), "hunter") {
				t.Errorf("the mail arrived, or the error shows a secret: %v", err)
			}
		})
	}
}

// TestFaults lets the server refuse, stay silent or hang up at each step.
func TestFaults(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		step  smtpsim.Step
		fault smtpsim.Fault
		want  string
		lasts bool
		taken int // mails that the server has all the same
	}{
		{smtpsim.StepGreet, smtpsim.Fault{Code: 421, Text: "Too busy"}, "The mail server answered 421: Too busy.",
			false, 0},
		{smtpsim.StepGreet, smtpsim.Fault{}, "The connection to the mail server broke off.", false, 0},
		{smtpsim.StepMail, smtpsim.Fault{Code: 451, Text: "Later"}, "The mail server answered 451", false, 0},
		{smtpsim.StepMail, smtpsim.Fault{Code: 553, Text: "Not your address"}, "The mail server answered 553", true, 0},
		{smtpsim.StepRcpt, smtpsim.Fault{Code: 450, Text: "Greylisted"}, "The mail server answered 450", false, 0},
		{smtpsim.StepRcpt, smtpsim.Fault{Code: 550, Text: "No such user"}, "The mail server answered 550", true, 0},
		{smtpsim.StepRcpt, smtpsim.Fault{}, "The connection to the mail server broke off.", false, 0},
		{smtpsim.StepData, smtpsim.Fault{Code: 554, Text: "Spam"}, "The mail server answered 554", true, 0},
		{smtpsim.StepTaken, smtpsim.Fault{}, "The connection to the mail server broke off.", false, 1},
		{smtpsim.StepTaken, smtpsim.Fault{Code: 451, Text: "Perhaps"}, "The mail server answered 451", false, 1},
	} {
		t.Run(fmt.Sprint(test.step, test.fault.Code), func(t *testing.T) {
			t.Parallel()
			s := start(t, smtpsim.Options{})
			s.Fail(test.step, test.fault)
			if test.step == smtpsim.StepGreet && test.fault.Code > 0 { // clients try both EHLO and HELO
				s.Fail(test.step, test.fault)
			}
			m := sender(t, s, Options{Security: NoTLS})
			_, err := m.Send(t.Context(), rule, opened())
			failure, ok := errors.AsType[*notice.SendError](err)
			if !ok || !strings.HasPrefix(failure.Text, test.want) || failure.Lasting != test.lasts {
				t.Errorf("got %#v", err)
			}
			if len(s.Mails()) != test.taken {
				t.Errorf("the server has %d mails", len(s.Mails()))
			}
			// The next time it works, and a repetition has the same id.
			_, err = m.Send(t.Context(), rule, opened())
			must(t, err)
			for _, mail := range s.Mails() {
				if header, _, _ := read(t, mail); header.Get("Message-Id") != "<ntf_1@example.com>" {
					t.Errorf("the id is %q", header.Get("Message-Id"))
				}
			}
		})
	}
}

// TestSilence ends the talk with a server that says nothing, at each step, as soon as the service stops.
func TestSilence(t *testing.T) {
	t.Parallel()
	for _, step := range []smtpsim.Step{
		smtpsim.StepGreet, smtpsim.StepMail, smtpsim.StepRcpt, smtpsim.StepData, smtpsim.StepTaken,
	} {
		s := start(t, smtpsim.Options{})
		s.Fail(step, smtpsim.Fault{After: time.Hour})
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		_, err := sender(t, s, Options{Security: NoTLS}).Send(ctx, rule, opened())
		cancel()
		if failure, ok := errors.AsType[*notice.SendError](err); !ok || failure.Lasting {
			t.Errorf("%s: %#v", step, err)
		}
	}
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	s, err := smtpsim.Start(smtpsim.Options{})
	must(t, err)
	m := sender(t, s, Options{Security: NoTLS})
	s.Stop()
	_, err = m.Send(t.Context(), rule, opened())
	if failure, ok := errors.AsType[*notice.SendError](err); !ok || failure.Lasting ||
		failure.Text != "The mail server could not be reached." {
		t.Errorf("got %#v", err)
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	m, err := New(Options{From: "Books <books@example.com>"})
	must(t, err)
	for to, fine := range map[string]bool{
		"ann@example.com": true, "ann+notices@sub.example.co.uk": true, "Ann <ann@example.com>": false, "ann": false,
		"a@example.com, b@example.com": false, "a@example.com\r\nBcc: b@example.com": false, "": false,
		strings.Repeat("a", 260) + "@example.com": false,
	} {
		if got := m.Check(to) == ""; got != fine {
			t.Errorf("%q: %t", to, got)
		}
	}
	if _, err := New(Options{From: "nobody"}); err == nil {
		t.Error("a sender that is no address is taken")
	}
}
