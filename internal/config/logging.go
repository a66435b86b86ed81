package config

import (
	"fmt"
	"io"
	"log/slog"
	"os"
)

func (l Logging) level() (slog.Level, error) {
	var level slog.Level
	switch l.LogLevel {
	case "debug", "info", "warn", "error":
		return level, level.UnmarshalText([]byte(l.LogLevel))
	}
	return level, fmt.Errorf("LEDGERSHEET_LOG_LEVEL must be debug, info, warn or error, not %q", l.LogLevel)
}

// Check returns Faults if a setting is wrong. It is for commands that need no other settings.
func (l Logging) Check() error {
	if faults := l.faults(); len(faults) > 0 {
		return faults
	}
	return nil
}

func (l Logging) faults() (faults Faults) {
	if _, err := l.level(); err != nil {
		faults = append(faults, err.Error())
	}
	if l.LogFormat != "" && l.LogFormat != "text" && l.LogFormat != "json" {
		faults = append(faults, fmt.Sprintf("LEDGERSHEET_LOG_FORMAT must be text or json, not %q", l.LogFormat))
	}
	return faults
}

// Logger returns the program's logger. It falls back to text at level info if a setting is wrong, which Check reports.
func (l Logging) Logger(w io.Writer) *slog.Logger {
	level, _ := l.level()
	o := &slog.HandlerOptions{Level: level}
	if l.LogFormat == "json" || (l.LogFormat == "" && !terminal(w)) {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
