package oauth

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// Endpoints are a provider's addresses. Revoke and UserInfo may be empty if they are not used.
type Endpoints struct {
	Auth     string
	Token    string
	Revoke   string
	UserInfo string
}

// Provider describes an authorization server and makes its calls. Its methods are safe for concurrent use, as long as
// no field is changed once it is in use.
//
// Intuit: https://developer.intuit.com/app/developer/qbo/docs/develop/authentication-and-authorization/oauth-2.0
// Google: https://developers.google.com/identity/protocols/oauth2/web-server
type Provider struct {
	Name  string // as in export.Flow: "quickbooks" or "google"; also part of the callback's path
	Title string // shown to people, such as "QuickBooks"; empty means Name

	ClientID, ClientSecret string
	// Endpoints returns the addresses. It is called before each request and is expected to cache them.
	Endpoints func(ctx context.Context) (Endpoints, error)
	// AuthStyle says where the token endpoint looks for the client's credentials. The zero value is the header.
	AuthStyle oauth2.AuthStyle
	PKCE      bool
	// RealmParam is the parameter of the provider's answer that names the company the permission is for. It is empty if
	// permissions are not for a company.
	RealmParam string
	// AuthParams are added to every authorization request, such as access_type=offline.
	AuthParams map[string]string
	// RevokeJSON sends revocations as JSON with the client's credentials (Intuit) rather than as a form without them
	// (Google).
	RevokeJSON bool
	// Headers are added to every request to the token endpoint.
	Headers map[string]string
	// RefreshTokenLife is the life of a new refresh token if the answer does not state it. Zero means unknown.
	RefreshTokenLife time.Duration

	// Credentials says where the client id and secret come from, for people whose provider refuses them. Empty takes
	// the standing hint of the code.
	Credentials string

	// Reconnect is the problem code for a grant that has ended; Unavailable and RateLimited are for passing failures.
	// Rejected is for refusals that neither another try nor a new consent can fix.
	Reconnect, Unavailable, RateLimited, Rejected problem.Code

	HTTP *http.Client     // nil means http.DefaultClient; redirects are never followed
	Now  func() time.Time // nil means time.Now
}

// AuthURL returns the address of the consent page. verifier is the PKCE verifier, used if the provider has PKCE. extra
// overrides AuthParams. A provider without a client id is an app_credentials problem.
func (p *Provider) AuthURL(
	ctx context.Context, redirectURI, state, verifier string, scopes []string, extra map[string]string,
) (string, error) {
	ends, err := p.lookUpEndpoints(ctx)
	if err != nil {
		return "", err
	}
	config := oauth2.Config{
		ClientID: p.ClientID, RedirectURL: redirectURI, Scopes: scopes,
		Endpoint: oauth2.Endpoint{AuthURL: ends.Auth},
	}
	var params []oauth2.AuthCodeOption
	if p.PKCE && verifier != "" {
		params = append(params, oauth2.S256ChallengeOption(verifier))
	}
	for _, set := range []map[string]string{p.AuthParams, extra} {
		for key, value := range set {
			params = append(params, oauth2.SetAuthURLParam(key, value))
		}
	}
	return config.AuthCodeURL(state, params...), nil
}

// Exchange exchanges a consent's code for a grant. The redirect URI must be the one in the authorization request. A
// code that the provider refuses is a conflict problem: the consent must be begun again.
func (p *Provider) Exchange(ctx context.Context, redirectURI, code, verifier string) (export.Grant, error) {
	ends, err := p.lookUpEndpoints(ctx)
	if err != nil {
		return export.Grant{}, err
	}
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {redirectURI}}
	if p.PKCE && verifier != "" {
		form.Set("code_verifier", verifier)
	}
	answer, err := p.requestToken(ctx, ends.Token, form)
	if err != nil {
		if problem.HasCode(err, p.Reconnect) {
			return export.Grant{}, problem.Wrap(err, problem.Conflict,
				"%s no longer accepts this consent: its code was used already or came too late.", p.title()).
				WithHint("Nothing was changed. Begin the connection again and answer within a few minutes.")
		}
		return export.Grant{}, err
	}
	return p.mergeGrant(export.Grant{}, answer), nil
}

// Refresh gets a new access token and, if the provider rotates them, a new refresh token. The returned grant must be
// stored before it is used. Whatever the answer leaves out is taken from the old grant. A grant that has ended is a
// problem with the code Reconnect.
func (p *Provider) Refresh(ctx context.Context, old export.Grant) (export.Grant, error) {
	if old.RefreshToken == "" {
		return export.Grant{}, problem.New(p.Reconnect,
			"There is no lasting permission from %s for this connection.", p.title())
	}
	ends, err := p.lookUpEndpoints(ctx)
	if err != nil {
		return export.Grant{}, err
	}
	answer, err := p.requestToken(ctx, ends.Token,
		url.Values{"grant_type": {"refresh_token"}, "refresh_token": {old.RefreshToken}})
	if err != nil {
		return export.Grant{}, err
	}
	return p.mergeGrant(old, answer), nil
}

