package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseMicro(t *testing.T) {
	list := parseMicro(`goos: linux
pkg: ledgersheet/internal/google
cpu: some processor
BenchmarkWrite/100_changed-2         	       1	2345678901 ns/op	  94.0 KB-sent	5.000 requests	 1048576 B/op	   12345 allocs/op
BenchmarkOdd-2         	       1	broken ns/op
PASS
pkg: ledgersheet/internal/table
BenchmarkSpool	     100	  1500000 ns/op
`)
	var got [][]string
	for _, m := range list {
		got = append(got, []string{
			m.name, m.cell("ns/op", 1e6), m.cell("B/op", 1<<20), m.cell("allocs/op", 1), m.others(),
		})
	}
	want := [][]string{
		{"google Write/100_changed", "2346", "1", "12345", "94 KB-sent, 5 requests"},
		{"google Odd", "", "", "", ""},
		{"table Spool", "1.5", "", "", ""},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
