package storetest

import (
	"bytes"
	"context"
	"sync"

	"ledgersheet/internal/export"
)

// Settings keeps settings in memory. The zero value is empty.
type Settings struct {
	mu   sync.Mutex
	kept map[string][]byte
}

// Setting returns what PutSetting stored, or ErrNotFound.
func (s *Settings) Setting(_ context.Context, key string, _ bool) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	value, ok := s.kept[key]
	if !ok {
		return nil, export.ErrNotFound
	}
	return bytes.Clone(value), nil
}

// PutSetting stores bytes under a key.
func (s *Settings) PutSetting(_ context.Context, key string, value []byte, _ bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept == nil {
		s.kept = map[string][]byte{}
	}
	s.kept[key] = bytes.Clone(value)
	return nil
}
