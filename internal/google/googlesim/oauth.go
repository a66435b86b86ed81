package googlesim

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"time"
)

const (
	accessLife  = time.Hour - time.Second // Google answers expires_in 3599
	codeLife    = 10 * time.Minute
	testingLife = 7 * 24 * time.Hour
	idleLife    = 183 * 24 * time.Hour // a refresh token unused for six months stops working
	// maxRefreshTokens is how many live refresh tokens an account has per client.
	maxRefreshTokens = 100
)

type clientCredentials struct{ id, secret string }

type grantKey struct{ client, email string }

// grant is what an account has allowed a client. It lives until it is revoked.
type grant struct {
	key    grantKey
	scopes map[string]bool
	tokens []*refreshToken // oldest first
}

type refreshToken struct {
	text    string
	grant   *grant
	scopes  map[string]bool
	expires time.Time // zero: never
	used    time.Time
}

type accessToken struct {
	caller
	expires time.Time
}

// caller is who an access token speaks for.
type caller struct {
	email, client string
	scopes        map[string]bool
	service       bool
}

type authCode struct {
	caller
	redirect, challenge string
	offline             bool
	expires             time.Time
	picked              []string
}

// tokenRequest is a form of the token endpoint with its client checked.
type tokenRequest struct {
	form   url.Values
	client string
}

func oauthError(w http.ResponseWriter, status int, code, description string) {
	writeJSON(w, status, map[string]any{"error": code, "error_description": description})
}

func (s *Server) serveToken(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		oauthError(w, http.StatusBadRequest, "invalid_request", "Bad Request")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.PostForm.Get("grant_type") == "urn:ietf:params:oauth:grant-type:jwt-bearer" {
		s.serviceToken(w, r)
		return
	}
	id, key := r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	if user, password, ok := r.BasicAuth(); ok {
		id, key = unquery(user), unquery(password)
	}
	switch {
	case id == "":
		oauthError(w, http.StatusBadRequest, "invalid_request", "Could not determine client ID from request.")
		return
	case id != s.client.id:
		oauthError(w, http.StatusUnauthorized, "invalid_client", "The OAuth client was not found.")
		return
	case subtle.ConstantTimeCompare([]byte(key), []byte(s.client.secret)) != 1:
		oauthError(w, http.StatusUnauthorized, "invalid_client", "Unauthorized")
		return
	}
	t := tokenRequest{r.PostForm, id}
	switch t.form.Get("grant_type") {
	case "authorization_code":
		s.exchange(w, t)
	case "refresh_token":
		s.refreshAccess(w, t)
	default:
		oauthError(w, http.StatusBadRequest, "unsupported_grant_type", "Invalid grant_type: "+t.form.Get("grant_type"))
	}
}

func unquery(s string) string {
	if out, err := url.QueryUnescape(s); err == nil {
		return out
	}
	return s
}

// exchange turns a code into tokens.
func (s *Server) exchange(w http.ResponseWriter, t tokenRequest) {
	text := t.form.Get("code")
	code, ok := s.codes[text]
	if !ok {
		description := "Malformed auth code."
		if strings.HasPrefix(text, "4/") {
			description = "Bad Request"
		}
		oauthError(w, http.StatusBadRequest, "invalid_grant", description)
		return
	}
	if t.form.Get("redirect_uri") != code.redirect {
		oauthError(w, http.StatusBadRequest, "redirect_uri_mismatch", "Bad Request")
		return
	}
	if code.challenge != "" {
		verifier := t.form.Get("code_verifier")
		if verifier == "" {
			oauthError(w, http.StatusBadRequest, "invalid_grant", "Missing code verifier.")
			return
		}
		sum := sha256.Sum256([]byte(verifier))
		if base64.RawURLEncoding.EncodeToString(sum[:]) != code.challenge {
			oauthError(w, http.StatusBadRequest, "invalid_grant", "Invalid code verifier.")
			return
		}
	}
	delete(s.codes, text)
	if s.now().After(code.expires) {
		oauthError(w, http.StatusBadRequest, "invalid_grant", "Bad Request")
		return
	}
	answer := s.issueAccess(code.caller)
	if code.offline {
		text := s.issueRefresh(s.grantFor(code.caller), code.scopes)
		answer["refresh_token"] = text
		// Answers to apps in "Testing" have been recorded with 604799.
		if ends := s.refresh[text].expires; !ends.IsZero() {
			answer["refresh_token_expires_in"] = int((ends.Sub(s.now()) - time.Second) / time.Second)
		}
	}
	writeJSON(w, http.StatusOK, answer)
}

func (s *Server) refreshAccess(w http.ResponseWriter, t tokenRequest) {
	token, ok := s.refresh[t.form.Get("refresh_token")]
	now := s.now()
	dead := !ok || token.grant.key.client != t.client ||
		(!token.expires.IsZero() && now.After(token.expires)) || now.Sub(token.used) > idleLife
	if dead {
		oauthError(w, http.StatusBadRequest, "invalid_grant", "Token has been expired or revoked.")
		return
	}
	scopes := token.scopes
	if asked := t.form.Get("scope"); asked != "" {
		scopes = scopeSet(asked)
		for scope := range scopes {
			if !token.scopes[scope] {
				oauthError(w, http.StatusBadRequest, "invalid_scope", "Bad Request")
				return
			}
		}
	}
	token.used = now
	writeJSON(w, http.StatusOK, s.issueAccess(caller{email: token.grant.key.email, client: t.client, scopes: scopes}))
}

