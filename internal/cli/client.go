package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"ledgersheet/internal/api"
	"ledgersheet/internal/app"
	"ledgersheet/internal/boltstore"
	"ledgersheet/internal/config"
	"ledgersheet/internal/problem"
)

// maxAnswer limits how much of a server's answer is read.
const maxAnswer = 32 << 20

// callOrOpen does a command's work. It calls remote if a server's address is given or a server holds the data folder;
// otherwise it opens the folder in this process and calls local.
func callOrOpen(ctx context.Context, std Stdio, address string, flags config.Flags,
	remote func(base string) error, local func(*app.App) error) error {
	if address != "" {
		return remote(address)
	}
	settings, err := flags.Settings(os.Getenv)
	if err != nil {
		return err
	}
	if flags.LogLevel == "info" {
		flags.LogLevel = "warn" // the command's own output says what matters
	}
	a, err := app.New(ctx, app.Options{
		Settings: settings, Logger: flags.Logger(std.Err), Existing: true, Getenv: os.Getenv,
		Notice: func(text string) { fmt.Fprintln(std.Err, text) },
	})
	if errors.Is(err, boltstore.ErrLocked) {
		return remote(settings.BaseURL)
	}
	if err != nil {
		return err
	}
	return errors.Join(local(a), stop(ctx, a))
}

// client calls the API of a running server.
type client struct {
	base, token string
	http        *http.Client
}

func newClient(base string, getenv func(string) string) (*client, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" {
		return nil, config.Faults{fmt.Sprintf(
			"LEDGERSHEET_URL must be the server's address, such as http://127.0.0.1:8080, not %q", base)}
	}
	token := getenv("LEDGERSHEET_API_TOKEN")
	if file := getenv("LEDGERSHEET_API_TOKEN_FILE"); file != "" && token == "" {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("reading LEDGERSHEET_API_TOKEN_FILE: %w", err)
		}
		token = strings.TrimSpace(string(data))
	}
	if token == "" {
		return nil, errors.New("set LEDGERSHEET_API_TOKEN to the server's API token: a running server does this work")
	}
	return &client{
		base: strings.TrimRight(base, "/") + api.Base, token: token, http: &http.Client{Timeout: time.Minute},
	}, nil
}

// call sends a request without a body and decodes the answer into v. If the server refuses, it returns the server's
// problem.
func (c *client) call(ctx context.Context, method, path string, v any) error {
	return c.send(ctx, method, path, nil, v)
}

// refusal returns why the server refused.
func (c *client) refusal(res *http.Response) error {
	var refusal struct {
		Error *problem.Problem `json:"error"`
	}
	err := json.NewDecoder(io.LimitReader(res.Body, maxAnswer)).Decode(&refusal)
	if err == nil && refusal.Error != nil {
		return refusal.Error
	}
	return fmt.Errorf("the server at %s answered %s", c.base, res.Status)
}

// readAll reads a list of the API, page by page.
func readAll[T any](ctx context.Context, c *client, path string) (all []T, err error) {
	for at := path; ; {
		var page struct {
			Items []T    `json:"items"`
			Next  string `json:"next_cursor"`
		}
		if err := c.call(ctx, "GET", at, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if page.Next == "" {
			return all, nil
		}
		at = path + "?cursor=" + url.QueryEscape(page.Next)
	}
}

type healthcheckCommand struct {
	URL  string `env:"LEDGERSHEET_URL" placeholder:"URL" help:"Address of the server; the listen address on this machine when it is not set."`
	Addr string `env:"LEDGERSHEET_ADDR" default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"The server's listen address."`
}

// Run asks /readyz and fails when the server is not ready.
func (c *healthcheckCommand) Run(ctx context.Context, std Stdio) error {
	base := c.URL
	if base == "" {
		host, port, err := net.SplitHostPort(c.Addr)
		if err != nil {
			return config.Faults{fmt.Sprintf(
				"LEDGERSHEET_ADDR must be host:port such as 127.0.0.1:8080, not %q", c.Addr)}
		}
		if host == "" || host == "0.0.0.0" || host == "::" {
			host = "127.0.0.1"
		}
		base = "http://" + net.JoinHostPort(host, port)
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(base, "/")+"/readyz", nil)
	if err != nil {
		return fmt.Errorf("making a request: %w", err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("the server does not answer: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	text, _ := io.ReadAll(io.LimitReader(res.Body, 1000))
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the server answered %s: %s", res.Status, strings.TrimSpace(string(text)))
	}
	fmt.Fprintln(std.Out, "ok")
	return nil
}
