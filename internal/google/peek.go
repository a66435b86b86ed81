package google

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"google.golang.org/api/drive/v3"
	"google.golang.org/api/sheets/v4"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// The size of what Peek shows of a tab.
const (
	peekRows = 4
	peekCols = 6
)

// Peek returns what a spreadsheet is and what stands at a place in it. It takes up to three requests. start is a cell,
// or the name of a range, about whose cells nothing is said.
func (c *Client) Peek(ctx context.Context, account export.ID, spreadsheet, sheet, start string) (export.Peek, error) {
	var p export.Peek
	s, err := c.session(account, nil)
	if err != nil {
		return p, err
	}
	var found sheets.Spreadsheet
	if err := s.do(ctx, call{
		method: http.MethodGet, url: c.sheets + "v4/spreadsheets/" + url.PathEscape(spreadsheet),
		query: url.Values{"fields": {"properties.title,sheets.properties(title,hidden,sheetType,gridProperties)"}},
	}, decodeInto(&found)); err != nil {
		return p, err
	}
	if found.Properties != nil {
		p.Title = found.Properties.Title
	}
	var tab *sheets.SheetProperties
	for _, t := range found.Sheets {
		if t.Properties == nil || t.Properties.SheetType != "GRID" {
			continue
		}
		if !t.Properties.Hidden {
			p.Tabs = append(p.Tabs, t.Properties.Title)
		}
		if strings.EqualFold(t.Properties.Title, sheet) {
			tab = t.Properties
		}
	}
	p.Found = tab != nil
	if err := s.peekFile(ctx, spreadsheet, &p); err != nil {
		return p, err
	}
	if p.Found {
		p.Cells, err = s.peekCells(ctx, spreadsheet, tab, start)
	}
	return p, err
}

// peekFile asks Drive whether the file can be changed. With narrow scopes, Drive does not know every spreadsheet that
// Sheets may write; then nothing is said.
// https://developers.google.com/workspace/drive/api/reference/rest/v3/files
func (s *session) peekFile(ctx context.Context, spreadsheet string, p *export.Peek) error {
	var file drive.File
	err := s.do(ctx, call{
		method: http.MethodGet, url: s.c.drive + "files/" + url.PathEscape(spreadsheet), drive: true,
		query: url.Values{"fields": {"trashed,capabilities(canEdit)"}, "supportsAllDrives": {"true"}},
	}, decodeInto(&file))
	if problem.HasCode(err, problem.SpreadsheetNotFound, problem.SpreadsheetForbidden) {
		return nil
	}
	if err != nil {
		return err
	}
	p.Trashed = file.Trashed
	p.ReadOnly = file.Capabilities != nil && !file.Capabilities.CanEdit
	return nil
}

// peekCells returns the first cells at a place; none if they are all empty, or lie outside the tab.
// https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets.values/get
func (s *session) peekCells(ctx context.Context, spreadsheet string, tab *sheets.SheetProperties, start string) (
	[][]string, error,
) {
	row, col, err := export.ParseCell(start)
	if err != nil || tab.GridProperties == nil {
		return nil, nil
	}
	end := rect{0, 0, int(tab.GridProperties.RowCount), int(tab.GridProperties.ColumnCount)}
	if row >= end.endRow || col >= end.endCol {
		return nil, nil
	}
	at := rect{row, col, min(row+peekRows, end.endRow), min(col+peekCols, end.endCol)}
	var values sheets.ValueRange
	if err := s.do(ctx, call{
		method: http.MethodGet,
		url: s.c.sheets + "v4/spreadsheets/" + url.PathEscape(spreadsheet) + "/values/" +
			url.PathEscape(at.a1(tab.Title)),
		query: url.Values{"majorDimension": {"ROWS"}},
	}, decodeInto(&values)); err != nil {
		return nil, err
	}
	var cells [][]string
	for _, line := range values.Values {
		var texts []string
		for _, v := range line {
			texts = append(texts, fmt.Sprint(v))
		}
		cells = append(cells, texts)
	}
	return cells, nil
}
