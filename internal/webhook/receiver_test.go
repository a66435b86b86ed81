package webhook

import (
	"bytes"
	"encoding/base64"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

const (
	token = "b5e2a3c4-verifier-token"
	// events is as on https://developer.intuit.com/app/developer/qbo/docs/develop/webhooks, with several companies.
	events = `[
		{"specversion":"1.0","id":"88cd52aa-33b6-4351-9aa4-47572edbd068","source":"intuit.dsnBgbseACLLRZNxo2dfc4evmEJdxde5",
		 "type":"qbo.customer.created.v1","datacontenttype":"application/json","time":"2025-09-10T21:31:25.179453296Z",
		 "intuitentityid":"1234","intuitaccountid":"310687","data":{}},
		{"specversion":"1.0","id":"2","source":"intuit.x","type":"qbo.billpayment.voided.v1",
		 "datacontenttype":"application/json","time":"2025-09-10T21:31:26Z","intuitentityid":"7","intuitaccountid":"99"},
		{"specversion":"1.0","id":"3","source":"intuit.x","type":"qbo.customer.merged.v1",
		 "intuitentityid":"8","intuitaccountid":"310687"},
		{"specversion":"1.0","id":"4","source":"intuit.x","type":"other.thing.happened.v1","intuitaccountid":"310687"}]`
	// notifications is as on
	// https://developer.intuit.com/app/developer/qbo/docs/develop/webhooks/managing-webhooks-notifications
	notifications = `{"eventNotifications":[{"realmId":"1185883450","dataChangeEvent":{"entities":[
		{"name":"Customer","id":"1","operation":"Create","lastUpdated":"2015-10-05T14:42:19-0700"},
		{"name":"Vendor","id":"1","operation":"Create","lastUpdated":"2015-10-05T14:42:19-0700"},
		{"name":"Currency","id":"3","operation":"Update","lastUpdated":"2015-10-05T14:42:19-0700"}]}},
		{"realmId":"5","dataChangeEvent":{"entities":[{"name":"Vendor","id":"2","operation":"Delete"}]}}]}`
)

func TestParse(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body string
		want []Change
		bad  bool
	}{
		"CloudEvents": {events, []Change{{"310687", "customer"}, {"99", "billpayment"}}, false},
		"older": {notifications, []Change{
			{"1185883450", "customer"}, {"1185883450", "vendor"}, {"1185883450", "companycurrency"}, {"5", "vendor"},
		}, false},
		"no events":               {" [] ", nil, false},
		"no notifications":        {`{"eventNotifications":[]}`, nil, false},
		"without entities":        {`{"eventNotifications":[{"realmId":"1"}]}`, nil, false},
		"without a company":       {`[{"type":"qbo.invoice.updated.v1"}]`, nil, false},
		"empty":                   {"", nil, true},
		"something else":          {`{"a":1}`, nil, true},
		"text":                    {"hello", nil, true},
		"wrong types":             {`[{"type":5}]`, nil, true},
		"cut off":                 {events[:200], nil, true},
		"null":                    {"null", nil, true},
		"deeply nested":           {strings.Repeat("[", 100_000), nil, true},
		"an event without a list": {`{"specversion":"1.0","type":"qbo.invoice.updated.v1"}`, nil, true},
	} {
		got, err := Parse([]byte(test.body))
		if !slices.Equal(got, test.want) || (err != nil) != test.bad {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

func signature(body string) string {
	return base64.StdEncoding.EncodeToString(sign(token, []byte(body)))
}

// TestSignature compares with what openssl makes of the body:
// printf '{"eventNotifications":[]}' | openssl dgst -sha256 -hmac b5e2a3c4-verifier-token -binary | base64
func TestSignature(t *testing.T) {
	t.Parallel()
	const body, known = `{"eventNotifications":[]}`, "c+0qYPCaTp1U2I8jqP3PUQEQ/Axo7Fb8plhYncJ/MMo="
	if !Verify(token, []byte(body), known) {
		t.Errorf("it is %s", signature(body))
	}
	for name, wrong := range map[string]string{
		"none": "", "not base64": "!", "another": signature(body + " "), "cut": known[:20],
		"hex": strings.Repeat("ab", 32),
	} {
		if Verify(token, []byte(body), wrong) {
			t.Errorf("%s: accepted", name)
		}
	}
	if Verify("", []byte(body), base64.StdEncoding.EncodeToString(sign("", []byte(body)))) {
		t.Error("without a token, anybody can sign")
	}
}

func TestReceiver(t *testing.T) {
	t.Parallel()
	huge := `{"eventNotifications":[],"x":"` + strings.Repeat("x", maxBody) + `"}`
	for name, test := range map[string]struct {
		token, method, body, signature string
		status, hints                  int
	}{
		"CloudEvents":          {token, "POST", events, signature(events), 200, 2},
		"older":                {token, "POST", notifications, signature(notifications), 200, 4},
		"wrong signature":      {token, "POST", events, signature(notifications), 401, 0},
		"no signature":         {token, "POST", events, "", 401, 0},
		"another token's":      {"another token", "POST", events, signature(events), 401, 0},
		"changed on the way":   {token, "POST", strings.Replace(events, "99", "98", 1), signature(events), 401, 0},
		"huge":                 {token, "POST", huge, signature(huge), 413, 0},
		"huge and not signed":  {token, "POST", huge, "", 413, 0},
		"GET":                  {token, "GET", events, signature(events), 405, 0},
		"PUT":                  {token, "PUT", events, signature(events), 405, 0},
		"not set up":           {"", "POST", events, signature(events), 404, 0},
		"signed, but nonsense": {token, "POST", "hello", signature("hello"), 400, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hints := 0
			var log bytes.Buffer
			r := NewReceiver(test.token, func(c []Change) { hints += len(c) }, slog.New(slog.NewTextHandler(&log, nil)))
			post := func(body string) int {
				req := httptest.NewRequestWithContext(t.Context(), test.method, "/x", strings.NewReader(body))
				req.Header.Set("intuit-signature", test.signature)
				rec := httptest.NewRecorder()
				r.ServeHTTP(rec, req)
				return rec.Code
			}
			if got := post(test.body); got != test.status || hints != test.hints {
				t.Errorf("status %d, %d hints", got, hints)
			}
			if got := post(test.body); got != test.status || hints != test.hints {
				t.Errorf("repeated: status %d, %d hints in all", got, hints)
			}
			if strings.Contains(log.String(), token) || strings.Contains(log.String(), "310687") {
				t.Errorf("the log tells too much: %s", log.String())
			}
		})
	}
}

// TestReplaysAreForgottenInTheEnd keeps the memory of bodies bounded.
func TestReplaysAreForgottenInTheEnd(t *testing.T) {
	t.Parallel()
	hints := 0
	r := NewReceiver(token, func([]Change) { hints++ }, slog.New(slog.DiscardHandler))
	for n := range 3 * remembered {
		body := `{"eventNotifications":[],"n":` + strings.Repeat("1", n%7+1) + strings.Repeat("0", n/7) + `}`
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
		req.Header.Set(SignatureHeader, signature(body))
		r.ServeHTTP(httptest.NewRecorder(), req)
	}
	if hints != 3*remembered || len(r.known) != remembered || len(r.order) != remembered {
		t.Errorf("%d hints, %d bodies known", hints, len(r.known))
	}
}

// FuzzParse finds no body that makes Parse panic, or that yields a change without a company or an object.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		events, notifications, "[]", "[null]", `{"eventNotifications":[null]}`, `[{"type":"qbo..x.v1"}]`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		changes, err := Parse([]byte(body))
		for _, c := range changes {
			if err != nil || c.Realm == "" || c.Object == "" || c.Object != strings.ToLower(c.Object) {
				t.Errorf("%+v, %v", c, err)
			}
		}
	})
}
