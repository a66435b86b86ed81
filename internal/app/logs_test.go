package app_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/vault"
)

// TestLogNamesRequestsAndRuns follows a run from the request that starts it to the requests that it makes itself.
func TestLogNamesRequestsAndRuns(t *testing.T) {
	t.Parallel()
	w := makeWorld(t, intuitsim.Options{Invoices: 3})
	const token = "a-token-of-the-api-for-tests"
	w.set.APIToken = vault.Secret(token)
	var log lockedBuffer
	w.log = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	w.open()
	e := w.create(w.newExporter("invoices", map[string]string{"date_range": "all"}, nil, w.connect(1)...))
	ended := w.desk().Follow(w.ctx, func(r export.Run) bool { return r.Status.Over() })
	req := httptest.NewRequest(http.MethodPost, "http://ledgersheet.test/api/v1/exporters/"+string(e.ID)+"/runs", nil)
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("X-Request-Id", "req-of-the-test")
	answer := httptest.NewRecorder()
	w.app.Handler().ServeHTTP(answer, req)
	if answer.Code != http.StatusAccepted {
		t.Fatalf("starting a run: %d %s", answer.Code, answer.Body)
	}
	run := (<-ended).Run

	started, asked := false, 0
	for line := range strings.Lines(log.String()) {
		var got struct {
			Msg, Action, Object, Run, Provider string
			RequestID                          string `json:"request_id"`
		}
		must(t, json.Unmarshal([]byte(line), &got))
		if n := strings.Count(line, `"request_id"`); n > 1 {
			t.Errorf("the request comes %d times in %s", n, line)
		}
		started = started || got.Action == "run.start" && got.Object == string(run.ID) &&
			got.RequestID == "req-of-the-test"
		if got.Msg == "provider request" && got.Run == string(run.ID) {
			asked++
		}
		if strings.Contains(line, token) || strings.Contains(line, w.set.Intuit.ClientSecret.Reveal()) {
			t.Errorf("a secret is in %s", line)
		}
	}
	if !started {
		t.Error("no line ties the request to the run that it started")
	}
	if asked < run.QuickBooks+run.Sheets || asked == 0 {
		t.Errorf("%d requests name the run, which made %d", asked, run.QuickBooks+run.Sheets)
	}
}

// lockedBuffer is a buffer into which many write.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
