package boltstore

import (
	"errors"
	"fmt"
)

// The reasons why a store cannot be opened. Open's errors match one of them
// with errors.Is.
var (
	// ErrLocked says that another process has the file open.
	ErrLocked = errors.New("store is in use")
	// ErrNotWritable says that the file or its folder cannot be made, read or written.
	ErrNotWritable = errors.New("store is not writable")
	// ErrDamaged says that the file is damaged or is not a bbolt file.
	ErrDamaged = errors.New("store is damaged")
	// ErrForeign says that the file is a database of another program.
	ErrForeign = errors.New("store belongs to another program")
	// ErrNewer says that a newer version of the program has written the file.
	ErrNewer = errors.New("store is of a newer version")
	// ErrWrongKey says that the sealer cannot open the secrets in the file.
	ErrWrongKey = errors.New("store is sealed under another key")
)

// OpenError explains to the person who started the program why a store could not be opened.
type OpenError struct {
	Path string
	Kind error // one of the errors above
	// Found and Known are schema versions, set for ErrNewer.
	Found, Known int

	cause error
}

// Error implements error.
func (e *OpenError) Error() string {
	text := e.text()
	if e.cause != nil {
		text += ": " + e.cause.Error()
	}
	return text
}

func (e *OpenError) text() string {
	switch e.Kind {
	case ErrLocked: //nolint:errorlint // one of the sentinels by contract, never wrapped
		return fmt.Sprintf("the store %s is in use by another ledgersheet process; stop it, or use the running server",
			e.Path)
	case ErrNotWritable:
		return fmt.Sprintf("the store %s cannot be written; check that its folder exists and belongs to the user who "+
			"runs ledgersheet", e.Path)
	case ErrForeign:
		return fmt.Sprintf("the file %s is a database of another program; choose another data folder", e.Path)
	case ErrNewer:
		return fmt.Sprintf("the store %s has schema version %d, this ledgersheet knows up to %d; use a newer "+
			"ledgersheet, or restore a backup", e.Path, e.Found, e.Known)
	case ErrWrongKey:
		return fmt.Sprintf("the secrets in the store %s were sealed under another key; set LEDGERSHEET_SECRET_KEY, "+
			"or the key file, to the key that belongs to this store", e.Path)
	}
	return fmt.Sprintf("the file %s is not a ledgersheet store or is damaged; restore a backup, or choose another "+
		"data folder", e.Path)
}

// Cause returns what was found, without words about the store as a whole; nil if the kind says it all.
func (e *OpenError) Cause() error { return e.cause }

// Unwrap returns the kind and the cause, for errors.Is.
func (e *OpenError) Unwrap() []error {
	if e.cause == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.cause}
}
