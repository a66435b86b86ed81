package tracing

import (
	"net/http"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// Transport returns a transport whose requests are spans of the run that makes them. Requests outside a run are not
// traced. Nothing is sent along with a request: providers have no use for our ids.
func (t *Tracer) Transport(provider string, next http.RoundTripper) http.RoundTripper {
	if t == nil {
		return next
	}
	return transport{provider, next, t.tracer}
}

type transport struct {
	provider string
	next     http.RoundTripper
	tracer   trace.Tracer
}

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if !trace.SpanContextFromContext(r.Context()).IsValid() {
		return t.next.RoundTrip(r)
	}
	template := pathTemplate(r.URL.Path)
	ctx, span := t.tracer.Start(r.Context(), t.provider+" "+r.Method, trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(
			attribute.String("http.request.method", r.Method),
			attribute.String("server.address", r.URL.Hostname()),
			attribute.String("url.template", template),
		))
	defer span.End()
	res, err := t.next.RoundTrip(r.WithContext(ctx))
	if err != nil {
		span.SetAttributes(attribute.String("error.type", "no_answer"))
		span.SetStatus(codes.Error, "no answer")
		return res, err
	}
	span.SetAttributes(attribute.Int("http.response.status_code", res.StatusCode))
	if tid := res.Header.Get("Intuit_tid"); tid != "" {
		span.SetAttributes(attribute.String("intuit_tid", tid))
	}
	if res.StatusCode >= http.StatusBadRequest {
		span.SetAttributes(attribute.String("error.type", strconv.Itoa(res.StatusCode)))
		span.SetStatus(codes.Error, strconv.Itoa(res.StatusCode))
	}
	return res, nil
}

// pathTemplate returns a path with only the words that are the provider's own: ids, titles of tabs and ranges become
// {id}. A path can hold anything that people have typed, so that what is not known to be a word is none.
func pathTemplate(path string) string {
	parts := strings.Split(path, "/")
	books := strings.HasPrefix(path, "/v3/company/") // what follows a company's id is QuickBooks' own
	for i, part := range parts {
		word, verb, _ := strings.Cut(part, ":")
		switch {
		case part == "", isWord(part), books && i > 3 && isLetters(part):
		case isWord(word) && isVerb(verb): // such as values:batchGet
		case isVerb(verb): // such as 1aBc…:batchUpdate
			parts[i] = "{id}:" + verb
		default:
			parts[i] = "{id}"
		}
	}
	return strings.Join(parts, "/")
}

func isWord(text string) bool {
	switch text {
	case "v1", "v2", "v3", "v4", "company", "oauth2", "tokens", "bearer", "revoke", "token", "userinfo",
		"openid_connect", "developer", "spreadsheets", "values", "sheets", "developerMetadata", "drive", "files",
		"copy", "permissions", ".well-known", "openid_configuration", "openid_sandbox_configuration":
		return true
	}
	return false
}

func isVerb(text string) bool {
	switch text {
	case "batchGet", "batchUpdate", "batchClear", "batchGetByDataFilter", "batchUpdateByDataFilter",
		"getByDataFilter", "search", "append", "clear", "copyTo":
		return true
	}
	return false
}

func isLetters(text string) bool {
	for _, r := range text {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
			return false
		}
	}
	return true
}
