package cli

import (
	"strings"
	"testing"
)

// TestStatusLine proves that a terminal sees one line, which fits it, and that a file sees a line for each change.
func TestStatusLine(t *testing.T) {
	t.Parallel()
	for width, want := range map[int]string{
		0:  "Vendors: queued\nVendors: reading\n",
		12: "\r\x1b[KVendors: q…\r\x1b[KVendors: r…\r\x1b[K",
	} {
		var b strings.Builder
		s := &statusLine{w: &b, width: width}
		for _, line := range []string{"Vendors: queued", "Vendors: reading", "Vendors: reading"} {
			s.show(line)
		}
		s.clear()
		s.clear()
		if b.String() != want {
			t.Errorf("%d wide: %q, want %q", width, b.String(), want)
		}
	}
}

// TestComplete proves that the scripts are told commands, flags and values, and nothing that is hidden.
func TestComplete(t *testing.T) {
	t.Parallel()
	for words, want := range map[string]string{
		"exp":                  "exporters",
		"exporters ":           "apply export list",
		"exporters a":          "apply",
		"exporters --ty":       "--types",
		"exporters apply --dr": "--dry-run",
		"status --js":          "--json",
		"completion ":          "bash fish zsh",
		"completion z":         "zsh",
		"nothing --he":         "--help",
	} {
		args := append([]string{completeWord}, strings.Split(words, " ")...)
		out, errs, code := call(t, args...)
		if got := strings.Join(strings.Fields(out), " "); got != want || errs != "" || code != 0 {
			t.Errorf("%q: %q, want %q; code %d, %s", words, got, want, code, errs)
		}
	}
	out, _, _ := call(t, completeWord)
	for _, command := range []string{"serve", "run", "status", "completion"} {
		if !strings.Contains(out, command+"\n") {
			t.Errorf("%s is not among %q", command, out)
		}
	}
	for _, shell := range []string{"bash", "zsh", "fish"} {
		if out, _, code := call(t, "completion", shell); code != 0 || !strings.Contains(out, completeWord) {
			t.Errorf("%s: code %d, %q", shell, code, out)
		}
	}
}
