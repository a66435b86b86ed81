package googlesim

import (
	_ "embed"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

//go:embed consent.html
var consentHTML string

func consentTemplates() *template.Template {
	return template.Must(template.New("consent").Parse(consentHTML))
}

// consentRequest is a checked request for the consent page.
type consentRequest struct {
	query     url.Values
	redirect  string
	scopes    []string
	challenge string
}

// scopeWords say in plain words what a scope allows.
var scopeWords = map[string]string{
	scopePrefix + "drive.file":            "See, edit, create and delete only the specific files you use with this app",
	scopePrefix + "spreadsheets":          "See, edit, create and delete all your spreadsheets",
	scopePrefix + "spreadsheets.readonly": "See all your spreadsheets",
	scopePrefix + "drive":                 "See, edit, create and delete all of your files",
	scopePrefix + "drive.readonly":        "See and download all your files",
	"email":                               "See your primary e-mail address",
	scopePrefix + "userinfo.email":        "See your primary e-mail address",
	"profile":                             "See your personal info",
}

// serveAuthorize is the consent page: GET shows it, POST is its form.
func (s *Server) serveAuthorize(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		s.refuseConsent(w, "invalid_request", "The request could not be read.")
		return
	}
	c, fault, text := s.readConsent(r.Form)
	if fault != "" {
		s.refuseConsent(w, fault, text)
		return
	}
	email := c.query.Get("login_hint")
	if !slices.Contains(s.emails, email) {
		email = s.emails[0]
	}
	switch {
	case r.Method == http.MethodPost:
		s.answerConsent(w, r, c)
	case s.autoConsent.Load(), c.query.Get("prompt") == "none", s.alreadyGranted(c, email):
		s.approve(w, r, c, email, c.scopes, nil)
	default:
		s.showConsent(w, r, c, email)
	}
}

// readConsent checks what Google refuses on its own page, without sending the user back.
func (s *Server) readConsent(q url.Values) (c consentRequest, fault, text string) {
	c = consentRequest{
		query: q, redirect: q.Get("redirect_uri"), scopes: strings.Fields(q.Get("scope")),
		challenge: q.Get("code_challenge"),
	}
	u, err := url.Parse(c.redirect)
	method := q.Get("code_challenge_method")
	switch {
	case q.Get("client_id") == "":
		return c, "invalid_request", "Required parameter is missing: client_id"
	case q.Get("client_id") != s.client.id:
		return c, "invalid_client", "The OAuth client was not found."
	case c.redirect == "":
		return c, "invalid_request", "Required parameter is missing: redirect_uri"
	case err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Fragment != "" || u.RawQuery != "" ||
		!strings.HasSuffix(u.Path, "/oauth/google/callback"):
		return c, "redirect_uri_mismatch", "The redirect URI in the request, " + c.redirect +
			", does not match the ones authorized for the OAuth client."
	case q.Get("response_type") != "code":
		return c, "unsupported_response_type", "Invalid response_type: " + q.Get("response_type")
	case len(c.scopes) == 0:
		return c, "invalid_request", "Missing required parameter: scope"
	case c.challenge == "" && method != "", c.challenge != "" && method != "S256":
		return c, "invalid_request", "Only the code challenge method S256 is accepted here."
	}
	for _, scope := range c.scopes {
		if scope != "openid" && scope != "email" && scope != "profile" && !strings.HasPrefix(scope, scopePrefix) {
			return c, "invalid_scope", "Some requested scopes were invalid: " + scope
		}
	}
	return c, "", ""
}

func (s *Server) refuseConsent(w http.ResponseWriter, code, text string) {
	consentHeaders(w)
	w.WriteHeader(http.StatusBadRequest)
	_ = s.consent.Execute(w, consentView{Error: code, Text: text})
}

type consentView struct {
	Error, Text string
	Action      string
	Emails      []string
	Chosen      string
	Scopes      []consentScope
	Picks       []consentPick
	Hidden      map[string]string
}

type consentScope struct {
	Name, Words string
	Fixed       bool
}

type consentPick struct{ ID, Title string }

