//go:build !linux

package mirror

import "go.etcd.io/bbolt"

// dropMapped does nothing: other systems take unused pages of a map back by themselves.
func dropMapped(*bbolt.DB) error { return nil }
