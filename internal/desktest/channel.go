package desktest

import (
	"context"
	"strings"
	"sync"

	"ledgersheet/internal/notice"
)

// Channel takes notices, or fails with Err.
type Channel struct {
	mu   sync.Mutex
	Err  error
	sent []notice.Message
}

// Check implements notice.Channel.
func (c *Channel) Check(to string) string {
	if !strings.Contains(to, "@") && !strings.HasPrefix(to, "https://") {
		return "must be an address"
	}
	return ""
}

// Send implements notice.Channel.
func (c *Channel) Send(_ context.Context, _ notice.Rule, m notice.Message) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.Err != nil {
		return "", c.Err
	}
	c.sent = append(c.sent, m)
	return "Taken.", nil
}

// Sent returns what has been sent.
func (c *Channel) Sent() []notice.Message {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]notice.Message(nil), c.sent...)
}
