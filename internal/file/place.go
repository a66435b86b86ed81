package file

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"ledgersheet/internal/change"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// place is one file of a folder. The folder is never left, neither by a name nor by a link in it.
type place struct {
	folder *os.Root
	name   string
	url    string // opens the file
}

// openPlace opens a folder for a file in it. The place must be closed.
func openPlace(folder, name, kind string) (*place, error) {
	if why := export.CheckFileName(name, kind); why != "" {
		return nil, problem.Invalid("destination.file", "%s", why)
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, problem.Wrap(err, problem.SheetConflict, "The folder of the file cannot be opened.").
			WithHint("Ask whoever runs ledgersheet to make it, and to let ledgersheet write into it.")
	}
	return &place{folder: root, name: name}, nil
}

func (p *place) close() error { return p.folder.Close() }

// read returns the file's contents; nil if there is no file.
func (p *place) read() ([]byte, error) {
	data, err := p.folder.ReadFile(p.name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the file that is there: %w", err)
	}
	return data, nil
}

// digest returns the digest of the file's contents; nil if there is no file.
func (p *place) digest() (sum []byte, err error) {
	in, err := p.folder.Open(p.name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		h := sha256.New()
		if _, err = io.Copy(h, in); err == nil {
			sum = h.Sum(nil)
		}
		err = errors.Join(err, in.Close())
	}
	if err != nil {
		return nil, fmt.Errorf("reading the file that is there: %w", err)
	}
	return sum, nil
}

// commit writes the file, unless the result says that it is right already, and returns the result with its address. It
// returns ErrMoved if the file is not the one with the digest.
func (p *place) commit(ctx context.Context, w export.WriteRequest, set *change.Set, seen []byte,
	res export.WriteResult, write func(io.Writer) error) (export.WriteResult, error) {
	if w.OnHandEdit == export.StopOnHandEdit && set.Edited > 0 {
		return export.WriteResult{}, problem.New(problem.SheetConflict,
			"People have edited %d rows of the file %s since the last run.", set.Edited, p.name).
			WithHint("Put back what was there or correct it in QuickBooks, or let the exporter overwrite edits. " +
				"Nothing was written.").Lasting()
	}
	still := func() error {
		if err := ctx.Err(); err != nil {
			return err
		}
		now, err := p.digest()
		if err == nil && !bytes.Equal(now, seen) {
			return export.ErrMoved
		}
		return err
	}
	res.Target, res.TraceRun = w.Target, w.Run
	res.Target.URL = p.url
	if res.Unchanged {
		return res, still()
	}
	w.Report(export.PhaseCommitting, res.Rows)
	if err := p.replace(write, still); err != nil {
		return export.WriteResult{}, err
	}
	return res, nil
}

// newFileMode lets the group read: a folder that is shared is shared with a group.
const newFileMode = 0o640

// replace replaces the file by what write writes, atomically and with the permissions of the old one: whoever opens it
// sees the old contents or the new, even after a crash. may is asked at the last moment; its error leaves the old file
// as it is.
func (p *place) replace(write func(io.Writer) error, may func() error) (err error) {
	defer func() { err = p.explainDisk(err) }()
	name := "." + p.name + "." + rand.Text()
	temp, err := p.folder.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, newFileMode)
	if err != nil {
		return fmt.Errorf("making a file beside the old one: %w", err)
	}
	defer func() {
		if err != nil {
			_ = p.folder.Remove(name)
		}
	}()
	err = write(temp)
	if err == nil {
		err = temp.Sync()
	}
	if old, missing := p.folder.Stat(p.name); err == nil && missing == nil {
		err = temp.Chmod(old.Mode().Perm())
	}
	if err = errors.Join(err, temp.Close()); err != nil {
		return fmt.Errorf("writing the file: %w", err)
	}
	if err := may(); err != nil {
		return err
	}
	if err := p.folder.Rename(name, p.name); err != nil {
		return fmt.Errorf("replacing the file: %w", err)
	}
	return p.syncFolder()
}

// explainDisk makes an error of the disk one that tells people what to do. All other errors stay as they are.
func (p *place) explainDisk(err error) error {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return problem.Wrap(err, problem.SpreadsheetFull, "The disk that holds the file %s is full.", p.name).
			WithHint("Make room on it, then run again. The file keeps its previous rows.")
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return problem.Wrap(err, problem.SpreadsheetForbidden, "The folder of the file %s cannot be written.", p.name).
			WithHint("Let ledgersheet, which runs as user %d, write to it, then run again. The file keeps its "+
				"previous rows.", os.Getuid())
	}
	return err
}

// syncFolder makes a rename durable.
func (p *place) syncFolder() error {
	folder, err := p.folder.Open(".")
	if err != nil {
		return fmt.Errorf("opening the folder: %w", err)
	}
	if err := errors.Join(folder.Sync(), folder.Close()); err != nil {
		return fmt.Errorf("syncing the folder: %w", err)
	}
	return nil
}
