package intuitsim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// maxKnobBody bounds the body of a knob.
const maxKnobBody = 1 << 20

// sandboxRoutes serves the knobs to people who test against a running process. Bodies are JSON; answers are JSON.
func (s *Server) sandboxRoutes(mux *http.ServeMux) {
	get := func(pattern string, read func() any) {
		mux.HandleFunc("GET /sandbox/"+pattern, func(w http.ResponseWriter, _ *http.Request) {
			writeJSON(w, http.StatusOK, read())
		})
	}
	get("companies", func() any { return s.Companies() })
	get("requests", func() any { return map[string]any{"requests": s.Requests(), "writes": s.Writes()} })
	get("totals", func() any { return map[string]int{"company_requests": s.Asked()} })
	mux.HandleFunc("GET /sandbox/companies/{realm}/ids", func(w http.ResponseWriter, r *http.Request) {
		c := s.Company(r.PathValue("realm"))
		if c == nil {
			writeJSON(w, http.StatusNotFound, map[string]string{"error": ErrNoRecord.Error()})
			return
		}
		writeJSON(w, http.StatusOK, map[string][]string{"ids": c.IDs(r.URL.Query().Get("entity"))})
	})
	knob(mux, "reset", func(*http.Request, struct{}) (any, error) {
		s.ResetRequests()
		s.ClearFaults()
		s.SetLatency(0)
		return nil, nil
	})
	knob(mux, "faults", func(_ *http.Request, in struct {
		Fault
		DelayMS int `json:"delay_ms"`
	}) (any, error) {
		in.Fault.Delay += time.Duration(in.DelayMS) * time.Millisecond
		s.Fail(in.Fault)
		return nil, nil
	})
	knob(mux, "latency", func(_ *http.Request, in struct {
		MS int `json:"ms"`
	}) (any, error) {
		s.SetLatency(time.Duration(in.MS) * time.Millisecond)
		return nil, nil
	})
	knob(mux, "limits", func(_ *http.Request, in Limits) (any, error) {
		s.SetLimits(in)
		return nil, nil
	})
	knob(mux, "consent", func(_ *http.Request, in struct {
		Auto  *bool  `json:"auto"`
		Realm string `json:"realm"`
	}) (any, error) {
		if in.Realm != "" && s.byRealm[in.Realm] == nil {
			return nil, fmt.Errorf("company %s: %w", in.Realm, ErrNoRecord)
		}
		if in.Auto != nil {
			s.SetAutoConsent(*in.Auto)
		}
		s.ConsentTo(in.Realm)
		return nil, nil
	})
	knob(mux, "settings", func(_ *http.Request, in settings) (any, error) {
		s.apply(in)
		return nil, nil
	})
	knob(mux, "webhook", func(_ *http.Request, in Webhook) (any, error) {
		s.SetWebhook(in)
		return nil, nil
	})
	s.companyRoutes(mux)
}

// settings are the switches of POST /sandbox/settings; absent ones stay as they are.
type settings struct {
	RotateOnEveryRefresh *bool `json:"rotate_on_every_refresh"`
	PunishReuse          *bool `json:"punish_reuse"`
	LegacyReports        *bool `json:"legacy_reports"`
	ReportCellLimit      *int  `json:"report_cell_limit"`
	ReportTimeoutCells   *int  `json:"report_timeout_cells"`
	AccessTokenSeconds   int   `json:"access_token_seconds"`
	RefreshTokenSeconds  int   `json:"refresh_token_seconds"`
}

func (s *Server) apply(in settings) {
	if in.RotateOnEveryRefresh != nil {
		s.RotateOnEveryRefresh(*in.RotateOnEveryRefresh)
	}
	if in.PunishReuse != nil {
		s.PunishReuse(*in.PunishReuse)
	}
	if in.LegacyReports != nil {
		s.SetLegacyReports(*in.LegacyReports)
	}
	if in.ReportCellLimit != nil {
		s.SetReportCellLimit(*in.ReportCellLimit)
	}
	if in.ReportTimeoutCells != nil {
		s.SetReportTimeout(*in.ReportTimeoutCells)
	}
	if in.AccessTokenSeconds > 0 || in.RefreshTokenSeconds > 0 {
		s.SetTokenLives(time.Duration(in.AccessTokenSeconds)*time.Second,
			time.Duration(in.RefreshTokenSeconds)*time.Second)
	}
}

// target names the record that a knob works on.
type target struct {
	Entity string `json:"entity"`
	ID     string `json:"id"`
}

