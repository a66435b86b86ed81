package intuitsim

import (
	"bytes"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Paths of the OAuth service below the root; only the discovery document is at a place that clients know beforehand.
const (
	authorizePath = "/connect/oauth2"
	tokenPath     = "/oauth2/v1/tokens/bearer"
	revokePath    = "/v2/oauth2/tokens/revoke"
	userinfoPath  = "/v1/openid_connect/userinfo"
	jwksPath      = "/op/v1/jwks"
	issuer        = "https://oauth.platform.intuit.com/op/v1"
	callbackPath  = "/oauth/quickbooks/callback"
	userSub       = "00000000-0000-4000-8000-000000000001"
)

// discovery answers the OpenID configuration with endpoints below the server's root.
func (s *Server) discovery(r *http.Request) *answer {
	if r.Method != http.MethodGet {
		return methodNotAllowed(http.MethodGet)
	}
	if r.URL.Path == jwksPath {
		return jsonAnswer(http.StatusOK, map[string][]string{"keys": {}})
	}
	root := s.root(r)
	return jsonAnswer(http.StatusOK, map[string]any{
		"issuer":                                issuer,
		"authorization_endpoint":                root + authorizePath,
		"token_endpoint":                        root + tokenPath,
		"userinfo_endpoint":                     root + userinfoPath,
		"revocation_endpoint":                   root + revokePath,
		"jwks_uri":                              root + jwksPath,
		"response_types_supported":              []string{"code"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"scopes_supported":                      []string{"openid", "email", "profile", "address", "phone"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_post", "client_secret_basic"},
		"claims_supported":                      []string{"aud", "exp", "iat", "iss", "realmid", "sub"},
	})
}

// consentRequest is a valid authorization request.
type consentRequest struct{ clientID, redirect, scope, state string }

// authorize shows the consent page, and takes its form back on POST.
func (s *Server) authorize(r *http.Request) *answer {
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		return methodNotAllowed("GET, POST")
	}
	if err := r.ParseForm(); err != nil {
		return page(http.StatusBadRequest, refusalPage, "The request cannot be read.")
	}
	req, problem := s.consentRequest(r.Form)
	if problem != "" {
		return page(http.StatusBadRequest, refusalPage, problem)
	}
	if r.Method == http.MethodGet {
		s.mu.Lock()
		auto := s.auth.autoConsent && len(s.companies) > 0
		realm := ""
		if auto {
			realm = s.companies[s.auth.nextCompany%len(s.companies)].info.Realm
			if s.auth.forcedRealm != "" {
				realm, s.auth.forcedRealm = s.auth.forcedRealm, ""
			} else {
				s.auth.nextCompany++
			}
		}
		s.mu.Unlock()
		if auto {
			return s.consent(req, realm)
		}
		return page(http.StatusOK, consentPage, map[string]any{
			"Form": r.Form, "Request": req, "Companies": s.Companies(), "Host": hostOf(req.redirect),
			"Action":   s.root(r) + authorizePath,
			"ClientID": req.clientID, "Redirect": req.redirect, "Scope": req.scope, "State": req.state,
		})
	}
	if r.PostForm.Get("decision") == "deny" {
		return redirect(req.redirect, url.Values{"error": {"access_denied"}, "state": {req.state}})
	}
	return s.consent(req, r.PostForm.Get("realm"))
}

// consentRequest checks an authorization request; a problem is for the eyes of the person at the browser, since
// nothing may be sent to a redirect URI that is not registered.
func (s *Server) consentRequest(form url.Values) (consentRequest, string) {
	req := consentRequest{form.Get("client_id"), form.Get("redirect_uri"), form.Get("scope"), form.Get("state")}
	switch {
	case req.clientID != s.opts.ClientID:
		return req, "The client_id query parameter value is invalid. Make sure that it is the one of the " +
			"registered app."
	case !s.registeredRedirect(req.redirect):
		return req, "The redirect_uri query parameter value is invalid. Make sure it is listed in the Redirect URIs " +
			"section on your app's keys tab and matches exactly."
	case form.Get("response_type") != "code":
		return req, "The response_type query parameter value is invalid. It must be code."
	case req.state == "":
		return req, "The state query parameter is missing."
	}
	scopes := strings.Fields(req.scope)
	for _, scope := range scopes {
		if !slices.Contains([]string{accountingScope, "com.intuit.quickbooks.payment", "openid", "profile", "email",
			"phone", "address"}, scope) {
			return req, "The scope query parameter value is invalid: " + scope
		}
	}
	if !slices.Contains(scopes, accountingScope) {
		return req, "The scope query parameter does not name " + accountingScope + "."
	}
	return req, ""
}

// consent makes a code for the company and sends the browser back with it.
func (s *Server) consent(req consentRequest, realm string) *answer {
	if s.byRealm[realm] == nil {
		return page(http.StatusBadRequest, refusalPage, "Choose a company.")
	}
	s.mu.Lock()
	code := "XAB1" + randomHex(23)
	s.auth.codes[code] = &authCode{
		grant: s.newGrant(realm, req.scope), redirect: req.redirect, expires: s.opts.Now().Add(codeLife),
	}
	s.mu.Unlock()
	return redirect(req.redirect, url.Values{"code": {code}, "state": {req.state}, "realmId": {realm}})
}

func (s *Server) userinfo(r *http.Request) *answer {
	g, fault := s.bearer(r)
	if fault != nil {
		return fault.gateway(s.opts.Now())
	}
	scopes := strings.Fields(g.scope)
	if !slices.Contains(scopes, "openid") {
		return faultFor(http.StatusForbidden).gateway(s.opts.Now())
	}
	body := object{{"sub", userSub}}
	if slices.Contains(scopes, "profile") {
		body.set("givenName", "Jane")
		body.set("familyName", "Example")
	}
	if slices.Contains(scopes, "email") {
		body.set("email", "jane@example.com")
		body.set("emailVerified", true)
	}
	return newAnswer(http.StatusOK, "application/json;charset=UTF-8", body.appendJSON(nil))
}

// registeredRedirect says whether the URI is one of the app's: the callback path on any host, nothing after it, unless
// the options name them.
func (s *Server) registeredRedirect(uri string) bool {
	if len(s.opts.RedirectURIs) > 0 {
		return slices.Contains(s.opts.RedirectURIs, uri)
	}
	u, err := url.Parse(uri)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil &&
		strings.HasSuffix(uri, u.Host+callbackPath)
}

func redirect(to string, query url.Values) *answer {
	a := newAnswer(http.StatusFound, "text/html; charset=utf-8", nil)
	a.header.Set("Location", to+"?"+query.Encode())
	a.header.Set("Cache-Control", "no-store")
	return a
}

func hostOf(uri string) string {
	u, err := url.Parse(uri)
	if err != nil {
		return uri
	}
	return u.Host
}

func page(status int, t *template.Template, data any) *answer {
	var b bytes.Buffer
	if err := t.Execute(&b, data); err != nil {
		return textAnswer(http.StatusInternalServerError, "text/plain; charset=utf-8", "cannot draw the page\n")
	}
	a := newAnswer(status, "text/html; charset=utf-8", b.Bytes())
	a.header.Set("Cache-Control", "no-store")
	a.header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	a.header.Set("X-Content-Type-Options", "nosniff")
	return a
}

const pageFrame = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Simulated Intuit sandbox</title>
<style>
body{margin:0;font:16px/1.5 system-ui,sans-serif;color:#1b1f24;background:#f4f5f7}
main{max-width:34rem;margin:4rem auto;padding:2rem;background:#fff;border:1px solid #d5d9de;border-radius:8px}
.mark{margin:-2rem -2rem 1.5rem;padding:.6rem 2rem;background:#fff4d6;border-bottom:1px solid #e6d296;border-radius:8px 8px 0 0;font-size:.875rem}
h1{font-size:1.25rem;margin:0 0 .75rem}
fieldset{border:0;padding:0;margin:1.25rem 0}
legend{font-weight:600;padding:0;margin-bottom:.5rem}
label{display:flex;gap:.75rem;align-items:baseline;padding:.6rem .75rem;border:1px solid #d5d9de;border-radius:6px;margin-bottom:.5rem}
label span{flex:1}
small{color:#57606a}
button{font:inherit;margin-right:.5rem;padding:.55rem 1.25rem;border-radius:6px;border:1px solid #57606a;background:#fff;cursor:pointer}
button.primary{background:#1f4e79;border-color:#1f4e79;color:#fff}
button:focus-visible,input:focus-visible{outline:3px solid #7aa7d6;outline-offset:2px}
code{word-break:break-all}
</style>
</head>
<body><main>
<p class="mark">Simulated Intuit sandbox — not Intuit. Nothing here reaches a real company.</p>
`

// The pages are parsed once and never changed.
var (
	consentPage = template.Must(template.New("consent").Parse(pageFrame + `<h1>Allow access to a company?</h1>
<p>The app at <strong>{{.Host}}</strong> asks to work with the accounting data of one company.</p>
<form method="post" action="{{.Action}}">
<input type="hidden" name="client_id" value="{{.ClientID}}">
<input type="hidden" name="redirect_uri" value="{{.Redirect}}">
<input type="hidden" name="response_type" value="code">
<input type="hidden" name="scope" value="{{.Scope}}">
<input type="hidden" name="state" value="{{.State}}">
<fieldset><legend>Company</legend>
{{range $i, $c := .Companies}}<label><input type="radio" name="realm" value="{{$c.Realm}}"{{if eq $i 0}} checked{{end}}><span>{{$c.Name}}<br><small>{{$c.Realm}} · {{$c.Country}} · {{$c.Currency}}</small></span></label>
{{end}}</fieldset>
<button class="primary" name="decision" value="allow">Connect</button>
<button name="decision" value="deny">Deny</button>
</form>
</main></body></html>
`))
	refusalPage = template.Must(template.New("refusal").Parse(pageFrame + `<h1>This connection cannot be made</h1>
<p>{{.}}</p>
<p><small>The app was not told: an unchecked address must not receive an answer.</small></p>
</main></body></html>
`))
)
