//go:build !linux

package mapped

import "go.etcd.io/bbolt"

// Drop does nothing: other systems take unused pages of a map back by themselves.
func Drop(*bbolt.Tx) {}
