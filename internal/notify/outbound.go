// Package notify carries notices over HTTP: as signed JSON to webhooks, and as messages to Slack and Microsoft Teams.
// It also calls the heartbeat's address. What people have typed decides where these requests go, so they go to public
// addresses only, over TLS, follow no redirects, and are bounded in time and size.
package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"ledgersheet/internal/notice"
	"ledgersheet/internal/problem"
)

const (
	requestTimeout = 20 * time.Second
	dialTimeout    = 10 * time.Second
	// mostAnswer is how much of an answer is read.
	mostAnswer = 16 << 10
	// quoted is how many characters of it people see.
	quoted = 160
)

// Client sends requests to addresses that people have typed. Create one with NewClient.
type Client struct {
	allowed []netip.Prefix
	secure  *http.Client // for https
	plain   *http.Client // for http, which reaches allowed networks only
	agent   string
}

// ClientOptions are the options of a client. The zero value reaches public addresses only.
type ClientOptions struct {
	// Allowed are networks that are reached although they are private. Only there http is good enough.
	Allowed []netip.Prefix
	Agent   string      // the User-Agent
	TLS     *tls.Config // nil means the system's roots
}

// NewClient returns a client.
func NewClient(o ClientOptions) *Client {
	c := &Client{allowed: o.Allowed, agent: o.Agent}
	c.secure = c.newHTTP(o.TLS, c.reachable)
	c.plain = c.newHTTP(nil, c.listed)
	return c
}

// newHTTP returns a client that connects only to addresses for which may returns nil. It asks when the name has been
// resolved and for the very address that is dialled, so that a name that resolves differently each time gains nothing.
// A proxy would resolve names itself, so none is used.
func (c *Client) newHTTP(config *tls.Config, may func(netip.Addr) error) *http.Client {
	dialer := &net.Dialer{
		Timeout: dialTimeout,
		Control: func(_, address string, _ syscall.RawConn) error {
			at, err := netip.ParseAddrPort(address)
			if err != nil {
				return fmt.Errorf("reading the address: %w", err)
			}
			return may(at.Addr())
		},
	}
	return &http.Client{
		Timeout: requestTimeout,
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSClientConfig: config, TLSHandshakeTimeout: dialTimeout,
			DisableKeepAlives: true, MaxResponseHeaderBytes: mostAnswer, ForceAttemptHTTP2: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// errPrivate says that an address is not to be reached.
var errPrivate = errors.New("the address is in a private network")

func (c *Client) listed(addr netip.Addr) error {
	addr = addr.Unmap().WithZone("")
	for _, network := range c.allowed {
		if network.Contains(addr) {
			return nil
		}
	}
	return errPrivate
}

func (c *Client) reachable(addr netip.Addr) error {
	if isPublic(addr.Unmap()) {
		return nil
	}
	return c.listed(addr)
}

// special are the networks that are not of the public internet although netip does not say so, from
// https://www.iana.org/assignments/iana-ipv4-special-registry and its IPv6 counterpart. Those that carry IPv4
// addresses inside IPv6 ones lead to whatever address is inside.
func special() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"),
		netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("192.0.2.0/24"),
		netip.MustParsePrefix("192.88.99.0/24"), netip.MustParsePrefix("198.18.0.0/15"),
		netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"),
		netip.MustParsePrefix("240.0.0.0/4"),
		netip.MustParsePrefix("::/96"), netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"),
		netip.MustParsePrefix("100::/64"), netip.MustParsePrefix("2001::/23"), netip.MustParsePrefix("2001:db8::/32"),
		netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("3fff::/20"), netip.MustParsePrefix("5f00::/16"),
		netip.MustParsePrefix("fec0::/10"),
	}
}

// isPublic reports whether an address is one of the public internet.
func isPublic(addr netip.Addr) bool {
	if !addr.IsGlobalUnicast() || addr.IsPrivate() || addr.IsLoopback() || addr.IsLinkLocalUnicast() {
		return false
	}
	for _, network := range special() {
		if network.Contains(addr) {
			return false
		}
	}
	return true
}

// check returns what is wrong with an address that somebody has typed, without a request.
func (c *Client) check(text string) (why string) {
	if len(text) > 2000 {
		return "is too long"
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Opaque != "" || u.Hostname() == "":
		return "must be an address such as https://hooks.example.com/abc"
	case u.User != nil:
		return "must not have a user name or a password"
	case u.Fragment != "":
		return "must not have a part after #"
	case u.Scheme == "http" && len(c.allowed) == 0, u.Scheme != "http" && u.Scheme != "https":
		return "must begin with https://"
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return "has a port that cannot be"
		}
	}
	addr, err := netip.ParseAddr(u.Hostname())
	if err != nil {
		return "" // a name; what it resolves to is seen when it is used
	}
	may := c.reachable
	if u.Scheme == "http" {
		may = c.listed
	}
	if may(addr) != nil {
		return privateText
	}
	return ""
}

