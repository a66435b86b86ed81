package oauth

import (
	"context"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// noteRenewal stores since when a grant is being renewed, so that a process that is killed before it has stored the
// answer leaves word of it. Without the note the renewal goes on: it only explains.
func (s *Source) noteRenewal(ctx context.Context, g export.Grant, since time.Time) {
	ctx, cancel := context.WithTimeout(ctx, storeLimit)
	defer cancel()
	g.RenewingSince = since
	if err := s.opts.Store.PutGrant(ctx, s.key, g); err != nil {
		s.opts.Log.WarnContext(ctx, "renewal could not be noted", "connection", string(s.key), "error", err)
	}
}

// explainCutOff returns the problem for a grant that the provider refuses after a renewal of it was cut off.
func explainCutOff(refused *problem.Problem, since time.Time) *problem.Problem {
	return problem.Wrap(refused, refused.Code, "%s A renewal that began on %s was cut off before its answer was "+
		"stored: the service was stopped hard, or the answer never arrived. The token that replaced this one is "+
		"probably lost with it.", refused.Message, since.Format("2 January 2006 at 15:04:05 MST")).
		WithHint("%s", refused.Hint).WithRequestID(refused.ProviderRequestID)
}
