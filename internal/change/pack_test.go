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
	data, complete, err := set.Pack(1 << 10)
	if err != nil || !complete {
		t.Fatalf("complete %t, %v", complete, err)
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
	if data, complete, err = set.Pack(2000); err != nil || len(data) > 2000 || complete {
		t.Fatalf("%d bytes, complete %t, %v", len(data), complete, err)
	}
	if got, err = change.Unpack(data); err != nil || got.Complete || len(got.Items) == 0 ||
		len(got.Items) == len(set.Items) {
		t.Errorf("%d items, complete %t, %v", len(got.Items), got.Complete, err)
	}
	if _, err := change.Unpack([]byte("nonsense")); err == nil {
		t.Error("nonsense was read")
	}
}

// A set's size decides how it is packed, which nobody who unpacks it must notice.
func TestPackSizes(t *testing.T) {
	t.Parallel()
	for _, items := range []int{0, 1, 10, 300, 400, 1000, 20_000} {
		set := &change.Set{Rows: items, Added: items, Complete: true, Items: []change.Item{}}
		for i := range items {
			text := fmt.Sprint("Zeile ", i, " \" \\ \n <b> \x7f")
			set.Items = append(set.Items, change.Item{Kind: change.Added, Key: fmt.Sprint(i), Cells: []change.Cell{
				{Column: "Größe <&>\u2028", New: change.Value{Kind: 's', Text: text}},
				{Column: "Total", New: change.Value{Kind: 'n', Text: fmt.Sprint(i, ".50")}},
			}})
		}
		data, complete, err := set.Pack(1 << 20)
		if err != nil || !complete {
			t.Fatalf("%d items: complete %t, %v", items, complete, err)
		}
		got, err := change.Unpack(data)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(set, got); diff != "" {
			t.Errorf("%d items: %s", items, diff)
		}
	}
}
