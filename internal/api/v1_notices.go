package api

import (
	"encoding/json"
	"net/http"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/notice"
	"ledgersheet/internal/problem"
)

// noticeView is one rule by which notices are sent.
type noticeView struct {
	ID         export.ID        `json:"id"`
	Kind       notice.Kind      `json:"kind"`
	To         string           `json:"to"`
	On         []notice.Event   `json:"on"`
	Companies  []export.RealmID `json:"company_ids"`
	Tags       []string         `json:"tags"`
	Exporters  []export.ID      `json:"exporter_ids"`
	Timezone   string           `json:"timezone"`
	Quiet      *quietView       `json:"quiet"`
	Digest     digestView       `json:"digest"`
	StaleHours int              `json:"stale_hours"`
	Limits     []limitView      `json:"limits"`
	Secret     *string          `json:"secret"` // only in the answer to the call that made it
	Fixed      bool             `json:"fixed"`
	CreatedAt  *string          `json:"created_at"`
	CreatedBy  string           `json:"created_by"`
	Pending    int              `json:"pending"`
	LastSentAt *string          `json:"last_sent_at"`
	LastError  *noticeFailure   `json:"last_error"`
}

type quietView struct {
	From string `json:"from"`
	To   string `json:"to"`
}

type digestView struct {
	Every string `json:"every"`
	At    string `json:"at"`
}

type limitView struct {
	Figure string  `json:"figure"`
	Above  *string `json:"above"`
	Below  *string `json:"below"`
}

// noticeFailure is what is in the way of notices.
type noticeFailure struct {
	Message string  `json:"message"`
	Since   *string `json:"since"`
	Refused bool    `json:"refused"` // for good, so that a person must look
	Lost    int     `json:"lost"`
}

func noticeViewOf(n control.Notice) noticeView {
	v := noticeView{
		ID: n.ID, Kind: n.Kind, To: n.To, On: n.On, Companies: some(n.Companies), Tags: some(n.Tags),
		Exporters: some(n.Exporters), Timezone: n.Timezone, StaleHours: n.StaleHours, Limits: []limitView{},
		Digest: digestView{Every: "daily", At: n.Digest.At}, Fixed: n.Fixed, CreatedAt: stamp(n.CreatedAt),
		CreatedBy: n.CreatedBy, Pending: n.Pending, LastSentAt: stamp(n.SentAt),
	}
	if n.Digest.Weekly {
		v.Digest.Every = "weekly"
	}
	if n.Quiet != (notice.Quiet{}) {
		v.Quiet = &quietView{n.Quiet.From, n.Quiet.To}
	}
	for _, l := range n.Limits {
		v.Limits = append(v.Limits, limitView{l.Figure, nullable(l.Above), nullable(l.Below)})
	}
	if n.Error != "" {
		v.LastError = &noticeFailure{n.Error, stamp(n.Since), n.Refused, n.Lost}
	}
	return v
}

// some returns a list that is written as [] if it is empty.
func some[T any](list []T) []T { return append([]T{}, list...) }

func (s *server) listNotices(c *gin.Context, d *control.Desk) error {
	all, err := d.Notices(c.Request.Context())
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, list(all, noticeViewOf, ""))
}

func (s *server) createNotice(c *gin.Context, d *control.Desk) error {
	members, err := readObject(c)
	if err != nil {
		return err
	}
	var r notice.Rule
	if err := readNotice(&r, members); err != nil {
		return err
	}
	n, secret, err := d.CreateNotice(c.Request.Context(), r)
	if err != nil {
		return err
	}
	v := noticeViewOf(n)
	v.Secret = nullable(secret)
	return send(c, http.StatusCreated, v)
}

func (s *server) getNotice(c *gin.Context, d *control.Desk) error {
	n, err := d.Notice(c.Request.Context(), id(c))
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, noticeViewOf(n))
}

