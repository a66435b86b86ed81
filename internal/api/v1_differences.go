package api

import (
	"encoding/json"
	"net/http"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/change"
	"ledgersheet/internal/control"
	"ledgersheet/internal/download"
	"ledgersheet/internal/export"
	"ledgersheet/internal/pipeline"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/sheetfile"
)

// sampleItems is how many rows a dry run shows.
const sampleItems = 20

type dryRunView struct {
	Rows      int            `json:"rows"`
	Added     int            `json:"added"`
	Changed   int            `json:"changed"`
	Removed   int            `json:"removed"`
	HandEdits int            `json:"hand_edits"`
	Edits     []change.Edit  `json:"edits"`
	Cells     int            `json:"cells"`
	Requests  dryRunRequests `json:"requests"`
	Sample    []change.Item  `json:"sample"`
	Warnings  []string       `json:"warnings"`
}

type dryRunRequests struct {
	QuickBooks int `json:"quickbooks"`
	Sheets     int `json:"sheets"`
}

// differenceView is what a run changed. If there were many changes, Items has fewer than the counts say.
type differenceView struct {
	Added    int           `json:"added"`
	Changed  int           `json:"changed"`
	Removed  int           `json:"removed"`
	Items    []change.Item `json:"items"`
	Complete bool          `json:"complete"`
	// HandEdits counts what people had edited and the run changed back, or stopped for. Edits has the first of it.
	HandEdits int           `json:"hand_edits"`
	Edits     []change.Edit `json:"edits"`
}

func (s *server) dryRun(c *gin.Context, d *control.Desk) error {
	if err := readNothing(c); err != nil {
		return err
	}
	dry, err := d.DryRun(c.Request.Context(), id(c))
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, dryRunViewOf(dry))
}

// DryRunJSON returns a dry run as the API shows it, for when the command line makes one itself.
func DryRunJSON(dry pipeline.DryRun) ([]byte, error) { return json.Marshal(dryRunViewOf(dry)) }

func dryRunViewOf(dry pipeline.DryRun) dryRunView {
	set := dry.Change
	return dryRunView{
		Rows: set.Rows, Added: set.Added, Changed: set.Changed, Removed: set.Removed,
		HandEdits: set.Edited, Edits: editsOf(set.Edits), Cells: set.Cells,
		Requests: dryRunRequests{dry.Requests.QuickBooks, dry.Requests.Sheets},
		Sample:   itemsOf(set.Items[:min(len(set.Items), sampleItems)]),
		Warnings: export.WarningTexts(dry.Warnings),
	}
}

// captureAnswers sends QuickBooks' answers, scrubbed, as a file.
func (s *server) captureAnswers(c *gin.Context, d *control.Desk) error {
	data, err := d.Capture(c.Request.Context(), id(c))
	if err != nil {
		return err
	}
	c.Header("Content-Disposition", `attachment; filename="capture.json"`)
	c.Header("Cache-Control", "no-store")
	c.Data(http.StatusOK, "application/json; charset=utf-8", data)
	return nil
}

// download sends what a run would write now as a file.
func (s *server) download(c *gin.Context, d *control.Desk) error {
	return download.Answer(c.Writer, func() (*sheetfile.File, error) {
		return d.Download(c.Request.Context(), id(c), c.Query("format"))
	})
}

// keptFile sends the file that an exporter keeps, as it stands.
func (s *server) keptFile(c *gin.Context, d *control.Desk) error {
	e, in, info, err := d.OpenFile(c.Request.Context(), id(c))
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // it was only read
	format := sheetfile.Format(e.Target.Kind)
	download.Kept(c.Writer, c.Request, e.Target.File, format, info.ModTime(), in)
	return nil
}

// acceptDifference remembers that a difference between QuickBooks' own figures is known.
func (s *server) acceptDifference(c *gin.Context, d *control.Desk) error {
	members, err := readObject(c)
	if err != nil {
		return err
	}
	var bad problem.Collect
	body := newObject("", members, &bad)
	a := export.AcceptedDifference{What: body.text("what"), Place: body.text("place"), Amount: body.scalar("amount")}
	body.refuseUnknown()
	if err := bad.Err(); err != nil {
		return err
	}
	e, err := d.AcceptDifference(c.Request.Context(), id(c), a)
	if err != nil {
		return err
	}
	return sendExporter(c, d, http.StatusOK, e)
}

func (s *server) getDifference(c *gin.Context, d *control.Desk) error {
	set, err := d.Difference(c.Request.Context(), id(c))
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, differenceView{
		Added: set.Added, Changed: set.Changed, Removed: set.Removed, Items: itemsOf(set.Items), Complete: set.Complete,
		HandEdits: set.Edited, Edits: editsOf(set.Edits),
	})
}

// itemsOf returns the items with lists that are never null in JSON.
func itemsOf(items []change.Item) []change.Item {
	list := make([]change.Item, len(items))
	for i, item := range items {
		item.Cells = nonNil(item.Cells)
		list[i] = item
	}
	return list
}

// editsOf is itemsOf for edits.
func editsOf(edits []change.Edit) []change.Edit {
	list := make([]change.Edit, len(edits))
	for i, ed := range edits {
		ed.Cells = nonNil(ed.Cells)
		list[i] = ed
	}
	return list
}
