package intuitsim

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// answer is a whole response before it goes on the wire.
type answer struct {
	status int
	header http.Header
	body   []byte
	delay  time.Duration // beyond that of the call
}

func newAnswer(status int, contentType string, body []byte) *answer {
	return &answer{status: status, header: http.Header{"Content-Type": {contentType}}, body: body}
}

func textAnswer(status int, contentType, body string) *answer {
	return newAnswer(status, contentType, []byte(body))
}

func jsonAnswer(status int, v any) *answer {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return textAnswer(http.StatusInternalServerError, "text/plain; charset=utf-8", err.Error())
	}
	return newAnswer(status, "application/json;charset=UTF-8", bytes.TrimRight(b.Bytes(), "\n"))
}

// deliver writes the answer, compressed when asked for, and spoilt when the call's fault demands it.
func (s *Server) deliver(w http.ResponseWriter, r *http.Request, call *call, a *answer) {
	body := a.body
	fault := call.fault
	if fault != nil && fault.Body == BodyBadJSON {
		body = spoilJSON(body)
	}
	for name, values := range a.header {
		w.Header()[name] = values
	}
	if fault != nil && fault.RetryAfter != "" {
		w.Header().Set("Retry-After", fault.RetryAfter)
	}
	if fault != nil && fault.Body == BodyDropAfter {
		panic(http.ErrAbortHandler)
	}
	if len(body) > 0 && strings.HasPrefix(r.URL.Path, "/v3/") && acceptsGzip(r) {
		body = compress(body)
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Vary", "Accept-Encoding")
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(a.status)
	if fault != nil && fault.Body == BodyCut {
		_, _ = w.Write(body[:len(body)/2])
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write(body)
}

func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, quality, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(name, "gzip") {
			return strings.TrimSpace(quality) != "q=0"
		}
	}
	return false
}

func compress(body []byte) []byte {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		return body
	}
	_, _ = z.Write(body)
	_ = z.Close()
	return b.Bytes()
}

// spoilJSON returns the body with its last third lost and a stray brace, the way a broken proxy ends a page.
func spoilJSON(body []byte) []byte {
	return append(append([]byte(nil), body[:len(body)*2/3]...), "}}<"...)
}

// Transport answers requests for any host from the simulator without a network: a dropped connection is an error of
// RoundTrip, a cut body is an unexpected end while reading. It works inside testing/synctest.
func (s *Server) Transport() http.RoundTripper { return transport{s} }

type transport struct{ server *Server }

func (t transport) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	in := r.Clone(r.Context())
	if in.Body == nil {
		in.Body = http.NoBody
	}
	defer in.Body.Close()
	in.Host, in.RequestURI = r.URL.Host, r.URL.RequestURI()
	gzipped := in.Header.Get("Accept-Encoding") == ""
	w := &memoryWriter{header: http.Header{}}
	defer func() {
		if p := recover(); p != nil {
			if p != http.ErrAbortHandler {
				panic(p)
			}
			if ctxErr := r.Context().Err(); ctxErr != nil {
				resp, err = nil, ctxErr
				return
			}
			if w.status == 0 {
				resp, err = nil, io.ErrUnexpectedEOF
				return
			}
			resp, err = w.response(r, true), nil
		}
	}()
	if gzipped && strings.HasPrefix(in.URL.Path, "/v3/") {
		in.Header.Del("Accept-Encoding")
	}
	t.server.ServeHTTP(w, in)
	return w.response(r, false), nil
}

type memoryWriter struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *memoryWriter) Header() http.Header { return w.header }

func (w *memoryWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *memoryWriter) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

func (w *memoryWriter) response(r *http.Request, cut bool) *http.Response {
	w.WriteHeader(http.StatusOK)
	var body io.Reader = bytes.NewReader(w.body.Bytes())
	if cut {
		body = io.MultiReader(body, brokenReader{})
	}
	length := int64(w.body.Len())
	if n, err := strconv.ParseInt(w.header.Get("Content-Length"), 10, 64); err == nil {
		length = n
	}
	header := http.Header{}
	for name, values := range w.header {
		header[http.CanonicalHeaderKey(name)] = values
	}
	return &http.Response{
		Status: strconv.Itoa(w.status) + " " + http.StatusText(w.status), StatusCode: w.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: io.NopCloser(body), ContentLength: length, Request: r,
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
