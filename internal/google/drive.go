package google

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"google.golang.org/api/drive/v3"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

const spreadsheetType = "application/vnd.google-apps.spreadsheet"

// create creates a spreadsheet or copies the template, or finds the one that an earlier try created. The file carries
// the key, so that a lost answer or a crash does not leave two. made reports that nobody can have put anything into it
// yet.
// https://developers.google.com/workspace/drive/api/guides/properties
func (s *session) create(ctx context.Context, t export.Target, title string) (id string, made bool, err error) {
	var found drive.FileList
	q := url.Values{
		"q":      {keyQuery(t.CreateKey) + " and trashed = false"},
		"fields": {"files(id)"}, "orderBy": {"createdTime"},
	}
	if t.DriveFolder != "" { // it may be in a shared drive
		q.Set("supportsAllDrives", "true")
		q.Set("includeItemsFromAllDrives", "true")
	}
	if err := s.do(ctx, call{method: http.MethodGet, url: s.c.drive + "files", query: q, drive: true},
		decodeInto(&found)); err != nil {
		return "", false, err
	}
	if len(found.Files) > 0 {
		return found.Files[0].Id, false, nil
	}
	k := call{
		method: http.MethodPost, url: s.c.drive + "files", once: true, drive: true,
		query: url.Values{"fields": {"id"}, "supportsAllDrives": {"true"}},
	}
	wanted := drive.File{Name: title, AppProperties: map[string]string{stampKey: t.CreateKey}}
	if t.DriveFolder != "" {
		wanted.Parents = []string{t.DriveFolder}
	}
	if t.Template == "" {
		wanted.MimeType = spreadsheetType
	} else {
		k.url += "/" + url.PathEscape(t.Template) + "/copy"
	}
	if k.body, err = json.Marshal(wanted); err != nil {
		return "", false, err
	}
	var file drive.File
	err = s.do(ctx, k, decodeInto(&file))
	return file.Id, err == nil, explainUnseen(t, err)
}

// keyQuery finds the spreadsheets that were made for an exporter's target.
func keyQuery(key string) string {
	return "appProperties has { key='" + stampKey + "' and value='" + key + "' }"
}

// checkTimeout is how long a write waits for what Drive says about its file.
const checkTimeout = 20 * time.Second

// checkFile returns a problem if the spreadsheet is in the bin, where Sheets answers as if nothing were amiss. It also
// notices spreadsheets that were made twice because an answer was lost. That takes one request. Whether it succeeds
// does not matter: with narrow scopes, Drive does not know every spreadsheet that Sheets may write.
func (r *write) checkFile(ctx context.Context) error {
	t := r.w.Target
	var found drive.FileList
	var file drive.File
	k := call{
		method: http.MethodGet, url: r.c.drive + "files/" + url.PathEscape(t.Spreadsheet), drive: true,
		query: url.Values{"fields": {"id,trashed"}, "supportsAllDrives": {"true"}},
	}
	into := decodeInto(&file)
	if t.Created && t.CreateKey != "" {
		k.url = r.c.drive + "files"
		k.query = url.Values{"q": {keyQuery(t.CreateKey)}, "fields": {"files(id,trashed,webViewLink)"}}
		into = decodeInto(&found)
	}
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	if err := r.once(ctx, k, into); err != nil {
		r.c.o.Logger.DebugContext(ctx, "drive was not asked about a file", "error", err.Error())
		return nil
	}
	for _, f := range append(found.Files, &file) {
		switch {
		case f.Id == t.Spreadsheet && f.Trashed:
			return export.InBin()
		case f.Id != "" && f.Id != t.Spreadsheet && !f.Trashed && r.isUnused(ctx, f.Id):
			r.doubles = append(r.doubles, f)
		}
	}
	return nil
}

// Edition implements export.Editions: the version that Drive counts for the spreadsheet. It moves seconds to minutes
// after a change. With narrow scopes, Drive does not know every spreadsheet that Sheets may write; then it is empty.
// https://developers.google.com/workspace/drive/api/reference/rest/v3/files
func (c *Client) Edition(ctx context.Context, t export.Target, m *export.Meter) string {
	s, err := c.session(t.Account, m)
	if err != nil {
		return ""
	}
	var file drive.File
	k := call{
		method: http.MethodGet, url: c.drive + "files/" + url.PathEscape(t.Spreadsheet), drive: true,
		query: url.Values{"fields": {"id,version,trashed"}, "supportsAllDrives": {"true"}},
	}
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	if err := s.once(ctx, k, decodeInto(&file)); err != nil {
		c.o.Logger.DebugContext(ctx, "drive was not asked about a file", "error", err.Error())
		return ""
	}
	if file.Id != t.Spreadsheet || file.Version == 0 || file.Trashed {
		return ""
	}
	return strconv.FormatInt(file.Version, 10)
}

// isUnused reports whether a spreadsheet is as it was made: one tab, and nothing in it. Drive has said that we made it.
func (s *session) isUnused(ctx context.Context, id string) bool {
	st, err := s.state(ctx, id)
	if err != nil {
		return false
	}
	only := st.onlyTab()
	if !only.isFirst() || len(st.tabs) > 1 || len(st.named) > 0 { // a copy that somebody made
		return false
	}
	taken, err := s.firstTakenIn(ctx, id, only.title, rect{0, 0, only.rows, only.cols})
	return err == nil && taken == ""
}

// settleDoubles names the spreadsheets that were made twice, or moves them to the bin, where a person has allowed that.
// It looks at each again right before: somebody may have begun to use it.
func (r *write) settleDoubles(ctx context.Context) []export.Warning {
	var list []export.Warning
	for _, f := range r.doubles {
		text := "A second spreadsheet was made for this exporter when an answer of Google's was lost. It is empty " +
			"and can be deleted: " + f.WebViewLink
		if r.w.May(export.RepairRemoveDouble) {
			if !r.isUnused(ctx, f.Id) {
				continue
			}
			err := r.trash(ctx, f.Id)
			if err == nil {
				continue
			}
			text += " It could not be moved to the bin: " + problem.From(err).Message
		}
		list = append(list, export.Warnings(export.WarnDouble, "", text)...)
	}
	return list
}

// trash moves a file to the bin of Google Drive, where its owner finds it for 30 days.
// https://developers.google.com/workspace/drive/api/guides/delete
func (s *session) trash(ctx context.Context, id string) error {
	body, err := json.Marshal(drive.File{Trashed: true})
	if err != nil {
		return err
	}
	return s.do(ctx, call{
		method: http.MethodPatch, url: s.c.drive + "files/" + url.PathEscape(id), body: body, drive: true,
		query: url.Values{"fields": {"id,trashed"}},
	}, decodeInto(&drive.File{}))
}

// Trashed returns which of the spreadsheets are in the bin. Those that Drive does not tell the account about are none.
func (c *Client) Trashed(ctx context.Context, account export.ID, spreadsheets []string) ([]string, error) {
	s, err := c.session(account, nil)
	if err != nil {
		return nil, err
	}
	var list []string
	for _, id := range spreadsheets {
		var file drive.File
		err := s.do(ctx, call{
			method: http.MethodGet, url: c.drive + "files/" + url.PathEscape(id), drive: true,
			query: url.Values{"fields": {"trashed"}, "supportsAllDrives": {"true"}},
		}, decodeInto(&file))
		switch {
		case problem.HasCode(err, problem.SpreadsheetNotFound, problem.SpreadsheetForbidden):
		case err != nil:
			return list, err
		case file.Trashed:
			list = append(list, id)
		}
	}
	return list, nil
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
