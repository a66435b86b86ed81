package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/notice"
)

// The headers of a webhook's request.
const (
	HeaderID        = "Ledgersheet-Notice-Id"
	HeaderTimestamp = "Ledgersheet-Timestamp"
	HeaderSignature = "Ledgersheet-Signature"
)

// Webhook sends notices as JSON.
type Webhook struct{ Client *Client }

var _ notice.Channel = Webhook{}

// envelope is the body of a webhook's request. The README describes it.
type envelope struct {
	ID        export.ID       `json:"id"`
	At        string          `json:"at"`
	Event     notice.Event    `json:"event"`
	Phase     notice.Phase    `json:"phase"`
	Code      string          `json:"code"`
	Cause     string          `json:"cause"`
	CompanyID *string         `json:"company_id"`
	Title     string          `json:"title"`
	Text      []string        `json:"text"`
	Action    string          `json:"action"`
	URL       string          `json:"url"`
	Since     *string         `json:"since"`
	Warning   bool            `json:"warning"`
	Exporters []link          `json:"exporters"`
	More      int             `json:"more"`
	Moves     []notice.Move   `json:"changes"`
	Causes    []link          `json:"causes"`
	Figures   []notice.Figure `json:"figures"`
}

type link struct {
	Title string `json:"title"`
	URL   string `json:"url"`
}

func links(list []notice.Link) []link {
	out := make([]link, len(list))
	for i, l := range list {
		out[i] = link{l.Text, l.URL}
	}
	return out
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func envelopeOf(m notice.Message) envelope {
	e := envelope{
		ID: m.ID, At: stamp(m.At), Event: m.Event, Phase: m.Phase, Code: m.Code, Cause: m.Cause, Title: m.Title,
		Text: append([]string{}, m.Lines...), Action: m.Action, URL: m.Link.URL, Warning: m.Warning,
		Exporters: links(m.Exporters), More: m.More, Moves: append([]notice.Move{}, m.Moves...),
		Causes: links(m.Causes), Figures: append([]notice.Figure{}, m.Figures...),
	}
	if m.Company != "" {
		realm := string(m.Company)
		e.CompanyID = &realm
	}
	if !m.Since.IsZero() {
		since := stamp(m.Since)
		e.Since = &since
	}
	return e
}

// Check implements notice.Channel.
func (w Webhook) Check(to string) string { return w.Client.check(to) }

// Send implements notice.Channel.
func (w Webhook) Send(ctx context.Context, r notice.Rule, m notice.Message) (string, error) {
	body, err := json.Marshal(envelopeOf(m))
	if err != nil {
		return "", fmt.Errorf("encoding a notice: %w", err)
	}
	header := http.Header{"Content-Type": {"application/json"}, HeaderID: {string(m.ID)}}
	now := time.Now()
	header.Set(HeaderTimestamp, strconv.FormatInt(now.Unix(), 10))
	if r.Secret != "" {
		header.Set(HeaderSignature, Sign(r.Secret, now, body))
	}
	answer, err := w.Client.post(ctx, r.To, header, body)
	return answer.words(), err
}

// Sign returns the signature of a body that is sent at a time: "v1=" and the HMAC with SHA-256, in hexadecimal digits,
// of the seconds since 1970, a full stop, and the body.
func Sign(secret string, at time.Time, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(strconv.FormatInt(at.Unix(), 10) + "."))
	mac.Write(body)
	return "v1=" + hex.EncodeToString(mac.Sum(nil))
}

func (a reply) words() string {
	text := fmt.Sprintf("The receiver answered %d", a.status)
	if a.text != "" {
		text += ": " + a.text
	}
	return text
}
