package intuitsim

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// send makes a request on the accounting API; change may alter it.
func (c *client) send(method, path string, change func(*http.Request)) (*http.Response, []byte, error) {
	c.t.Helper()
	req, err := http.NewRequest(method, "http://sim/v3/company/"+c.realm+"/"+path, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Accept", "application/json")
	if change != nil {
		change(req)
	}
	resp, err := c.s.Transport().RoundTrip(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp, body, err
}

func TestSingleReads(t *testing.T) {
	t.Parallel()
	s := smallServer(t)
	c := newClient(t, s, 0)
	id := s.Company(c.realm).IDs("Invoice")[0]
	for _, tc := range []struct{ path, key, id string }{
		{"invoice/" + id, "Invoice", id}, {"companyinfo/" + c.realm, "CompanyInfo", "1"},
		{"preferences", "Preferences", "1"},
		{"creditmemo/" + s.Company(c.realm).IDs("CreditMemo")[0], "CreditMemo",
			s.Company(c.realm).IDs("CreditMemo")[0]},
	} {
		var body map[string]json.RawMessage
		if resp := c.get(tc.path, nil, &body); resp.StatusCode != 200 || resp.Header.Get("intuit_tid") == "" {
			t.Errorf("%s: %d %v", tc.path, resp.StatusCode, resp.Header)
		}
		var r struct {
			ID string `json:"Id"`
		}
		if err := json.Unmarshal(body[tc.key], &r); err != nil || r.ID != tc.id {
			t.Errorf("%s: id %q, %v", tc.path, r.ID, err)
		}
	}
	for path, code := range map[string]string{
		"invoice/999999": "610", "companyinfo/1234": "610", "customer/1/5": "500", "nonsense/1": "500", "Invoice/" +
			id: "500", "": "500",
		"reports/profitandloss": "5020", "reports/BalanceSheetDetail": "5020",
	} {
		var body faultBody
		resp := c.get(path, nil, &body)
		if resp.StatusCode != 400 || len(body.Fault.Error) == 0 || body.Fault.Error[0].Code != code {
			t.Errorf("%s: %d %+v", path, resp.StatusCode, body)
		}
	}
}

func TestTokensOpenTheirCompanyOnly(t *testing.T) {
	t.Parallel()
	s := smallServer(t)
	c, other := newClient(t, s, 0), newClient(t, s, 1)
	expired, revoked := newClient(t, s, 2), newClient(t, s, 2)
	s.ExpireAccessTokens(expired.realm)
	for name, tc := range map[string]struct {
		token  string
		realm  string
		status int
		want   []string
	}{
		"missing": {"", c.realm, 401, []string{`"code":"3200"`, "Malformed bearer token"}},
		"unknown": {
			"abc", c.realm, 401,
			[]string{
				`"fault":{"error":[{"message":"message=AuthenticationFailed; errorCode=003200; statusCode=401"`,
				"Malformed bearer token: abc",
			},
		},
		"expired": {
			expired.token, expired.realm, 401, []string{"Token expired: " + expired.token, `"type":"AUTHENTICATION"`},
		},
		"other company": {other.token, c.realm, 403, []string{`"code":"3100"`, `"type":"AUTHORIZATION"`}},
		"no company":    {other.token, "12345", 403, []string{`"code":"3100"`}},
	} {
		cl := *c
		cl.token, cl.realm = tc.token, tc.realm
		resp, body, err := cl.send("GET", "companyinfo/"+tc.realm, nil)
		if err != nil || resp.StatusCode != tc.status {
			t.Errorf("%s: %v %v", name, resp, err)
			continue
		}
		for _, want := range tc.want {
			if !strings.Contains(string(body), want) {
				t.Errorf("%s: no %s in %s", name, want, body)
			}
		}
		if (tc.status == 401) != strings.Contains(resp.Header.Get("WWW-Authenticate"), "invalid_token") {
			t.Errorf("%s: WWW-Authenticate %q", name, resp.Header.Get("WWW-Authenticate"))
		}
	}
	s.RevokeGrant(revoked.realm)
	if resp, body, _ := revoked.send("GET", "preferences", nil); resp.StatusCode != 401 ||
		!strings.Contains(string(body), "Token revoked") {
		t.Errorf("revoked: %d %s", resp.StatusCode, body)
	}
}

func TestOnlyGetIsServed(t *testing.T) {
	t.Parallel()
	s := smallServer(t)
	c := newClient(t, s, 0)
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
		resp, _, err := c.send(method, "invoice", nil)
		if err != nil || resp.StatusCode != 405 || resp.Header.Get("Allow") != "GET" {
			t.Errorf("%s: %v %v", method, resp, err)
		}
	}
	c.rows("select * from Term")
	if w := s.Writes(); len(w) != 4 || w[0].Method != "POST" || w[0].Status != 405 {
		t.Errorf("writes %+v", w)
	}
	if got := s.Requests(); len(got) != 5 || got[4].Kind != "query" || got[4].Name != "Term" || got[4].Status != 200 ||
		s.Count("query:Term") != 1 {
		t.Errorf("requests %+v", got)
	}
	s.ResetRequests()
	if len(s.Requests()) != 0 || s.Count("query") != 0 {
		t.Error("requests were not forgotten")
	}
}

func TestWithoutAcceptComesXML(t *testing.T) {
	t.Parallel()
	c := newClient(t, smallServer(t), 0)
	for path, want := range map[string]string{
		"query?query=" + url.QueryEscape("select * from Term"): "<Name>Net 30</Name>",
		"invoice/999999":        `<Error code="610">`,
		"reports/ProfitAndLoss": "<ReportName>ProfitAndLoss</ReportName>",
	} {
		resp, body, err := c.send("GET", path, func(r *http.Request) { r.Header.Set("Accept", "*/*") })
		if err != nil || !strings.HasPrefix(resp.Header.Get("Content-Type"), "application/xml") ||
			!strings.Contains(string(body), want) {
			t.Errorf("%s: %v %s", path, err, body)
		}
		var any struct{}
		if err := xml.Unmarshal(body, &any); err != nil {
			t.Errorf("%s is no XML: %v", path, err)
		}
	}
}

func TestGzipWhenAsked(t *testing.T) {
	t.Parallel()
	c := newClient(t, smallServer(t), 0)
	resp, body, err := c.send("GET", "preferences", func(r *http.Request) { r.Header.Set("Accept-Encoding", "gzip") })
	if err != nil || resp.Header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("%v %v", resp, err)
	}
	z, err := gzip.NewReader(strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := io.ReadAll(z); err != nil || !json.Valid(plain) {
		t.Errorf("%v %s", err, plain)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	clk := newClock()
	s := New(Options{Seed: 1, Companies: 2, Customers: 2, Vendors: 1, Items: 7, Invoices: 2, Bills: 1, Now: clk.Now})
	c, other := newClient(t, s, 0), newClient(t, s, 1)
	status := func(c *client) int {
		resp, body, err := c.send("GET", "preferences", nil)
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode == 429 && !strings.Contains(string(body), `"code":"3001"`) {
			t.Errorf("429 with %s", body)
		}
		return resp.StatusCode
	}
	for i := range 10 {
		if got := status(c); got != 200 {
			t.Fatalf("request %d of a second: %d", i, got)
		}
	}
	if got := status(c); got != 429 {
		t.Errorf("eleventh request of a second: %d", got)
	}
	if got := status(other); got != 200 {
		t.Errorf("another company: %d", got)
	}
	served := 10
	clk.add(time.Second)
	for served < 500 {
		clk.add(100 * time.Millisecond)
		if got := status(c); got == 200 {
			served++
		} else {
			t.Fatalf("request %d of a minute: %d", served+1, got)
		}
	}
	clk.add(900 * time.Millisecond)
	if got := status(c); got != 429 {
		t.Errorf("request 501 of a minute: %d", got)
	}
	clk.add(time.Minute)
	if got := status(c); got != 200 {
		t.Errorf("a minute later: %d", got)
	}
	if s.Throttled(c.realm) != 2 || s.Throttled(other.realm) != 0 {
		t.Errorf("%d and %d were throttled", s.Throttled(c.realm), s.Throttled(other.realm))
	}
}

func TestTenRequestsAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{
			Seed: 1, Companies: 1, Customers: 2, Vendors: 1, Items: 7, Invoices: 2, Bills: 1,
			Limits: Limits{PerSecond: -1},
		})
		c := newClient(t, s, 0)
		s.SetLatency(3 * time.Second)
		var mu sync.Mutex
		got := map[int]int{}
		var wg sync.WaitGroup
		began := time.Now()
		for range 14 {
			wg.Go(func() {
				resp, _, err := c.send("GET", "preferences", nil)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				got[resp.StatusCode]++
				mu.Unlock()
			})
		}
		wg.Wait()
		if got[200] != 10 || got[429] != 4 || s.PeakConcurrency(c.realm) != 10 || time.Since(began) != 3*time.Second {
			t.Errorf("%v after %v, peak %d", got, time.Since(began), s.PeakConcurrency(c.realm))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, _, err := c.send("GET", "preferences", func(r *http.Request) { *r = *r.WithContext(ctx) })
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("cut short: %v", err)
		}
		s.SetLatency(0)
		if resp, _, err := c.send("GET", "preferences", nil); err != nil || resp.StatusCode != 200 {
			t.Errorf("afterwards: %v %v", resp, err)
		}
	})
}

