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

// middleware wraps the engine, outermost first: request ID, log, recover, security headers, door, cross-origin
// protection, session. Recovery is inside the log, so that a panic is logged with the status of its answer.
func (w *Web) middleware(engine http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.plainError(rw, r, problem.New(problem.Forbidden, "This form was sent from another site.").
			WithHint("Open the page here and send it again. Behind a proxy, LEDGERSHEET_BASE_URL must be the "+
				"address in the browser."))
	}))
	if origin := w.origin(); origin != "" {
		// Behind a proxy, the Host header can differ from the host in the browser.
		if err := protection.AddTrustedOrigin(origin); err != nil {
			w.o.Logger.Warn("base URL is no origin", "error", err.Error())
		}
	}
	h := w.o.Sessions.Middleware(engine)
	h = skipSession(h, engine)
	h = w.guard(protection.Handler(h), h)
	h = w.door(h)
	h = w.setHeaders(h)
	h = w.recoverPanics(h)
	h = w.logRequests(h)
	return setRequestID(h)
}

// guard uses with for everything but the mounted parts of the site. Those defend themselves, answer in their own form,
// and also serve programs that are not browsers.
func (w *Web) guard(with, without http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if _, ok := w.findMount(r.URL.Path); ok {
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

// skipSession spares requests that need no session the look into the store.
func skipSession(with, without http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if isAncillary(r.URL.Path) {
			without.ServeHTTP(rw, r)
			return
		}
		with.ServeHTTP(rw, r)
	})
}

// isAncillary reports whether a path is a static file or a probe, which need no session and little log.
func isAncillary(path string) bool {
	return strings.HasPrefix(path, staticPrefix) || path == "/healthz" || path == "/readyz" || path == "/metrics"
}

// setRequestID keeps the proxy's id if it is well-formed, and otherwise makes a new one.
func setRequestID(next http.Handler) http.Handler {
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

// logRequests writes one line per request. It leaves out queries, because a consent's answer carries its code there.
func (w *Web) logRequests(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		start := time.Now()
		rec := &recorder{ResponseWriter: rw}
		next.ServeHTTP(rec, r)
		level := slog.LevelInfo
		switch {
		case rec.code() >= 500:
			level = slog.LevelError
		case isAncillary(r.URL.Path):
			level = slog.LevelDebug
		}
		w.o.Logger.LogAttrs(r.Context(), level, "request",
			slog.String("method", r.Method), slog.String("path", r.URL.Path),
			slog.Int("status", rec.code()), slog.Int64("bytes", rec.bytes),
			slog.Duration("took", time.Since(start)), slog.String("request_id", RequestID(r.Context())))
	})
}

func (w *Web) recoverPanics(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(v)
			}
			w.o.Logger.ErrorContext(r.Context(), "panic",
				"value", v, "stack", string(debug.Stack()), "request_id", RequestID(r.Context()))
			if rec, ok := rw.(*recorder); ok && rec.status != 0 {
				panic(http.ErrAbortHandler) // half an answer must not look complete
			}
			w.plainError(rw, r, problem.New(problem.Internal, "Something went wrong inside ledgersheet."))
		}()
		next.ServeHTTP(rw, r)
	})
}

// policy lets pages load only what this server serves. form-action is left out on purpose: browsers apply it to
// redirects too, and the Connect buttons are forms that lead to the providers' consent pages.
const policy = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"

func (w *Web) setHeaders(next http.Handler) http.Handler {
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

// recorder records the status and size of the answer.
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
