package boltstore

import (
	"context"
	"sync"
)

// keyLock locks single keys, for as long as a provider takes to answer.
type keyLock struct {
	mu   sync.Mutex
	held map[string]chan struct{} // closed when the key is free
}

// lock waits for the key, or until ctx ends.
func (l *keyLock) lock(ctx context.Context, key string) (unlock func(), err error) {
	for {
		l.mu.Lock()
		free, taken := l.held[key]
		if !taken {
			free = make(chan struct{})
			l.held[key] = free
			l.mu.Unlock()
			return func() {
				l.mu.Lock()
				delete(l.held, key)
				l.mu.Unlock()
				close(free)
			}, nil
		}
		l.mu.Unlock()
		select {
		case <-free:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
