package web

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"ledgersheet/internal/problem"
)

type requestIDKey struct{}

// middleware wraps the engine, outermost first: request ID, log, recover, security headers, cross-origin protection,
// session. Recovering stands inside the log, so that a panic is logged with the status that it was answered with.
func (w *Web) middleware(engine http.Handler) http.Handler {
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.plainError(rw, r, problem.New(problem.Forbidden, "This form was sent from another site.").
			WithHint("Open the page here and send it again. Behind a proxy, LEDGERSHEET_BASE_URL must be the "+
				"address in the browser."))
	}))
	if origin := w.origin(); origin != "" {
		// Behind a proxy the Host header need not be the one in the browser.
		if err := guard.AddTrustedOrigin(origin); err != nil {
			w.o.Logger.Warn("base URL is no origin", "error", err.Error())
		}
	}
	h := w.o.Sessions.Middleware(engine)
	h = withoutSession(h, engine)
	h = w.guarded(guard.Handler(h), h)
	h = w.headers(h)
	h = w.recovering(h)
	h = w.logged(h)
	return withRequestID(h)
}

// guarded leaves the mounted parts of the site to their own defence: they answer in their own form, and to programs
// that are no browsers.
func (w *Web) guarded(with, without http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if _, ok := w.mounted(r.URL.Path); ok {
			without.ServeHTTP(rw, r)
			return
		}
		with.ServeHTTP(rw, r)
	})
}

func (w *Web) origin() string {
	if w.host == "" {
		return ""
	}
	if w.https {
		return "https://" + w.host
	}
	return "http://" + w.host
}

// withoutSession spares what needs no session the look into the store.
func withoutSession(with, without http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path,
			staticPrefix), r.URL.Path == "/healthz", r.URL.Path == "/readyz", r.URL.Path == "/metrics":
			without.ServeHTTP(rw, r)
		default:
			with.ServeHTTP(rw, r)
		}
	})
}

// withRequestID takes the proxy's id when it is a plain one, else makes one.
func withRequestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		id := r.Header.Get("X-Request-Id")
		if !plainID(id) {
			id = strings.ToLower(rand.Text()[:16])
		}
		rw.Header().Set("X-Request-Id", id)
		next.ServeHTTP(rw, r.WithContext(context.WithValue(r.Context(), requestIDKey{}, id)))
	})
}

func plainID(id string) bool {
	if len(id) < 8 || len(id) > 64 {
		return false
	}
	for _, b := range []byte(id) {
		if !(b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b == '-' || b == '_') {
			return false
		}
	}
	return true
}

// logged writes one line a request. Queries are left out: consents' answers carry codes in theirs.
func (w *Web) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		start := time.Now()
		rec := &recorder{ResponseWriter: rw}
		next.ServeHTTP(rec, r)
		level := slog.LevelInfo
		switch {
		case rec.code() >= 500:
			level = slog.LevelError
		case strings.HasPrefix(r.URL.Path,
			staticPrefix), r.URL.Path == "/healthz", r.URL.Path == "/readyz", r.URL.Path == "/metrics":
			level = slog.LevelDebug
		}
		w.o.Logger.LogAttrs(r.Context(), level, "request",
			slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.Int("status", rec.code()),
			slog.Int64("bytes", rec.bytes),
			slog.Duration("took", time.Since(start)), slog.String("request_id", RequestID(r.Context())))
	})
}

func (w *Web) recovering(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(v)
			}
			w.o.Logger.ErrorContext(r.Context(), "panic", "value", v, "stack", string(debug.Stack()), "request_id",
				RequestID(r.Context()))
			if rec, ok := rw.(*recorder); ok && rec.status != 0 {
				panic(http.ErrAbortHandler) // half an answer must not look whole
			}
			w.plainError(rw, r, problem.New(problem.Internal, "Something went wrong inside ledgersheet."))
		}()
		next.ServeHTTP(rw, r)
	})
}

// policy lets pages load only what this server serves. form-action is left out on purpose: browsers apply it to
// redirects too, and the Connect buttons are forms that lead to the providers' consent pages.
const policy = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"

func (w *Web) headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		h := rw.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if w.https {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(rw, r)
	})
}

// recorder notes what was answered.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (r *recorder) WriteHeader(code int) {
	if r.status == 0 {
		r.status = code
	}
	r.ResponseWriter.WriteHeader(code)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(b)
	r.bytes += int64(n)
	return n, err
}

func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (r *recorder) code() int {
	if r.status == 0 {
		return http.StatusOK
	}
	return r.status
}