func (s *Server) showConsent(w http.ResponseWriter, r *http.Request, c consentRequest, email string) {
	v := consentView{Action: r.URL.Path, Emails: s.emails, Chosen: email, Hidden: map[string]string{}}
	for name := range c.query {
		v.Hidden[name] = c.query.Get(name)
	}
	for _, scope := range c.scopes {
		words := scopeWords[scope]
		if words == "" {
			words = scope
		}
		v.Scopes = append(v.Scopes, consentScope{Name: scope, Words: words, Fixed: scope == "openid"})
	}
	if c.query.Get("trigger_onepick") == "true" {
		s.mu.Lock()
		for _, id := range s.order {
			if doc := s.docs[id]; doc.role(email) != "" && !doc.trashed {
				v.Picks = append(v.Picks, consentPick{id, doc.state.title})
			}
		}
		s.mu.Unlock()
	}
	consentHeaders(w)
	_ = s.consent.Execute(w, v)
}

// consentHeaders allow no script. They say nothing of form-action, which browsers would apply to the
// redirect back to the application too.
func consentHeaders(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	h.Set("Cache-Control", "no-store")
}

func (s *Server) answerConsent(w http.ResponseWriter, r *http.Request, c consentRequest) {
	email := r.PostForm.Get("account")
	if r.PostForm.Get("decision") != "allow" {
		s.sendBack(w, r, c, url.Values{"error": {"access_denied"}})
		return
	}
	if !slices.Contains(s.emails, email) {
		s.refuseConsent(w, "invalid_request", "There is no such account.")
		return
	}
	var scopes []string
	for _, scope := range c.scopes {
		if scope == "openid" || slices.Contains(r.PostForm["grant"], scope) {
			scopes = append(scopes, scope)
		}
	}
	if onlyIdentity(scopeSet(strings.Join(scopes, " "))) && !onlyIdentity(scopeSet(strings.Join(c.scopes, " "))) &&
		len(scopes) == 0 {
		s.sendBack(w, r, c, url.Values{"error": {"access_denied"}})
		return
	}
	s.approve(w, r, c, email, scopes, r.PostForm["pick"])
}

// alreadyGranted reports a silent approval: everything was allowed before, and nothing asks for a page.
func (s *Server) alreadyGranted(c consentRequest, email string) bool {
	if c.query.Get("prompt") != "" || c.query.Get("login_hint") != email {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.grants[grantKey{s.client.id, email}]
	if g == nil {
		return false
	}
	for scope := range scopeSet(strings.Join(c.scopes, " ")) {
		if !g.scopes[scope] {
			return false
		}
	}
	return true
}

// approve issues the code. A refresh token comes with the first consent, or if consent was requested again, and only
// for offline access.
func (s *Server) approve(
	w http.ResponseWriter, r *http.Request, c consentRequest, email string, scopes, picks []string,
) {
	s.mu.Lock()
	who := caller{email: email, client: s.client.id, scopes: scopeSet(strings.Join(scopes, " "))}
	old := s.grants[grantKey{who.client, email}]
	if old != nil && c.query.Get("include_granted_scopes") == "true" {
		for scope := range old.scopes {
			who.scopes[scope] = true
		}
	}
	offline := c.query.Get("access_type") == "offline" &&
		(old == nil || strings.Contains(c.query.Get("prompt"), "consent"))
	s.grantFor(who)
	for _, id := range picks {
		if doc := s.docs[id]; doc != nil && doc.role(email) != "" {
			doc.apps[appKey(who)] = true
		}
	}
	code := "4/0A" + secret(40)
	s.codes[code] = &authCode{
		caller: who, redirect: c.redirect, challenge: c.challenge, offline: offline, expires: s.now().Add(codeLife),
		picked: picks,
	}
	s.mu.Unlock()
	answer := url.Values{"code": {code}, "scope": {scopeText(who.scopes)}}
	if len(picks) > 0 {
		answer.Set("picked_file_ids", strings.Join(picks, ","))
	}
	s.sendBack(w, r, c, answer)
}

func (s *Server) sendBack(w http.ResponseWriter, r *http.Request, c consentRequest, answer url.Values) {
	if state := c.query.Get("state"); state != "" {
		answer.Set("state", state)
	}
	http.Redirect(w, r, c.redirect+"?"+answer.Encode(), http.StatusFound)
}
