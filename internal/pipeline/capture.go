package pipeline

import (
	"context"

	"ledgersheet/internal/capture"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// Capture reads what a run would read from QuickBooks, and returns the raw answers, scrubbed, as the text of one
// capture.File. If QuickBooks refuses something, the answers up to there are returned with the problem's code. It is a
// problem only if there are none. It writes and stores nothing.
func (r *Runner) Capture(ctx context.Context, e export.Exporter) ([]byte, error) {
	var recorder capture.Recorder
	recording := *r
	recording.o.Source = r.o.Recorded(recorder.Add)
	j := &job{
		Runner: &recording, exporter: e, report: func(func(*export.Run)) {}, quickBooks: &export.Meter{},
		sheets: &export.Meter{},
	}
	in, err := j.lookUp(ctx, e, 0)
	if err != nil {
		return nil, err
	}
	trouble := ""
	if _, err := j.readCompanies(ctx, in); err != nil {
		if ctx.Err() != nil || recorder.Len() == 0 {
			return nil, err
		}
		trouble = string(problem.From(err).Code)
	}
	return recorder.File(capture.New(), e.Definition, trouble)
}
