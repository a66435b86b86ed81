package change_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/change"
)

func TestPack(t *testing.T) {
	t.Parallel()
	set := &change.Set{Rows: 3, Added: 1, Changed: 1, Edited: 2, Complete: true,
		Items: []change.Item{{Kind: change.Changed, Key: "7", Cells: []change.Cell{
			{Column: "Total", Old: change.Value{Kind: 'n', Text: "1234567890123456.10"},
				New: change.Value{Kind: 'b', Text: "true"}},
			{Column: "Name", New: change.Value{Kind: 's', Text: `<"null">`}},
		}}}}
	data, err := set.Pack(1 << 10)
	if err != nil {
		t.Fatal(err)
	}
	got, err := change.Unpack(data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(set, got); diff != "" {
		t.Error(diff)
	}
	for i := range 2000 {
		set.Items = append(set.Items, change.Item{Kind: change.Added, Key: fmt.Sprint(i * 7919 % 104729)})
	}
	if data, err = set.Pack(2000); err != nil || len(data) > 2000 {
		t.Fatalf("%d bytes, %v", len(data), err)
	}
	if got, err = change.Unpack(data); err != nil || got.Complete || len(got.Items) == 0 ||
		len(got.Items) == len(set.Items) {
		t.Errorf("%d items, complete %t, %v", len(got.Items), got.Complete, err)
	}
	if _, err := change.Unpack([]byte("nonsense")); err == nil {
		t.Error("nonsense was read")
	}
}
