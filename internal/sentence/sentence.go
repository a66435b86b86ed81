// Package sentence tells sentences from names, in any language.
package sentence

import (
	"strings"
	"unicode"
)

// Is reports whether a text is a sentence of some length rather than a name: it has a full stop and, for scripts
// without blanks between words, eight letters, else five words.
func Is(text string) bool {
	text = strings.TrimRightFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Pf, r) })
	if strings.TrimRight(text, ".!。！．｡।") == text {
		return false
	}
	dense := 0
	for _, r := range text {
		if unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai) {
			dense++
		}
	}
	words := strings.FieldsFunc(text, func(r rune) bool { return !unicode.In(r, unicode.L, unicode.M) })
	return dense >= 8 || len(words) >= 5
}