// Revoke ends a grant at the provider. It is not an error if the grant is empty or the provider no longer knows it.
func (p *Provider) Revoke(ctx context.Context, g export.Grant) error {
	token := g.RefreshToken
	if token == "" {
		token = g.AccessToken
	}
	if token == "" {
		return nil
	}
	ends, err := p.lookUpEndpoints(ctx)
	if err != nil {
		return err
	}
	if ends.Revoke == "" {
		return problem.New(p.Rejected, "%s' revocation address is not known.", p.title()).
			WithHint("Remove the app's access in your account at %s.", p.title())
	}
	request, err := p.newRevocation(ctx, ends.Revoke, token)
	if err != nil {
		return err
	}
	reply, err := p.do(request, p.ClientSecret, token)
	if err != nil {
		return err
	}
	if reply.ok() {
		return nil
	}
	// For a token that is no longer valid, Intuit answers 400 and Google 400 invalid_token.
	switch failed := p.classify(reply); {
	case reply.status == http.StatusBadRequest && !problem.HasCode(failed, problem.AppCredentials):
		return nil
	default:
		return failed
	}
}

func (p *Provider) newRevocation(ctx context.Context, address, token string) (*http.Request, error) {
	body, kind := []byte(url.Values{"token": {token}}.Encode()), "application/x-www-form-urlencoded"
	if p.RevokeJSON {
		encoded, err := json.Marshal(map[string]string{"token": token})
		if err != nil {
			return nil, fmt.Errorf("encoding revocation: %w", err)
		}
		body, kind = encoded, "application/json"
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, p.badAddress("revocation", err)
	}
	request.Header.Set("Content-Type", kind)
	request.Header.Set("Accept", "application/json")
	if p.RevokeJSON {
		request.SetBasicAuth(url.QueryEscape(p.ClientID), url.QueryEscape(p.ClientSecret))
	}
	return request, nil
}

// requestToken asks the token endpoint with a form and the client's credentials.
func (p *Provider) requestToken(ctx context.Context, address string, form url.Values) (tokenAnswer, error) {
	secrets := []string{p.ClientSecret, form.Get("code"), form.Get("code_verifier"), form.Get("refresh_token")}
	inForm := p.AuthStyle == oauth2.AuthStyleInParams
	if inForm {
		form.Set("client_id", p.ClientID)
		form.Set("client_secret", p.ClientSecret)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return tokenAnswer{}, p.badAddress("token", err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Accept", "application/json")
	for key, value := range p.Headers {
		request.Header.Set(key, value)
	}
	if !inForm {
		request.SetBasicAuth(url.QueryEscape(p.ClientID), url.QueryEscape(p.ClientSecret))
	}
	answer, _, err := p.askToken(request, secrets...)
	return answer, err
}

// askToken sends a request for a token and returns a well-formed answer or a problem. The raw reply is returned too,
// even with an error.
func (p *Provider) askToken(request *http.Request, secrets ...string) (tokenAnswer, reply, error) {
	// Round drops the monotonic reading, which stands still while a machine sleeps and would keep a dead token alive.
	asked := p.now().UTC().Round(0)
	came, err := p.do(request, secrets...)
	if err != nil {
		return tokenAnswer{}, came, err
	}
	answer, wellFormed := readToken(came.body, asked)
	switch {
	case !came.ok(), came.readFault().code != "": // some servers answer an error with status 200
		return tokenAnswer{}, came, p.classify(came)
	case !wellFormed:
		return tokenAnswer{}, came, problem.New(p.Unavailable,
			"%s answered the request for a token with something else.", p.title()).WithRequestID(came.requestID)
	}
	return answer, came, nil
}

// mergeGrant returns the grant in an answer. What the answer leaves out comes from the old grant.
func (p *Provider) mergeGrant(old export.Grant, a tokenAnswer) export.Grant {
	g := export.Grant{
		AccessToken: a.access, Expiry: a.expiry,
		RefreshToken: a.refresh, RefreshExpiry: a.refreshExpiry, HardExpiry: a.hardExpiry, Scopes: a.scopes,
	}
	if g.RefreshToken == "" {
		g.RefreshToken = old.RefreshToken
	}
	if g.RefreshExpiry.IsZero() {
		switch {
		case g.RefreshToken == old.RefreshToken:
			g.RefreshExpiry = old.RefreshExpiry
		case p.RefreshTokenLife > 0:
			g.RefreshExpiry = a.asked.Add(p.RefreshTokenLife)
		}
	}
	if g.HardExpiry.IsZero() {
		g.HardExpiry = old.HardExpiry
	}
	if len(g.Scopes) == 0 {
		g.Scopes = old.Scopes
	}
	return g
}

// lookUpEndpoints returns the addresses, or a problem if the app's credentials are not set.
func (p *Provider) lookUpEndpoints(ctx context.Context) (Endpoints, error) {
	if p.ClientID == "" || p.ClientSecret == "" {
		return Endpoints{}, problem.New(problem.AppCredentials,
			"The client id and secret of the %s app are not set.", p.title()).
			WithHint("Enter both in the settings; they come from the app's page at the provider.")
	}
	ends, err := p.Endpoints(ctx)
	if err != nil {
		return Endpoints{}, fmt.Errorf("looking up %s' addresses: %w", p.title(), err)
	}
	return ends, nil
}

func (p *Provider) badAddress(what string, cause error) error {
	return problem.Wrap(cause, p.Rejected, "%s' %s address cannot be used.", p.title(), what).
		WithHint("Check the provider's addresses in the settings.")
}

func (p *Provider) title() string {
	if p.Title != "" {
		return p.Title
	}
	return p.Name
}

func (p *Provider) now() time.Time {
	if p.Now != nil {
		return p.Now()
	}
	return time.Now()
}
