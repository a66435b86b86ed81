package problem

import (
	"regexp"
	"strings"
	"unicode"
)

// MaxQuote bounds, in characters, how much of a provider's text Safe keeps.
const MaxQuote = 300

// opaque are long runs of characters as tokens have them.
var opaque = regexp.MustCompile(`[A-Za-z0-9_.\-]{32,}`)

// Safe makes a provider's text fit for messages: one line, not too long, and without what looks like a token.
func Safe(text string) string {
	text = opaque.ReplaceAllString(text, "[…]")
	text = strings.Join(strings.FieldsFunc(text,
		func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	if runes := []rune(text); len(runes) > MaxQuote {
		text = string(runes[:MaxQuote]) + "…"
	}
	return text
}
