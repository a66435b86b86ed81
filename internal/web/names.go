package web

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/bidi"
)

// The signs around a text whose direction does not reach beyond it.
const (
	isolateBegins = "\u2068"
	isolateEnds   = "\u2069"
)

// isolate keeps a name that people or QuickBooks have chosen from changing the order of the text around it, where
// there can be no <bdi>: in sentences made here, in attributes and in options. What could end the isolation is dropped.
// A name that cannot change an order is returned unchanged.
func isolate(name string) string {
	if !strings.ContainsFunc(name, turns) {
		return name
	}
	name = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, name)
	return isolateBegins + name + isolateEnds
}

// turns reports whether a sign can change the direction of its neighbours.
func turns(r rune) bool {
	switch classOf(r) {
	case bidi.R, bidi.AL, bidi.AN:
		return true
	}
	return unicode.Is(unicode.Bidi_Control, r)
}

func isolateEach(texts []string, how func(string) string) []string {
	list := make([]string, len(texts))
	for i, text := range texts {
		list[i] = how(text)
	}
	return list
}

// isolateRuns isolates what is written from the right in a sentence that another package has made, with names in it
// that nobody knows here. What is isolated already stays so.
func isolateRuns(text string) string {
	if !strings.ContainsFunc(text, turns) {
		return text
	}
	var b strings.Builder
	inside := 0             // isolated already
	var run, neutral []rune // from the right, and what follows it and may belong to it
	end := func() {
		if len(run) > 0 {
			b.WriteString(isolateBegins + string(run) + isolateEnds)
		}
		b.WriteString(string(neutral))
		run, neutral = nil, nil
	}
	for _, r := range text {
		class := classOf(r)
		switch {
		case string(r) == isolateBegins:
			end()
			inside++
			b.WriteRune(r)
		case string(r) == isolateEnds && inside > 0:
			inside--
			b.WriteRune(r)
		case unicode.Is(unicode.Bidi_Control, r): // it could end an isolation or begin a direction
		case inside > 0:
			b.WriteRune(r)
		case class == bidi.R || class == bidi.AL || class == bidi.AN:
			run, neutral = append(append(run, neutral...), r), nil
		case class == bidi.L || len(run) == 0:
			end()
			b.WriteRune(r)
		default:
			neutral = append(neutral, r)
		}
	}
	end()
	return b.String() + strings.Repeat(isolateEnds, inside)
}

func classOf(r rune) bidi.Class {
	p, _ := bidi.LookupString(string(r))
	return p.Class()
}
