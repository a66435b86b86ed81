package problem

import (
	"regexp"
	"strings"
	"unicode"
)

// MaxQuote is the number of characters of a provider's text that Safe keeps.
const MaxQuote = 300

// opaque matches long runs of characters that look like tokens.
var opaque = regexp.MustCompile(`[A-Za-z0-9_.\-]{32,}`)

// Safe makes a provider's text fit for messages: on one line, not too long, and without anything that looks like a
// token.
func Safe(text string) string {
	text = opaque.ReplaceAllString(text, "[…]")
	text = strings.Join(strings.FieldsFunc(text,
		func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	if runes := []rune(text); len(runes) > MaxQuote {
		text = string(runes[:MaxQuote]) + "…"
	}
	return text
}
