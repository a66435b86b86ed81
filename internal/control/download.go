package control

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"ledgersheet/internal/access"
	"ledgersheet/internal/export"
	"ledgersheet/internal/pipeline"
	"ledgersheet/internal/sheetfile"
)

// Download reads what a run of the exporter would write now, and returns it as a file in a format of package sheetfile;
// an empty format means CSV. It writes nothing to a sheet. The caller must close the file.
func (d *Desk) Download(ctx context.Context, id export.ID, format string) (*sheetfile.File, error) {
	e, err := d.exporterFor(ctx, access.Operate, id)
	if err != nil {
		return nil, err
	}
	f, err := sheetfile.ParseFormat("format", format)
	if err != nil {
		return nil, err
	}
	res, err := d.o.Previewer.Result(ctx, e)
	if err != nil {
		return nil, err
	}
	s := resultSheet(e, res)
	file, err := sheetfile.Open(ctx, e.Name+" "+d.o.Now().In(s.Zone).Format(time.DateOnly), f, s)
	if err == nil {
		d.audit(ctx, d.who, "exporter.download", string(e.ID), e.Name+", "+string(f))
	}
	return file, err
}

// DownloadAll reads what runs of the exporters would write now, and returns it as one workbook with a tab for each.
// name is the file's name without a date and ending. The caller must close the file.
func (d *Desk) DownloadAll(ctx context.Context, name string, ids []export.ID) (_ *sheetfile.File, err error) {
	var (
		b    sheetfile.Binder
		zone *time.Location
	)
	defer func() {
		if err != nil {
			err = errors.Join(err, b.Close())
		}
	}()
	for _, id := range ids {
		e, err := d.exporterFor(ctx, access.Operate, id)
		if err != nil {
			return nil, err
		}
		res, err := d.o.Previewer.Result(ctx, e)
		if err != nil {
			return nil, err
		}
		s := resultSheet(e, res)
		s.Title = cmp.Or(e.Target.Sheet, e.Name)
		if err := b.Add(ctx, s); err != nil {
			return nil, err
		}
		d.audit(ctx, d.who, "exporter.download", string(e.ID), e.Name+", "+string(sheetfile.XLSX))
		if zone == nil {
			zone = s.Zone
		}
	}
	if zone == nil {
		zone = time.UTC
	}
	return b.File(name + " " + d.o.Now().In(zone).Format(time.DateOnly))
}

// resultSheet returns a result as a file tells it.
func resultSheet(e export.Exporter, res pipeline.Result) sheetfile.Sheet {
	about := strings.Split(strings.TrimSpace(res.About), "\n")
	for _, text := range export.WarningTexts(res.Warnings) {
		about = append(about, "Note: "+text)
	}
	return sheetfile.Sheet{Title: e.Name, Rows: res.Rows, About: about, Zone: e.Schedule.Location()}
}

// MayDownload reports whether the actor may download the exporter's result.
func (d *Desk) MayDownload(e export.Exporter) bool {
	return d.who.Grant.Can(access.Operate, access.About(e.Companies...))
}
