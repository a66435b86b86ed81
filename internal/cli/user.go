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

// userCommand decides who may sign in.
type userCommand struct {
	List    userListCommand    `cmd:"" default:"withargs" help:"List the people who can sign in or are invited."`
	Invite  userInviteCommand  `cmd:"" help:"Invite a person, or print a new link for one who has lost the password."`
	Disable userDisableCommand `cmd:"" help:"Keep a person from signing in, and sign them out."`
	Enable  userEnableCommand  `cmd:"" help:"Let a person sign in again."`
	Delete  userDeleteCommand  `cmd:"" help:"Remove a person."`
}

// shownUser is what the commands show of a person, decoded from the API's JSON.
type shownUser struct {
	ID        string     `json:"id"`
	Email     string     `json:"email"`
	Role      string     `json:"role"`
	Companies []string   `json:"company_ids"`
	State     string     `json:"state"`
	CreatedAt *time.Time `json:"created_at"`
	Expires   *time.Time `json:"invite_expires_at"`
	Link      string     `json:"invite_url"`
}

type userListCommand struct {
	JSON bool `name:"json" help:"Print the list as JSON."`
	reachFlags
}

var userColumns = [...]column[shownUser]{
	{title: "E-MAIL", text: func(u shownUser, _ *time.Location) string { return u.Email }},
	{title: "ROLE", text: func(u shownUser, _ *time.Location) string { return u.Role }},
	{title: "STATE", text: func(u shownUser, _ *time.Location) string { return u.State }},
	{title: "COMPANIES", cut: true, text: func(u shownUser, _ *time.Location) string {
		if len(u.Companies) == 0 {
			return "all"
		}
		return strings.Join(u.Companies, ", ")
	}},
	{title: "SINCE", rank: 1, text: func(u shownUser, zone *time.Location) string {
		return formatTime(u.CreatedAt, zone)
	}},
}

// Run lists the people.
func (c *userListCommand) Run(ctx context.Context, std Stdio) error {
	return c.reach(ctx, std, func(client *client) error {
		return showAll(ctx, client, "/users", c.JSON, std.Out, func(list []shownUser) error {
			return printTable(std.Out, userColumns[:], list, time.Local, screenWidth(std.Out))
		})
	})
}

type userInviteCommand struct {
	Email   string   `arg:"" help:"E-mail of the person."`
	Role    string   `enum:"owner,admin,editor,operator,viewer," default:"" help:"What a new person may do: owner, admin, editor, operator or viewer (the default)."`
	Company []string `name:"company" placeholder:"ID" help:"Company that a new person may see; may be given several times. All when it is not given."`
	JSON    bool     `name:"json" help:"Print the person and the link as JSON."`
	reachFlags
}

// Run invites a person, or somebody who is there already again, and prints the link.
func (c *userInviteCommand) Run(ctx context.Context, std Stdio) error {
	return c.reach(ctx, std, func(client *client) error {
		known, err := c.isKnown(ctx, client)
		if err != nil {
			return err
		}
		path, body := userPath(c.Email)+"/invite", any(nil)
		if !known {
			role := c.Role
			if role == "" {
				role = "viewer"
			}
			path, body = "/users", map[string]any{"email": c.Email, "role": role, "company_ids": c.Company}
		} else if c.Role != "" || len(c.Company) > 0 {
			return fmt.Errorf("%s is a user already; a new link leaves role and companies as they are", c.Email)
		}
		var text json.RawMessage
		if err := client.send(ctx, http.MethodPost, path, body, &text); err != nil {
			return err
		}
		return c.show(std.Out, text)
	})
}

func (c *userInviteCommand) isKnown(ctx context.Context, client *client) (bool, error) {
	all, err := readAll[shownUser](ctx, client, "/users")
	for _, u := range all {
		if strings.EqualFold(u.Email, strings.TrimSpace(c.Email)) {
			return true, nil
		}
	}
	return false, err
}

func (c *userInviteCommand) show(w io.Writer, text []byte) error {
	if c.JSON {
		return printJSON(w, text)
	}
	var u shownUser
	if err := json.Unmarshal(text, &u); err != nil {
		return fmt.Errorf("reading the invitation: %w", err)
	}
	_, err := fmt.Fprintf(w, "Give this link to %s. It works once, until %s:\n%s\n", u.Email,
		formatTime(u.Expires, time.Local), u.Link)
	return err
}

type userDisableCommand struct {
	Email string `arg:"" help:"E-mail or id of the person."`
	reachFlags
}

// Run keeps a person from signing in.
func (c *userDisableCommand) Run(ctx context.Context, std Stdio) error {
	return changeUser(ctx, std, c.reachFlags, c.Email, map[string]any{"disabled": true})
}

type userEnableCommand struct {
	Email string `arg:"" help:"E-mail or id of the person."`
	reachFlags
}

// Run lets a person sign in again.
func (c *userEnableCommand) Run(ctx context.Context, std Stdio) error {
	return changeUser(ctx, std, c.reachFlags, c.Email, map[string]any{"disabled": false})
}

// changeUser changes a person and prints how they stand.
func changeUser(ctx context.Context, std Stdio, to reachFlags, who string, body map[string]any) error {
	return to.reach(ctx, std, func(client *client) error {
		var u shownUser
		if err := client.send(ctx, http.MethodPatch, userPath(who), body, &u); err != nil {
			return err
		}
		_, err := fmt.Fprintf(std.Out, "%s is %s (%s).\n", u.Email, u.State, u.Role)
		return err
	})
}

type userDeleteCommand struct {
	Email string `arg:"" help:"E-mail or id of the person."`
	reachFlags
}

// Run removes a person.
func (c *userDeleteCommand) Run(ctx context.Context, std Stdio) error {
	return c.reach(ctx, std, func(client *client) error {
		if err := client.send(ctx, http.MethodDelete, userPath(c.Email), nil, nil); err != nil {
			return err
		}
		_, err := fmt.Fprintf(std.Out, "%s is removed.\n", c.Email)
		return err
	})
}

func userPath(who string) string { return "/users/" + url.PathEscape(who) }
