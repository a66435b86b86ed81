package cli

import (
	"strings"
	"testing"

	"ledgersheet/exporters"
	"ledgersheet/internal/export"
)

func TestTypesAreListedFromTheirLiterals(t *testing.T) {
	t.Parallel()
	made := export.Entity{
		ID: "people_to_pay", Title: "People to pay", Group: "Own", Summary: "A list made up for a test.",
		Object: "Vendor",
	}
	var b strings.Builder
	if err := printTypes(&b, append(exporters.All(), made)); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) != len(exporters.All())+2 {
		t.Errorf("%d lines for %d types", len(lines), len(exporters.All())+1)
	}
	if last := strings.Fields(lines[len(lines)-1]); strings.Join(last,
		" ") != "people_to_pay entity Own People to pay" {
		t.Errorf("the made-up type reads %q", last)
	}
}
