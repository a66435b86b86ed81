package table_test

import (
	"strings"
	"testing"

	"ledgersheet/internal/table"
)

func TestPlainDecimals(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]struct {
		text   string
		digits int
	}{
		"0": {"0", 0}, "-0.00": {"0", 0}, "639.00": {"639", 3}, "22.50": {"22.5", 3}, "100": {"100", 1},
		"0.050": {"0.05", 1}, "1234567890123.45": {"1234567890123.45", 15}, "10.01": {"10.01", 4},
	} {
		if got := table.PlainDecimal(given); got != want.text || table.Digits(given) != want.digits {
			t.Errorf("%s: %s with %d digits, want %s with %d", given, got, table.Digits(given), want.text, want.digits)
		}
	}
}

func TestCutText(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"": "", "123456": "123456", "1234567": "123 …!", "éééééé": "éééééé", "😀😀😀": "😀😀😀", "12😀😀😀": "12 …!",
	} {
		got, cut := table.CutText(given, 6, " …!")
		if got != want || cut != (got != given) {
			t.Errorf("%q becomes %q, cut %v, want %q", given, got, cut, want)
		}
	}
	if got, _ := table.CutText(strings.Repeat("😀", 10), 6, "…"); got != "😀😀…" {
		t.Errorf("half a character stays: %q", got)
	}
}
