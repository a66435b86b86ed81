package exporters_test

import (
	"testing"

	"ledgersheet/exporters"
	"ledgersheet/internal/export"
)

func TestPacksAreValid(t *testing.T) {
	t.Parallel()
	all := exporters.All()
	if err := export.ValidatePacks(exporters.Packs(), all); err != nil {
		t.Fatal(err)
	}
	whole := 0
	for _, p := range exporters.Packs() {
		filled := p.Fill(all)
		if p.Whole {
			whole += len(filled.Items)
		}
	}
	if whole != len(all) {
		t.Errorf("everything has %d of %d types", whole, len(all))
	}
	for name, bad := range map[string]export.Pack{
		"no summary": {ID: "a", Title: "A", Items: []export.PackItem{{Definition: "bills"}}},
		"nothing":    {ID: "a", Title: "A", Summary: "All."},
		"unknown":    {ID: "a", Title: "A", Summary: "All.", Items: []export.PackItem{{Definition: "none"}}},
		"one tab twice": {
			ID: "a", Title: "A", Summary: "All.",
			Items: []export.PackItem{{Definition: "bills"}, {Definition: "bills"}},
		},
		"no such option": {
			ID: "a", Title: "A", Summary: "All.",
			Items: []export.PackItem{{Definition: "bills", Options: map[string]string{"colour": "red"}}},
		},
	} {
		if err := export.ValidatePacks([]export.Pack{bad}, all); err == nil {
			t.Errorf("a pack with %s is valid", name)
		}
	}
}
