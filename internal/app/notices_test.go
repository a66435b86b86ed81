package app_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"ledgersheet/internal/config"
	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/mail/smtpsim"
	"ledgersheet/internal/notice"
	"ledgersheet/internal/notify"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/sheetfile"
	"ledgersheet/internal/vault"
)

// receivers are a mail server and a webhook's receiver.
type receivers struct {
	tb     testing.TB
	server *smtpsim.Server
	hook   *httptest.Server
	mu     sync.Mutex
	hooked []string // phase and event of what the webhook got
}

func newReceivers(t *testing.T) *receivers {
	t.Helper()
	r := &receivers{tb: t}
	var err error
	if r.server, err = smtpsim.Start(smtpsim.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.server.Stop)
	r.hook = httptest.NewServer(http.HandlerFunc(r.receive))
	t.Cleanup(r.hook.Close)
	return r
}

// receive takes what is sent to the webhook.
func (r *receivers) receive(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	var got struct{ Phase, Event, Title string }
	if err != nil || json.Unmarshal(body, &got) != nil || req.Header.Get(notify.HeaderSignature) == "" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hooked = append(r.hooked, got.Phase+" "+got.Event)
}

// got returns what the webhook got.
func (r *receivers) got() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.hooked)
}

// settings returns those of an app that sends notices to both.
func (r *receivers) settings() config.Notices {
	return config.Notices{
		SMTP:     config.SMTP{Host: "127.0.0.1", Port: r.server.Addr().Port, Security: config.SMTPOptional},
		MailFrom: "Books <books@example.com>", URL: vault.Secret(r.hook.URL), Secret: "a secret of the tests",
		AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
	}
}

// mailbox is an app that sends notices to receivers.
type mailbox struct {
	*world
	*receivers
}

func newMailbox(t *testing.T) *mailbox {
	t.Helper()
	m := &mailbox{makeWorld(t, intuitsim.Options{}), newReceivers(t)}
	m.set.Notices = m.settings()
	m.open()
	return m
}

// subjects returns those of all mails.
func (r *receivers) subjects() []string {
	r.tb.Helper()
	var list []string
	for _, got := range r.server.Mails() {
		msg, err := mail.ReadMessage(strings.NewReader(string(got.Data)))
		if err != nil {
			r.tb.Fatal(err)
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(msg.Header.Get("Subject"))
		if err != nil {
			r.tb.Fatal(err)
		}
		list = append(list, strings.Join(got.To, " ")+": "+subject)
	}
	return list
}

func (m *mailbox) tell() {
	m.t.Helper()
	if err := m.app.TellNow(m.ctx); err != nil {
		m.t.Fatal(err)
	}
}

// TestALostConnectionIsTold ends a grant at Intuit, and brings it back: one mail and one call of the webhook for each,
// also over a restart, although two exporters wait.
func TestALostConnectionIsTold(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	companies := m.connect(1)
	company := companies[0]
	var exporters []export.Exporter
	for _, name := range []string{"One", "Two"} {
		e := m.newExporter("terms", nil, nil, company)
		e.Name, e.Target.Sheet = name, name
		e = m.create(e)
		m.mustRun(e.ID)
		exporters = append(exporters, e)
	}
	_, _, err := m.desk().CreateNotice(m.ctx, notice.Rule{
		Kind: notice.Mail, To: "ann@example.com", On: []notice.Event{notice.NeedsYou, notice.Recovery},
	})
	if err != nil {
		t.Fatal(err)
	}
	m.tell()
	if got := m.subjects(); len(got) > 0 {
		t.Fatalf("told while all is well: %q", got)
	}
	m.intuit.RevokeGrant(string(company.Realm))
	for _, e := range exporters {
		m.intuit.ExpireAccessTokens(string(company.Realm))
		if r := m.run(e.ID); r.Status != export.RunFailed {
			t.Fatalf("the run %s", r.Status)
		}
	}
	m.tell()
	m.tell()
	if err := m.app.Stop(m.ctx); err != nil {
		t.Fatal(err)
	}
	m.open()
	m.tell()
	ended := "ann@example.com: QuickBooks access to " + company.Name + " has ended"
	if got := m.subjects(); !slices.Equal(got, []string{ended}) {
		t.Fatalf("told %q", got)
	}
	m.intuit.ConsentTo(string(company.Realm))
	if _, err := m.connectCompany(company.Realm); err != nil {
		t.Fatal(err)
	}
	for _, e := range exporters {
		m.mustRun(e.ID)
	}
	m.tell()
	m.tell()
	if got := m.subjects(); len(got) < 2 || got[len(got)-1] != "ann@example.com: Over: QuickBooks access to "+
		company.Name+" has ended" {
		t.Errorf("told %q", got)
	}
	if got := m.got(); !slices.Equal(got, []string{"opened needs_you", "recovered recovery"}) {
		t.Errorf("the webhook got %q", got)
	}
}

// TestSettingsTellNobodyTheSecrets looks for the addresses of notices in the store and in what is shown.
func TestSettingsTellNobodyTheSecrets(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	const secret = "T00SECRET00B"
	_, _, err := m.desk().CreateNotice(m.ctx, notice.Rule{
		Kind: notice.Slack, To: "https://hooks.slack.com/services/" + secret, On: []notice.Event{notice.Failure},
	})
	if err != nil {
		t.Fatal(err)
	}
	var backup strings.Builder
	if err := m.desk().Backup(m.ctx, &backup); err != nil {
		t.Fatal(err)
	}
	all, err := m.desk().Notices(m.ctx)
	if err != nil || len(all) != 2 {
		t.Fatalf("%d notices, %v", len(all), err)
	}
	shown, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(backup.String(), secret) || strings.Contains(string(shown), secret) {
		t.Error("the address of a webhook is kept or shown in the clear")
	}
}

// TestReportByMail sends the workbook of a run, once, and not that of runs before the notice was there.
func TestReportByMail(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	company := m.connect(1)[0]
	e := m.newExporter("terms", nil, nil, company)
	e.Tags = []string{"by mail"}
	e = m.create(e)
	m.mustRun(e.ID)
	_, _, err := m.desk().CreateNotice(m.ctx, notice.Rule{
		Kind: notice.Mail, To: "ann@example.com", On: []notice.Event{notice.Report}, Tags: []string{"by mail"},
	})
	if err != nil {
		t.Fatal(err)
	}
	m.tell()
	if got := m.subjects(); len(got) > 0 {
		t.Fatalf("sent %q", got)
	}
	m.mustRun(e.ID)
	m.tell()
	m.tell()
	mails := m.server.Mails()
	if len(mails) != 1 {
		t.Fatalf("sent %q", m.subjects())
	}
	book := openAttached(t, mails[0].Data)
	rows := 0
	for _, err := range book.Rows() {
		must(t, err)
		rows++
	}
	if err := book.Close(); err != nil || rows < 2 {
		t.Errorf("%d rows, %v", rows, err)
	}
}

// openAttached opens the workbook that a mail brings.
func openAttached(t *testing.T, data []byte) *sheetfile.Book {
	t.Helper()
	msg, err := mail.ReadMessage(bytes.NewReader(data))
	must(t, err)
	kind, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/mixed" {
		t.Fatalf("%s, %v", kind, err)
	}
	parts := multipart.NewReader(msg.Body, params["boundary"])
	for {
		part, err := parts.NextPart()
		if err != nil {
			t.Fatalf("there is no workbook: %v", err)
		}
		if part.FileName() == "" {
			continue
		}
		data, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, part))
		if err != nil || !strings.HasSuffix(part.FileName(), ".xlsx") {
			t.Fatalf("%s: %v", part.FileName(), err)
		}
		path := filepath.Join(t.TempDir(), "report.xlsx")
		must(t, os.WriteFile(path, data, 0o600))
		book, err := sheetfile.OpenBook(path)
		must(t, err)
		return book
	}
}

