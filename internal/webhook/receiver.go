package webhook

import (
	"crypto/sha256"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"sync"
)

const (
	// maxBody is room for some thousands of changes. Intuit sends what has changed within five minutes at most.
	// https://developer.intuit.com/app/developer/qbo/docs/develop/webhooks/managing-webhooks-notifications
	maxBody = 1 << 20
	// remembered is how many bodies are known again. Intuit repeats what it could not deliver, and somebody who has
	// seen a request could do so too.
	remembered = 1000
)

// Receiver answers Intuit's notifications. It answers at once and leaves the work to others, because Intuit waits for
// three seconds only. Create one with NewReceiver.
type Receiver struct {
	token string
	hint  func([]Change)
	log   *slog.Logger

	mu    sync.Mutex
	known map[[sha256.Size]byte]bool
	order [][sha256.Size]byte // of known, oldest first
}

// NewReceiver returns a receiver that calls hint, which must not block, with what has changed. Without a token it
// answers 404.
func NewReceiver(token string, hint func([]Change), log *slog.Logger) *Receiver {
	return &Receiver{token: token, hint: hint, log: log, known: map[[sha256.Size]byte]bool{}}
}

// ServeHTTP implements http.Handler.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if r.token == "" {
		http.Error(w, "Webhooks are not set up here.", http.StatusNotFound)
		return
	}
	if req.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "Notifications are posted.", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxBody))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		r.refuse(w, req, http.StatusRequestEntityTooLarge, "The notification is too large.")
		return
	}
	if err != nil {
		r.refuse(w, req, http.StatusBadRequest, "The notification broke off.")
		return
	}
	if !Verify(r.token, body, req.Header.Get(SignatureHeader)) {
		r.refuse(w, req, http.StatusUnauthorized, "The signature is wrong.")
		return
	}
	changes, err := Parse(body)
	if err != nil {
		r.refuse(w, req, http.StatusBadRequest, "The notification could not be read.")
		return
	}
	if r.isNew(sha256.Sum256(body)) {
		r.hint(changes)
	}
	w.WriteHeader(http.StatusOK)
}

func (r *Receiver) refuse(w http.ResponseWriter, req *http.Request, status int, why string) {
	r.log.WarnContext(req.Context(), "a webhook was refused", "status", status, "why", why)
	http.Error(w, why, status)
}

func (r *Receiver) isNew(digest [sha256.Size]byte) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known[digest] {
		return false
	}
	r.known[digest] = true
	r.order = append(r.order, digest)
	if len(r.order) > remembered {
		delete(r.known, r.order[0])
		r.order = r.order[1:]
	}
	return true
}