func TestFaults(t *testing.T) {
	t.Parallel()
	s := smallServer(t)
	c := newClient(t, s, 0)
	const path = "query?query=select+*+from+Term"
	expect := func(name string, f Fault, check func(*http.Response, []byte, error) bool) {
		t.Helper()
		s.Fail(f)
		if resp, body, err := c.send("GET", path, nil); !check(resp, body, err) {
			t.Errorf("%s: %v %q %v", name, resp, body, err)
		}
		if resp, body, err := c.send("GET", path, nil); err != nil || resp.StatusCode != 200 || !json.Valid(body) {
			t.Errorf("%s does not end: %v %v", name, resp, err)
		}
	}
	is := func(status int, want string) func(*http.Response, []byte, error) bool {
		return func(r *http.Response, b []byte, err error) bool {
			return err == nil && r.StatusCode == status && strings.Contains(string(b), want)
		}
	}
	expect("json", Fault{Match: "query", Status: 500}, is(500, `{"Fault":{"Error":[{"Message":"An application error`))
	expect("gateway", Fault{Match: "v3", Status: 401, Body: BodyGateway}, is(401, `"fault":{"error":[{"message"`))
	expect("type", Fault{Match: "query", Status: 400, Code: "7001", Type: "SERVICE", Message: "lapsed", Detail: "why"},
		is(400, `{"Fault":{"Error":[{"Message":"lapsed","Detail":"why","code":"7001"}],"type":"SERVICE"}`))
	for code, status := range map[string]int{
		"120": 401, "3001": 429, "3100": 403, "3200": 401, "5020": 400, "6190": 400, "7001": 400, "10000": 500,
	} {
		expect(code, Fault{Match: "query", Code: code}, is(status, `"code":"`+code+`"`))
	}
	expect("known code with a status", Fault{Match: "query", Code: "120", Status: 500}, is(500, `"code":"120"}],"type":"SystemFault"`))
	expect("no capture to spoil", Fault{Match: "query", Body: BodyFaultInside}, is(200, `{"QueryResponse":{"Term"`))
	expect("xml", Fault{Match: "query:Term", Status: 429, Body: BodyXML, RetryAfter: "7"},
		func(r *http.Response, b []byte, err error) bool {
			return is(429, `<Error code="3001">`)(r, b, err) && r.Header.Get("Retry-After") == "7"
		})
	expect("html", Fault{Match: "/v3/company/" + c.realm, Status: 502, Body: BodyHTML},
		is(502, "<h1>502 Bad Gateway</h1>"))
	expect("empty", Fault{Status: 503, Body: BodyEmpty}, func(r *http.Response, b []byte, err error) bool {
		return err == nil && r.StatusCode == 503 && len(b) == 0
	})
	expect("cut", Fault{Match: "query", Body: BodyCut}, func(r *http.Response, b []byte, err error) bool {
		return errors.Is(err, io.ErrUnexpectedEOF) && r == nil || err != nil && r.StatusCode == 200 && !json.Valid(b)
	})
	expect("bad json", Fault{Match: "query", Body: BodyBadJSON}, func(r *http.Response, b []byte, err error) bool {
		return err == nil && r.StatusCode == 200 && !json.Valid(b)
	})
	expect("drop", Fault{Match: "query", Body: BodyDropAfter},
		func(_ *http.Response, _ []byte, err error) bool { return err != nil })
	s.Fail(Fault{Match: "query", Skip: 1, Status: 500})
	s.Fail(Fault{Match: "report", N: -1, Status: 504, Body: BodyHTML})
	for i, want := range []int{200, 500, 200} {
		if resp, _, _ := c.send("GET", path, nil); resp.StatusCode != want {
			t.Errorf("request %d: %d, want %d", i, resp.StatusCode, want)
		}
	}
	for range 3 {
		if resp, _, _ := c.send("GET", "reports/BalanceSheet", nil); resp.StatusCode != 504 {
			t.Errorf("report: %d", resp.StatusCode)
		}
	}
	s.ClearFaults()
	if resp, _, _ := c.send("GET", "reports/BalanceSheet", nil); resp.StatusCode != 200 {
		t.Errorf("report after clearing: %d", resp.StatusCode)
	}
}

