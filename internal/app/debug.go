package app

import (
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
)

const debugVariable = "LEDGERSHEET_DEBUG_ADDR"

// debugHandler serves Go's profiles. It answers only requests that name this machine: a page in a browser here could
// otherwise reach it under a name of its own.
func debugHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			http.Error(w, "Profiles are for this machine only.", http.StatusForbidden)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// onLoopback checks that the listener for profiles can be reached from this machine only. Other listeners pass.
func onLoopback(variable string, l net.Listener) error {
	if variable != debugVariable {
		return nil
	}
	if at, ok := l.Addr().(*net.TCPAddr); ok && at.IP.IsLoopback() {
		return nil
	}
	return fmt.Errorf("%s must be on loopback, such as 127.0.0.1:6060, and not on %s: whoever reaches it can read the "+
		"program's memory", debugVariable, l.Addr())
}