// issueAccess makes an access token. The caller holds the lock.
func (s *Server) issueAccess(who caller) map[string]any {
	text := "ya29." + secret(40)
	s.access[text] = &accessToken{caller: who, expires: s.now().Add(accessLife)}
	return map[string]any{
		"access_token": text, "expires_in": int(accessLife / time.Second), "token_type": "Bearer",
		"scope": scopeText(who.scopes),
	}
}

// issueRefresh makes a refresh token; the oldest of too many dies silently.
func (s *Server) issueRefresh(g *grant, scopes map[string]bool) string {
	token := &refreshToken{text: "1//" + secret(40), grant: g, scopes: scopes, used: s.now()}
	if s.testing && !onlyIdentity(scopes) {
		token.expires = s.now().Add(testingLife)
	}
	g.tokens = append(g.tokens, token)
	s.refresh[token.text] = token
	for len(g.tokens) > maxRefreshTokens {
		delete(s.refresh, g.tokens[0].text)
		g.tokens = g.tokens[1:]
	}
	return token.text
}

func (s *Server) grantFor(who caller) *grant {
	key := grantKey{who.client, who.email}
	g := s.grants[key]
	if g == nil {
		g = &grant{key: key, scopes: map[string]bool{}}
		s.grants[key] = g
	}
	for scope := range who.scopes {
		g.scopes[scope] = true
	}
	return g
}

// drop ends a grant with every token of it. The caller holds the lock.
func (s *Server) drop(key grantKey) {
	if g := s.grants[key]; g != nil {
		for _, token := range g.tokens {
			delete(s.refresh, token.text)
		}
		delete(s.grants, key)
	}
	for text, token := range s.access {
		if token.email == key.email && token.client == key.client {
			delete(s.access, text)
		}
	}
}

func (s *Server) serveRevoke(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		oauthError(w, http.StatusBadRequest, "invalid_request", "Bad Request")
		return
	}
	text := r.Form.Get("token")
	s.mu.Lock()
	defer s.mu.Unlock()
	if token, ok := s.refresh[text]; ok {
		s.drop(token.grant.key)
	} else if token, ok := s.access[text]; ok && !token.service {
		s.drop(grantKey{token.client, token.email})
	} else {
		oauthError(w, http.StatusBadRequest, "invalid_token", "Token expired or revoked")
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{})
}

func (s *Server) serveUserinfo(w http.ResponseWriter, r *http.Request) {
	who, refused := s.authenticate(r)
	if refused == nil && !who.scopes["openid"] && !who.scopes["email"] && !who.scopes[scopePrefix+"userinfo.email"] {
		refused = errBadToken()
	}
	if refused != nil {
		oauthError(w, http.StatusUnauthorized, "invalid_request", "Invalid Credentials")
		return
	}
	sum := sha256.Sum256([]byte(who.email))
	subject := "1"
	for _, b := range sum[:10] {
		subject += strconv.Itoa(int(b) % 100)
	}
	out := map[string]any{"sub": subject, "id": subject}
	if who.scopes["email"] || who.scopes[scopePrefix+"userinfo.email"] {
		out["email"], out["email_verified"], out["verified_email"] = who.email, true, true
	}
	writeJSON(w, http.StatusOK, out)
}

// ExpireAccessTokens lets all access tokens of an account run out; an empty e-mail means all accounts.
func (s *Server) ExpireAccessTokens(email string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, token := range s.access {
		if email == "" || token.email == email {
			token.expires = s.now().Add(-time.Second)
		}
	}
}

// RevokeGrant acts as the user withdrawing the permission on the account page.
func (s *Server) RevokeGrant(email string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key := range s.grants {
		if email == "" || key.email == email {
			s.drop(key)
		}
	}
}

// Authorize grants scopes to the server's client as if the consent page had been passed, and returns
// the refresh token. Scopes may be short: "drive.file" is the full name's last part.
func (s *Server) Authorize(email string, scopes ...string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	set := scopeSet(strings.Join(scopes, " "))
	return s.issueRefresh(s.grantFor(caller{email: email, client: s.client.id, scopes: set}), set)
}

// AccessToken returns a fresh access token of the server's client for an account.
func (s *Server) AccessToken(email string, scopes ...string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	who := caller{email: email, client: s.client.id, scopes: scopeSet(strings.Join(scopes, " "))}
	s.grantFor(who)
	text, _ := s.issueAccess(who)["access_token"].(string)
	return text
}

const scopePrefix = "https://www.googleapis.com/auth/"

// scopeSet parses scopes separated by spaces. Short names of Google's own get their prefix.
func scopeSet(text string) map[string]bool {
	set := map[string]bool{}
	for _, scope := range strings.Fields(text) {
		switch {
		case scope == "openid" || scope == "email" || scope == "profile" || strings.Contains(scope, "://"):
		default:
			scope = scopePrefix + scope
		}
		set[scope] = true
	}
	return set
}

func scopeText(set map[string]bool) string {
	var list []string
	for scope := range set {
		switch scope {
		case "email":
			scope = scopePrefix + "userinfo.email"
		case "profile":
			scope = scopePrefix + "userinfo.profile"
		}
		list = append(list, scope)
	}
	sort.Strings(list)
	return strings.Join(list, " ")
}

func onlyIdentity(set map[string]bool) bool {
	for scope := range set {
		switch scope {
		case "openid", "email", "profile", scopePrefix + "userinfo.email", scopePrefix + "userinfo.profile":
		default:
			return false
		}
	}
	return true
}
