package download

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Stream answers with what write writes, as a file of that name. An error that Stream returns came before the first
// byte. After that, it panics with http.ErrAbortHandler, so that no half file looks complete.
func Stream(w http.ResponseWriter, name string, write func(io.Writer) error) error {
	c := http.NewResponseController(w)
	for _, lift := range []func(time.Time) error{c.SetWriteDeadline, c.SetReadDeadline} {
		if err := lift(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return fmt.Errorf("lifting the time limits of a download: %w", err)
		}
	}
	out := &begun{w: &patient{w, c}, header: w.Header(), name: name}
	err := write(out)
	if err != nil && out.any {
		panic(http.ErrAbortHandler)
	}
	return err
}

// begun sets the headers with the first byte.
type begun struct {
	w      io.Writer
	header http.Header
	name   string
	any    bool
}

// Write implements io.Writer.
func (b *begun) Write(data []byte) (int, error) {
	if !b.any {
		b.any = true
		b.header.Set("Content-Type", "application/octet-stream")
		b.header.Set("Content-Disposition", disposition(b.name))
		b.header.Set("Cache-Control", "no-store")
		b.header.Set("X-Content-Type-Options", "nosniff")
	}
	return b.w.Write(data)
}
