// Package google writes results to Google Sheets: it finds or makes the spreadsheet and the tab, plans the least work
// that makes the managed range exactly the result, and carries it out so that a reader sees the old rows or the new
// ones and never a mixture. It also creates and finds spreadsheets through Drive.
package google

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"google.golang.org/api/googleapi"

	"ledgersheet/internal/export"
	"ledgersheet/internal/limit"
	"ledgersheet/internal/problem"
)

// Options are what a Client needs.
type Options struct {
	SheetsURL string // root of the Sheets API, as option.WithEndpoint takes it: "https://sheets.googleapis.com/"
	DriveURL  string // root of the Drive API: "https://www.googleapis.com/drive/v3/"
	// HTTP returns the authorised client of a Google account; it adds the bearer token and nothing else.
	HTTP func(account export.ID) (*http.Client, error)
	// Reads and Writes pace the requests by account, and by "project" for all together.
	Reads, Writes, ProjectReads, ProjectWrites limit.Lanes
	Now                                        func() time.Time // nil means time.Now
	Logger                                     *slog.Logger
	MaxTries                                   int // per request; 0 means 5
	// bytes of a request body; 0 means a little below the 2 MB that Google recommends
	MaxBody int
}

// Client implements export.Destination.
type Client struct {
	o      Options
	sheets string
	drive  string
}

var _ export.Destination = (*Client)(nil)

// New returns a client. It sends nothing.
func New(o Options) *Client {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.MaxTries == 0 {
		o.MaxTries = 5
	}
	if o.MaxBody == 0 {
		o.MaxBody = maxBody
	}
	return &Client{o: o, sheets: withSlash(o.SheetsURL), drive: withSlash(o.DriveURL)}
}

func withSlash(s string) string { return strings.TrimSuffix(s, "/") + "/" }

// maxAnswer bounds one answer; ranges are read in pieces far smaller than this.
const maxAnswer = 64 << 20

// requestTimeout is a little more than the 180 seconds after which Google gives up itself.
const requestTimeout = 190 * time.Second

// call is one request to Google. Every one that is sent by do may be sent again: it reads, writes cells by absolute
// address, or makes something under an id chosen here.
type call struct {
	method string
	url    string
	query  url.Values
	body   []byte
	write  bool // counts against the write quota
	// once: it must not be sent again by itself when its outcome is unknown. Neither does a cancel cut it off once it
	// is sent, as that would make its outcome unknown.
	once  bool
	drive bool // is for Drive, whose quota is another and far larger
}

// session is the requests of one run, of one account.
type session struct {
	c       *Client
	account export.ID
	http    *http.Client
	meter   *export.Meter
}

func (c *Client) session(account export.ID, m *export.Meter) (*session, error) {
	hc, err := c.o.HTTP(account)
	if err != nil {
		return nil, err
	}
	return &session{c: c, account: account, http: hc, meter: m}, nil
}

// errUnknownOutcome marks an error after which the request may or may not have been carried out.
var errUnknownOutcome = errors.New("the outcome is unknown")

// do sends a request, again where that can help, and hands the answer's body to read, which may be called again for a
// later try. A nil read ignores the body.
func (s *session) do(ctx context.Context, k call, read func(io.Reader) error) error {
	var last error
	for try := range s.c.o.MaxTries {
		if try > 0 {
			if err := s.wait(ctx, try, last); err != nil {
				return errors.Join(err, last)
			}
		}
		err := s.once(ctx, k, read)
		if err == nil {
			return nil
		}
		p := problem.From(err)
		unknown := errors.Is(err, errUnknownOutcome)
		if ctx.Err() != nil || p.Class() != problem.RetryRequest || (k.once && unknown) {
			return err
		}
		s.c.o.Logger.LogAttrs(ctx, slog.LevelWarn, "google request failed, trying again",
			slog.String("code", string(p.Code)), slog.Int("try", try+1), slog.String("problem", p.Message))
		last = err
	}
	return last
}

// wait is the pause before a further try: what Google asked for, long enough for a minute's quota to come back when
// that is used up, else doubling with full jitter.
func (s *session) wait(ctx context.Context, try int, last error) error {
	pause := min(time.Second<<try, time.Minute)
	pause = time.Duration(rand.Int64N(int64(pause))) + 200*time.Millisecond
	p := problem.From(last)
	switch {
	case p.RetryAfter > 0:
		pause = min(p.RetryAfter, 2*time.Minute)
	case p.Code == problem.GoogleRateLimited: // quotas are by the minute
		pause = min(15*time.Second<<(try-1), time.Minute) + rand.N(5*time.Second)
	}
	t := time.NewTimer(pause)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

func (s *session) once(ctx context.Context, k call, read func(io.Reader) error) error {
	own, project := s.c.o.Reads, s.c.o.ProjectReads
	if k.write {
		own, project = s.c.o.Writes, s.c.o.ProjectWrites
	}
	if !k.drive {
		release, err := acquire(ctx, own, string(s.account), project)
		if err != nil {
			return err
		}
		defer release()
	}
	if k.once {
		ctx = context.WithoutCancel(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	req, err := s.request(ctx, k)
	if err != nil {
		return err
	}
	s.meter.Add()
	res, err := s.http.Do(req)
	if err != nil {
		return sendProblem(ctx, err)
	}
	defer func() {
		_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<16)) // lets the connection be used again
		_ = res.Body.Close()
	}()
	if err := googleapi.CheckResponse(res); err != nil {
		p := answerProblem(err, s.c.o.Now())
		if p.Code == problem.GoogleRateLimited {
			own.PauseUntil(string(s.account), s.c.o.Now().Add(max(p.RetryAfter, 10*time.Second)))
		}
		if res.StatusCode >= 500 {
			return fmt.Errorf("%w: %w", errUnknownOutcome, p)
		}
		return p
	}
	if read == nil {
		return nil
	}
	if err := read(io.LimitReader(res.Body, maxAnswer)); err != nil {
		return fmt.Errorf("%w: %w", errUnknownOutcome, problem.Wrap(err, problem.GoogleUnavailable,
			"Google's answer was cut off or could not be read."))
	}
	return nil
}

func (s *session) request(ctx context.Context, k call) (*http.Request, error) {
	u := k.url
	if len(k.query) > 0 {
		u += "?" + k.query.Encode()
	}
	var body io.Reader
	if k.body != nil {
		body = bytes.NewReader(k.body)
	}
	req, err := http.NewRequestWithContext(ctx, k.method, u, body)
	if err != nil {
		return nil, fmt.Errorf("making a request to Google: %w", err)
	}
	if k.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("User-Agent", "ledgersheet (gzip)")
	return req, nil
}

// acquire waits for the account's and the project's turn.
func acquire(ctx context.Context, own limit.Lanes, account string, project limit.Lanes) (release func(), err error) {
	freeOwn, err := own.Acquire(ctx, account)
	if err != nil {
		return nil, err
	}
	freeProject, err := project.Acquire(ctx, "project")
	if err != nil {
		freeOwn()
		return nil, err
	}
	return func() { freeProject(); freeOwn() }, nil
}

// retryAfter reads the header in either of its forms.
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := h.Get("Retry-After")
	if seconds, err := strconv.Atoi(v); err == nil && seconds >= 0 {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(v); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return 0
}
