package control

import (
	"context"
	"time"
)

const consentsSetting = "consents"

// consentRecord remembers the last consents of one provider. A provider that does not know the redirect URI shows an
// error page of its own and never sends the browser back, so that a consent which was begun and did not come back is
// all that can be seen of it from here.
type consentRecord struct {
	Redirect string    `json:"redirect"` // the URI to which this applies
	BegunAt  time.Time `json:"begun_at,omitzero"`
	BackAt   time.Time `json:"back_at,omitzero"`
}

// noteConsent changes the record of a provider, by the prefix of its actions. If it cannot be stored, that is logged.
func (d *Desk) noteConsent(ctx context.Context, provider string, change func(*consentRecord)) {
	redirect := d.redirectURI(provider)
	_, err := changeSetting(ctx, d.core, consentsSetting, func(all *map[string]consentRecord) error {
		if *all == nil {
			*all = map[string]consentRecord{}
		}
		r := (*all)[provider]
		if r.Redirect != redirect {
			r = consentRecord{Redirect: redirect}
		}
		change(&r)
		(*all)[provider] = r
		return nil
	})
	if err != nil {
		d.o.Logger.WarnContext(ctx, "consent was not noted", "provider", provider, "error", err.Error())
	}
}

// redirectURI returns where a provider sends its answer.
func (c *core) redirectURI(provider string) string {
	path := "/oauth/quickbooks/callback"
	if provider == c.accounts.action {
		path = "/oauth/google/callback"
	}
	return c.o.BaseURL + path
}

// consentRecord returns the record of a provider for its present redirect URI.
func (c *core) consentRecord(ctx context.Context, provider string) (consentRecord, error) {
	all, err := readSetting[map[string]consentRecord](ctx, c, consentsSetting)
	r := all[provider]
	if r.Redirect != c.redirectURI(provider) {
		return consentRecord{}, err
	}
	return r, err
}

const (
	// lostAfter is how long a consent takes at most before it looks as if it did not come back.
	lostAfter = 2 * time.Minute
	// lostFor is how long people are told of it.
	lostFor = 24 * time.Hour
)

// isLost reports whether a consent was begun lately and has not come back.
func (r consentRecord) isLost(now time.Time) bool {
	since := now.Sub(r.BegunAt)
	return r.BackAt.Before(r.BegunAt) && since > lostAfter && since < lostFor
}

// LostConsents tells since when a consent of each provider has not come back; zero if that is not so.
func (d *Desk) LostConsents(ctx context.Context) (quickBooks, google time.Time, err error) {
	if !d.MayConnect() {
		return quickBooks, google, nil
	}
	for provider, to := range map[string]*time.Time{d.companies.action: &quickBooks, d.accounts.action: &google} {
		r, err := d.consentRecord(ctx, provider)
		if err != nil {
			return quickBooks, google, err
		}
		if r.isLost(d.o.Now()) {
			*to = r.BegunAt
		}
	}
	return quickBooks, google, nil
}