// TestPackByMail runs a pack of which one part fails: one mail says what is missing and brings all that has come as one
// workbook; another one, with all of it, comes when the missing part has.
func TestPackByMail(t *testing.T) {
	t.Parallel()
	m := newMailbox(t)
	company := m.connect(1)[0]
	order := control.PackOrder{
		Companies: []export.RealmID{company.Realm}, Account: m.newExporter("terms", nil, nil, company).Target.Account,
		PerCompany: true, Schedule: export.Schedule{Timezone: "UTC"},
	}
	made, err := m.desk().CreatePack(m.ctx, "month_end", order, false)
	must(t, err)
	m.runWholePack(made)
	_, _, err = m.desk().CreateNotice(m.ctx, notice.Rule{
		Kind: notice.Mail, To: "ann@example.com", On: []notice.Event{notice.Pack},
	})
	must(t, err)
	m.tell() // it was over before
	bad := m.runWholePack(made)[0]
	_, err = m.app.Store().UpdateRun(m.ctx, bad.ID, func(r *export.Run) error {
		r.Status, r.Problem = export.RunFailed, problem.New(problem.SheetConflict, "Cells are in the way.")
		return nil
	})
	must(t, err)
	m.tell()
	m.tell()
	title := "ann@example.com: Month-end of " + company.Name
	incomplete := fmt.Sprintf("%s is incomplete: 1 of %d tabs are missing", title, len(made))
	if got := m.subjects(); !slices.Equal(got, []string{incomplete}) {
		t.Fatalf("told %q", got)
	}
	m.mustRun(bad.Exporter.ID)
	m.tell()
	m.tell()
	if got := m.subjects(); !slices.Equal(got, []string{incomplete, title + " is complete now"}) {
		t.Fatalf("told %q", got)
	}
	m.runWholePack(made)
	m.tell()
	if got := m.subjects(); len(got) != 3 || got[2] != title+" is complete" {
		t.Fatalf("told %q", got)
	}
	for i, sent := range m.server.Mails() {
		book := openAttached(t, sent.Data)
		want := []string{sheetfile.AboutTab}
		for _, e := range made {
			if i > 0 || e.ID != bad.Exporter.ID {
				want = append(want, e.Target.Sheet)
			}
		}
		slices.Sort(want)
		if got := slices.Sorted(slices.Values(book.Tabs)); !slices.Equal(got, want) {
			t.Errorf("mail %d brings the tabs %q, want %q", i, got, want)
		}
		must(t, book.Close())
	}
}

// runWholePack runs exporters as a pack, and returns their runs when all are over.
func (m *mailbox) runWholePack(made []export.Exporter) (runs []export.Run) {
	m.t.Helper()
	ended := m.desk().Follow(m.ctx, func(r export.Run) bool { return r.Status.Over() })
	_, err := m.desk().RunPack(m.ctx, made[0].Pack, made[0].Companies[0])
	must(m.t, err)
	for range made {
		runs = append(runs, (<-ended).Run)
	}
	return runs
}
