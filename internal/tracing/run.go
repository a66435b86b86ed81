package tracing

import (
	"context"
	"iter"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

// Work is what carries out a run; see queue.Work.
type Work = func(ctx context.Context, r export.Run, report func(change func(*export.Run))) error

// Work returns work whose attempts are spans, each the beginning of a trace.
func (t *Tracer) Work(work Work) Work {
	if t == nil {
		return work
	}
	return func(ctx context.Context, r export.Run, report func(func(*export.Run))) error {
		ctx, span := t.tracer.Start(ctx, "run", trace.WithNewRoot(), trace.WithAttributes(
			attribute.String("ledgersheet.run.id", string(r.ID)),
			attribute.String("ledgersheet.run.trigger", string(r.Trigger)),
			attribute.Int("ledgersheet.run.attempt", r.Attempts),
			attribute.String("ledgersheet.exporter.id", string(r.Exporter.ID)),
			attribute.String("ledgersheet.exporter.type", r.Exporter.Definition),
			attribute.Int("ledgersheet.companies", len(r.Exporter.Companies)),
		))
		err := work(ctx, r, report)
		end(span, err)
		return err
	}
}

// Source is what a run reads with.
type Source interface {
	export.Source
	export.Versions
}

// Source returns a source whose readings are spans, from the first request to the last row.
func (t *Tracer) Source(s Source) export.Source {
	if t == nil {
		return s
	}
	return source{s, t.tracer}
}

// source keeps all that the source can do.
type source struct {
	Source
	tracer trace.Tracer
}

// Read implements export.Source.
func (s source) Read(ctx context.Context, d export.Definition, q export.Query) (*export.Reading, error) {
	ctx, span := s.tracer.Start(ctx, "read company", trace.WithAttributes(
		attribute.String("ledgersheet.company.id", string(q.Company.Realm)),
		attribute.String("ledgersheet.exporter.type", d.Info().ID),
	))
	reading, err := s.Source.Read(ctx, d, q)
	if err != nil {
		end(span, err)
		return nil, err
	}
	traced := *reading
	traced.Rows = countRows(span, reading.Rows)
	return &traced, nil
}

// countRows ends the span with the last row, or with what stops it.
func countRows(span trace.Span, rows iter.Seq2[table.Row, error]) iter.Seq2[table.Row, error] {
	return func(yield func(table.Row, error) bool) {
		n, failed := 0, error(nil)
		defer func() {
			span.SetAttributes(attribute.Int("ledgersheet.rows", n))
			end(span, failed)
		}()
		for row, err := range rows {
			if err == nil {
				n++
			}
			if failed = err; !yield(row, err) {
				return
			}
		}
	}
}

// Destination is what a run writes with.
type Destination interface {
	export.Destination
	export.Editions
}

// Destination returns a destination whose preparations and commits are spans.
func (t *Tracer) Destination(d Destination) export.Destination {
	if t == nil {
		return d
	}
	return destination{d, t.tracer}
}

// destination keeps all that the destination can do.
type destination struct {
	Destination
	tracer trace.Tracer
}

// Prepare implements export.Destination.
func (d destination) Prepare(ctx context.Context, w export.WriteRequest) (export.Write, error) {
	attributes := []attribute.KeyValue{attribute.String("ledgersheet.destination", string(w.Target.Kind))}
	if w.Rows != nil {
		attributes = append(attributes, attribute.Int("ledgersheet.rows", w.Rows.Len()))
	}
	ctx, span := d.tracer.Start(ctx, "prepare write", trace.WithAttributes(attributes...))
	prepared, err := d.Destination.Prepare(ctx, w)
	end(span, err)
	if err != nil {
		return prepared, err
	}
	return write{prepared, d.tracer}, nil
}

type write struct {
	export.Write
	tracer trace.Tracer
}

// Commit implements export.Write.
func (w write) Commit(ctx context.Context) (export.WriteResult, error) {
	ctx, span := w.tracer.Start(ctx, "commit")
	result, err := w.Write.Commit(ctx)
	if err == nil {
		span.SetAttributes(
			attribute.Int("ledgersheet.rows", result.Rows), attribute.Bool("ledgersheet.unchanged", result.Unchanged))
	}
	end(span, err)
	return result, err
}
