package control

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"ledgersheet/internal/access"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// ExportDirs returns the folders in which exporters may keep files; none if files are not offered.
func (d *Desk) ExportDirs() []string {
	if d.o.Files == nil {
		return nil
	}
	return slices.Clone(d.o.ExportDirs)
}

// checkFile refuses files that cannot be kept here, and two exporters that keep the same one. An exporter that the
// actor may not see is not named.
func (d *Desk) checkFile(ctx context.Context, e export.Exporter, bad *problem.Collect) error {
	if bad.Has("destination.file") || bad.Has("destination.folder") || bad.Has("destination.kind") {
		return nil
	}
	if d.o.Files == nil {
		bad.Add("destination.kind", "cannot be a file here")
		return nil
	}
	if err := d.o.Files.Check(e.Target); err != nil {
		p, ok := errors.AsType[*problem.Problem](err)
		if !ok {
			return fmt.Errorf("checking the file: %w", err)
		}
		for field, why := range p.Fields {
			bad.Add(field, "%s", why)
		}
		if len(p.Fields) == 0 {
			bad.Add("destination.folder", "cannot be used: %s", p.Message)
		}
		return nil
	}
	all, err := d.o.Store.Exporters(ctx, export.ExporterFilter{})
	if err != nil {
		return fmt.Errorf("reading the exporters: %w", err)
	}
	for _, o := range all {
		if o.ID != e.ID && o.Target.SameFile(e.Target) {
			who := "another exporter"
			if d.sees(o.Companies...) {
				who = fmt.Sprintf("the exporter %q", o.Name)
			}
			bad.Add("destination.file", "is written by %s already; choose another name", who)
			return nil
		}
	}
	return nil
}

// OpenFile opens the file that an exporter keeps, as it stands; the caller closes it. Without one, it is a NotFound
// problem.
func (d *Desk) OpenFile(ctx context.Context, id export.ID) (export.Exporter, io.ReadSeekCloser, fs.FileInfo, error) {
	e, err := d.exporterFor(ctx, access.Operate, id)
	if err != nil {
		return e, nil, nil, err
	}
	if !e.Target.IsFile() || d.o.Files == nil {
		return e, nil, nil, problem.New(problem.NotFound, "The exporter keeps no file.")
	}
	in, info, err := d.o.Files.Open(e.Target)
	if errors.Is(err, fs.ErrNotExist) {
		return e, nil, nil, problem.New(problem.NotFound, "There is no file yet.").WithHint("Run the exporter first.")
	}
	return e, in, info, err
}