func (s *server) patchNotice(c *gin.Context, d *control.Desk) error {
	members, err := readObject(c, "application/merge-patch+json")
	if err != nil {
		return err
	}
	n, secret, err := d.UpdateNotice(c.Request.Context(), id(c), func(r *notice.Rule) error {
		return readNotice(r, members)
	})
	if err != nil {
		return err
	}
	v := noticeViewOf(n)
	v.Secret = nullable(secret)
	return send(c, http.StatusOK, v)
}

// readNotice reads into a rule what the members say. What is not among them stays; null stands for what a new rule has.
func readNotice(r *notice.Rule, members map[string]any) error {
	var bad problem.Collect
	body := newObject("", members, &bad)
	has := func(key string) bool { _, there := members[key]; return there }
	for key, field := range map[string]*string{
		"kind": (*string)(&r.Kind), "to": &r.To, "secret": &r.Secret, "timezone": &r.Timezone,
	} {
		if has(key) {
			*field = body.text(key)
		}
	}
	if has("tags") {
		r.Tags = body.texts("tags")
	}
	if has("on") {
		r.On = textsAs[notice.Event](body, "on")
	}
	if has("company_ids") {
		r.Companies = textsAs[export.RealmID](body, "company_ids")
	}
	if has("exporter_ids") {
		r.Exporters = textsAs[export.ID](body, "exporter_ids")
	}
	if has("quiet") {
		r.Quiet = readQuiet(body)
	}
	if has("digest") {
		r.Digest = readDigest(body, &bad)
	}
	if has("limits") {
		r.Limits = readLimits(body)
	}
	if has("stale_hours") {
		r.StaleHours = readHours(body, &bad)
	}
	body.ignore("id", "fixed", "created_at", "created_by", "pending", "last_sent_at", "last_error")
	body.refuseUnknown()
	return bad.Err()
}

// textsAs returns a member that must be an array of strings, as texts of a type.
func textsAs[T ~string](body *object, key string) (list []T) {
	for _, text := range body.texts(key) {
		list = append(list, T(text))
	}
	return list
}

func readQuiet(body *object) notice.Quiet {
	quiet := body.object("quiet")
	defer quiet.refuseUnknown()
	return notice.Quiet{From: quiet.text("from"), To: quiet.text("to")}
}

func readDigest(body *object, bad *problem.Collect) notice.Digest {
	digest := body.object("digest")
	read := notice.Digest{At: digest.text("at")}
	switch every := digest.text("every"); every {
	case "", "daily":
	case "weekly":
		read.Weekly = true
	default:
		bad.Add("digest.every", "must be daily or weekly")
	}
	digest.refuseUnknown()
	return read
}

func readLimits(body *object) (list []notice.Limit) {
	for _, l := range body.objects("limits") {
		list = append(list, notice.Limit{
			Figure: l.text("figure"), Above: l.scalar("above"), Below: l.scalar("below"),
		})
		l.refuseUnknown()
	}
	return list
}

func readHours(body *object, bad *problem.Collect) int {
	hours := body.take("stale_hours")
	if hours == nil {
		return 0
	}
	n, ok := hours.(json.Number)
	value, err := n.Int64()
	if !ok || err != nil || value < 1 || value > 1_000_000 {
		bad.Add("stale_hours", "must be a number of hours, such as 26")
	}
	return int(value)
}

func (s *server) deleteNotice(c *gin.Context, d *control.Desk) error {
	if err := d.DeleteNotice(c.Request.Context(), export.ID(c.Param("id"))); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}

// testedView is what came of a try.
type testedView struct {
	OK     bool   `json:"ok"`
	Answer string `json:"answer"`
}

func (s *server) testNotice(c *gin.Context, d *control.Desk) error {
	if err := readNothing(c); err != nil {
		return err
	}
	t, err := d.TestNotice(c.Request.Context(), export.ID(c.Param("id")))
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, testedView(t))
}