func TestSpoiltCaptures(t *testing.T) {
	t.Parallel()
	s := smallServer(t)
	c := newClient(t, s, 0)
	for body, want := range map[Body]string{
		BodyTrue:          `{"CDCResponse":[{"QueryResponse":[{},{}]}],"time":`,
		BodyEntityMissing: `{"CDCResponse":[{"QueryResponse":[{}]}],"time":`,
		BodyFaultInside:   `{"CDCResponse":[{"QueryResponse":[{}]},{"Fault":{"Error":[{"Message":"An application error has`,
	} {
		s.Fail(Fault{Match: "cdc", Body: body})
		since := url.QueryEscape(s.opts.Now().Add(time.Hour).Format(time.RFC3339))
		resp, got, err := c.send("GET", "cdc?entities=Term,Vendor&changedSince="+since, nil)
		if err != nil || resp.StatusCode != http.StatusOK || !strings.HasPrefix(string(got), want) {
			t.Errorf("%s: %v, %s", body, err, got)
		}
	}
}

func TestDroppedRefreshTakesEffect(t *testing.T) {
	t.Parallel()
	s, _ := oauthServer(t)
	s.RotateOnEveryRefresh(true)
	got := exchange(t, s, consented(t, s, authorizeQuery(s)).Get("code"))
	s.Fail(Fault{Match: "token:refresh_token", Body: BodyDropAfter})
	s.Fail(Fault{Match: "token", Body: BodyDropAfter})
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {got.Refresh}}
	r := httptest.NewRequest(http.MethodPost, "http://sim"+tokenPath, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(s.ClientID(), s.ClientSecret())
	if _, err := s.Transport().RoundTrip(r); err == nil {
		t.Fatal("the answer arrived")
	}
	if again := refresh(t, s, got.Refresh); again.Error != "invalid_grant" {
		t.Errorf("the token that was rotated away answers %+v", again)
	}
}

func TestOverARealConnection(t *testing.T) {
	t.Parallel()
	s := smallServer(t)
	server := httptest.NewServer(s)
	defer server.Close()
	c := newClient(t, s, 0)
	get := func() ([]byte, error) {
		req, err := http.NewRequest("GET", server.URL+"/v3/company/"+c.realm+"/query?query=select+*+from+Customer", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+c.token)
		req.Header.Set("Accept", "application/json")
		resp, err := server.Client().Do(req)
		if err != nil {
			return nil, err
		}
		defer resp.Body.Close()
		return io.ReadAll(resp.Body)
	}
	if body, err := get(); err != nil || !json.Valid(body) {
		t.Errorf("plain: %v", err)
	}
	s.Fail(Fault{Match: "query", Body: BodyCut})
	if _, err := get(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("cut: %v", err)
	}
	s.Fail(Fault{Match: "query", Body: BodyDropAfter, N: 1})
	// The client of net/http may try an idempotent request again on a kept connection.
	if _, err := get(); err == nil && s.Count("query") < 4 {
		t.Error("the connection was not dropped")
	}
}
