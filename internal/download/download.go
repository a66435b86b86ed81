// Package download answers an HTTP request with a result as a file: an error before the first byte or the whole file,
// never a file that only looks whole.
package download

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"ledgersheet/internal/sheetfile"
)

// stall is how long a client may take for each piece of a file before it counts as gone.
const stall = time.Minute

// Answer answers with the file that open returns. open may take long, since it reads everything; the server's time
// limits, which are meant for ordinary answers, are lifted before. An error that Answer returns came before the first
// byte. If the client goes away later, it panics with http.ErrAbortHandler, so that no half file looks complete.
func Answer(w http.ResponseWriter, open func() (*sheetfile.File, error)) error {
	c := http.NewResponseController(w)
	for _, lift := range []func(time.Time) error{c.SetWriteDeadline, c.SetReadDeadline} {
		if err := lift(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return fmt.Errorf("lifting the time limits of a download: %w", err)
		}
	}
	f, err := open()
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // a temporary file that cannot be deleted is no matter of the client's
	h := w.Header()
	h.Set("Content-Type", f.Format.MediaType())
	h.Set("Content-Disposition", disposition(f.Name))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if err := f.Write(&patient{w, c}); err != nil {
		panic(http.ErrAbortHandler)
	}
	return nil
}

// patient writes to a client that keeps reading.
type patient struct {
	w http.ResponseWriter
	c *http.ResponseController
}

// Write implements io.Writer. Each piece has its own time limit.
func (p *patient) Write(data []byte) (int, error) {
	err := p.c.SetWriteDeadline(time.Now().Add(stall))
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	return p.w.Write(data)
}
