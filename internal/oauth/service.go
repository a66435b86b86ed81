package oauth

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

const (
	googleTokenURL = "https://oauth2.googleapis.com/token"
	jwtGrant       = "urn:ietf:params:oauth:grant-type:jwt-bearer"
	assertionLife  = time.Hour // the longest that Google accepts
	// assertionAge is how far assertions are backdated, as Google's own clients do, in case the clock is a little fast.
	assertionAge = 10 * time.Second
	// largestSkew is the clock error that is not worth mentioning.
	largestSkew = 2 * time.Minute
)

// ServiceAccount gets access tokens with a Google service account's key file. It needs neither a consent nor a refresh
// token.
// https://developers.google.com/identity/protocols/oauth2/service-account#httprest
type ServiceAccount struct {
	email    string
	keyID    string
	key      *rsa.PrivateKey
	tokenURL string
	scopes   []string
	provider *Provider
	source   *Source
}

// NewServiceAccount reads a key file's JSON. An empty tokenURL means the one in the file; hc may be nil. No request is
// made until the first call of Token. A key file that cannot be used is an app_credentials problem that says why.
func NewServiceAccount(keyJSON []byte, tokenURL string, scopes []string, hc *http.Client) (*ServiceAccount, error) {
	var file struct {
		Type     string `json:"type"`
		Email    string `json:"client_email"`
		KeyID    string `json:"private_key_id"`
		Key      string `json:"private_key"`
		TokenURI string `json:"token_uri"`
	}
	if err := json.Unmarshal(keyJSON, &file); err != nil {
		// The decoder's message could quote the file.
		return nil, badKeyFile("is not the JSON that Google offers for download")
	}
	switch {
	case file.Type != "service_account" && isWord(file.Type):
		return nil, badKeyFile("is of type %q and not of a service account", file.Type)
	case file.Type != "service_account":
		return nil, badKeyFile("does not say that it is of a service account")
	case file.Email == "":
		return nil, badKeyFile("has no client_email")
	}
	key, why := parseKey(file.Key)
	if why != "" {
		return nil, badKeyFile("%s", why)
	}
	for _, candidate := range []string{file.TokenURI, googleTokenURL} {
		if tokenURL == "" {
			tokenURL = candidate
		}
	}
	a := &ServiceAccount{
		email: file.Email, keyID: file.KeyID, key: key, tokenURL: tokenURL, scopes: scopes,
		provider: &Provider{
			Name: "google", Title: "Google", HTTP: hc,
			Reconnect: problem.AppCredentials, Unavailable: problem.GoogleUnavailable,
			RateLimited: problem.GoogleRateLimited, Rejected: problem.GoogleRejected,
		},
	}
	a.source = NewSources(SourceOptions{
		Store: &memory{}, Refresh: a.fetch,
		// No answer ends a service account for good, because the same key may work again once the clock or the account
		// is fixed. So no refresh returns this code.
		Reconnect: problem.GoogleReconnectRequired, Unavailable: problem.GoogleUnavailable,
	}).For("service account")
	return a, nil
}

// Email returns the account's address, with which spreadsheets must be shared.
func (a *ServiceAccount) Email() string { return a.email }

// Token returns an access token. It requests a new one before the last one expires.
func (a *ServiceAccount) Token(ctx context.Context) (string, error) { return a.source.Token(ctx) }

// Invalidate reports that Google answered 401 to the access token.
func (a *ServiceAccount) Invalidate(access string) { a.source.Invalidate(access) }

// String keeps the key out of logs and messages.
func (a *ServiceAccount) String() string { return "service account " + a.email }

// GoString does the same for %#v.
func (a *ServiceAccount) GoString() string { return a.String() }

