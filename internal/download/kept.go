package download

import (
	"io"
	"net/http"
	"time"

	"ledgersheet/internal/sheetfile"
)

// Kept answers with a file that is kept in a folder, as it stands.
func Kept(
	w http.ResponseWriter, r *http.Request, name string, f sheetfile.Format, changed time.Time, in io.ReadSeeker,
) {
	h := w.Header()
	h.Set("Content-Type", f.MediaType())
	h.Set("Content-Disposition", disposition(name))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	http.ServeContent(patientResponse{w, &patient{w, http.NewResponseController(w)}}, r, "", changed, in)
}

// patientResponse gives each piece of an answer its own time limit.
type patientResponse struct {
	http.ResponseWriter
	pieces *patient
}

// Write implements io.Writer.
func (p patientResponse) Write(data []byte) (int, error) { return p.pieces.Write(data) }
