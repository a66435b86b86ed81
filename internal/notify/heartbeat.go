package notify

import (
	"context"
	"log/slog"
	"net/http"
	"time"
)

// heartbeatEvery is how often the heartbeat's address is called, and heartbeatFirst how long after the start that is
// for the first time.
const (
	heartbeatEvery = time.Minute
	heartbeatFirst = 2 * time.Second
)

// Heartbeat calls an address once a minute while all is well, so that somebody else notices when it is not, or when
// the service itself is gone. Whoever runs the service sets the address, so it may be in any network.
type Heartbeat struct {
	URL  string
	Well func() error // nil while all is well
	Log  *slog.Logger
	// Network makes the calls; nil means the real network.
	Network http.RoundTripper

	client http.Client
	failed bool // the last call
	stop   context.CancelFunc
	done   chan struct{}
}

// Start begins to call, until Stop.
func (h *Heartbeat) Start(ctx context.Context) {
	ctx, h.stop = context.WithCancel(context.WithoutCancel(ctx))
	h.done = make(chan struct{})
	h.client = http.Client{
		Transport: h.Network, Timeout: requestTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	go func() {
		defer close(h.done)
		for wait := heartbeatFirst; ; wait = heartbeatEvery {
			t := time.NewTimer(wait)
			select {
			case <-t.C:
				h.beat(ctx)
			case <-ctx.Done():
				t.Stop()
				return
			}
		}
	}()
}

// Stop ends it and waits. It does nothing before Start.
func (h *Heartbeat) Stop() {
	if h.stop != nil {
		h.stop()
		<-h.done
	}
}

// beat calls the address if all is well. The address is not logged, because it may be a secret.
func (h *Heartbeat) beat(ctx context.Context) {
	if err := h.Well(); err != nil {
		h.Log.WarnContext(ctx, "no heartbeat: not all is well", "error", err.Error())
		return
	}
	err := h.call(ctx)
	if ctx.Err() != nil {
		return
	}
	if err != nil && !h.failed {
		h.Log.WarnContext(ctx, "the heartbeat did not arrive", "error", err.Error())
	}
	h.failed = err != nil
}

func (h *Heartbeat) call(ctx context.Context) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, h.URL, nil)
	if err != nil {
		return err
	}
	res, err := h.client.Do(r)
	if err != nil {
		return explain(ctx, err)
	}
	defer func() { _ = res.Body.Close() }()
	return judge(reply{status: res.StatusCode}, res.Header)
}
