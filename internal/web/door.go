package web

import (
	"errors"
	"io"
	"mime"
	"net/http"

	"ledgersheet/internal/problem"
)

const (
	// bodyLimit limits the body of every request. The largest sensible form or exporter is far below it.
	bodyLimit = 1 << 20
	// drainLimit is how much of a larger body is read and dropped, so that its sender is still there for the answer.
	drainLimit = 16 << 20
)

// door lets a request in before anything of it is parsed: its method, the size of its body, and the kind of a form.
func (w *Web) door(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if isAncillary(r.URL.Path) && r.Method != http.MethodGet && r.Method != http.MethodHead {
			rw.Header().Set("Allow", "GET, HEAD")
			http.Error(rw, "This address takes GET only.", http.StatusMethodNotAllowed)
			return
		}
		if r.Body != nil && r.Body != http.NoBody {
			r.Body = &boundedBody{ReadCloser: r.Body, left: bodyLimit}
		}
		if _, mounted := w.findMount(r.URL.Path); !mounted && r.Method == http.MethodPost {
			if p := parseForm(r); p != nil {
				w.plainError(rw, r, p)
				return
			}
		}
		next.ServeHTTP(rw, r)
	})
}

// parseForm reads a page's form, all of it, so that no handler takes a form that was cut for an empty one.
func parseForm(r *http.Request) *problem.Problem {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "multipart/form-data" {
		return problem.New(problem.BadRequest, "No form here sends files.").
			WithHint("Send the form as application/x-www-form-urlencoded.")
	}
	err := r.ParseForm()
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return problem.New(problem.TooLarge, "What was sent is larger than 1 MB.").
			WithHint("Nothing was changed. No form here is that large: go back and shorten what was pasted.")
	}
	if err != nil {
		return problem.Wrap(err, problem.BadRequest, "The form could not be read.").
			WithHint("Go back, load the page again and send it once more.")
	}
	return nil
}

// boundedBody reads a body up to its limit. What comes after it is dropped, up to drainLimit, and ends the reading with
// an http.MaxBytesError.
type boundedBody struct {
	io.ReadCloser
	left int64
	err  error // the reading has ended
}

// Read implements io.Reader.
func (b *boundedBody) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if int64(n) > b.left {
		_, _ = io.CopyN(io.Discard, b.ReadCloser, drainLimit)
		n, err = int(b.left), &http.MaxBytesError{Limit: bodyLimit}
	}
	b.left -= int64(n)
	b.err = err
	return n, err
}