func (a *ServiceAccount) fetch(ctx context.Context, _ export.Grant) (export.Grant, error) {
	assertion, err := a.signAssertion(a.provider.now())
	if err != nil {
		return export.Grant{}, err
	}
	form := url.Values{"grant_type": {jwtGrant}, "assertion": {assertion}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, a.tokenURL, strings.NewReader(form.Encode()))
	if err != nil {
		return export.Grant{}, a.provider.badAddress("token", err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Accept", "application/json")
	answer, came, err := a.provider.askToken(request, assertion)
	if problem.HasCode(err, problem.AppCredentials) && came.readFault().code == "invalid_grant" {
		return export.Grant{}, a.explainRefusal(came)
	}
	if err != nil {
		return export.Grant{}, err
	}
	return a.provider.mergeGrant(export.Grant{}, answer), nil
}

// signAssertion returns the signed JWT that is exchanged for a token (RFC 7523, RS256).
func (a *ServiceAccount) signAssertion(now time.Time) (string, error) {
	header, err := json.Marshal(map[string]string{"alg": "RS256", "typ": "JWT", "kid": a.keyID})
	if err != nil {
		return "", fmt.Errorf("encoding assertion: %w", err)
	}
	issued := now.Add(-assertionAge)
	claims, err := json.Marshal(map[string]any{
		"iss": a.email, "scope": strings.Join(a.scopes, " "), "aud": a.tokenURL,
		"iat": issued.Unix(), "exp": issued.Add(assertionLife).Unix(),
	})
	if err != nil {
		return "", fmt.Errorf("encoding assertion: %w", err)
	}
	enc := base64.RawURLEncoding
	signed := enc.EncodeToString(header) + "." + enc.EncodeToString(claims)
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, a.key, crypto.SHA256, sum[:])
	if err != nil {
		return "", fmt.Errorf("signing assertion: %w", err)
	}
	return signed + "." + enc.EncodeToString(signature), nil
}

// explainRefusal returns the problem for Google's invalid_grant to a service account, where there is nothing to
// reconnect.
func (a *ServiceAccount) explainRefusal(came reply) *problem.Problem {
	p := problem.New(problem.AppCredentials, "Google does not accept the key of %s%s.", a.email,
		quoteReason(came.readFault()))
	text := strings.ToLower(came.readFault().description)
	switch {
	case strings.Contains(text, "signature"):
		return p.WithHint("The key was deleted or belongs to another account. Make a new key for the service " +
			"account in the Google Cloud console and replace the key file.")
	case strings.Contains(text, "reasonable timeframe"), strings.Contains(text, "short-lived"):
		date, err := http.ParseTime(came.header.Get("Date"))
		if skew := a.provider.now().Sub(date).Abs().Round(time.Second); err == nil && skew > largestSkew {
			return p.WithHint("This machine's clock differs from Google's by %s. Set it right, best by NTP.", skew)
		}
		return p.WithHint("This machine's clock is probably wrong. Set it right, best by NTP.")
	case strings.Contains(text, "not found"):
		return p.WithHint("The service account was deleted or disabled. Restore it in the Google Cloud console or " +
			"use another one's key file.")
	}
	return p.WithHint("Check in the Google Cloud console that the service account and its key still exist, and " +
		"that this machine's clock is right.")
}

func parseKey(text string) (key *rsa.PrivateKey, why string) {
	if text == "" {
		return nil, "has no private_key"
	}
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, "has a private_key that is not in PEM form, perhaps because its line breaks were lost"
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		if parsed, err = x509.ParsePKCS1PrivateKey(block.Bytes); err != nil {
			return nil, "has a damaged private_key"
		}
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, "has a private_key that is not an RSA key"
	}
	return key, ""
}

func badKeyFile(why string, args ...any) *problem.Problem {
	return problem.New(problem.AppCredentials, "The service account's key file "+why+".", args...).
		WithHint("Download the key as JSON from the Google Cloud console (IAM, Service accounts, Keys) and name " +
			"that file in LEDGERSHEET_GOOGLE_SERVICE_ACCOUNT_FILE.")
}

// memory is a grant store in memory. Nothing is lost with the process, because the key can always get another token.
type memory struct {
	mu    sync.Mutex
	grant export.Grant
}

func (m *memory) Grant(context.Context, export.GrantKey) (export.Grant, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.grant, nil
}

func (m *memory) PutGrant(_ context.Context, _ export.GrantKey, g export.Grant) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.grant = g
	return nil
}

func (m *memory) Renew(ctx context.Context, _ export.GrantKey,
	renew func(context.Context, export.Grant) (export.Grant, error)) (export.Grant, error) {
	stored, err := m.Grant(ctx, "")
	if err != nil {
		return export.Grant{}, err
	}
	renewed, err := renew(ctx, stored) // needs no lock: the only Source renews once at a time
	if err != nil {
		return export.Grant{}, err
	}
	return renewed, m.PutGrant(ctx, "", renewed)
}

func (m *memory) DeleteGrant(context.Context, export.GrantKey) error {
	return m.PutGrant(context.Background(), "", export.Grant{})
}
