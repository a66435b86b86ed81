package app_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	spans "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/problem"
)

// otlpReceiver is a collector that speaks OTLP over HTTP.
// https://opentelemetry.io/docs/specs/otlp/#otlphttp
type otlpReceiver struct {
	t  *testing.T
	mu sync.Mutex
	// what came
	spans    []*spans.Span
	resource map[string]string
	raw      bytes.Buffer
}

func (c *otlpReceiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.Method != http.MethodPost || r.URL.Path != "/v1/traces" ||
		r.Header.Get("Content-Type") != "application/x-protobuf" {
		c.t.Errorf("%s %s with %q is no OTLP", r.Method, r.URL.Path, r.Header.Get("Content-Type"))
	}
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		body, _ = gzip.NewReader(r.Body)
	}
	data, err := io.ReadAll(body)
	if err != nil {
		c.t.Error(err)
	}
	c.raw.Write(data)
	var request collector.ExportTraceServiceRequest
	if err := proto.Unmarshal(data, &request); err != nil {
		c.t.Error(err)
	}
	for _, of := range request.ResourceSpans {
		c.resource = attributesOf(of.Resource.Attributes)
		for _, scope := range of.ScopeSpans {
			c.spans = append(c.spans, scope.Spans...)
		}
	}
	answer, _ := proto.Marshal(&collector.ExportTraceServiceResponse{})
	w.Header().Set("Content-Type", "application/x-protobuf")
	_, _ = w.Write(answer)
}

func attributesOf(list []*common.KeyValue) map[string]string {
	all := map[string]string{}
	for _, a := range list {
		switch v := a.Value.Value.(type) {
		case *common.AnyValue_StringValue:
			all[a.Key] = v.StringValue
		case *common.AnyValue_IntValue:
			all[a.Key] = fmt.Sprint(v.IntValue)
		case *common.AnyValue_BoolValue:
			all[a.Key] = fmt.Sprint(v.BoolValue)
		}
	}
	return all
}

// TestTraces follows runs through a collector: what they read and write are spans below them, and nothing that is
// secret or somebody's is sent. It sets the process's environment, so it runs alone.
func TestTraces(t *testing.T) {
	receiver := &otlpReceiver{t: t}
	server := httptest.NewServer(receiver)
	defer server.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.URL)
	t.Setenv("OTEL_SERVICE_NAME", "books")
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test")

	w := makeWorld(t, intuitsim.Options{Invoices: 30})
	var log lockedBuffer
	w.getenv, w.log = os.Getenv, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	w.open()
	companies := w.connect(2)
	e := w.newExporter("invoices", map[string]string{"date_range": "all"}, nil, companies...)
	e.Target.Sheet = "Payroll of Jane"
	good, _ := w.mustRun(w.create(e).ID)
	_, err := w.desk().DisconnectCompany(w.ctx, companies[0].Realm)
	must(t, err)
	bad := w.run(good.Exporter.ID)
	must(t, w.app.Stop(context.Background()))

	if receiver.resource["service.name"] != "books" || receiver.resource["deployment.environment.name"] != "test" {
		t.Errorf("the resource is %v", receiver.resource)
	}
	byID, under := map[string]*spans.Span{}, map[string][]*spans.Span{}
	for _, s := range receiver.spans {
		byID[hex.EncodeToString(s.SpanId)] = s
		under[hex.EncodeToString(s.TraceId)] = append(under[hex.EncodeToString(s.TraceId)], s)
	}
	roots := map[string]*spans.Span{}
	for _, s := range receiver.spans {
		if len(s.ParentSpanId) == 0 {
			roots[attributesOf(s.Attributes)["ledgersheet.run.id"]] = s
			continue
		}
		parent := byID[hex.EncodeToString(s.ParentSpanId)]
		if parent == nil || !slices.Equal(parent.TraceId, s.TraceId) {
			t.Errorf("%s has no parent in its trace", s.Name)
		}
	}
	checkGoodTrace(t, good, companies, roots, under)
	failed := roots[string(bad.ID)]
	if failed == nil || failed.Status.GetCode() != spans.Status_STATUS_CODE_ERROR ||
		failed.Status.GetMessage() != string(problem.CompanyReconnectRequired) {
		t.Errorf("the failed run's span is %v", failed)
	}
	raw := receiver.raw.String()
	for _, secret := range []string{
		"Payroll", "Jane", companies[0].Name, companies[1].Name, "owner@example.com", "select", "SELECT", "Bearer",
		string(w.set.Intuit.ClientSecret), "correct horse", "startposition", "minorversion",
	} {
		if strings.Contains(raw, secret) {
			t.Errorf("%q was sent to the collector", secret)
		}
	}
	// Lines that are logged during a run name it, and its trace.
	trace := hex.EncodeToString(roots[string(good.ID)].TraceId)
	named := 0
	for line := range strings.Lines(log.String()) {
		if strings.Contains(line, `msg="provider request"`) && strings.Contains(line, "run="+string(good.ID)) &&
			strings.Contains(line, "trace_id="+trace) {
			named++
		}
	}
	if want := good.QuickBooks + good.Sheets; named < want {
		t.Errorf("%d requests name the run in the log, want %d at least", named, want)
	}
}

