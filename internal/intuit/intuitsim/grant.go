package intuitsim

import (
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Lives of what the OAuth service hands out.
const (
	codeLife           = 5 * time.Minute
	accessTokenLife    = time.Hour
	refreshTokenLife   = 8_726_400 * time.Second // 101 days, as recorded
	hardLife           = 5 * 365 * 24 * time.Hour
	rotationPeriod     = 24 * time.Hour
	accountingScope    = "com.intuit.quickbooks.accounting"
	hardExpiryHeader   = "X-Include-Refresh-Token-Hard-Expires-In"
	invalidRefreshText = "Incorrect or invalid refresh token"
)

// authState is what the OAuth service remembers. Server.mu guards it.
type authState struct {
	autoConsent  bool
	nextCompany  int
	forcedRealm  string
	codes        map[string]*authCode
	access       map[string]*accessToken
	refresh      map[string]*refreshToken
	grants       []*grant
	refreshes    map[string]int
	rotateAlways bool
	grace        time.Duration // how long a refresh token works after it was replaced
	punishReuse  bool
	refreshLife  time.Duration
	accessLife   time.Duration
	otherKeys    bool
}

// grant is one consent: a company, an app and a family of tokens.
type grant struct {
	realm   string
	scope   string
	consent time.Time
	revoked bool
	current *refreshToken
}

type authCode struct {
	grant    *grant
	redirect string
	expires  time.Time
	used     bool
}

type accessToken struct {
	grant   *grant
	expires time.Time
}

// refreshToken is one value of a grant's refresh token; only grant.current works.
type refreshToken struct {
	value   string
	grant   *grant
	issued  time.Time
	expires time.Time
}

func newAuthState() authState {
	return authState{
		codes: map[string]*authCode{}, access: map[string]*accessToken{}, refresh: map[string]*refreshToken{},
		refreshes: map[string]int{}, refreshLife: refreshTokenLife, accessLife: accessTokenLife,
	}
}

// ExpireAccessTokens ends all access tokens of a company now; its refresh tokens keep working.
func (s *Server) ExpireAccessTokens(realm string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.auth.access {
		if t.grant.realm == realm {
			t.expires = s.opts.Now()
		}
	}
}

// RevokeGrant ends every consent of a company, as its administrator does in QuickBooks: all tokens are dead at once.
func (s *Server) RevokeGrant(realm string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.auth.grants {
		if g.realm == realm {
			g.revoked = true
		}
	}
}

// RotateOnEveryRefresh makes each refresh return a new refresh token instead of one a day.
func (s *Server) RotateOnEveryRefresh(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.auth.rotateAlways = on
}

// KeepReplacedTokens lets a refresh token work for a time after it was replaced. By default it dies at once, as people
// have seen; Intuit's own word is 24 hours (https://github.com/intuit/oauth-jsclient/issues/74).
func (s *Server) KeepReplacedTokens(grace time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.auth.grace = grace
}

// PunishReuse makes the use of a rotated refresh token, or of a code for the second time, revoke the whole grant.
func (s *Server) PunishReuse(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.auth.punishReuse = on
}

// SetTokenLives changes how long access and refresh tokens issued from now on live; zero restores Intuit's.
func (s *Server) SetTokenLives(access, refresh time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.auth.accessLife, s.auth.refreshLife = accessTokenLife, refreshTokenLife
	if access > 0 {
		s.auth.accessLife = access
	}
	if refresh > 0 {
		s.auth.refreshLife = refresh
	}
}

// UseOtherKeys makes the accounting API refuse the app's tokens with 403 and 3100, as Intuit's does for tokens of
// development keys about real companies, and of production keys about sandbox companies. The OAuth service takes both.
func (s *Server) UseOtherKeys(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.auth.otherKeys = on
}

// SetAutoConsent switches the immediate approval of authorization requests.
func (s *Server) SetAutoConsent(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.auth.autoConsent = on
}

// ConsentTo makes the next automatic consent grant this company instead of the next one in order.
func (s *Server) ConsentTo(realm string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.auth.forcedRealm = realm
}

// Refreshes returns how many refreshes succeeded for a company.
func (s *Server) Refreshes(realm string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.auth.refreshes[realm]
}

// Authorize grants a company to the registered app without a browser and returns the token endpoint's answer as pairs
// of tokens; tests that are not about OAuth start here. It panics for an unknown realm.
func (s *Server) Authorize(realm string) (accessToken, refreshToken string) {
	if s.byRealm[realm] == nil {
		panic("intuitsim: unknown realm " + realm)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.newGrant(realm, accountingScope)
	return s.issueAccess(g), s.issueRefresh(g).value
}

// newGrant starts a family of tokens. The caller holds s.mu.
func (s *Server) newGrant(realm, scope string) *grant {
	g := &grant{realm: realm, scope: scope, consent: s.opts.Now()}
	s.auth.grants = append(s.auth.grants, g)
	return g
}

// issueAccess makes an access token of a realistic length. The caller holds s.mu.
func (s *Server) issueAccess(g *grant) string {
	value := "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0.." + randomHex(240) + "." + randomHex(16)
	s.auth.access[value] = &accessToken{grant: g, expires: s.opts.Now().Add(s.auth.accessLife)}
	return value
}

// issueRefresh makes the refresh token that replaces the grant's current one. The caller holds s.mu.
func (s *Server) issueRefresh(g *grant) *refreshToken {
	now := s.opts.Now()
	expires := now.Add(s.auth.refreshLife)
	if hard := g.consent.Add(hardLife); expires.After(hard) {
		expires = hard
	}
	t := &refreshToken{value: "RT1-00-H0-" + randomHex(20), grant: g, issued: now, expires: expires}
	s.auth.refresh[t.value] = t
	g.current = t
	return t
}

func (s *Server) token(r *http.Request) *answer {
	if r.Method != http.MethodPost {
		return methodNotAllowed(http.MethodPost)
	}
	if mediaType(r.Header.Get("Content-Type")) != "application/x-www-form-urlencoded" {
		return oauthError(http.StatusBadRequest, "invalid_request",
			"Content-Type must be application/x-www-form-urlencoded")
	}
	if err := r.ParseForm(); err != nil {
		return oauthError(http.StatusBadRequest, "invalid_request", "")
	}
	if !s.knowsClient(r, r.PostForm) {
		return oauthError(http.StatusUnauthorized, "invalid_client", "")
	}
	form := r.PostForm
	s.mu.Lock()
	defer s.mu.Unlock()
	if grantType := form.Get("grant_type"); grantType != "" {
		s.served[kindToken+":"+grantType]++
	}
	switch form.Get("grant_type") {
	case "authorization_code":
		return s.exchange(form, r)
	case "refresh_token":
		return s.refreshGrant(form, r)
	case "":
		return oauthError(http.StatusBadRequest, "invalid_request", "")
	}
	return oauthError(http.StatusBadRequest, "unsupported_grant_type", "")
}

// exchange answers the authorization_code grant. The caller holds s.mu.
func (s *Server) exchange(form url.Values, r *http.Request) *answer {
	code := s.auth.codes[form.Get("code")]
	switch {
	case code == nil, !s.opts.Now().Before(code.expires), code.redirect != form.Get("redirect_uri"):
		return oauthError(http.StatusBadRequest, "invalid_grant", "Invalid authorization code")
	case code.used:
		if s.auth.punishReuse {
			code.grant.revoked = true
		}
		return oauthError(http.StatusBadRequest, "invalid_grant", "Token invalid")
	}
	code.used = true
	return s.tokens(s.issueRefresh(code.grant), r)
}

// refreshGrant answers the refresh_token grant. The caller holds s.mu.
func (s *Server) refreshGrant(form url.Values, r *http.Request) *answer {
	now := s.opts.Now()
	t := s.auth.refresh[form.Get("refresh_token")]
	if t == nil {
		return oauthError(http.StatusBadRequest, "invalid_grant", invalidRefreshText)
	}
	g := t.grant
	if g.current != t && now.Sub(g.current.issued) < s.auth.grace {
		t = g.current
	}
	if g.current != t && s.auth.punishReuse {
		g.revoked = true
	}
	if g.revoked || g.current != t || !now.Before(t.expires) {
		return oauthError(http.StatusBadRequest, "invalid_grant", invalidRefreshText)
	}
	if s.auth.rotateAlways || now.Sub(t.issued) >= rotationPeriod {
		t = s.issueRefresh(g)
	}
	s.auth.refreshes[g.realm]++
	return s.tokens(t, r)
}

func (s *Server) tokens(t *refreshToken, r *http.Request) *answer {
	now := s.opts.Now()
	body := object{
		{"token_type", "bearer"},
		{"expires_in", int(s.auth.accessLife / time.Second)},
		{"refresh_token", t.value},
		{"x_refresh_token_expires_in", int(t.expires.Sub(now) / time.Second)},
		{"access_token", s.issueAccess(t.grant)},
	}
	if r.Header.Get(hardExpiryHeader) == "true" {
		body.set("x_refresh_token_hard_expires_in", int(t.grant.consent.Add(hardLife).Sub(now)/time.Second))
	}
	if strings.Contains(" "+t.grant.scope+" ", " openid ") {
		body.set("id_token", unsignedIDToken(t.grant, s.opts.ClientID, now))
	}
	a := newAnswer(http.StatusOK, "application/json;charset=utf-8", body.appendJSON(nil))
	a.header.Set("Cache-Control", "no-cache, no-store")
	return a
}

func (s *Server) revoke(r *http.Request) *answer {
	if r.Method != http.MethodPost {
		return methodNotAllowed(http.MethodPost)
	}
	if !s.knowsClient(r, nil) {
		return oauthError(http.StatusUnauthorized, "invalid_client", "")
	}
	var body struct {
		Token string `json:"token"`
	}
	if mediaType(r.Header.Get("Content-Type")) != "application/json" || json.NewDecoder(r.Body).Decode(&body) != nil ||
		body.Token == "" {
		return oauthError(http.StatusBadRequest, "invalid_request", "")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.auth.access[body.Token]; t != nil && !t.grant.revoked {
		t.grant.revoked = true
		return newAnswer(http.StatusOK, "application/json;charset=utf-8", nil)
	}
	if t := s.auth.refresh[body.Token]; t != nil && t.grant.current == t && !t.grant.revoked {
		t.grant.revoked = true
		return newAnswer(http.StatusOK, "application/json;charset=utf-8", nil)
	}
	return oauthError(http.StatusBadRequest, "invalid_request", "")
}

// bearer returns the grant behind the request's token, or the fault that refuses it.
func (s *Server) bearer(r *http.Request) (*grant, *apiFault) {
	value, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	f := faultFor(http.StatusUnauthorized)
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.auth.access[value]
	switch {
	case !ok || value == "":
		f.detail = "Malformed bearer token: token is missing"
	case t == nil:
		f.detail = "Malformed bearer token: " + value
	case t.grant.revoked:
		f.detail = "Token revoked: " + value
	case !s.opts.Now().Before(t.expires):
		f.detail = "Token expired: " + value
	default:
		return t.grant, nil
	}
	return nil, f
}

func (s *Server) knowsClient(r *http.Request, form url.Values) bool {
	id, secret, ok := r.BasicAuth()
	if !ok {
		id, secret = form.Get("client_id"), form.Get("client_secret")
	}
	return subtle.ConstantTimeCompare([]byte(id), []byte(s.opts.ClientID))&
		subtle.ConstantTimeCompare([]byte(secret), []byte(s.opts.ClientSecret)) == 1
}

func oauthError(status int, code, description string) *answer {
	body := object{{"error", code}}
	body.opt("error_description", description)
	a := newAnswer(status, "application/json;charset=utf-8", body.appendJSON(nil))
	if status == http.StatusUnauthorized {
		a.header.Set("WWW-Authenticate", `Basic realm="Intuit"`)
	}
	return a
}

func methodNotAllowed(allow string) *answer {
	a := textAnswer(http.StatusMethodNotAllowed, "text/plain; charset=utf-8", "method not allowed\n")
	a.header.Set("Allow", allow)
	return a
}

func mediaType(contentType string) string {
	name, _, _ := strings.Cut(contentType, ";")
	return strings.ToLower(strings.TrimSpace(name))
}

// unsignedIDToken returns an id_token whose signature cannot be verified: the simulator's jwks document is empty.
func unsignedIDToken(g *grant, client string, now time.Time) string {
	claims := object{
		{"sub", userSub}, {"aud", []string{client}}, {"realmid", g.realm}, {"iss", issuer},
		{"exp", int(now.Add(time.Hour).Unix())}, {"iat", int(now.Unix())},
	}
	enc := base64.RawURLEncoding
	return enc.EncodeToString([]byte(`{"alg":"RS256"}`)) + "." + enc.EncodeToString(claims.appendJSON(nil)) + "." +
		enc.EncodeToString([]byte("unsigned"))
}