const privateText = "is in a private network; whoever runs the service can allow it with LEDGERSHEET_ALLOW_PRIVATE_URLS"

// post sends a body and returns the answer if it is one of success. Its errors are *notice.SendError without the
// address, which may be a secret.
func (c *Client) post(ctx context.Context, address string, header http.Header, body []byte) (answer reply, err error) {
	return c.do(ctx, http.MethodPost, address, header, body)
}

// reply is what a receiver answered.
type reply struct {
	status int
	text   string // the beginning of the body, made safe
}

func (c *Client) do(
	ctx context.Context, method, address string, header http.Header, body []byte,
) (answer reply, err error) {
	r, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return reply{}, &notice.SendError{Text: "The address cannot be used.", Lasting: true}
	}
	if header != nil {
		r.Header = header.Clone()
	}
	r.Header.Set("User-Agent", c.agent)
	client := c.secure
	if r.URL.Scheme == "http" {
		client = c.plain
	}
	res, err := client.Do(r)
	if err != nil {
		return reply{}, explain(ctx, err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(res.Body, mostAnswer))
	if err != nil {
		return reply{}, &notice.SendError{Text: "The answer broke off."}
	}
	answer = reply{res.StatusCode, quote(string(text), address)}
	return answer, judge(answer, res.Header)
}

// quote returns the beginning of an answer, safe to show: without what looks like a token, and without any part of
// the address.
func quote(text, address string) string {
	text = problem.Safe(strings.ToValidUTF8(text, "�"))
	for _, secret := range secretsOf(address) {
		text = strings.ReplaceAll(text, secret, "[…]")
	}
	return cut(text, quoted)
}

// secretsOf returns the parts of an address that may be secrets.
func secretsOf(address string) []string {
	u, err := url.Parse(address)
	if err != nil {
		return nil
	}
	parts := append(strings.Split(u.Path, "/"), u.RawQuery)
	for _, values := range u.Query() {
		parts = append(parts, values...)
	}
	return slices.DeleteFunc(parts, func(part string) bool { return len(part) < 5 })
}

// explain turns an error of the client's into words. Its own text has the address.
func explain(ctx context.Context, err error) *notice.SendError {
	var (
		names    *net.DNSError
		verify   *tls.CertificateVerificationError
		dial     *net.OpError
		deadline interface{ Timeout() bool }
	)
	switch {
	case errors.Is(err, errPrivate):
		return &notice.SendError{Text: "The address " + privateText + ".", Lasting: true}
	case errors.As(err, &names) && names.IsNotFound:
		return &notice.SendError{Text: "There is no such host."}
	case errors.As(err, &verify):
		return &notice.SendError{Text: "The host's certificate is not right: " + problem.Safe(verify.Err.Error()) + "."}
	case errors.Is(err, syscall.ECONNREFUSED):
		return &notice.SendError{Text: "The host refused the connection."}
	case errors.Is(ctx.Err(), context.DeadlineExceeded), errors.As(err, &deadline) && deadline.Timeout():
		return &notice.SendError{Text: "There was no answer in time."}
	case errors.As(err, &dial) && dial.Op == "dial":
		return &notice.SendError{Text: "The host could not be reached."}
	}
	return &notice.SendError{Text: "The connection broke off."}
}

// judge returns nil for an answer of success.
func judge(a reply, header http.Header) error {
	text := fmt.Sprintf("The receiver answered %d", a.status)
	if a.text != "" {
		text += ": " + a.text
	}
	failure := &notice.SendError{Text: text + ".", After: retryAfter(header.Get("Retry-After"))}
	switch {
	case a.status >= 200 && a.status < 300:
		return nil
	case a.status >= 300 && a.status < 400:
		failure.Text = fmt.Sprintf("The receiver answered %d and sends on to another address, which is not followed. "+
			"Give the address that it sends to.", a.status)
		failure.Lasting = true
	case a.status == http.StatusRequestTimeout, a.status == http.StatusTooEarly,
		a.status == http.StatusTooManyRequests, a.status >= 500:
	default:
		failure.Lasting = true
	}
	return failure
}

// retryAfter reads the header of that name: seconds or a date.
func retryAfter(text string) time.Duration {
	if seconds, err := strconv.Atoi(text); err == nil && seconds > 0 {
		return time.Duration(min(seconds, 24*3600)) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(time.Until(at), 0)
	}
	return 0
}
