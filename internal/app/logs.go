package app

import (
	"context"
	"log/slog"

	"go.opentelemetry.io/otel/trace"

	"ledgersheet/internal/export"
	"ledgersheet/internal/queue"
	"ledgersheet/internal/web"
)

// runKey is the key of a run's id in the context of its work.
type runKey struct{}

// nameRun has each line that is logged during a run's work name the run.
func nameRun(work queue.Work) queue.Work {
	return func(ctx context.Context, r export.Run, report func(func(*export.Run))) error {
		return work(context.WithValue(ctx, runKey{}, string(r.ID)), r, report)
	}
}

// namingHandler adds to each line the run, the request and the trace that it belongs to, unless the line names them.
type namingHandler struct{ slog.Handler }

// Handle implements slog.Handler.
func (h namingHandler) Handle(ctx context.Context, r slog.Record) error {
	names := map[string]string{"request_id": web.RequestID(ctx)}
	names["run"], _ = ctx.Value(runKey{}).(string)
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		names["trace_id"] = span.TraceID().String()
	}
	r.Attrs(func(a slog.Attr) bool { delete(names, a.Key); return true })
	for _, name := range []string{"run", "request_id", "trace_id"} {
		if names[name] != "" {
			r.AddAttrs(slog.String(name, names[name]))
		}
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h namingHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return namingHandler{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h namingHandler) WithGroup(name string) slog.Handler {
	return namingHandler{h.Handler.WithGroup(name)}
}
