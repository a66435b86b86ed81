package export

import (
	"errors"
	"fmt"
	"syscall"

	"ledgersheet/internal/problem"
)

// ErrStoreTrouble is in the chain of each error that says that the disk did not take a write, so that nothing has
// changed. Whoever meets it gives its work back: the work goes on by itself when the store can be written again.
var ErrStoreTrouble = errors.New("the store cannot be written")

// StoreTrouble returns the problem of a write that the disk did not take.
func StoreTrouble(cause error) *problem.Problem {
	what, do := "The store cannot be written", "Look at the disk that holds the data folder"
	switch {
	case errors.Is(cause, syscall.ENOSPC), errors.Is(cause, syscall.EDQUOT):
		what, do = "The disk that holds the data folder is full", "Make room on it"
	case errors.Is(cause, syscall.EROFS):
		what, do = "The disk that holds the data folder can only be read", "Look why, and mount it for writing"
	}
	return problem.Wrap(fmt.Errorf("%w: %w", ErrStoreTrouble, cause), problem.Unavailable, "%s.", what).
		WithHint("%s. All work waits meanwhile and goes on by itself; nothing is lost. Do not stop the service before.",
			do)
}

// DiskTrouble reports whether an error says that a disk is full or can only be read.
func DiskTrouble(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EROFS)
}
