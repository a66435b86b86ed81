package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/notice"
)

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// receiver is a webhook's receiver over TLS and the client that reaches it.
func receiver(t *testing.T, answer http.HandlerFunc) (address string, c *Client) {
	t.Helper()
	s := httptest.NewTLSServer(answer)
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	c = NewClient(ClientOptions{Allowed: loopback, Agent: "ledgersheet/test", TLS: &tls.Config{RootCAs: roots}})
	return s.URL + "/services/T0001/abcdefghijklmnop?key=qrstuvwxyz", c
}

func opened() notice.Message {
	at := time.Date(2026, 3, 29, 12, 0, 0, 0, time.UTC)
	return notice.Message{
		ID: "ntf_1", At: at, Phase: notice.Opened, Event: notice.NeedsYou, Code: "company_reconnect_required",
		Cause: "0123456789abcdef", Company: "9130", Title: "QuickBooks access to Alder & <Sons> has ended.",
		Lines: []string{"Intuit *ended* the access."}, Action: "Open Connections and press Reconnect.",
		Link: notice.Link{Text: "Reconnect", URL: "https://sheets.example.com/connections?q=9130"}, Since: at,
		Exporters: []notice.Link{{Text: "Open [invoices]", URL: "https://sheets.example.com/exporters/exp_1"}}, More: 3,
		Moves: []notice.Move{{Title: "Net income", Company: "Alder", Period: "2026-01-01 to 2026-01-31",
			Currency: "USD",
			Old:      "1200.5", New: "1300", By: "99.5"}},
	}
}

// TestWebhookIsSigned checks the signature as a receiver would, by the README alone.
func TestWebhookIsSigned(t *testing.T) {
	t.Parallel()
	const secret = "whsec_0123456789abcdef"
	address, c := receiver(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		must(t, err)
		mac := hmac.New(sha256.New, []byte(secret))
		fmt.Fprintf(mac, "%s.%s", r.Header.Get("Ledgersheet-Timestamp"), body)
		want := "v1=" + hex.EncodeToString(mac.Sum(nil))
		if !hmac.Equal([]byte(want), []byte(r.Header.Get("Ledgersheet-Signature"))) {
			http.Error(w, "wrong signature", http.StatusUnauthorized)
			return
		}
		if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" ||
			r.Header.Get("Ledgersheet-Notice-Id") != "ntf_1" || r.UserAgent() != "ledgersheet/test" {
			http.Error(w, fmt.Sprint(r.Header), http.StatusBadRequest)
			return
		}
		var got map[string]any
		must(t, json.Unmarshal(body, &got))
		for key, want := range map[string]string{
			"id": "ntf_1", "at": "2026-03-29T12:00:00.000Z", "event": "needs_you", "phase": "opened",
			"company_id": "9130",
			"title":      "QuickBooks access to Alder & <Sons> has ended.", "more": "3", "causes": "[]",
			"figures": "[]",
			"url":     "https://sheets.example.com/connections?q=9130", "text": "[Intuit *ended* the access.]",
		} {
			if fmt.Sprint(got[key]) != want {
				t.Errorf("%s is %v, want %s", key, got[key], want)
			}
		}
		_, _ = io.WriteString(w, "ok")
	})
	rule := notice.Rule{Kind: notice.Webhook, To: address, Secret: secret}
	answer, err := Webhook{c}.Send(t.Context(), rule, opened())
	must(t, err)
	if answer != "The receiver answered 200: ok" {
		t.Errorf("got %q", answer)
	}
	rule.Secret = "whsec_another_secret"
	if _, err := (Webhook{c}).Send(t.Context(), rule, opened()); err == nil {
		t.Error("a wrong signature was taken")
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	for status, lasting := range map[int]bool{
		300: true, 301: true, 302: true, 307: true, 308: true, 400: true, 401: true, 403: true, 404: true, 410: true,
		422: true, 408: false, 425: false, 429: false, 500: false, 502: false, 503: false, 504: false,
	} {
		var calls atomic.Int32
		address, c := receiver(t, func(w http.ResponseWriter, r *http.Request) {
			calls.Add(1)
			w.Header().Set("Location", "https://127.0.0.1/elsewhere")
			w.Header().Set("Retry-After", "120")
			w.WriteHeader(status)
			fmt.Fprintf(w, "at %s with %s", r.URL.Path, "eyJhbGciOiJIUzI1NiJ9"+strings.Repeat("abc012", 8))
		})
		_, err := Webhook{c}.Send(t.Context(), notice.Rule{To: address}, opened())
		failure, ok := errors.AsType[*notice.SendError](err)
		if !ok || failure.Lasting != lasting || failure.After != 2*time.Minute || calls.Load() != 1 {
			t.Errorf("%d: %#v after %d calls", status, err, calls.Load())
		}
		for _, secret := range []string{"abcdefghijklmnop", "qrstuvwxyz", "eyJhb", "T0001"} {
			if strings.Contains(fmt.Sprintf("%v %+v", err, failure), secret) {
				t.Errorf("%d: the error shows %s: %v", status, secret, err)
			}
		}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	hangUp := func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = conn.Close()
		}
	}
	never := func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"hung up":      {hangUp, "The connection broke off."},
		"never":        {never, "There was no answer in time."},
		"endless":      {func(w http.ResponseWriter, _ *http.Request) { flood(w) }, ""},
		"large header": {func(w http.ResponseWriter, _ *http.Request) { large(w) }, "The connection broke off."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewUnstartedServer(test.answer)
			s.EnableHTTP2 = false
			s.Start()
			t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
			c := NewClient(ClientOptions{Allowed: loopback})
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			_, err := Webhook{c}.Send(ctx, notice.Rule{To: s.URL}, opened())
			failure, ok := errors.AsType[*notice.SendError](err)
			if test.want == "" {
				must(t, err)
			} else if !ok || failure.Text != test.want || failure.Lasting {
				t.Errorf("got %#v", err)
			}
		})
	}
	s := httptest.NewServer(nil)
	s.Close()
	_, err := Webhook{NewClient(ClientOptions{Allowed: loopback})}.Send(t.Context(), notice.Rule{To: s.URL}, opened())
	if failure, ok := errors.AsType[*notice.SendError](err); !ok || failure.Text != "The host refused the connection." {
		t.Errorf("nobody listens: %#v", err)
	}
}

