package web

import (
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// loginView is the sign-in page.
type loginView struct {
	Email string
	Next  string
	Error string
	Hint  string
	Setup bool // nobody can sign in yet; the log has the link
	Kept  bool // a form was refused, and is shown again after signing in
	Lost  string
}

// lostWords says why a form that was refused is not kept.
func lostWords(reason string) string {
	switch reason {
	case lostSecret:
		return "Your session had ended, so nothing was done. What you sent held a secret and was not kept."
	case lostLarge:
		return "Your session had ended, so nothing was done. What you sent was too large to be kept."
	}
	return ""
}

// keepsUnsent reports whether the sign-in page leads to a form that is kept for this browser.
func (w *Web) keepsUnsent(c *gin.Context, next string) bool {
	token, err := c.Cookie(w.unsentCookieName())
	if err != nil || next != unsentPath {
		return false
	}
	_, ok := w.unsent.find(token)
	return ok
}

func (w *Web) loginPage(c *gin.Context) error {
	next := localPath(c.Query("next"), "/")
	if signedInEmail(c) != "" {
		return seeOther(c, next)
	}
	needed, err := w.o.Setup.Needed(c.Request.Context())
	if err != nil {
		return err
	}
	return w.barePage(c, http.StatusOK, "login", frame{Title: "Sign in"},
		loginView{Next: next, Setup: needed, Kept: w.keepsUnsent(c, next), Lost: lostWords(c.Query("lost"))})
}

func (w *Web) login(c *gin.Context) error {
	ctx := c.Request.Context()
	email, next := c.PostForm("email"), localPath(c.PostForm("next"), "/")
	if c.PostForm("next") == "" {
		next = localPath(c.Query("next"), "/")
	}
	u, err := w.o.Logins.Login(ctx, email, c.PostForm("password"), w.visitor(c))
	if problem.HasCode(err, problem.Unauthorized, problem.TooManyRequests) {
		p := problem.From(err)
		setRetryAfter(c, p)
		return w.barePage(c, p.Code.Status(), "login", frame{Title: "Sign in"},
			loginView{Email: email, Next: next, Error: p.Message, Hint: p.Hint, Kept: w.keepsUnsent(c, next)})
	}
	if err != nil {
		return err
	}
	if err := w.o.Sessions.SignIn(ctx, u); err != nil {
		return err
	}
	w.markDevice(c, u)
	return seeOther(c, next)
}

// deviceCookie keeps the mark by which a browser is known.
const deviceCookie = "ledgersheet_device"

// visitor returns where a try comes from.
func (w *Web) visitor(c *gin.Context) export.Visitor {
	mark, _ := c.Cookie(deviceCookie)
	return export.Visitor{Addr: w.clientAddr(c.Request), Device: mark}
}

// markDevice remembers the browser, in which the user has just proven the password, for a year.
func (w *Web) markDevice(c *gin.Context, u export.User) {
	mark, _ := c.Cookie(deviceCookie)
	http.SetCookie(c.Writer, &http.Cookie{
		Name: deviceCookie, Value: w.o.Logins.Device(u, mark), Path: "/", MaxAge: 365 * 24 * 3600,
		Secure: w.https, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// clientAddr returns the address of the client: that of the connection, or what the trusted proxies say. Each proxy
// adds the address that it saw to the end of X-Forwarded-For, so the last one that is no trusted proxy is the client.
func (w *Web) clientAddr(r *http.Request) string {
	at := r.RemoteAddr
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && w.isTrusted(at); i-- {
		hop := strings.TrimSpace(hops[i])
		if _, err := netip.ParseAddr(hop); err != nil {
			break
		}
		at = hop
	}
	return at
}

// isTrusted reports whether an address, with or without a port, is that of a trusted proxy.
func (w *Web) isTrusted(addr string) bool {
	at, err := netip.ParseAddr(addr)
	if err != nil {
		withPort, err := netip.ParseAddrPort(addr)
		if err != nil {
			return false
		}
		at = withPort.Addr()
	}
	at = at.Unmap().WithZone("")
	return slices.ContainsFunc(w.o.Settings.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(at) })
}

// setRetryAfter tells programs when to try again.
func setRetryAfter(c *gin.Context, p *problem.Problem) {
	if p.RetryAfter > 0 {
		c.Header("Retry-After", strconv.Itoa(int((p.RetryAfter+time.Second-1)/time.Second)))
	}
}

func (w *Web) logout(c *gin.Context) error {
	session := w.o.Sessions.Hash(c.Request.Context())
	if err := w.o.Sessions.SignOut(c.Request.Context()); err != nil {
		return err
	}
	w.streams.end(session)
	return seeOther(c, "/login")
}

// setupView is the page behind the one-time link.
type setupView struct {
	Token                             string
	Email                             string
	Errors                            []fieldError
	EmailError, PasswordError         string
	QuickBooksRedirect, GoogleRequest string
}

func (w *Web) setupView(token string) setupView {
	return setupView{
		Token:              token,
		QuickBooksRedirect: w.o.Settings.BaseURL + "/oauth/quickbooks/callback",
		GoogleRequest:      w.o.Settings.BaseURL + "/oauth/google/callback",
	}
}

// checkSetupOpen returns an error once there is an owner: the page is then gone for good.
func (w *Web) checkSetupOpen(c *gin.Context) error {
	needed, err := w.o.Setup.Needed(c.Request.Context())
	if err == nil && !needed {
		return problem.New(problem.NotFound, "This installation is set up already.").WithHint("Sign in instead.")
	}
	return err
}

func (w *Web) setupPage(c *gin.Context) error {
	if err := w.checkSetupOpen(c); err != nil {
		return err
	}
	token := c.Query("token")
	if err := w.o.Setup.Check(c.Request.Context(), token); err != nil {
		return err
	}
	return w.barePage(c, http.StatusOK, "setup", frame{Title: "Set up"}, w.setupView(token))
}

func (w *Web) setup(c *gin.Context) error {
	if err := w.checkSetupOpen(c); err != nil {
		return err
	}
	ctx := c.Request.Context()
	view := w.setupView(c.PostForm("token"))
	view.Email = c.PostForm("email")
	password := c.PostForm("password")
	u, err := w.o.Setup.CreateOwner(ctx, view.Token, view.Email, password)
	if err == nil {
		if err := w.o.Sessions.SignIn(ctx, u); err != nil {
			return err
		}
		w.markDevice(c, u)
		w.notify(c, toneGood, "Welcome. Your account is ready.", "Connect a company next.")
		return seeOther(c, "/")
	}
	if !problem.HasCode(err, problem.InvalidInput) {
		return err
	}
	p := problem.From(err)
	view.Errors = fieldErrors(p, map[string]string{"email": "E-mail", "password": "Password"})
	view.EmailError, view.PasswordError = p.Fields["email"], p.Fields["password"]
	return w.barePage(c, http.StatusUnprocessableEntity, "setup", frame{Title: "Set up"}, view)
}
