// Package smtpsim is a mail server on loopback for tests: it speaks SMTP through an implementation that is not ours,
// keeps what it gets, and can refuse, stay silent or hang up at each step.
package smtpsim

import (
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"sync"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Mail is one that the server has taken.
type Mail struct {
	From string
	To   []string
	Data []byte // as sent, with CRLF
	User string // who had signed in; empty if nobody
	TLS  bool
}

// Step is a step of the talk with a client.
type Step string

// The steps. Taken comes after the server has taken the mail and before it says so.
const (
	StepGreet Step = "greet"
	StepMail  Step = "mail"
	StepRcpt  Step = "rcpt"
	StepData  Step = "data"
	StepTaken Step = "taken"
)

// Fault is what the server does at a step: it answers with the code and the text, or hangs up if Code is 0.
type Fault struct {
	Code  int
	Text  string
	After time.Duration // it first stays silent for so long, or until the server stops
}

// Options are the options of a server. The zero value takes all mail, in the clear.
type Options struct {
	TLS      *tls.Config // offers STARTTLS
	Implicit bool        // expects TLS from the first byte
	// User and Password are what clients must sign in with; empty means that they need not.
	User, Password string
}

// Server is a running mail server.
type Server struct {
	o      Options
	server *smtp.Server
	at     net.Listener
	done   chan struct{}
	stop   chan struct{}

	mu     sync.Mutex
	mails  []Mail
	faults map[Step][]Fault
	talks  int
}

// Start starts a server. Stop ends it.
func Start(o Options) (*Server, error) {
	s := &Server{o: o, done: make(chan struct{}), stop: make(chan struct{}), faults: map[Step][]Fault{}}
	at, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	if o.Implicit {
		at = tls.NewListener(at, o.TLS)
	}
	s.at = at
	s.server = smtp.NewServer(smtp.BackendFunc(s.talk))
	s.server.Domain, s.server.AllowInsecureAuth = "mail.test", o.TLS == nil
	s.server.ReadTimeout, s.server.WriteTimeout = 20*time.Second, 20*time.Second
	s.server.MaxRecipients, s.server.MaxMessageBytes = 5, 5<<20
	s.server.ErrorLog = log.New(io.Discard, "", 0)
	if !o.Implicit {
		s.server.TLSConfig = o.TLS
	}
	go func() {
		defer close(s.done)
		_ = s.server.Serve(at) // ends with Close
	}()
	return s, nil
}

// Stop ends the server and what it is silent in.
func (s *Server) Stop() {
	close(s.stop)
	_ = s.server.Close()
	_ = s.at.Close() // if it has not begun to serve yet
	<-s.done
}

// Addr returns where the server listens.
func (s *Server) Addr() *net.TCPAddr { return s.at.Addr().(*net.TCPAddr) }

// Mails returns what the server has taken.
func (s *Server) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Mail(nil), s.mails...)
}

// Talks returns how many clients have begun to talk.
func (s *Server) Talks() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.talks
}

// Fail makes the next talks fail at a step, one for each fault.
func (s *Server) Fail(at Step, faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[at] = append(s.faults[at], faults...)
}

// errHungUp is returned to the library after the connection was closed.
var errHungUp = errors.New("hung up")

// reach does what is to be done at a step.
func (s *Server) reach(at Step, c *smtp.Conn) error {
	s.mu.Lock()
	list := s.faults[at]
	if len(list) == 0 {
		s.mu.Unlock()
		return nil
	}
	f := list[0]
	s.faults[at] = list[1:]
	s.mu.Unlock()
	if f.After > 0 {
		t := time.NewTimer(f.After)
		defer t.Stop()
		select {
		case <-t.C:
		case <-s.stop:
		}
	}
	if f.Code == 0 {
		_ = c.Conn().Close()
		return errHungUp
	}
	return &smtp.SMTPError{Code: f.Code, EnhancedCode: smtp.NoEnhancedCode, Message: f.Text}
}

func (s *Server) talk(c *smtp.Conn) (smtp.Session, error) {
	s.mu.Lock()
	s.talks++
	s.mu.Unlock()
	if err := s.reach(StepGreet, c); err != nil {
		return nil, err
	}
	return &session{server: s, conn: c}, nil
}

// session is the talk with one client.
type session struct {
	server *Server
	conn   *smtp.Conn
	mail   Mail
	user   string
}

var _ smtp.AuthSession = (*session)(nil)

// AuthMechanisms implements smtp.AuthSession.
func (s *session) AuthMechanisms() []string {
	if s.server.o.User == "" {
		return nil
	}
	return []string{sasl.Plain}
}

// Auth implements smtp.AuthSession.
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != s.server.o.User || password != s.server.o.Password {
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "No such user"}
		}
		s.user = user
		return nil
	}), nil
}

// Mail implements smtp.Session.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.server.o.User != "" && s.user == "" {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Sign in first"}
	}
	_, secure := s.conn.TLSConnectionState()
	s.mail = Mail{From: from, User: s.user, TLS: secure}
	return s.server.reach(StepMail, s.conn)
}

// Rcpt implements smtp.Session.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mail.To = append(s.mail.To, to)
	return s.server.reach(StepRcpt, s.conn)
}

// Data implements smtp.Session.
func (s *session) Data(r io.Reader) error {
	if err := s.server.reach(StepData, s.conn); err != nil {
		return err
	}
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.mail.Data = data
	s.server.mu.Lock()
	s.server.mails = append(s.server.mails, s.mail)
	s.server.mu.Unlock()
	return s.server.reach(StepTaken, s.conn)
}

// Reset implements smtp.Session.
func (s *session) Reset() { s.mail = Mail{} }

// Logout implements smtp.Session.
func (s *session) Logout() error { return nil }
