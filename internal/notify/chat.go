package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"ledgersheet/internal/notice"
)

// Slack sends notices to an incoming webhook of Slack's, as blocks:
// https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
type Slack struct{ Client *Client }

// Teams sends notices to a workflow of Microsoft Teams, as an adaptive card:
// https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
type Teams struct{ Client *Client }

var (
	_ notice.Channel = Slack{}
	_ notice.Channel = Teams{}
)

// object is a JSON object of somebody else's format.
type object map[string]any

// Check implements notice.Channel.
func (s Slack) Check(to string) string { return s.Client.check(to) }

// Check implements notice.Channel.
func (t Teams) Check(to string) string { return t.Client.check(to) }

// Send implements notice.Channel.
func (s Slack) Send(ctx context.Context, r notice.Rule, m notice.Message) (string, error) {
	return postJSON(ctx, s.Client, r.To, slackMessage(m))
}

// Send implements notice.Channel.
func (t Teams) Send(ctx context.Context, r notice.Rule, m notice.Message) (string, error) {
	return postJSON(ctx, t.Client, r.To, teamsMessage(m))
}

func postJSON(ctx context.Context, c *Client, to string, body object) (string, error) {
	data, err := json.Marshal(body)
	if err != nil {
		return "", fmt.Errorf("encoding a notice: %w", err)
	}
	answer, err := c.post(ctx, to, http.Header{"Content-Type": {"application/json"}}, data)
	return answer.words(), err
}

// Slack refuses a whole message if a text in it is longer than these.
const (
	slackHeader  = 150
	slackSection = 2900
)

func slackMessage(m notice.Message) object {
	blocks := []object{
		{"type": "header", "text": object{"type": "plain_text", "text": cut(headline(m), slackHeader)}},
	}
	section := func(text string) {
		if text != "" {
			blocks = append(blocks, object{
				"type": "section", "text": object{"type": "mrkdwn", "text": cut(text, slackSection)},
			})
		}
	}
	section(escapeSlack(strings.Join(m.Lines, "\n")))
	if m.Action != "" {
		section("*What to do:* " + escapeSlack(m.Action))
	}
	section(strings.Join(paragraphs(m, slackLink, escapeSlack), "\n"))
	blocks = append(blocks,
		object{"type": "actions", "elements": []object{{
			"type": "button", "text": object{"type": "plain_text", "text": cut(m.Link.Text, 70)}, "url": m.Link.URL,
		}}},
		object{"type": "context", "elements": []object{{"type": "mrkdwn", "text": footer(m)}}})
	return object{"text": headline(m), "blocks": blocks}
}

// escapeSlack keeps the signs that have a meaning in Slack's texts from having it:
// https://docs.slack.dev/messaging/formatting-message-text#escaping
func escapeSlack(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}

func slackLink(l notice.Link) string { return "<" + l.URL + "|" + escapeSlack(l.Text) + ">" }

func teamsMessage(m notice.Message) object {
	text := func(text string, more object) object {
		block := object{"type": "TextBlock", "text": text, "wrap": true}
		for k, v := range more {
			block[k] = v
		}
		return block
	}
	body := []object{text(escapeTeams(headline(m)), object{"size": "Large", "weight": "Bolder"})}
	for _, line := range m.Lines {
		body = append(body, text(escapeTeams(line), nil))
	}
	if m.Action != "" {
		body = append(body, text("**What to do:** "+escapeTeams(m.Action), nil))
	}
	for _, line := range paragraphs(m, teamsLink, escapeTeams) {
		body = append(body, text(line, object{"spacing": "Small"}))
	}
	body = append(body, text(footer(m), object{"isSubtle": true, "size": "Small"}))
	card := object{
		"type": "AdaptiveCard", "$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "version": "1.4",
		"msteams": object{"width": "Full"}, "body": body,
		"actions": []object{{"type": "Action.OpenUrl", "title": m.Link.Text, "url": m.Link.URL}},
	}
	return object{"type": "message", "attachments": []object{{
		"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": nil, "content": card,
	}}}
}

// escapeTeams keeps the signs that have a meaning in the Markdown of cards from having it.
func escapeTeams(text string) string {
	return strings.NewReplacer("\\", "\\\\", "*", "\\*", "_", "\\_", "[", "\\[", "]", "\\]", "`", "\\`").Replace(text)
}

func teamsLink(l notice.Link) string { return "[" + escapeTeams(l.Text) + "](" + l.URL + ")" }

// headline is a message's title with what it says of it.
func headline(m notice.Message) string { return m.Prefix() + m.Title }

// paragraphs are the lists of a message, a line each.
func paragraphs(m notice.Message, show func(notice.Link) string, escape func(string) string) []string {
	var list []string
	if len(m.Exporters) > 0 {
		names := make([]string, len(m.Exporters))
		for i, e := range m.Exporters {
			names[i] = show(e)
		}
		line := "Exporters: " + strings.Join(names, ", ")
		if m.More > 0 {
			line += fmt.Sprintf(" and %d more", m.More)
		}
		list = append(list, line)
	}
	for _, c := range m.Causes {
		list = append(list, "• "+show(c))
	}
	for _, v := range m.Moves {
		list = append(list, escape(fmt.Sprintf("• %s, %s: %s instead of %s %s (%s)", v.Title, v.Period,
			notice.Group(v.New), notice.Group(v.Old), v.Currency, signed(v.By))))
	}
	for _, f := range m.Figures {
		line := fmt.Sprintf("• %s of %s: %s %s", f.Title, f.Company, notice.Group(f.Value), f.Currency)
		if f.By != "" {
			line += " (" + signed(f.By) + ")"
		}
		list = append(list, escape(line))
	}
	return list
}

// signed writes an amount with its sign.
func signed(amount string) string {
	if strings.HasPrefix(amount, "-") {
		return notice.Group(amount)
	}
	return "+" + notice.Group(amount)
}

func footer(m notice.Message) string {
	at := m.At.UTC()
	if loc, err := time.LoadLocation(m.Zone); err == nil {
		at = m.At.In(loc)
	}
	return "ledgersheet · " + at.Format("2 January 2006, 15:04 MST")
}

// cut shortens a text to a number of characters.
func cut(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}
