package intuitsim

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// mailbox takes notifications as a receiver would.
type mailbox struct {
	bodies, signatures []string
	status             int
}

func (m *mailbox) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	m.bodies = append(m.bodies, string(body))
	m.signatures = append(m.signatures, r.Header.Get("intuit-signature"))
	return &http.Response{StatusCode: m.status, Status: http.StatusText(m.status), Body: http.NoBody}, nil
}

func webhookServer(t *testing.T, legacy bool) (*Server, *mailbox) {
	t.Helper()
	now := time.Date(2026, 3, 29, 12, 0, 0, 0, time.UTC)
	s := New(Options{
		Companies: 3, Customers: 5, Vendors: 5, Items: 5, Invoices: 5, Bills: 5, Now: func() time.Time { return now },
	})
	box := &mailbox{status: http.StatusOK}
	s.SetWebhook(Webhook{URL: "http://here.test/hook", Token: "secret", Legacy: legacy, Transport: box})
	for _, c := range s.Companies()[:2] { // nothing is told of the third
		s.Authorize(c.Realm)
	}
	return s, box
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// TestNotifications checks the fields that Intuit's pages show, in both formats.
func TestNotifications(t *testing.T) {
	t.Parallel()
	for _, legacy := range []bool{false, true} {
		s, box := webhookServer(t, legacy)
		realms := s.Companies()
		first, second := s.Company(realms[0].Realm), s.Company(realms[1].Realm)
		if body, err := s.Notify(t.Context()); err != nil || body != nil {
			t.Fatalf("told of what the books began with: %s, %v", body, err)
		}
		id := must[string](t)(first.AddInvoice(Sale{}))
		vendor := must[string](t)(second.AddParty("Vendor", "New"))
		must[string](t)(s.Company(realms[2].Realm).AddInvoice(Sale{}))
		bill := second.IDs("Bill")[0]
		if err := second.Void("Bill", bill); err == nil { // QuickBooks cannot, but the simulator does
			_ = second.Delete("Bill", bill)
		}
		must[[]byte](t)(s.Notify(t.Context()))
		if len(box.bodies) != 1 {
			t.Fatalf("%d calls for two companies", len(box.bodies))
		}
		body := box.bodies[0]
		mac := hmac.New(sha256.New, []byte("secret"))
		mac.Write([]byte(body))
		if box.signatures[0] != base64.StdEncoding.EncodeToString(mac.Sum(nil)) {
			t.Errorf("signed with %s", box.signatures[0])
		}
		wants := []string{
			`"type":"qbo.invoice.created.v1","datacontenttype":"application/json","time":"2026-03-29T12:00:00Z",` +
				`"intuitentityid":"` + id + `","intuitaccountid":"` + realms[0].Realm + `","data":{}`,
			`"specversion":"1.0","id":"`, `"type":"qbo.vendor.created.v1"`, `"type":"qbo.bill.voided.v1"`,
			`"type":"qbo.bill.deleted.v1"`, `"type":"qbo.customer.updated.v1"`,
		}
		if legacy {
			wants = []string{
				`{"eventNotifications":[{"realmId":"` + realms[0].Realm + `","dataChangeEvent":{"entities":[`,
				`{"name":"Invoice","id":"` + id + `","operation":"Create","lastUpdated":"2026-03-29T12:00:00+0000"}`,
				`{"name":"Vendor","id":"` + vendor + `","operation":"Create"`,
				`"operation":"Void"`, `"operation":"Delete"`,
			}
		}
		for _, want := range wants {
			if !strings.Contains(body, want) {
				t.Errorf("%s is not in %s", want, body)
			}
		}
		if !json.Valid([]byte(body)) || strings.Contains(body, realms[2].Realm) {
			t.Errorf("body %s", body)
		}
		if again, err := s.Notify(t.Context()); err != nil || again != nil {
			t.Errorf("told twice: %s, %v", again, err)
		}
	}
}

// TestNotificationsAreRepeated keeps what the receiver did not take.
func TestNotificationsAreRepeated(t *testing.T) {
	t.Parallel()
	s, box := webhookServer(t, false)
	c := s.Company(s.Companies()[0].Realm)
	id := must[string](t)(c.AddInvoice(Sale{}))
	box.status = http.StatusServiceUnavailable
	if _, err := s.Notify(t.Context()); err == nil {
		t.Error("a refusal was taken for an acceptance")
	}
	box.status = http.StatusOK
	if body := string(must[[]byte](t)(s.Notify(context.Background()))); !strings.Contains(body, `"`+id+`"`) {
		t.Errorf("sent again: %s", body)
	}
	s.SetWebhook(Webhook{})
	must[string](t)(c.AddInvoice(Sale{}))
	if body := must[[]byte](t)(s.Notify(t.Context())); body != nil {
		t.Errorf("sent to nowhere: %s", body)
	}
}

// TestWebhookKnob sets the webhook from outside and changes something there.
func TestWebhookKnob(t *testing.T) {
	t.Parallel()
	got := make(chan string, 1)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- string(body)
	}))
	defer receiver.Close()
	s, _ := webhookServer(t, false)
	post := func(path, body string) {
		t.Helper()
		rec := httptest.NewRecorder()
		s.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/sandbox/"+path,
			strings.NewReader(body)))
		if rec.Code != http.StatusOK {
			t.Fatalf("%s: status %d, %s", path, rec.Code, rec.Body)
		}
	}
	realm := s.Companies()[0].Realm
	post("webhook", `{"url":"`+receiver.URL+`","token":"secret","legacy":true}`)
	post("companies/"+realm+"/add", `{"entity":"Customer","name":"Somebody new"}`)
	if body := <-got; !strings.Contains(body, `"name":"Customer"`) || !strings.Contains(body, realm) {
		t.Errorf("told: %s", body)
	}
}
