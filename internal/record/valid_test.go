package record

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestValidReadsWhatParseReads: many records that share room do not get into one another's way.
func TestValidReadsWhatParseReads(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var v Valid
		var got, want []Record
		for range rapid.IntRange(1, 60).Draw(t, "records") {
			text := []byte{'{'}
			for i := range rapid.IntRange(0, 300).Draw(t, "members") {
				if i > 0 {
					text = append(text, ',')
				}
				text = fmt.Appendf(text, `"M%d": %s`, i, rapid.SampledFrom([]string{
					"1", `"x"`, "null", `{"a":[{"b":"}"}]}`, `["]\"", 2]`,
				}).Draw(t, "value"))
			}
			text = append(text, '}')
			one, err := Parse(bytes.Clone(text))
			if err != nil {
				t.Fatal(err)
			}
			two, err := v.Parse(bytes.Clone(text))
			if err != nil {
				t.Fatal(err)
			}
			want, got = append(want, one), append(got, two)
		}
		for i := range want {
			if !bytes.Equal(got[i].text, want[i].text) || !slices.Equal(got[i].members, want[i].members) {
				t.Fatalf("record %d is another one", i)
			}
		}
	})
}
