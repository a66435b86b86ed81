package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"ledgersheet/internal/export"
)

// readSetting returns a setting, which is sealed; the zero value if it was never stored.
func readSetting[T any](ctx context.Context, c *core, key string) (value T, err error) {
	text, err := c.o.Settings.Setting(ctx, key, true)
	if errors.Is(err, export.ErrNotFound) {
		return value, nil
	}
	if err != nil {
		return value, fmt.Errorf("reading the setting %s: %w", key, err)
	}
	if json.Unmarshal(text, &value) != nil {
		return value, fmt.Errorf("decoding the setting %s failed", key) // the decoder's error may quote a secret
	}
	return value, nil
}

// changeSetting changes a setting, one caller at a time. If change returns an error nothing is stored.
func changeSetting[T any](ctx context.Context, c *core, key string, change func(*T) error) (value T, err error) {
	select {
	case c.turn <- struct{}{}:
	case <-ctx.Done():
		return value, fmt.Errorf("waiting for the setting %s: %w", key, ctx.Err())
	}
	defer func() { <-c.turn }()
	if value, err = readSetting[T](ctx, c, key); err != nil {
		return value, err
	}
	if err := change(&value); err != nil {
		return value, err
	}
	text, err := json.Marshal(value)
	if err != nil {
		return value, fmt.Errorf("encoding the setting %s: %w", key, err)
	}
	if err := c.o.Settings.PutSetting(ctx, key, text, true); err != nil {
		return value, fmt.Errorf("storing the setting %s: %w", key, err)
	}
	return value, nil
}
