package tracing

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"

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
