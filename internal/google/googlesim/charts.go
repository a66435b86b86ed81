package googlesim

import (
	"net/http"
	"reflect"
	"slices"

	"google.golang.org/api/sheets/v4"
)

// Sheets gives a chart without a size these.
const (
	chartWidth  = 600
	chartHeight = 371
)

// addChart puts a chart over a tab. It is never drawn; its sources follow the cells. See
// https://developers.google.com/workspace/sheets/api/samples/charts.
func (c *change) addChart(r *sheets.AddChartRequest) (*sheets.Response, error) {
	if r.Chart == nil {
		return nil, badRequest("A chart must be specified.")
	}
	fresh := *r.Chart
	if err := c.checkChart(fresh.Spec); err != nil {
		return nil, err
	}
	if fresh.ChartId == 0 && !sent(fresh.ForceSendFields, "ChartId") {
		fresh.ChartId = c.st.freshID()
	}
	if s, _ := c.st.chart(fresh.ChartId); s != nil {
		return nil, badRequest("Chart with id %d already exists.", fresh.ChartId)
	}
	s, position, err := c.anchor(fresh.Position)
	if err != nil {
		return nil, err
	}
	fresh.Position = position
	s.charts = append(slices.Clone(s.charts), &fresh)
	return &sheets.Response{AddChart: &sheets.AddChartResponse{Chart: &fresh}}, nil
}

// checkChart refuses a spec without a kind, and one whose sources are not there. Sheets answers an
// internal error to a basic chart that has neither domains nor series.
func (c *change) checkChart(spec *sheets.ChartSpec) error {
	kinds := 0
	if spec != nil {
		for _, kind := range []any{
			spec.BasicChart, spec.PieChart, spec.BubbleChart, spec.CandlestickChart, spec.HistogramChart,
			spec.OrgChart, spec.ScorecardChart, spec.TreemapChart, spec.WaterfallChart,
		} {
			if !reflect.ValueOf(kind).IsNil() {
				kinds++
			}
		}
	}
	if kinds != 1 {
		return badRequest("One of basicChart, pieChart, bubbleChart, candelstickChart, histogramChart, or orgChart " +
			"must be set on chartSpec.")
	}
	if b := spec.BasicChart; b != nil && len(b.Domains) == 0 && len(b.Series) == 0 {
		return &apiError{
			code: http.StatusInternalServerError, status: "INTERNAL", message: "Internal error encountered.",
			reason: "internalError",
		}
	}
	var missing error
	carryRanges(deepCopy(reflect.ValueOf(spec)), func(a area) (area, bool) {
		if _, err := c.st.grid(a.sheet); err != nil {
			missing = err
		}
		return a, true
	})
	return missing
}

// anchor reads the place of a chart: over a cell of a tab.
func (c *change) anchor(p *sheets.EmbeddedObjectPosition) (*sheet, *sheets.EmbeddedObjectPosition, error) {
	if p != nil && (p.NewSheet || p.SheetId != 0) {
		return nil, nil, badRequest("This simulator does not know how to give a chart a sheet of its own.")
	}
	if p == nil || p.OverlayPosition == nil || p.OverlayPosition.AnchorCell == nil {
		return nil, nil, errNoPosition()
	}
	overlay := *p.OverlayPosition
	s, _, _, err := c.coordinate(overlay.AnchorCell)
	if err != nil {
		return nil, nil, err
	}
	if overlay.WidthPixels == 0 {
		overlay.WidthPixels = chartWidth
	}
	if overlay.HeightPixels == 0 {
		overlay.HeightPixels = chartHeight
	}
	return s, &sheets.EmbeddedObjectPosition{OverlayPosition: &overlay}, nil
}

func errNoPosition() error {
	return badRequest("One of EmbeddedObjectPosition.overlayPosition or EmbeddedObjectPosition.sheetId must be set")
}

// chart finds a chart; the tab is nil if there is none.
func (st *state) chart(id int64) (*sheet, int) {
	for _, s := range st.sheets {
		i := slices.IndexFunc(s.charts, func(ch *sheets.EmbeddedChart) bool { return ch.ChartId == id })
		if i >= 0 {
			return s, i
		}
	}
	return nil, -1
}

// drawn reports whether a chart, banding or filter view has the id.
func (st *state) drawn(id int64) bool {
	chart, _ := st.chart(id)
	band, _ := st.banding(id)
	filter, _ := st.filterView(id)
	return chart != nil || band != nil || filter != nil
}

// updateChartSpec replaces a chart's spec as a whole. See
// https://developers.google.com/workspace/sheets/api/samples/charts.
func (c *change) updateChartSpec(r *sheets.UpdateChartSpecRequest) error {
	s, i := c.st.chart(r.ChartId)
	if s == nil {
		return badRequest("No chart with id: %d", r.ChartId)
	}
	if err := c.checkChart(r.Spec); err != nil {
		return err
	}
	fresh := *s.charts[i]
	fresh.Spec = r.Spec
	s.charts = slices.Clone(s.charts)
	s.charts[i] = &fresh
	return nil
}

// updateEmbeddedObjectPosition moves or sizes a chart. See
// https://developers.google.com/workspace/sheets/api/samples/charts.
func (c *change) updateEmbeddedObjectPosition(r *sheets.UpdateEmbeddedObjectPositionRequest) (*sheets.Response, error) {
	m, err := updateMask(r.Fields, sheets.OverlayPosition{})
	if err != nil {
		return nil, err
	}
	s, i := c.st.chart(r.ObjectId)
	if s == nil {
		return nil, badRequest("No embedded object with id: %d", r.ObjectId)
	}
	if r.NewPosition == nil || r.NewPosition.OverlayPosition == nil {
		return nil, errNoPosition()
	}
	fresh := *s.charts[i]
	overlay := *fresh.Position.OverlayPosition
	assignMask(m, &overlay, r.NewPosition.OverlayPosition)
	target, position, err := c.anchor(&sheets.EmbeddedObjectPosition{OverlayPosition: &overlay})
	if err != nil {
		return nil, err
	}
	fresh.Position = position
	s.charts = slices.Delete(slices.Clone(s.charts), i, i+1)
	target.charts = append(slices.Clone(target.charts), &fresh)
	return &sheets.Response{UpdateEmbeddedObjectPosition: &sheets.UpdateEmbeddedObjectPositionResponse{
		Position: position,
	}}, nil
}

// deleteEmbeddedObject removes a chart. See
// https://developers.google.com/workspace/sheets/api/samples/charts.
func (c *change) deleteEmbeddedObject(r *sheets.DeleteEmbeddedObjectRequest) error {
	s, i := c.st.chart(r.ObjectId)
	if s == nil {
		return badRequest("No embedded object with id: %d", r.ObjectId)
	}
	s.charts = slices.Delete(slices.Clone(s.charts), i, i+1)
	return nil
}

// pivot checks a pivot table before it is put into a cell. See
// https://developers.google.com/workspace/sheets/api/guides/pivot-tables.
func (c *change) pivot(p *sheets.PivotTable) error {
	if p == nil {
		return nil
	}
	if p.Source == nil {
		return badRequest("A pivot table must have a source.")
	}
	_, _, err := c.area(p.Source)
	return err
}
