package tracing

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ledgersheet/internal/export"
)

func TestWanted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		env  map[string]string
		want bool
		says string
	}{
		"nothing":            {nil, false, ""},
		"a name alone":       {map[string]string{"OTEL_SERVICE_NAME": "x"}, false, ""},
		"an endpoint":        {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, true, ""},
		"one for traces":     {map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:4318/x"}, true, ""},
		"the exporter alone": {map[string]string{"OTEL_TRACES_EXPORTER": "otlp"}, true, ""},
		"none": {
			map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_TRACES_EXPORTER": "none"}, false, "",
		},
		"disabled": {
			map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_SDK_DISABLED": "True"}, false, "",
		},
		"another exporter": {map[string]string{"OTEL_TRACES_EXPORTER": "zipkin"}, false, "OTEL_TRACES_EXPORTER"},
		"gRPC": {
			map[string]string{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, false, "4318",
		},
	} {
		got, err := Wanted(func(key string) string { return c.env[key] })
		if got != c.want || (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

func TestPathTemplate(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/v3/company/9130347957983976/query":                     "/v3/company/{id}/query",
		"/v3/company/913/reports/ProfitAndLoss":                  "/v3/company/{id}/reports/ProfitAndLoss",
		"/v3/company/913/companyinfo/913":                        "/v3/company/{id}/companyinfo/{id}",
		"/oauth2/v1/tokens/bearer":                               "/oauth2/v1/tokens/bearer",
		"/v4/spreadsheets/1aBcDeF":                               "/v4/spreadsheets/{id}",
		"/v4/spreadsheets/1aBcDeF:batchUpdate":                   "/v4/spreadsheets/{id}:batchUpdate",
		"/v4/spreadsheets/1aB/values:batchGet":                   "/v4/spreadsheets/{id}/values:batchGet",
		"/v4/spreadsheets/1aB/values/Salaries":                   "/v4/spreadsheets/{id}/values/{id}",
		"/v4/spreadsheets/1aB/values/Smith!A1:B":                 "/v4/spreadsheets/{id}/values/{id}",
		"/v4/spreadsheets/1aB/values/company/Smith":              "/v4/spreadsheets/{id}/values/company/{id}",
		"/v4/spreadsheets/1aB/values/Smith:Jones":                "/v4/spreadsheets/{id}/values/{id}",
		"/v4/spreadsheets/AllLettersId/developerMetadata:search": "/v4/spreadsheets/{id}/developerMetadata:search",
		"/drive/v3/files/1aB":                                    "/drive/v3/files/{id}",
		"/":                                                      "/",
		"":                                                       "",
		"/wherever/Jane Smith/":                                  "/{id}/{id}/",
		"/v3/company/Bluebird/query":                             "/v3/company/{id}/query",
		"/v4/spreadsheets/1aB/sheets/77:copyTo":                  "/v4/spreadsheets/{id}/sheets/{id}:copyTo",
	} {
		if got := pathTemplate(path); got != want {
			t.Errorf("%q is %q, want %q", path, got, want)
		}
	}
}

// Off, everything is what it was given, so that it costs nothing.
func TestOffIsFree(t *testing.T) { // alone: it counts allocations
	tracer, err := New(t.Context(), Options{
		Getenv: func(string) string { return "" }, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil || tracer != nil {
		t.Fatalf("traces are on: %v, %v", tracer, err)
	}
	if got := tracer.Transport("google", http.DefaultTransport); got != http.DefaultTransport {
		t.Errorf("the transport became %T", got)
	}
	if tracer.Source(nil) != nil || tracer.Destination(nil) != nil || tracer.Work(nil) != nil {
		t.Error("a source, a destination or work was wrapped")
	}
	work := tracer.Work(func(context.Context, export.Run, func(func(*export.Run))) error { return nil })
	if n := testing.AllocsPerRun(100, func() { _ = work(context.Background(), export.Run{}, nil) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if err := tracer.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}

// The variables that the SDK reads by itself hold too. The test sets the process's environment, so it runs alone.
func TestStandardVariables(t *testing.T) {
	var posts atomic.Int64
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/here" || r.Header.Get("X-Tenant") != "books" {
			t.Errorf("%s came with tenant %q", r.URL.Path, r.Header.Get("X-Tenant"))
		}
		posts.Add(1)
	}))
	defer collector.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", collector.URL+"/here")
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=books")
	for sampler, want := range map[string]int64{"always_off": 0, "always_on": 1} {
		t.Setenv("OTEL_TRACES_SAMPLER", sampler)
		posts.Store(0)
		tracer, err := New(t.Context(), Options{Getenv: os.Getenv, Logger: slog.New(slog.DiscardHandler)})
		if err != nil || tracer == nil {
			t.Fatalf("traces are off: %v", err)
		}
		work := tracer.Work(func(context.Context, export.Run, func(func(*export.Run))) error { return nil })
		if err := work(t.Context(), export.Run{ID: "run_1"}, nil); err != nil {
			t.Fatal(err)
		}
		if err := tracer.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := posts.Load(); got != want {
			t.Errorf("with %s there are %d posts, want %d", sampler, got, want)
		}
	}
}

// A collector that hangs does not hold up the end for longer than a few seconds.
func TestStopIsBounded(t *testing.T) {
	givenUp := make(chan struct{})
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // a server notices that a client is gone once it has read all
		<-r.Context().Done()
		close(givenUp)
	}))
	defer collector.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	tracer, err := New(t.Context(), Options{Getenv: os.Getenv, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	work := tracer.Work(func(context.Context, export.Run, func(func(*export.Run))) error { return nil })
	_ = work(t.Context(), export.Run{ID: "run_1"}, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := tracer.Stop(ctx); err != nil {
		t.Error(err)
	}
	select {
	case <-givenUp:
	case <-time.After(5 * time.Second): // half of what a request may take by itself
		t.Error("the request goes on")
	}
}
