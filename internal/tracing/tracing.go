// Package tracing sends spans of what a run does to an OpenTelemetry collector, as the standard environment variables
// say. Spans hold ids, counts and codes: never a name, a figure, a query or a token. A nil Tracer is tracing that is
// off: it returns what it is given, and costs nothing.
package tracing

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"ledgersheet/internal/problem"
)

// Options configures a Tracer.
type Options struct {
	Getenv  func(string) string // of the process, from which the exporter reads the rest itself
	Version string              // of the program
	Logger  *slog.Logger
}

// Tracer makes spans. Create one with New.
type Tracer struct {
	sender   sdk.SpanExporter
	provider *sdk.TracerProvider
	tracer   trace.Tracer
}

// Wanted reports whether the environment asks for traces. It returns an error if it asks for something that is not
// there. Traces are off unless an endpoint or the exporter is named.
// https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
func Wanted(getenv func(string) string) (bool, error) {
	if strings.EqualFold(getenv("OTEL_SDK_DISABLED"), "true") {
		return false, nil
	}
	endpoint := getenv("OTEL_EXPORTER_OTLP_ENDPOINT") + getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
	switch exporter := getenv("OTEL_TRACES_EXPORTER"); exporter {
	case "none":
		return false, nil
	case "":
		if endpoint == "" {
			return false, nil
		}
	case "otlp":
	default:
		return false, fmt.Errorf("OTEL_TRACES_EXPORTER must be otlp or none, not %q", exporter)
	}
	for _, name := range []string{"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"} {
		if protocol := getenv(name); protocol != "" && protocol != "http/protobuf" {
			return false, fmt.Errorf("%s must be http/protobuf, not %q; collectors take it at port 4318",
				name, protocol)
		}
	}
	return true, nil
}

// New returns a Tracer that sends spans, or nil if the environment does not ask for traces. It makes no request. An
// error says what is wrong with the environment.
func New(ctx context.Context, o Options) (*Tracer, error) {
	wanted, err := Wanted(o.Getenv)
	if err != nil || !wanted {
		return nil, err
	}
	sender, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("preparing traces: %w", err)
	}
	about, err := resource.New(ctx,
		resource.WithAttributes(
			attribute.String("service.name", "ledgersheet"), attribute.String("service.version", o.Version),
		),
		resource.WithTelemetrySDK(), resource.WithFromEnv(),
	)
	if err != nil {
		return nil, fmt.Errorf("reading OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	provider := sdk.NewTracerProvider(
		sdk.WithBatcher(&loggingExporter{SpanExporter: sender, log: o.Logger}), sdk.WithResource(about),
	)
	return &Tracer{sender: sender, provider: provider, tracer: provider.Tracer("ledgersheet")}, nil
}

// flushTimeout bounds how long a collector that does not answer may hold up the program's end.
const flushTimeout = 3 * time.Second

// Stop sends what has been collected and ends the work. Spans that cannot be sent in a few seconds are lost.
func (t *Tracer) Stop(ctx context.Context) error {
	if t == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, flushTimeout)
	defer cancel()
	err := t.provider.Shutdown(ctx)
	if ctx.Err() != nil {
		// A request under way would go on without us.
		return t.sender.Shutdown(context.WithoutCancel(ctx))
	}
	if err != nil {
		return fmt.Errorf("sending the last traces: %w", err)
	}
	return nil
}

// loggingExporter logs that spans cannot be sent, at most once in a while. The SDK's own way goes past the log.
type loggingExporter struct {
	sdk.SpanExporter
	log *slog.Logger

	mu   sync.Mutex
	said time.Time
}

const sayEvery = 10 * time.Minute

// ExportSpans implements sdk.SpanExporter.
func (e *loggingExporter) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	err := e.SpanExporter.ExportSpans(ctx, spans)
	if err == nil {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if time.Since(e.said) > sayEvery {
		e.said = time.Now()
		e.log.WarnContext(ctx, "traces cannot be sent", "spans", len(spans), "error", err.Error())
	}
	return nil
}

// end ends a span with what came of it. Of an error it tells the code alone: messages hold names.
func end(span trace.Span, err error) {
	if err != nil {
		code := string(problem.From(err).Code)
		span.SetAttributes(attribute.String("error.type", code))
		span.SetStatus(codes.Error, code)
	}
	span.End()
}
