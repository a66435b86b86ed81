package app

import (
	"bytes"
	"context"
	"errors"

	"ledgersheet/internal/config"
	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/mail"
	"ledgersheet/internal/notice"
	"ledgersheet/internal/notify"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/sheetfile"
	"ledgersheet/internal/version"
)

// fixedNotice is the id of the notice that the environment asks for.
const fixedNotice = export.ID("ntc_environment")

// newNotices returns what tells people of things.
func (a *App) newNotices() (*notice.Dispatcher, error) {
	set := a.o.Settings.Notices
	client := notify.NewClient(notify.ClientOptions{
		Allowed: set.AllowPrivate, Agent: "ledgersheet/" + version.Current().Version,
	})
	channels := map[notice.Kind]notice.Channel{
		notice.Webhook: notify.Webhook{Client: client}, notice.Slack: notify.Slack{Client: client},
		notice.Teams: notify.Teams{Client: client},
	}
	if set.SMTP.Host != "" {
		options := mailOptions(set, a.o.Settings.BaseURL)
		options.Attach = a.workbook
		sender, err := mail.New(options)
		if err != nil {
			return nil, err
		}
		channels[notice.Mail] = sender
	}
	var fixed []notice.Rule
	if set.URL != "" {
		fixed = append(fixed, notice.Rule{
			ID: fixedNotice, Kind: notice.Webhook, To: set.URL.Reveal(), Secret: set.Secret.Reveal(),
			On: []notice.Event{
				notice.Failure, notice.Recovery, notice.NeedsYou, notice.Difference, notice.ClosedChange, notice.Stale,
			},
			CreatedBy: "environment",
		})
	}
	return notice.New(notice.Options{
		Store: a.store, Channels: channels, BaseURL: a.o.Settings.BaseURL, Fixed: fixed, Logger: a.log,
		Tags: func(e export.Exporter) []string { return e.Tags },
		Packs: func(ctx context.Context, exporters []export.ID) ([]notice.PackRun, error) {
			return a.control.PackRuns(ctx, exporters)
		},
		Missing: map[notice.Kind]string{
			notice.Mail: "No mail server is set: whoever runs the service sets LEDGERSHEET_SMTP_URL and " +
				"LEDGERSHEET_MAIL_FROM.",
		},
		// The control is made further down, and before anything is started.
		Causes: func(ctx context.Context, among []export.RealmID) ([]notice.Cause, error) {
			return a.control.CausesAmong(ctx, among)
		},
	}), nil
}

// mostAttached is the size of the largest workbook that goes by mail: common servers refuse mails of more than 20 MB,
// and encoding makes a third more of it.
const mostAttached = 14 << 20

// workbook reads the rows that a message brings as a workbook.
func (a *App) workbook(ctx context.Context, m notice.Message) (name string, data []byte, err error) {
	desk := a.control.As(control.Local("notices"))
	read := func() (*sheetfile.File, error) { return desk.DownloadAll(ctx, m.AttachName, m.AttachPack) }
	if m.Attach != "" {
		read = func() (*sheetfile.File, error) { return desk.Download(ctx, m.Attach, string(sheetfile.XLSX)) }
	}
	file, err := read()
	if err != nil {
		return "", nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	var b bytes.Buffer
	if err := file.Write(&b); err != nil {
		return "", nil, err
	}
	if b.Len() > mostAttached {
		return "", nil, problem.New(problem.NotFound, "The workbook has %d MB, which is too large for a mail.",
			b.Len()>>20).WithHint("Open the spreadsheet, or leave columns or rows out of the exporter.")
	}
	return file.Name, b.Bytes(), nil
}

func mailOptions(set config.Notices, baseURL string) mail.Options {
	security := map[string]mail.Security{
		config.SMTPImplicit: mail.ImplicitTLS, config.SMTPStartTLS: mail.StartTLS, config.SMTPOptional: mail.MaybeTLS,
		config.SMTPClear: mail.NoTLS,
	}
	return mail.Options{
		Host: set.SMTP.Host, Port: set.SMTP.Port, User: set.SMTP.User, Password: set.SMTP.Password.Reveal(),
		Security: security[set.SMTP.Security], From: set.MailFrom, BaseURL: baseURL,
	}
}

// startAlarm begins to tell people when the store is in trouble. Each process does so for itself: the store may be what
// the processes agree by.
func (a *App) startAlarm(ctx context.Context) {
	a.alarm.Start(ctx)
	a.cleanups.add("alarm", func(context.Context) error { a.alarm.Stop(); return nil })
}

// startNotices begins to tell people, and to call the heartbeat's address.
func (a *App) startNotices(ctx context.Context) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		a.leader.Lead(ctx, "notices", func(ctx context.Context) {
			a.notices.Start(ctx)
			<-ctx.Done()
			a.notices.Stop()
		})
	}()
	a.cleanups.add("notices", func(context.Context) error { cancel(); <-done; return nil })
	a.startAlarm(ctx)
	if a.o.Settings.Notices.Heartbeat == "" {
		return
	}
	beat := &notify.Heartbeat{URL: a.o.Settings.Notices.Heartbeat.Reveal(), Log: a.log, Well: func() error {
		return errors.Join(a.store.Ready(), a.queue.Ready(), a.ticker.Ready(), a.notices.Healthy())
	}}
	beat.Start(ctx)
	a.cleanups.add("heartbeat", func(context.Context) error { beat.Stop(); return nil })
}
