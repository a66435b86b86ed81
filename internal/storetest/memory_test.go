package storetest_test

import (
	"testing"

	"ledgersheet/internal/export"
	"ledgersheet/internal/storetest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(*testing.T) export.Store { return storetest.NewMemory() })
}

func TestMemoryOfTwo(t *testing.T) {
	t.Parallel()
	storetest.RunTwo(t, func(*testing.T) (one, two export.Store) {
		m := storetest.NewMemory()
		return m, m
	})
}