func (s *Server) companyRoutes(mux *http.ServeMux) {
	const base = "companies/{realm}/"
	knob(mux, base+"expire-access", companyKnob(s, func(c *Company, _ struct{}) (any, error) {
		s.ExpireAccessTokens(c.Realm())
		return nil, nil
	}))
	knob(mux, base+"revoke", companyKnob(s, func(c *Company, _ struct{}) (any, error) {
		s.RevokeGrant(c.Realm())
		return nil, nil
	}))
	knob(mux, base+"change", companyKnob(s, func(c *Company, in struct {
		target
		Change
	}) (any, error) {
		return nil, c.Change(in.Entity, in.target.ID, in.Change)
	}))
	knob(mux, base+"void", companyKnob(s, func(c *Company, in target) (any, error) {
		return nil, c.Void(in.Entity, in.ID)
	}))
	knob(mux, base+"delete", companyKnob(s, func(c *Company, in target) (any, error) {
		return nil, c.Delete(in.Entity, in.ID)
	}))
	knob(mux, base+"rename", companyKnob(s, func(c *Company, in struct {
		target
		Name string `json:"name"`
	}) (any, error) {
		return nil, c.Change(in.Entity, in.ID, Change{Name: in.Name})
	}))
	knob(mux, base+"active", companyKnob(s, func(c *Company, in struct {
		target
		Active bool `json:"active"`
	}) (any, error) {
		return nil, c.Change(in.Entity, in.ID, Change{Active: &in.Active})
	}))
	knob(mux, base+"hide", companyKnob(s, func(c *Company, in struct {
		target
		How Hiding `json:"how"`
	}) (any, error) {
		return nil, c.Hide(in.Entity, in.ID, in.How)
	}))
	knob(mux, base+"quirks", companyKnob(s, func(c *Company, in Quirks) (any, error) {
		c.SetQuirks(in)
		return nil, nil
	}))
	knob(mux, base+"pay", companyKnob(s, func(c *Company, in struct {
		target
		Amount string `json:"amount"`
	}) (any, error) {
		return made(c.Pay(in.Entity, in.ID, in.Amount))
	}))
	knob(mux, base+"add", companyKnob(s, func(c *Company, in struct {
		Entity string `json:"entity"`
		Name   string `json:"name"`
		Sale
		VendorID string `json:"vendor_id"`
	}) (any, error) {
		switch e := c.entityNamed(in.Entity); {
		case e != nil && e.name == "Invoice":
			return made(c.AddInvoice(in.Sale))
		case e != nil && e.name == "Bill":
			return made(c.AddBill(Cost{in.VendorID, in.DocNumber, in.Date, in.Amount}))
		}
		return made(c.AddParty(in.Entity, in.Name))
	}))
	knob(mux, base+"put", companyKnob(s, func(c *Company, in struct {
		Entity string          `json:"entity"`
		Record json.RawMessage `json:"record"`
	}) (any, error) {
		return made(c.Put(in.Entity, in.Record))
	}))
}

func made(id string, err error) (any, error) { return map[string]string{"id": id}, err }

func companyKnob[T any](s *Server, do func(*Company, T) (any, error)) func(*http.Request, T) (any, error) {
	return func(r *http.Request, in T) (any, error) {
		c := s.Company(r.PathValue("realm"))
		if c == nil {
			return nil, fmt.Errorf("company %s: %w", r.PathValue("realm"), ErrNoRecord)
		}
		out, err := do(c, in)
		if err == nil {
			// What the receiver does not take is sent with the next change.
			_, _ = s.Notify(r.Context())
		}
		return out, err
	}
}

// knob serves POST /sandbox/name: it reads the body, which may be empty, and answers what do returns.
func knob[T any](mux *http.ServeMux, name string, do func(*http.Request, T) (any, error)) {
	mux.HandleFunc("POST /sandbox/"+name, func(w http.ResponseWriter, r *http.Request) {
		var in T
		dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxKnobBody))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&in); err != nil && !errors.Is(err, io.EOF) {
			writeJSON(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
			return
		}
		out, err := do(r, in)
		switch {
		case errors.Is(err, ErrNoRecord):
			writeJSON(w, http.StatusNotFound, map[string]string{"error": err.Error()})
		case err != nil:
			writeJSON(w, http.StatusUnprocessableEntity, map[string]string{"error": err.Error()})
		case out == nil:
			writeJSON(w, http.StatusOK, map[string]bool{"ok": true})
		default:
			writeJSON(w, http.StatusOK, out)
		}
	})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	a := jsonAnswer(status, v)
	w.Header().Set("Content-Type", a.header.Get("Content-Type"))
	w.WriteHeader(status)
	_, _ = w.Write(a.body)
}
