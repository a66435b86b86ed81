package intuitsim

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Webhook says where notifications of changes go. The zero value sends none.
type Webhook struct {
	URL   string `json:"url"`
	Token string `json:"token"` // the verifier token
	// Legacy sends the format from before 2026 instead of CloudEvents.
	Legacy bool `json:"legacy"`
	// Transport sends them; nil means the real network.
	Transport http.RoundTripper `json:"-"`
}

// note is one change that is not told yet.
type note struct {
	realm, entity, id, operation string
	at                           time.Time
}

// mostNotes limits the changes that wait; the oldest are lost.
const mostNotes = 1000

// told are the objects that webhooks know, besides Currency.
// https://developer.intuit.com/app/developer/qbo/docs/develop/webhooks/configure-webhooks
var told = []string{
	"Account", "Bill", "BillPayment", "Budget", "Class", "CreditMemo", "Customer", "Department", "Deposit", "Employee",
	"Estimate", "Invoice", "Item", "JournalCode", "JournalEntry", "Payment", "PaymentMethod", "Preferences", "Purchase",
	"PurchaseOrder", "RefundReceipt", "SalesReceipt", "TaxAgency", "Term", "TimeActivity", "Transfer", "Vendor",
	"VendorCredit",
}

// notice remembers that a record was created or has changed. The caller holds c.mu.
func (c *Company) notice(r *record, created bool) {
	if c.generating {
		return
	}
	n := note{realm: c.info.Realm, entity: r.entity.name, id: r.id, operation: "Update", at: r.updated}
	if n.entity == "CompanyCurrency" {
		n.entity = "Currency"
	} else if !slices.Contains(told, n.entity) {
		return
	}
	t, _ := r.source.(*txn)
	switch {
	case created:
		n.operation = "Create"
	case r.deleted:
		n.operation = "Delete"
	case t != nil && t.voided:
		n.operation = "Void"
	}
	c.notes = append(c.notes, n)
	if len(c.notes) > mostNotes {
		c.notes = c.notes[1:]
	}
}

// SetWebhook says where notifications go from now on.
func (s *Server) SetWebhook(w Webhook) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.webhook = w
}

// Notify sends what has changed since the last time, of all companies that the app may read, in one call. It returns
// the body that was sent, nil if there was nothing to tell. What is not accepted is sent again the next time.
func (s *Server) Notify(ctx context.Context) ([]byte, error) {
	s.mu.Lock()
	hook := s.webhook
	granted := map[string]bool{}
	for _, g := range s.auth.grants {
		granted[g.realm] = granted[g.realm] || !g.revoked
	}
	s.mu.Unlock()
	if hook.URL == "" {
		return nil, nil
	}
	var notes []note
	for _, c := range s.companies {
		c.mu.Lock()
		if granted[c.info.Realm] {
			notes = append(notes, c.notes...)
		}
		c.notes = nil
		c.mu.Unlock()
	}
	if len(notes) == 0 {
		return nil, nil
	}
	body := hook.body(notes)
	if err := hook.send(ctx, body); err != nil {
		for _, c := range s.companies {
			c.mu.Lock()
			again := slices.DeleteFunc(slices.Clone(notes), func(n note) bool { return n.realm != c.info.Realm })
			c.notes = append(again, c.notes...)
			c.mu.Unlock()
		}
		return nil, err
	}
	return body, nil
}

// body writes the notes in the webhook's format.
func (w Webhook) body(notes []note) []byte {
	if w.Legacy {
		return appendValue(nil, legacyBody(notes))
	}
	var events []object
	for _, n := range notes {
		// created, updated, deleted, merged, voided, emailed
		operation := strings.ToLower(strings.TrimSuffix(n.operation, "e")) + "ed"
		events = append(events, object{
			{"specversion", "1.0"}, {"id", strings.ToLower(rand.Text())}, {"source", "intuit." + rand.Text()},
			{"type", "qbo." + strings.ToLower(n.entity) + "." + operation + ".v1"},
			{"datacontenttype", "application/json"}, {"time", n.at.UTC().Format(time.RFC3339Nano)},
			{"intuitentityid", n.id}, {"intuitaccountid", n.realm}, {"data", object{}},
		})
	}
	return appendValue(nil, events)
}

// legacyBody groups the notes by company.
func legacyBody(notes []note) object {
	var groups []object
	for i := 0; i < len(notes); {
		realm := notes[i].realm
		var entities []object
		for ; i < len(notes) && notes[i].realm == realm; i++ {
			n := notes[i]
			entities = append(entities, object{
				{"name", n.entity}, {"id", n.id}, {"operation", n.operation},
				{"lastUpdated", n.at.UTC().Format("2006-01-02T15:04:05-0700")},
			})
		}
		groups = append(groups, object{{"realmId", realm}, {"dataChangeEvent", object{{"entities", entities}}}})
	}
	return object{{"eventNotifications", groups}}
}

// patience is how long Intuit waits for the answer to a notification.
const patience = 3 * time.Second

func (w Webhook) send(ctx context.Context, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("making a notification: %w", err)
	}
	mac := hmac.New(sha256.New, []byte(w.Token))
	mac.Write(body)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("intuit-signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	res, err := (&http.Client{Transport: w.Transport}).Do(r)
	if err != nil {
		return fmt.Errorf("sending a notification: %w", err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("sending a notification: it was answered with %s", res.Status)
	}
	return nil
}
