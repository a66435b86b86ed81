// Package google writes results to Google Sheets. It finds or creates the spreadsheet and the tab, plans the least work
// that turns the managed range into the result, and does it so that readers see either the old rows or the new ones,
// never a mixture. It also creates and finds spreadsheets through Drive.
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
	"ledgersheet/internal/table"
)

// Options are what a Client needs.
type Options struct {
	SheetsURL string // root of the Sheets API, as option.WithEndpoint takes it: "https://sheets.googleapis.com/"
	DriveURL  string // root of the Drive API: "https://www.googleapis.com/drive/v3/"
	// HTTP returns the authorised client of a Google account. It adds the bearer token and nothing else.
	HTTP func(account export.ID) (*http.Client, error)
	// Reads and Writes pace requests per account; the Project limiters pace all requests together under the key
	// "project".
	Reads, Writes, ProjectReads, ProjectWrites limit.Lanes
	Now                                        func() time.Time // nil means time.Now
	Logger                                     *slog.Logger
	MaxTries                                   int // per request; 0 means 5
	// MaxBody limits a request body in bytes. 0 means a little below the 2 MB that Google recommends.
	MaxBody int
	Spools  table.Spools // hold the rows that stand in a range
	// KeptCells is the largest range that is kept before a write changes it, so that the write can be undone. 0 means
	// 50,000 cells.
	KeptCells int
}

// Client implements export.Destination.
type Client struct {
	o      Options
	sheets string
	drive  string
}

var _ export.Destination = (*Client)(nil)

// New returns a client. It makes no request.
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
	if o.KeptCells == 0 {
		o.KeptCells = keptCells
	}
	return &Client{o: o, sheets: withSlash(o.SheetsURL), drive: withSlash(o.DriveURL)}
}

func withSlash(s string) string { return strings.TrimSuffix(s, "/") + "/" }

// maxAnswer limits one answer. Ranges are read in pieces far smaller than this.
const maxAnswer = 64 << 20

// requestTimeout is a little longer than the 180 seconds after which Google itself gives up.
const requestTimeout = 190 * time.Second

// call is one request to Google. do may send any call again: it reads, writes cells by absolute address, or creates
// something under an id chosen here.
type call struct {
	method string
	url    string
	query  url.Values
	body   []byte
	write  bool // counts against the write quota
	// once says that do must not resend the call if its outcome is unknown. Nor does cancelling ctx interrupt it once
	// sent, because that would make the outcome unknown.
	once  bool
	drive bool // for Drive, which has its own, far larger quota
	// answered, unless nil, gets Google's own time of the answer, in whole seconds; zero if it does not say.
	answered *time.Time
}

// session makes the requests of one run with one account.
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

// do sends a request, retries where that can help, and passes the answer's body to read, which may be called again for
// a later try. A nil read ignores the body.
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
		if ctx.Err() != nil || !mayRetry(err) || (k.once && unknown) {
			return err
		}
		s.c.o.Logger.LogAttrs(ctx, slog.LevelWarn, "google request failed, trying again",
			slog.String("code", string(p.Code)), slog.Int("try", try+1), slog.String("problem", p.Message))
		last = err
	}
	return last
}

// wait pauses before the next try: as long as Google asked for; long enough for the quota to recover if it is used up;
// otherwise with doubling full jitter.
func (s *session) wait(ctx context.Context, try int, last error) error {
	pause := min(time.Second<<try, time.Minute)
	pause = time.Duration(rand.Int64N(int64(pause))) + 200*time.Millisecond
	p := problem.From(last)
	switch {
	case p.RetryAfter > 0:
		pause = min(p.RetryAfter, 2*time.Minute)
	case p.Code == problem.GoogleRateLimited: // quotas are per minute
		pause = min(15*time.Second<<(try-1), time.Minute) + rand.N(5*time.Second)
	}
	if pause > export.ShortWait {
		defer export.Wait(ctx, time.Now().Add(pause))()
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
		over := func() {}
		if until := own.Usage(string(s.account)).PausedUntil; time.Until(until) > export.ShortWait {
			over = export.Wait(ctx, until)
		}
		release, err := acquire(ctx, own, string(s.account), project)
		over()
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
	if !k.drive {
		s.meter.AddSheets(k.write)
	}
	asked := export.Asked{At: s.c.o.Now(), Provider: "google", What: req.Method + " " + req.URL.Path}
	defer func() { s.meter.Note(asked) }()
	res, err := s.http.Do(req)
	if err != nil {
		return sendProblem(ctx, err)
	}
	asked.Status = res.StatusCode
	defer func() {
		_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<16)) // so that the connection can be reused
		_ = res.Body.Close()
	}()
	if k.answered != nil {
		*k.answered, _ = http.ParseTime(res.Header.Get("Date"))
	}
	if err := googleapi.CheckResponse(res); err != nil {
		f := answerFault(err, s.c.o.Now())
		if f.Code == problem.GoogleRateLimited {
			own.PauseUntil(string(s.account), s.c.o.Now().Add(max(f.RetryAfter, 10*time.Second)))
		}
		return f
	}
	if read == nil {
		return nil
	}
	if err := read(io.LimitReader(res.Body, maxAnswer)); err != nil {
		return lostAnswer(err, "Google's answer was cut off or could not be read.")
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

// acquire waits until both the account's and the project's limits allow a request.
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

// retryAfter parses the Retry-After header in either form.
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
