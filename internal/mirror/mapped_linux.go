package mirror

import (
	"syscall"

	"go.etcd.io/bbolt"
)

// dropMapped tells the kernel that the pages of a database's memory map are not needed at present, so that they do not
// count as memory of this process. They come back from the file when they are read; nothing is lost.
// See https://man7.org/linux/man-pages/man2/madvise.2.html.
func dropMapped(db *bbolt.DB) error {
	return db.View(func(tx *bbolt.Tx) error { // the map stays where it is while a transaction reads
		_, _, code := syscall.Syscall(syscall.SYS_MADVISE, db.Info().Data, uintptr(tx.Size()), syscall.MADV_DONTNEED)
		if code != 0 {
			return code
		}
		return nil
	})
}
