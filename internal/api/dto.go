package api

import (
	"strconv"
	"time"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/pipeline"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// page is the answer for a list.
type page[T any] struct {
	Items      []T     `json:"items"`
	NextCursor *string `json:"next_cursor"`
}

// list returns a page of views. next is empty on the last page.
func list[D, T any](all []D, view func(D) T, next string) page[T] {
	p := page[T]{Items: make([]T, len(all)), NextCursor: nullable(next)}
	for i, d := range all {
		p.Items[i] = view(d)
	}
	return p
}

// instant is RFC 3339 with a fixed number of digits, so that the texts sort like the times.
const instant = "2006-01-02T15:04:05.000Z"

// stamp formats a time; nil if it is zero.
func stamp(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	return nullable(t.UTC().Format(instant))
}

// nullable returns nil for the empty string.
func nullable(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// nonNil returns the list, or an empty one instead of nil, which JSON would show as null.
func nonNil[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}

// failure shows a past error of a run or a connection.
type failure struct {
	Code              problem.Code `json:"code"`
	Message           string       `json:"message"`
	Hint              string       `json:"hint"`
	ProviderRequestID *string      `json:"provider_request_id"`
	Remedies          []string     `json:"remedies,omitempty"`
}

func failureOf(p *problem.Problem) *failure {
	if p == nil {
		return nil
	}
	return &failure{
		Code: p.Code, Message: p.Message, Hint: p.Hint, ProviderRequestID: nullable(p.ProviderRequestID),
		Remedies: p.Remedies,
	}
}

type apiUsage struct {
	Used          int `json:"used"`
	Limit         int `json:"limit"`
	WindowSeconds int `json:"window_seconds"`
}

type companyView struct {
	ID                   export.RealmID          `json:"id"`
	Name                 string                  `json:"name"`
	LegalName            string                  `json:"legal_name"`
	Country              string                  `json:"country"`
	HomeCurrency         string                  `json:"home_currency"`
	FiscalYearStartMonth int                     `json:"fiscal_year_start_month"`
	Environment          string                  `json:"environment"`
	Status               export.ConnectionStatus `json:"status"`
	ConnectedAt          *string                 `json:"connected_at"`
	ConnectedBy          string                  `json:"connected_by"`
	TokenExpiresAt       *string                 `json:"token_expires_at"`
	ConsentExpiresAt     *string                 `json:"consent_expires_at"`
	Life                 lifeView                `json:"life"`
	LastError            *failure                `json:"last_error"`
	APIUsage             apiUsage                `json:"api_usage"`
	Mirror               mirrorView              `json:"mirror"`
	Client               string                  `json:"client"`
	ClosedThrough        *string                 `json:"closed_through"`
	SentMonths           []sentMonth             `json:"sent_months"`
}

// sentMonth is a month whose figures were handed on.
type sentMonth struct {
	Month string  `json:"month"`
	At    *string `json:"at"`
	By    string  `json:"by"`
}

// lifeView is how a connection stands, and how long it lasts.
type lifeView struct {
	Phase  control.Phase `json:"phase"`
	EndsAt *string       `json:"ends_at"`
	Fixed  bool          `json:"fixed"`
	Reason string        `json:"reason"`
}

func showLife(l control.Life) lifeView { return lifeView{l.Phase, stamp(l.Ends), l.Fixed, l.Reason} }

// mirrorView is the local copy of a company's lists.
type mirrorView struct {
	On      bool  `json:"on"`
	Bytes   int64 `json:"bytes"`
	Drifted int   `json:"drifted_records"`
}

func showCompany(d *control.Desk, c export.Company) companyView {
	v := companyView{
		ID: c.Realm, Name: c.Name, LegalName: c.LegalName, Country: c.Country, HomeCurrency: c.HomeCurrency,
		FiscalYearStartMonth: int(c.FiscalYearStart), Environment: c.Environment, Status: c.Status,
		ConnectedAt: stamp(c.ConnectedAt), ConnectedBy: c.ConnectedBy, LastError: failureOf(c.LastError),
		Life: showLife(d.CompanyLife(c)),
	}
	if v.FiscalYearStartMonth < 1 || v.FiscalYearStartMonth > 12 {
		v.FiscalYearStartMonth = int(time.January) // as date ranges assume
	}
	if c.Status != export.Disconnected { // a disconnected company has no token
		v.TokenExpiresAt, v.ConsentExpiresAt = stamp(c.TokenExpiresAt), stamp(c.HardExpiresAt)
	}
	v.APIUsage.Used, v.APIUsage.Limit = d.CompanyUsage(c.Realm)
	v.APIUsage.WindowSeconds = 60
	copied := d.CompanyCopy(c)
	v.Mirror = mirrorView{copied.Kept, copied.Bytes, copied.Drifted}
	v.Client, v.SentMonths = c.Client, []sentMonth{}
	if c.ClosedThrough != "" {
		v.ClosedThrough = &c.ClosedThrough
	}
	for _, m := range c.Sent {
		v.SentMonths = append(v.SentMonths, sentMonth{m.Month, stamp(m.At), m.By})
	}
	return v
}

type accountView struct {
	ID          export.ID               `json:"id"`
	Email       string                  `json:"email"`
	Kind        export.AccountKind      `json:"kind"`
	Status      export.ConnectionStatus `json:"status"`
	Scopes      []string                `json:"scopes"`
	ConnectedAt *string                 `json:"connected_at"`
	ConnectedBy string                  `json:"connected_by"`
	Life        lifeView                `json:"life"`
	LastError   *failure                `json:"last_error"`
}

func accountViewOf(d *control.Desk, a export.GoogleAccount) accountView {
	return accountView{
		ID: a.ID, Email: a.Email, Kind: a.Kind, Status: a.Status, Scopes: nonNil(a.Scopes),
		ConnectedAt: stamp(a.ConnectedAt), ConnectedBy: a.ConnectedBy, LastError: failureOf(a.LastError),
		Life: showLife(d.AccountLife(a)),
	}
}

type typeView struct {
	Type    string                `json:"type"`
	Title   string                `json:"title"`
	Summary string                `json:"summary"`
	Group   string                `json:"group"`
	Kind    export.DefinitionKind `json:"kind"`
	Columns []columnView          `json:"columns"`
	Options []optionView          `json:"options"`
	Modes   []export.Mode         `json:"modes"`
}

type columnView struct {
	Key     string `json:"key"`
	Title   string `json:"title"`
	Kind    string `json:"kind"`
	Default bool   `json:"default"`
	Line    bool   `json:"line"`
	Help    string `json:"help"`
}

type optionView struct {
	Key      string            `json:"key"`
	Title    string            `json:"title"`
	Kind     export.OptionKind `json:"kind"`
	Values   []string          `json:"values"`
	Default  any               `json:"default"` // null, text, or a boolean
	Required bool              `json:"required"`
	Help     string            `json:"help"`
}

func typeViewOf(d export.Definition) typeView {
	info := d.Info()
	v := typeView{
		Type: info.ID, Title: info.Title, Summary: info.Summary, Group: info.Group, Kind: info.Kind,
		Columns: []columnView{}, Options: []optionView{}, Modes: d.Modes(),
	}
	for _, c := range d.Catalogue() {
		v.Columns = append(v.Columns, columnView{
			Key: c.Path, Title: c.Title, Kind: c.Kind.String(), Default: !c.Off, Line: c.Line(), Help: c.Help,
		})
	}
	for _, o := range d.OptionList() {
		values := []string{}
		for _, choice := range o.Values {
			values = append(values, choice.Value)
		}
		v.Options = append(v.Options, optionView{
			Key: o.Key, Title: o.Title, Kind: o.Kind, Values: values,
			Default: optionValue(o.Kind, o.Default), Required: o.Required, Help: o.Help,
		})
	}
	return v
}

// optionValue returns an option's value in the JSON type of its kind; nil if it is empty.
func optionValue(kind export.OptionKind, value string) any {
	if value == "" {
		return nil
	}
	if b, err := strconv.ParseBool(value); err == nil && kind == export.OptionBool {
		return b
	}
	return value
}

type previewView struct {
	Columns   []previewColumn `json:"columns"`
	Rows      [][]table.Cell  `json:"rows"`
	RowsTotal *int            `json:"rows_total"`
	Warnings  []string        `json:"warnings"`
	Periods   []string        `json:"periods"`
}

type previewColumn struct {
	Key   string `json:"key"`
	Title string `json:"title"`
	Kind  string `json:"kind"`
}

func previewViewOf(p pipeline.Preview) previewView {
	v := previewView{
		Columns: []previewColumn{}, Rows: make([][]table.Cell, len(p.Rows)),
		Warnings: nonNil(p.Warnings), Periods: nonNil(p.Periods),
	}
	for _, c := range p.Columns {
		v.Columns = append(v.Columns, previewColumn{Key: c.ID, Title: c.Title, Kind: c.Kind.String()})
	}
	for i, r := range p.Rows {
		v.Rows[i] = nonNil(r.Cells)
	}
	if p.Total >= 0 {
		v.RowsTotal = &p.Total
	}
	return v
}