// flood writes until the client has enough.
func flood(w http.ResponseWriter) {
	for range 100_000 {
		if _, err := io.WriteString(w, strings.Repeat("x", 1000)); err != nil {
			return
		}
	}
}

func large(w http.ResponseWriter) {
	for i := range 100 {
		w.Header().Set(fmt.Sprintf("X-%d", i), strings.Repeat("x", 1000))
	}
}

// TestPrivateAddresses proves that what people type leads to public addresses only, whatever it is called.
func TestPrivateAddresses(t *testing.T) {
	t.Parallel()
	for text, public := range map[string]bool{
		"8.8.8.8": true, "1.1.1.1": true, "172.32.0.1": true, "2606:4700::1111": true, "2a00:1450::1": true,
		"127.0.0.1": false, "127.9.9.9": false, "10.1.2.3": false, "172.16.0.1": false, "172.31.255.255": false,
		"192.168.1.1": false, "169.254.169.254": false, "100.64.0.1": false, "0.0.0.0": false, "0.1.2.3": false,
		"192.0.0.8": false, "198.18.0.1": false, "224.0.0.1": false, "240.0.0.1": false, "255.255.255.255": false,
		"203.0.113.9": false, "::1": false, "::": false, "::ffff:127.0.0.1": false, "::ffff:8.8.8.8": true,
		"fe80::1": false, "fc00::1": false, "fd12::1": false, "ff02::1": false, "64:ff9b::7f00:1": false,
		"2002:7f00:1::": false, "::127.0.0.1": false, "2001:db8::1": false, "2001::1": false, "fec0::1": false,
	} {
		c := NewClient(ClientOptions{})
		if got := c.reachable(netip.MustParseAddr(text)) == nil; got != public {
			t.Errorf("%s: public is %t", text, got)
		}
	}
	var calls atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls.Add(1) }))
	t.Cleanup(s.Close)
	_, port, _ := strings.Cut(strings.TrimPrefix(s.URL, "http://"), ":")
	other := NewClient(ClientOptions{Allowed: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	for _, client := range []*Client{NewClient(ClientOptions{}), other} {
		for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "[::1]", "0.0.0.0",
			"2130706433"} {
			for _, scheme := range []string{"http", "https"} {
				address := scheme + "://" + host + ":" + port + "/secret-path"
				_, err := Webhook{client}.Send(t.Context(), notice.Rule{To: address}, opened())
				if err == nil || strings.Contains(err.Error(), "secret-path") {
					t.Errorf("%s: %v", address, err)
				}
			}
		}
	}
	if calls.Load() > 0 {
		t.Errorf("a private address was reached %d times", calls.Load())
	}
	if _, err := (Webhook{NewClient(ClientOptions{Allowed: loopback})}).Send(t.Context(), notice.Rule{To: s.URL},
		opened()); err != nil || calls.Load() != 1 {
		t.Errorf("an allowed network: %v", err)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	open, home := NewClient(ClientOptions{}), NewClient(ClientOptions{Allowed: loopback})
	for _, test := range []struct {
		address      string
		fine, atHome bool
	}{
		{"https://hooks.slack.com/services/T/B/x", true, true}, {"https://example.com:8443/x?y=z", true, true},
		{"http://example.com/x", false, true}, // its address is seen when it is used
		{"http://127.0.0.1:9/x", false, true}, {"https://127.0.0.1/x", false, true}, {"https://10.0.0.1/x", false,
			false},
		{"http://10.0.0.1/x", false, false}, {"http://8.8.8.8/", false, false}, {"https://[::1]/", false, false},
		{"ftp://example.com", false, false}, {"https://", false, false}, {"example.com", false, false},
		{"https://u:p@example.com/", false, false}, {"https://example.com/#x", false, false}, {"", false, false},
		{"https://example.com:99999/", false, false}, {"javascript:alert(1)", false, false},
	} {
		if got := (Slack{open}).Check(test.address) == ""; got != test.fine {
			t.Errorf("%s: %t", test.address, got)
		}
		if got := (Teams{home}).Check(test.address) == ""; got != test.atHome {
			t.Errorf("%s with loopback allowed: %t", test.address, got)
		}
	}
}

func TestChats(t *testing.T) {
	t.Parallel()
	bodies := make(chan string, 2)
	address, c := receiver(t, func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		must(t, err)
		bodies <- string(body)
	})
	m := opened()
	m.Lines = append(m.Lines, strings.Repeat("long ", 2000))
	_, err := Slack{c}.Send(t.Context(), notice.Rule{To: address}, m)
	must(t, err)
	var slack struct {
		Text   string
		Blocks []struct {
			Type string
			Text struct{ Type, Text string }
		}
	}
	body := <-bodies
	must(t, json.Unmarshal([]byte(body), &slack))
	if slack.Text != m.Title || slack.Blocks[0].Type != "header" || len(slack.Blocks) > 50 {
		t.Errorf("got %s", body)
	}
	for _, b := range slack.Blocks {
		if n := len([]rune(b.Text.Text)); n > 3000 || b.Type == "header" && n > 150 || b.Type == "section" && n == 0 {
			t.Errorf("a block has %d characters", n)
		}
	}
	for _, want := range []string{
		`\u003chttps://sheets.example.com/exporters/exp_1|Open [invoices]\u003e`, "and 3 more",
		"1,300 instead of 1,200.50 USD (+99.50)", `"url":"https://sheets.example.com/connections?q=9130"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the message to Slack lacks %s:\n%s", want, body)
		}
	}
	_, err = Teams{c}.Send(t.Context(), notice.Rule{To: address}, opened())
	must(t, err)
	var teams struct {
		Type        string
		Attachments []struct {
			ContentType string
			Content     struct {
				Type, Version string
				Body          []struct{ Type, Text string }
				Actions       []struct{ Type, URL string }
			}
		}
	}
	must(t, json.Unmarshal([]byte(<-bodies), &teams))
	card := teams.Attachments[0].Content
	if teams.Type != "message" || card.Type != "AdaptiveCard" || len(card.Actions) != 1 ||
		teams.Attachments[0].ContentType != "application/vnd.microsoft.card.adaptive" {
		t.Errorf("got %+v", teams)
	}
	if text := fmt.Sprint(card.Body); !strings.Contains(text, `Intuit \*ended\* the access.`) ||
		!strings.Contains(text, `[Open \[invoices\]](https://sheets.example.com/exporters/exp_1)`) {
		t.Errorf("got %s", text)
	}
}

// TestHeartbeat beats once a minute while all is well, and not otherwise.
func TestHeartbeat(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var beats atomic.Int32
		var trouble atomic.Bool
		h := &Heartbeat{URL: "https://example.com/beat", Log: slog.New(slog.DiscardHandler), Well: func() error {
			if trouble.Load() {
				return errors.New("the store is in trouble")
			}
			return nil
		}, Network: transport(func(r *http.Request) (*http.Response, error) {
			beats.Add(1)
			return &http.Response{StatusCode: 200, Body: http.NoBody, Request: r}, nil
		})}
		h.Start(t.Context())
		defer h.Stop()
		time.Sleep(10*time.Minute + 10*time.Second)
		if beats.Load() != 11 {
			t.Errorf("%d beats in ten minutes", beats.Load())
		}
		trouble.Store(true)
		time.Sleep(time.Hour)
		if beats.Load() != 11 {
			t.Errorf("%d beats while there is trouble", beats.Load()-11)
		}
		trouble.Store(false)
		time.Sleep(2 * time.Minute)
		if beats.Load() != 13 {
			t.Errorf("%d beats afterwards", beats.Load()-11)
		}
	})
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
