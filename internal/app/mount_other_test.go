//go:build !linux

package app

import "errors"

// MountSmall mounts a file system of its own in a folder.
func MountSmall(string, int) error { return errors.ErrUnsupported }

// Unmount takes it away again.
func Unmount(string) error { return errors.ErrUnsupported }
