package google

import (
	"context"
	"net/http"
	"net/url"

	"google.golang.org/api/sheets/v4"

	"ledgersheet/internal/export"
)

// Title returns a spreadsheet's title. That proves that the account can open it.
func (c *Client) Title(ctx context.Context, account export.ID, spreadsheet string) (string, error) {
	s, err := c.session(account, nil)
	if err != nil {
		return "", err
	}
	var found sheets.Spreadsheet
	err = s.do(ctx, call{
		method: http.MethodGet, url: c.sheets + "v4/spreadsheets/" + url.PathEscape(spreadsheet),
		query: url.Values{"fields": {"properties.title"}},
	}, decodeInto(&found))
	if err != nil || found.Properties == nil {
		return "", err
	}
	return found.Properties.Title, nil
}
