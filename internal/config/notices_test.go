package config_test

import (
	"fmt"
	"strings"
	"testing"

	"ledgersheet/internal/config"
)

func TestSMTP(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"smtps://u:p%40ss@smtp.example.com":             "smtp.example.com 465 u p@ss implicit",
		"smtp://u:p@smtp.example.com":                   "smtp.example.com 587 u p starttls",
		"smtp://smtp.example.com:25?starttls=optional":  "smtp.example.com 25   optional",
		"smtp://relay.lan?starttls=off":                 "relay.lan 587   off",
		"smtp://127.0.0.1:1025":                         "127.0.0.1 1025   optional",
		"smtp://localhost:1025/?starttls=required":      "localhost 1025   starttls",
		"http://hunter22@smtp.example.com":              "",
		"smtp://":                                       "",
		"smtp://:hunter22@":                             "",
		"smtp.example.com:25":                           "",
		"smtp://smtp.example.com?starttls=perhaps":      "",
		"smtps://smtp.example.com?starttls=off":         "",
		"smtp://smtp.example.com?tls=off":               "",
		"smtp://u:hunter22@smtp.example.com:99999":      "",
		"smtp://u:hunter22@smtp.example.com/some/path":  "",
		"smtp://u:hunter22%zz@smtp.example.com/another": "",
	} {
		f := defaults()
		f.MailFrom = "Books <books@example.com>"
		s, err := f.Settings(env(map[string]string{"LEDGERSHEET_SMTP_URL": text}))
		if want == "" {
			if err == nil || !strings.Contains(err.Error(), "LEDGERSHEET_SMTP_URL") || strings.Contains(err.Error(),
				"hunter22") {
				t.Errorf("%s: %v", text, err)
			}
			continue
		}
		m := s.Notices.SMTP
		if got := fmt.Sprint(m.Host, " ", m.Port, " ", m.User, " ", m.Password.Reveal(), " ",
			m.Security); got != want ||
			err != nil {
			t.Errorf("%s: %q, %v; want %q", text, got, err, want)
		}
	}
}

func TestNoticeFaults(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		env   map[string]string
		flags func(*config.Flags)
		names string
	}{
		{map[string]string{"LEDGERSHEET_SMTP_URL": "smtp://a.example"}, nil, "LEDGERSHEET_MAIL_FROM"},
		{nil, func(f *config.Flags) { f.MailFrom = "a@example.com" }, "LEDGERSHEET_SMTP_URL"},
		{map[string]string{"LEDGERSHEET_SMTP_URL": "smtp://a.example"}, func(f *config.Flags) { f.MailFrom = "nobody" },
			"LEDGERSHEET_MAIL_FROM"},
		{map[string]string{"LEDGERSHEET_NOTICE_WEBHOOK_URL": "hunter22"}, nil, "LEDGERSHEET_NOTICE_WEBHOOK_URL"},
		{map[string]string{"LEDGERSHEET_NOTICE_WEBHOOK_URL": "http://a.example/hunter22"}, nil,
			"LEDGERSHEET_ALLOW_PRIVATE_URLS"},
		{map[string]string{"LEDGERSHEET_NOTICE_WEBHOOK_SECRET": "hunter22"}, nil, "LEDGERSHEET_NOTICE_WEBHOOK_SECRET"},
		{map[string]string{"LEDGERSHEET_HEARTBEAT_URL": "ftp://a.example/hunter22"}, nil, "LEDGERSHEET_HEARTBEAT_URL"},
		{nil, func(f *config.Flags) { f.AllowPrivate = "home" }, "LEDGERSHEET_ALLOW_PRIVATE_URLS"},
	} {
		f := defaults()
		if test.flags != nil {
			test.flags(&f)
		}
		_, err := f.Settings(env(test.env))
		if err == nil || !strings.Contains(err.Error(), test.names) || strings.Contains(err.Error(), "hunter22") {
			t.Errorf("%v: %v, want %s", test.env, err, test.names)
		}
	}
	f := defaults()
	f.AllowPrivate = "127.0.0.0/8"
	s, err := f.Settings(env(map[string]string{
		"LEDGERSHEET_NOTICE_WEBHOOK_URL": "http://127.0.0.1:9/hunter22",
		"LEDGERSHEET_HEARTBEAT_URL":      "https://b.example/hunter22",
	}))
	if err != nil || strings.Contains(fmt.Sprintf("%v %+v %#v", s, s, s), "hunter22") {
		t.Errorf("%v, or a secret is printed", err)
	}
}
