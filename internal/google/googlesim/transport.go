package googlesim

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// Transport returns a RoundTripper that calls the server directly, whatever host is asked: for tests
// without a network. Cut connections appear as io.ErrUnexpectedEOF, as they do over TCP.
func (s *Server) Transport() http.RoundTripper { return direct{s} }

type direct struct{ s *Server }

// RoundTrip serves one request in the caller's goroutine.
func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	in := r.Clone(r.Context())
	in.Body = http.NoBody
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if closeErr := r.Body.Close(); err == nil {
			err = closeErr
		}
		if err != nil {
			return nil, fmt.Errorf("reading request body: %w", err)
		}
		in.Body = io.NopCloser(bytes.NewReader(body))
	}
	if in.Host == "" {
		in.Host = in.URL.Host
	}
	in.RequestURI = in.URL.RequestURI()
	out := &answer{header: http.Header{}}
	cut := d.serve(out, in)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if cut && out.status == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	if out.status == 0 {
		out.status = http.StatusOK
	}
	var body io.Reader = bytes.NewReader(out.body.Bytes())
	length := int64(out.body.Len())
	if cut {
		body = io.MultiReader(body, broken{})
		if n, err := strconv.ParseInt(out.header.Get("Content-Length"), 10, 64); err == nil {
			length = n
		}
	}
	return &http.Response{
		Status: strconv.Itoa(out.status) + " " + http.StatusText(out.status), StatusCode: out.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: out.header,
		Body: io.NopCloser(body), ContentLength: length, Request: r,
	}, nil
}

// serve reports whether the handler cut the connection.
func (d direct) serve(out *answer, in *http.Request) (cut bool) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case error:
			if !errors.Is(p, http.ErrAbortHandler) {
				panic(p)
			}
			cut = true
		default:
			panic(p)
		}
	}()
	d.s.ServeHTTP(out, in)
	return false
}

// broken is the rest of a body that never came.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