func checkGoodTrace(t *testing.T, run export.Run, companies []export.Company, roots map[string]*spans.Span,
	under map[string][]*spans.Span) {
	t.Helper()
	root := roots[string(run.ID)]
	if root == nil || root.Name != "run" {
		t.Fatalf("the run has no span; there are %v", roots)
	}
	is := attributesOf(root.Attributes)
	if is["ledgersheet.exporter.type"] != "invoices" || is["ledgersheet.run.trigger"] != "manual" ||
		is["ledgersheet.run.attempt"] != "1" || is["ledgersheet.companies"] != "2" {
		t.Errorf("the run's span is %v", is)
	}
	names, rows, read := map[string]int{}, 0, map[string]bool{}
	for _, s := range under[hex.EncodeToString(root.TraceId)] {
		names[s.Name]++
		a := attributesOf(s.Attributes)
		switch s.Name {
		case "read company":
			n := 0
			_, _ = fmt.Sscan(a["ledgersheet.rows"], &n)
			rows += n
			read[a["ledgersheet.company.id"]] = true
		case "commit":
			if a["ledgersheet.rows"] != fmt.Sprint(run.Rows) {
				t.Errorf("the commit's span is %v", a)
			}
		case "quickbooks GET", "google GET", "google POST":
			if a["http.response.status_code"] != "200" || a["url.template"] == "" {
				t.Errorf("a request's span is %v", a)
			}
		}
	}
	if rows != run.Rows || len(read) != 2 || !read[string(companies[0].Realm)] {
		t.Errorf("%d rows of %v are traced, the run has %d", rows, read, run.Rows)
	}
	if names["quickbooks GET"] < run.QuickBooks || names["google POST"] == 0 || names["prepare write"] == 0 ||
		names["commit"] == 0 {
		t.Errorf("the run asked QuickBooks %d times; its spans are %v", run.QuickBooks, names)
	}
}

// A collector that is not there costs a line in the log, and no run.
func TestTracesWithoutCollector(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", gone.URL)
	w := makeWorld(t, intuitsim.Options{Invoices: 3})
	var log lockedBuffer
	w.getenv, w.log = os.Getenv, slog.New(slog.NewTextHandler(&log, nil))
	w.open()
	w.mustRun(w.create(w.newExporter("invoices", map[string]string{"date_range": "all"}, nil, w.connect(1)...)).ID)
	must(t, w.app.Stop(context.Background()))
	if n := strings.Count(log.String(), "traces cannot be sent"); n > 1 {
		t.Errorf("the log says %d times that traces cannot be sent", n)
	}
}
