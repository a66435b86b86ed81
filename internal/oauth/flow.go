package oauth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// flowLife is how long a person may take on the provider's consent page.
const flowLife = 10 * time.Minute

// ErrDeclined is wrapped by the problem for a consent that the person declined.
var ErrDeclined = errors.New("consent declined")

// ErrOtherCompany is wrapped by the problem for a reconnect that came back for another company than intended.
var ErrOtherCompany = errors.New("consent for another company")

// Flows handles consents from the redirect to the provider until its answer.
type Flows struct {
	Store   export.FlowStore
	BaseURL string           // public root of this installation, without a trailing slash
	Now     func() time.Time // nil means time.Now
}

// RedirectURI returns the address at which the provider's answer arrives. It must be registered in the provider's app.
func (f *Flows) RedirectURI(p *Provider) string {
	return strings.TrimRight(f.BaseURL, "/") + "/oauth/" + p.Name + "/callback"
}

// Begin stores a new flow and returns the address of the consent page. The flow must name its user and session; Begin
// sets its provider, verifier and expiry. extra has further parameters, such as login_hint.
func (f *Flows) Begin(ctx context.Context, p *Provider, flow export.Flow, extra map[string]string) (string, error) {
	if flow.User == "" || flow.Session == "" {
		return "", errors.New("beginning consent: the flow names no user or no session")
	}
	flow.Provider, flow.Verifier, flow.ExpiresAt = p.Name, "", f.now().Add(flowLife)
	if p.PKCE {
		flow.Verifier = oauth2.GenerateVerifier()
	}
	state := newState()
	// The address is made first, so that nothing is stored if the provider is not set up.
	address, err := p.AuthURL(ctx, f.RedirectURI(p), state, flow.Verifier, flow.Scopes, extra)
	if err != nil {
		return "", err
	}
	if err := f.Store.PutFlow(ctx, hashState(state), flow); err != nil {
		return "", fmt.Errorf("storing consent under way: %w", err)
	}
	return address, nil
}

// Finish checks the provider's answer and exchanges its code. sessionHash is the hash of the browser session that
// brought the answer. Only the session that began the flow uses it up, whatever the outcome; then it is returned even
// with an error, so that the person can be led back. Without an error the flow's Realm is the one that the provider
// named, if it names any. Errors other than the store's are problems.
func (f *Flows) Finish(
	ctx context.Context, p *Provider, answer url.Values, sessionHash string,
) (export.Flow, export.Grant, error) {
	flow, err := f.take(ctx, p, answer.Get("state"), sessionHash)
	if err != nil {
		return export.Flow{}, export.Grant{}, err
	}
	if err := checkRefusal(p, answer); err != nil {
		return flow, export.Grant{}, err
	}
	// Checked before the exchange, so that the other company's existing connection is not affected.
	if p.RealmParam != "" {
		realm := export.RealmID(answer.Get(p.RealmParam))
		if err := p.checkRealm(realm, flow.Realm); err != nil {
			return flow, export.Grant{}, err
		}
		flow.Realm = realm
	}
	code := answer.Get("code")
	if code == "" {
		return flow, export.Grant{}, problem.New(problem.BadRequest,
			"%s sent the browser back without a code.", p.title()).
			WithHint("Nothing was changed. Begin the connection again.")
	}
	grant, err := p.Exchange(ctx, f.RedirectURI(p), code, flow.Verifier)
	if err != nil {
		return flow, export.Grant{}, err
	}
	if len(grant.Scopes) == 0 {
		grant.Scopes = flow.Scopes // no scope in the answer means that all were granted (RFC 6749, section 5.1)
	}
	return flow, grant, nil
}

// checkRealm compares the realm of an answer with the one that was wanted, which is empty for any.
func (p *Provider) checkRealm(realm, wanted export.RealmID) error {
	switch {
	case wanted != "" && realm != wanted:
		return problem.Wrap(ErrOtherCompany, problem.Conflict,
			"The permission was given for company %s, but company %s was to be reconnected.",
			nameRealm(string(realm)), wanted).
			WithHint("Nothing was changed. Press Reconnect again and choose the right company on the %s page; "+
				"to add another company, use Connect.", p.title())
	case !realm.Valid():
		return problem.New(problem.BadRequest, "%s' answer names no company.", p.title()).
			WithHint("Nothing was changed. Begin the connection again.")
	}
	return nil
}

// take uses up a state and returns its flow if it belongs to this provider and session.
func (f *Flows) take(ctx context.Context, p *Provider, state, sessionHash string) (export.Flow, error) {
	unknown := problem.New(problem.Conflict,
		"This answer from %s belongs to no connection under way: it was used already, or it took longer than %d "+
			"minutes.", p.title(), int(flowLife.Minutes())).
		WithHint("Nothing was changed. Look whether the connection is there; if not, begin it again.")
	if state == "" {
		return export.Flow{}, unknown
	}
	now := f.now()
	flow, err := f.Store.TakeFlow(ctx, hashState(state), now)
	switch {
	case errors.Is(err, export.ErrNotFound):
		return export.Flow{}, unknown
	case err != nil:
		return export.Flow{}, fmt.Errorf("looking up consent under way: %w", err)
	case flow.Provider != p.Name, !now.Before(flow.ExpiresAt):
		return export.Flow{}, unknown
	case subtle.ConstantTimeCompare([]byte(flow.Session), []byte(sessionHash)) != 1:
		// It goes back, because whose it is may still come with it.
		if err := f.Store.PutFlow(ctx, hashState(state), flow); err != nil {
			return export.Flow{}, fmt.Errorf("keeping consent under way: %w", err)
		}
		// Otherwise somebody could make another person's browser finish a consent for the wrong account.
		return export.Flow{}, problem.New(problem.Forbidden, "This connection was begun in another browser session.").
			WithHint("Nothing was changed. Finish it in the browser in which it was begun, or begin it again here.")
	}
	return flow, nil
}

// checkRefusal returns the problem for an answer that has an error instead of a code, or nil.
func checkRefusal(p *Provider, answer url.Values) error {
	code := answer.Get("error")
	if code == "" {
		return nil
	}
	if !isWord(code) {
		code = "unknown error"
	}
	if code == "access_denied" {
		return problem.Wrap(ErrDeclined, problem.Cancelled,
			"The permission was declined on the %s page. Nothing was changed.", p.title()).
			WithHint("Begin the connection again when you want to give the permission.")
	}
	secrets := []string{answer.Get("code"), answer.Get("state")}
	failed := p.explain(0, fault{code: code, description: scrub(answer.Get("error_description"), secrets)})
	if failed.Code == p.Reconnect {
		// No grant can have ended, because there was none yet.
		failed = problem.New(p.Rejected, "%s did not give the permission%s.", p.title(), quoteReason(fault{code: code}))
	}
	return failed
}

func nameRealm(realm string) string {
	if isWord(realm) {
		return realm
	}
	return "without an id"
}

// newState returns 32 random bytes in base64. crypto/rand never fails.
func newState() string {
	var b [32]byte
	_, _ = rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// hashState returns the key under which a state's flow is stored. With the hash, nobody who has a copy of the store can
// finish a consent.
func hashState(state string) string {
	sum := sha256.Sum256([]byte(state))
	return hex.EncodeToString(sum[:])
}

func (f *Flows) now() time.Time {
	if f.Now != nil {
		return f.Now()
	}
	return time.Now()
}
