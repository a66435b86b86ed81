package file

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// Folders is a destination whose targets are files in folders: Target.Kind says of which kind, Target.Folder and
// Target.File which. Only the folders that are allowed, and those below them, are ever opened.
type Folders struct {
	Allowed []string // absolute
	// URL returns the address at which people get an exporter's file.
	URL func(owner export.ID) string
}

var _ export.Destination = Folders{}

// Prepare implements export.Destination.
func (f Folders) Prepare(ctx context.Context, w export.WriteRequest) (export.Write, error) {
	if w.Undo != "" {
		return nil, problem.New(problem.Conflict, "The run cannot be undone. What stood in a file before is not kept.")
	}
	p, err := f.open(w.Target)
	if err != nil {
		return nil, err
	}
	p.url = f.URL(w.Owner)
	if w.Target.Kind == export.XLSXFile {
		return prepareBook(ctx, p, w)
	}
	return prepareCSV(ctx, p, w, w.Target.URL == "")
}

// open opens the folder of a target.
func (f Folders) open(t export.Target) (*place, error) {
	folder := filepath.Clean(t.Folder)
	for _, allowed := range f.Allowed {
		below, err := filepath.Rel(allowed, folder)
		if err != nil || !filepath.IsAbs(folder) || !filepath.IsLocal(below) {
			continue
		}
		p, err := openPlace(allowed, t.File, string(t.Kind))
		if err != nil || below == "." {
			return p, err
		}
		inner, err := p.folder.OpenRoot(below) // never follows a link out of the allowed folder
		if err = errors.Join(err, p.close()); err != nil {
			return nil, problem.Invalid("destination.folder", "is not there, or leads out of the folders that are "+
				"allowed; whoever runs ledgersheet can make it")
		}
		return &place{folder: inner, name: t.File}, nil
	}
	if len(f.Allowed) == 0 {
		return nil, problem.Invalid("destination.kind", "cannot be a file: no folder is allowed here; whoever runs "+
			"ledgersheet sets LEDGERSHEET_EXPORT_DIRS")
	}
	return nil, problem.Invalid("destination.folder", "must be %s, or a folder below",
		strings.Join(f.Allowed, " or "))
}

// Check returns a problem if the target cannot be a file here.
func (f Folders) Check(t export.Target) error {
	p, err := f.open(t)
	if err != nil {
		return err
	}
	info, err := p.folder.Stat(p.name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = nil
	case err != nil || !info.Mode().IsRegular():
		err = problem.Invalid("destination.file", "is there already and is no file, or leads out of the folder")
	}
	return errors.Join(err, p.close())
}

// Open opens the file of a target for reading; it must be closed. A file that is not there is an ErrNotExist.
func (f Folders) Open(t export.Target) (io.ReadSeekCloser, fs.FileInfo, error) {
	p, err := f.open(t)
	if err != nil {
		return nil, nil, err
	}
	in, err := p.folder.Open(p.name)
	if err = errors.Join(err, p.close()); err != nil {
		return nil, nil, err
	}
	info, err := in.Stat()
	if err != nil {
		return nil, nil, errors.Join(err, in.Close())
	}
	return in, info, nil
}

var _ io.ReadSeekCloser = (*os.File)(nil)
