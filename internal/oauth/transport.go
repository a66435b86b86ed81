package oauth

import (
	"context"
	"io"
	"net/http"
)

// Tokens hands out access tokens: a Source or a ServiceAccount.
type Tokens interface {
	Token(ctx context.Context) (string, error)
	Invalidate(access string)
}

var (
	_ Tokens = (*Source)(nil)
	_ Tokens = (*ServiceAccount)(nil)
)

// Transport authorises requests with a bearer token. After a 401 it asks for a new token and sends the request once
// more, if its body can be sent again; a second 401 is handed on. If there is no token, nothing is sent and the error
// is the problem that says why.
type Transport struct {
	Tokens Tokens
	Base   http.RoundTripper // nil means http.DefaultTransport
}

// RoundTrip implements http.RoundTripper.
func (t *Transport) RoundTrip(request *http.Request) (*http.Response, error) {
	if leftHome(request) {
		return t.base().RoundTrip(request)
	}
	token, err := t.Tokens.Token(request.Context())
	if err != nil {
		closeBody(request)
		return nil, err
	}
	response, err := t.base().RoundTrip(authorise(request, token))
	if err != nil || response.StatusCode != http.StatusUnauthorized {
		return response, err
	}
	t.Tokens.Invalidate(token)
	again, ok := replay(request)
	if !ok {
		return response, nil
	}
	// Drain the body, which is small for a 401, so that the connection can be reused.
	_, _ = io.CopyN(io.Discard, response.Body, 64<<10)
	_ = response.Body.Close()
	if token, err = t.Tokens.Token(request.Context()); err != nil {
		closeBody(again)
		return nil, err
	}
	return t.base().RoundTrip(authorise(again, token))
}

func (t *Transport) base() http.RoundTripper {
	if t.Base != nil {
		return t.Base
	}
	return http.DefaultTransport
}

// leftHome reports whether a redirect led away from the original origin. Another origin must not see the token.
func leftHome(request *http.Request) bool {
	first := request
	for first.Response != nil && first.Response.Request != nil {
		first = first.Response.Request
	}
	return first.URL.Host != request.URL.Host || first.URL.Scheme != request.URL.Scheme
}

// authorise returns a copy of the request with the token, because a RoundTripper must not change its request.
func authorise(request *http.Request, token string) *http.Request {
	sent := request.Clone(request.Context())
	sent.Header.Set("Authorization", "Bearer "+token)
	return sent
}

// replay returns the request with a fresh body, or false if the body cannot be read again.
func replay(request *http.Request) (*http.Request, bool) {
	if request.Body == nil || request.Body == http.NoBody {
		return request, true
	}
	if request.GetBody == nil {
		return nil, false
	}
	body, err := request.GetBody()
	if err != nil {
		return nil, false
	}
	again := request.Clone(request.Context())
	again.Body = body
	return again, true
}

func closeBody(request *http.Request) {
	if request.Body != nil {
		_ = request.Body.Close()
	}
}
