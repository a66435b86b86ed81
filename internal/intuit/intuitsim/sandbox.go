package intuitsim

import "net/http"

func (s *Server) sandboxRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /sandbox/companies", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, s.Companies()) })
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	a := jsonAnswer(status, v)
	w.Header().Set("Content-Type", a.header.Get("Content-Type"))
	w.WriteHeader(status)
	_, _ = w.Write(a.body)
}
