package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// tokenCommand decides which programs may use the API.
type tokenCommand struct {
	List   tokenListCommand   `cmd:"" default:"withargs" help:"List the API tokens that people have made."`
	Make   tokenMakeCommand   `cmd:"" help:"Make an API token and print it, once."`
	Revoke tokenRevokeCommand `cmd:"" help:"End an API token at once."`
}

// shownToken is what the commands show of a token, decoded from the API's JSON.
type shownToken struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Role      string     `json:"role"`
	Companies []string   `json:"company_ids"`
	CreatedBy string     `json:"created_by"`
	ExpiresAt *time.Time `json:"expires_at"`
	UsedAt    *time.Time `json:"last_used_at"`
	Token     string     `json:"token"`
}

type tokenListCommand struct {
	JSON bool `name:"json" help:"Print the list as JSON."`
	reachFlags
}

var tokenColumns = [...]column[shownToken]{
	{title: "ID", text: func(t shownToken, _ *time.Location) string { return t.ID }},
	{title: "NAME", cut: true, text: func(t shownToken, _ *time.Location) string { return t.Name }},
	{title: "ROLE", text: func(t shownToken, _ *time.Location) string { return t.Role }},
	{title: "COMPANIES", cut: true, rank: 1, text: func(t shownToken, _ *time.Location) string {
		if len(t.Companies) == 0 {
			return "all"
		}
		return strings.Join(t.Companies, ", ")
	}},
	{title: "MADE BY", rank: 2, text: func(t shownToken, _ *time.Location) string { return t.CreatedBy }},
	{title: "EXPIRES", rank: 3, text: func(t shownToken, zone *time.Location) string {
		if t.ExpiresAt == nil {
			return "never"
		}
		return formatTime(t.ExpiresAt, zone)
	}},
	{title: "LAST USED", rank: 4, text: func(t shownToken, zone *time.Location) string {
		return formatTime(t.UsedAt, zone)
	}},
}

// Run lists the tokens.
func (c *tokenListCommand) Run(ctx context.Context, std Stdio) error {
	return c.reach(ctx, std, func(client *client) error {
		return showAll(ctx, client, "/tokens", c.JSON, std.Out, func(list []shownToken) error {
			return printTable(std.Out, tokenColumns[:], list, time.Local, screenWidth(std.Out))
		})
	})
}

type tokenMakeCommand struct {
	Name    string   `arg:"" help:"What the token is for."`
	Role    string   `enum:"owner,admin,editor,operator,viewer" default:"viewer" help:"What its holder may do: owner, admin, editor, operator or viewer (the default)."`
	Company []string `name:"company" placeholder:"ID" help:"Company that its holder may see; may be given several times. All when it is not given."`
	Days    int      `name:"days" placeholder:"N" help:"Days after which it expires. It does not when it is not given."`
	JSON    bool     `name:"json" help:"Print the token as JSON."`
	reachFlags
}

// Validate refuses a time that cannot be meant.
func (c *tokenMakeCommand) Validate() error {
	if c.Days < 0 || c.Days > 36500 {
		return fmt.Errorf("--days must be from 1 to 36500, not %d; leave it out for a token without an end",
			c.Days)
	}
	return nil
}

// Run makes a token and prints it.
func (c *tokenMakeCommand) Run(ctx context.Context, std Stdio) error {
	return c.reach(ctx, std, func(client *client) error {
		body := map[string]any{"name": c.Name, "role": c.Role, "company_ids": c.Company}
		if c.Days > 0 {
			body["expires_at"] = time.Now().AddDate(0, 0, c.Days).UTC().Format(time.RFC3339)
		}
		var text json.RawMessage
		if err := client.send(ctx, http.MethodPost, "/tokens", body, &text); err != nil {
			return err
		}
		return c.show(std.Out, text)
	})
}

func (c *tokenMakeCommand) show(w io.Writer, text []byte) error {
	if c.JSON {
		return printJSON(w, text)
	}
	var t shownToken
	if err := json.Unmarshal(text, &t); err != nil {
		return fmt.Errorf("reading the token: %w", err)
	}
	_, err := fmt.Fprintf(w, "Keep this token now, it is not shown again (%s, %s):\n%s\n", t.ID, t.Role, t.Token)
	return err
}

type tokenRevokeCommand struct {
	ID string `arg:"" help:"Id of the token."`
	reachFlags
}

// Run ends a token.
func (c *tokenRevokeCommand) Run(ctx context.Context, std Stdio) error {
	return c.reach(ctx, std, func(client *client) error {
		if err := client.send(ctx, http.MethodDelete, "/tokens/"+url.PathEscape(c.ID), nil, nil); err != nil {
			return err
		}
		_, err := fmt.Fprintf(std.Out, "%s lets nobody in any more.\n", c.ID)
		return err
	})
}
