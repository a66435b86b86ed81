package download_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ledgersheet/internal/download"
	"ledgersheet/internal/sheetfile"
)

// TestKept: a kept file is sent as it stands, whole or the part that is asked for, and never shown in a browser as a
// page.
func TestKept(t *testing.T) {
	t.Parallel()
	for part, want := range map[string]string{"": "ID\n1\n", "bytes=3-3": "1"} {
		r := httptest.NewRequest(http.MethodGet, "/file", nil)
		if part != "" {
			r.Header.Set("Range", part)
		}
		w := httptest.NewRecorder()
		changed := time.Date(2026, 3, 29, 12, 0, 0, 0, time.UTC)
		download.Kept(w, r, "Zürich.csv", sheetfile.CSV, changed, strings.NewReader("ID\n1\n"))
		h := w.Result().Header
		if w.Body.String() != want || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment; ") ||
			!strings.HasPrefix(h.Get("Content-Type"), "text/csv") || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%q: %d %q %v", part, w.Code, w.Body, h)
		}
	}
}
