package export

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// TestAskedLogIsBounded proves, however many requests are noted and joined, that the first and the last are kept, that
// none is lost from the count, and that the size is bounded.
func TestAskedLogIsBounded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var all []string
		var log AskedLog
		for range rapid.IntRange(1, 3).Draw(t, "attempts") {
			part := (&Meter{}).Part()
			for range rapid.IntRange(0, 70).Draw(t, "requests") {
				text := rapid.StringN(1, 5, -1).Draw(t, "what")
				text += strings.Repeat("é", rapid.IntRange(0, 300).Draw(t, "more"))
				part.Note(Asked{What: text})
				all = append(all, text)
			}
			if inner, outer := part.Asked(), part.parent.Asked(); inner.Count != outer.Count {
				t.Fatalf("the whole has %d of %d", outer.Count, inner.Count)
			}
			log.Join(part.Asked())
		}
		kept := log.Requests()
		if log.Count != len(all) || len(kept)+log.Omitted() != len(all) || len(kept) > 2*mostAsked {
			t.Fatalf("%d noted: %d counted, %d kept, %d omitted", len(all), log.Count, len(kept), log.Omitted())
		}
		for i, a := range kept {
			if len(a.What) > mostAskedText+len("…") || !utf8.ValidString(a.What) {
				t.Fatalf("a text has %d bytes", len(a.What))
			}
			want := all[i]
			if i >= mostAsked {
				want = all[len(all)-len(kept)+i]
			}
			if !strings.HasPrefix(want, strings.TrimSuffix(a.What, "…")) {
				t.Fatalf("request %d is %q, want %q", i, a.What, want)
			}
		}
		data, err := Evidence{Asked: log}.Pack()
		if err != nil || len(data) > 80<<10 {
			t.Fatalf("%d bytes, %v", len(data), err)
		}
		if back, err := UnpackEvidence(data); err != nil || back.Asked.Count != log.Count {
			t.Fatalf("read back: %+v, %v", back, err)
		}
	})
}
