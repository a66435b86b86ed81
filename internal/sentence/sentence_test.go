package sentence_test

import (
	"testing"

	"ledgersheet/internal/sentence"
)

func TestIs(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"Unable to display more data. Please reduce the date range.": true,
		"Impossible d'afficher plus de données pour cette période.":  true,
		"これ以上のデータを表示できません。":                                          true,
		"Total for Smith, Jones and Sons Ltd.":                       true, // place tells it from a notice
		"Acme Inc.":                                                  false,
		"Total Income":                                               false,
		"Wages, salaries and all other such things":                  false,
		"合計。": false,
		"":    false,
	} {
		if got := sentence.Is(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}
