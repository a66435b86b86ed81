package vault

import (
	"fmt"
	"io"
	"log/slog"
)

// redacted is what every printer, logger and encoder gets instead of a secret.
const redacted = "[redacted]"

var (
	_ fmt.Formatter  = Secret("")
	_ slog.LogValuer = Secret("")
)

// Secret is text that must not be printed: a token, a password, a client
// secret. Every way of printing, logging or encoding it gives "[redacted]",
// also when it is empty; only [Secret.Reveal] gives the text. It decodes from
// JSON and flags like a plain string.
//
// The fmt package cannot call methods on unexported struct fields, so a struct
// that holds a Secret in one must not be printed whole; encoding/json writes map keys of any
// string type as they are, so a Secret must not be one.
type Secret string

// Reveal returns the text, for the one place that sends or seals it.
func (s Secret) Reveal() string { return string(s) }

// String implements [fmt.Stringer].
func (Secret) String() string { return redacted }

// GoString implements [fmt.GoStringer].
func (Secret) GoString() string { return redacted }

// Format implements [fmt.Formatter], so that %x and %q are covered as well.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue implements [slog.LogValuer].
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON implements [encoding/json.Marshaler].
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// MarshalText implements [encoding.TextMarshaler].
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
