package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"

	"ledgersheet/internal/api"
	"ledgersheet/internal/app"
	"ledgersheet/internal/config"
)

// reach calls use with a client of the API: that of a running server, or of this process if no server holds the data
// folder. Commands then do the same work in the same way.
func reach(ctx context.Context, std Stdio, address string, flags config.Flags, use func(*client) error) error {
	return callOrOpen(ctx, std, address, flags,
		func(base string) error {
			c, err := newClient(base, os.Getenv)
			if err != nil {
				return err
			}
			return use(c)
		},
		func(a *app.App) error {
			handler := api.Handler(a.Control(), localActor(), flags.Logger(std.Err))
			return use(&client{
				base: "http://localhost" + api.Base, http: &http.Client{Transport: inProcess{handler}},
			})
		})
}

// inProcess is a transport that has a handler answer instead of a server.
type inProcess struct{ handler http.Handler }

// RoundTrip implements http.RoundTripper.
func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		r = r.Clone(r.Context())
		r.Body = http.NoBody
	}
	a := answer{header: http.Header{}}
	t.handler.ServeHTTP(&a, r)
	_ = r.Body.Close()
	status := max(a.status, http.StatusOK)
	return &http.Response{
		Status: fmt.Sprint(status, " ", http.StatusText(status)), StatusCode: status, Header: a.header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Body: io.NopCloser(&a.body), ContentLength: -1, Request: r,
	}, nil
}

// answer collects a handler's answer.
type answer struct {
	status int
	header http.Header
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (a *answer) Header() http.Header { return a.header }

// Write implements http.ResponseWriter.
func (a *answer) Write(p []byte) (int, error) { return a.body.Write(p) }

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) { a.status = status }

// send sends a request with a JSON body, or none if body is nil, and with more headers, each a name and its value. It
// decodes the answer into v. If the server refuses, it returns the server's problem.
func (c *client) send(ctx context.Context, method, path string, body, v any, headers ...[2]string) error {
	var reader io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("encoding a request: %w", err)
		}
		reader = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, reader)
	if err != nil {
		return fmt.Errorf("making a request: %w", err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		req.Header.Set(h[0], h[1])
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := c.http.Do(req)
	if err != nil {
		// The address is named below, without what url.Error adds.
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err
		}
		return fmt.Errorf("asking the server at %s: %w", c.base, err)
	}
	defer func() { _ = res.Body.Close() }()
	return c.read(res, v)
}

// read decodes an answer into v, or returns the server's problem.
func (c *client) read(res *http.Response, v any) error {
	if res.StatusCode >= http.StatusBadRequest {
		return c.refusal(res)
	}
	if res.StatusCode == http.StatusNoContent {
		return nil
	}
	data, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("reading the server's answer: %w", err)
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("reading the server's answer: %w", err)
	}
	return nil
}
