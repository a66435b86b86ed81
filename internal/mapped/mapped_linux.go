// Package mapped gives back the memory in which databases are mapped.
package mapped

import (
	"syscall"

	"go.etcd.io/bbolt"
)

// Drop tells the kernel that the pages of a database's memory map are not needed at present, so that they do not
// count as memory of this process. They come back from the file when they are read; nothing is lost. The transaction
// must be one that reads: the map stays where it is meanwhile.
// See https://man7.org/linux/man-pages/man2/madvise.2.html.
func Drop(tx *bbolt.Tx) {
	// A refusal costs memory and nothing else.
	_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, tx.DB().Info().Data, uintptr(tx.Size()), syscall.MADV_DONTNEED)
}
