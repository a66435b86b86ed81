// Package webhook receives Intuit's notifications that something in a company's books has changed, and queues runs of
// the exporters that want to follow changes. A notification is a hint and nothing else: what is read, and whether it is
// complete, does not depend on it, so a lost one costs freshness and a repeated one at most a run.
package webhook

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"ledgersheet/internal/export"
)

// SignatureHeader has the base64 of the body's HMAC-SHA256 under the verifier token.
// https://developer.intuit.com/app/developer/qbo/docs/develop/webhooks/managing-webhooks-notifications
const SignatureHeader = "Intuit-Signature"

// Verify reports whether the signature is that of the body as it came. It takes as long for a wrong one as for the
// right one.
func Verify(token string, body []byte, signature string) bool {
	given, err := base64.StdEncoding.DecodeString(signature)
	if err != nil || token == "" {
		return false
	}
	return hmac.Equal(given, sign(token, body))
}

func sign(token string, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(token))
	mac.Write(body)
	return mac.Sum(nil)
}

// Change is one record that has changed.
type Change struct {
	Realm  export.RealmID
	Object string // as in QuickBooks' query language, but in lower case, such as "invoice"
}

// event is one notification in the CloudEvents format, which comes as a list of them.
// https://blogs.intuit.com/2025/11/12/upcoming-change-to-webhooks-payload-structure/
type event struct {
	Type    string `json:"type"` // qbo.invoice.updated.v1
	Account string `json:"intuitaccountid"`
}

// legacy is the older format.
// https://developer.intuit.com/app/developer/qbo/docs/develop/webhooks/managing-webhooks-notifications
type legacy struct {
	Notifications []struct {
		Realm  string `json:"realmId"`
		Change struct {
			Entities []struct {
				Name string `json:"name"`
			} `json:"entities"`
		} `json:"dataChangeEvent"`
	} `json:"eventNotifications"`
}

// Parse returns the changes that a body in either format tells of, each company and object once. Events of other kinds
// are left out: Intuit may add some.
func Parse(body []byte) ([]Change, error) {
	var changes []Change
	seen := map[Change]bool{}
	add := func(realm, object string) {
		c := Change{export.RealmID(realm), objectOf(object)}
		if realm != "" && object != "" && !seen[c] {
			seen[c] = true
			changes = append(changes, c)
		}
	}
	body = bytes.TrimSpace(body)
	if bytes.HasPrefix(body, []byte("[")) {
		var events []event
		if err := json.Unmarshal(body, &events); err != nil {
			return nil, fmt.Errorf("reading events: %w", err)
		}
		for _, e := range events {
			if parts := strings.Split(e.Type, "."); len(parts) == 4 && parts[0] == "qbo" {
				add(e.Account, parts[1])
			}
		}
		return changes, nil
	}
	var l legacy
	if err := json.Unmarshal(body, &l); err != nil {
		return nil, fmt.Errorf("reading notifications: %w", err)
	}
	if l.Notifications == nil {
		return nil, errors.New("reading notifications: there is neither a list of events nor eventNotifications")
	}
	for _, n := range l.Notifications {
		for _, e := range n.Change.Entities {
			add(n.Realm, e.Name)
		}
	}
	return changes, nil
}

// objectOf returns the object's name in lower case. Webhooks have one name of their own.
func objectOf(name string) string {
	name = strings.ToLower(name)
	if name == "currency" {
		return "companycurrency"
	}
	return name
}
