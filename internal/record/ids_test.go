package record_test

import (
	"testing"

	"ledgersheet/internal/record"
)

func TestIDs(t *testing.T) {
	t.Parallel()
	var s record.IDs
	for _, id := range []string{"7", "007", "5000000000000503624", "99999999999999999999999", "-7", "+7", "a"} {
		if !s.Add(id) {
			t.Errorf("%s was there before it was added", id)
		}
		if s.Add(id) {
			t.Errorf("%s was forgotten", id)
		}
	}
}
