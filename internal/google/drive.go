package google

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"google.golang.org/api/drive/v3"

	"ledgersheet/internal/export"
)

const spreadsheetType = "application/vnd.google-apps.spreadsheet"

// create creates a spreadsheet, or finds the one that an earlier try created. The file carries the key, so that a lost
// answer or a crash does not leave two. made reports that nobody can have put anything into it yet.
// https://developers.google.com/workspace/drive/api/guides/properties
func (s *session) create(ctx context.Context, key, title string) (id string, made bool, err error) {
	var found drive.FileList
	q := url.Values{
		"q":      {"appProperties has { key='" + stampKey + "' and value='" + key + "' } and trashed = false"},
		"fields": {"files(id)"},
	}
	if err := s.do(ctx, call{method: http.MethodGet, url: s.c.drive + "files", query: q, drive: true},
		decodeInto(&found)); err != nil {
		return "", false, err
	}
	if len(found.Files) > 0 {
		return found.Files[0].Id, false, nil
	}
	body, err := json.Marshal(drive.File{
		Name: title, MimeType: spreadsheetType, AppProperties: map[string]string{stampKey: key},
	})
	if err != nil {
		return "", false, err
	}
	var file drive.File
	k := call{
		method: http.MethodPost, url: s.c.drive + "files", query: url.Values{"fields": {"id"}}, body: body, once: true,
		drive: true,
	}
	err = s.do(ctx, k, decodeInto(&file))
	return file.Id, err == nil, err
}

// Account asks Google for the account's e-mail: the cheapest call that proves that the connection works.
func (c *Client) Account(ctx context.Context, account export.ID) (email string, err error) {
	s, err := c.session(account, nil)
	if err != nil {
		return "", err
	}
	var about drive.About
	k := call{
		method: http.MethodGet, url: c.drive + "about", query: url.Values{"fields": {"user(emailAddress)"}},
		drive: true,
	}
	if err := s.do(ctx, k, decodeInto(&about)); err != nil {
		return "", err
	}
	if about.User == nil {
		return "", nil
	}
	return about.User.EmailAddress, nil
}
