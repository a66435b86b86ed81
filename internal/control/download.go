package control

import (
	"context"
	"strings"
	"time"

	"ledgersheet/internal/access"
	"ledgersheet/internal/export"
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
	zone := e.Schedule.Location()
	about := strings.Split(strings.TrimSpace(res.About), "\n")
	for _, text := range export.WarningTexts(res.Warnings) {
		about = append(about, "Note: "+text)
	}
	file, err := sheetfile.Open(ctx, e.Name+" "+d.o.Now().In(zone).Format(time.DateOnly), f, sheetfile.Sheet{
		Title: e.Name, Rows: res.Rows, About: about, Zone: zone,
	})
	if err == nil {
		d.audit(ctx, d.who, "exporter.download", string(e.ID), e.Name+", "+string(f))
	}
	return file, err
}

// MayDownload reports whether the actor may download the exporter's result.
func (d *Desk) MayDownload(e export.Exporter) bool {
	return d.who.Grant.Can(access.Operate, access.About(e.Companies...))
}
