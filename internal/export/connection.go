package export

import (
	"slices"
	"strings"
	"time"

	"ledgersheet/internal/problem"
)

// RealmID is a QuickBooks company's id: all digits, but always kept as text.
type RealmID string

// Valid reports whether the id can be a company's.
func (r RealmID) Valid() bool {
	return len(r) > 0 && len(r) <= 32 && strings.Trim(string(r), "0123456789") == ""
}

// ConnectionStatus is a connection's state.
type ConnectionStatus string

// The states of connections.
const (
	// Connected: set by a finished consent. Left when the provider refuses the refresh token, or when the user
	// disconnects.
	Connected ConnectionStatus = "connected"
	// ReconnectRequired: set by the token source when the provider answers invalid_grant, and by the client when
	// QuickBooks refuses the connection for good. Left only by a new consent; until then the provider is
	// not called.
	ReconnectRequired ConnectionStatus = "reconnect_required"
	// Disconnected: set by the user; the grant is revoked and deleted. Left by a new consent.
	Disconnected ConnectionStatus = "disconnected"
)

// Company is one connected QuickBooks company.
type Company struct {
	Realm           RealmID          `json:"realm"`
	Name            string           `json:"name"`
	LegalName       string           `json:"legal_name"`
	Country         string           `json:"country"`       // as QuickBooks spells it: "US", "CA"
	HomeCurrency    string           `json:"home_currency"` // ISO code
	FiscalYearStart time.Month       `json:"fiscal_year_start"`
	Environment     string           `json:"environment"` // "production" or "sandbox"
	Status          ConnectionStatus `json:"status"`
	ConnectedAt     time.Time        `json:"connected_at"`
	ConnectedBy     string           `json:"connected_by"`     // e-mail of our user
	TokenExpiresAt  time.Time        `json:"token_expires_at"` // of the refresh token; zero if there is none
	HardExpiresAt   time.Time        `json:"hard_expires_at"`  // five years after consent; zero if Intuit did not say
	LastError       *problem.Problem `json:"last_error,omitempty"`
	// RefusedAt is when QuickBooks last refused everything that is asked of the company although the connection holds,
	// as it does when the subscription has ended. It is zero while QuickBooks answers. LastError then says why.
	RefusedAt time.Time `json:"refused_at,omitzero"`
	// LostAt is since when the connection has been lost, or QuickBooks has refused the company. It is zero while all is
	// well, and unknown if an older version has noticed it.
	LostAt time.Time `json:"lost_at,omitzero"`
	// Paused names the exporters that a disconnect paused. Reconnecting resumes just those.
	Paused []ID `json:"paused,omitempty"`
	// ClosedThrough is the last day of the books that QuickBooks says are closed, as 2006-01-02, and ClosedAsOf when it
	// said so. It is empty if none are.
	ClosedThrough string    `json:"closed_through,omitempty"`
	ClosedAsOf    time.Time `json:"closed_as_of,omitzero"`
	// Client is the name under which people group the company with others; empty for none.
	Client string `json:"client,omitempty"`
	// Sent are the months whose figures people have handed on, oldest first; at most MostSent.
	Sent []SentMonth `json:"sent,omitempty"`
	// ReadLive says that everything is read from QuickBooks each time, and no local copy is kept.
	ReadLive bool `json:"read_live,omitempty"`
}

// Refused reports whether QuickBooks refuses everything that is asked of the company, for a reason that a new consent
// does not change.
func (c Company) Refused() bool {
	return c.Status == Connected && !c.RefusedAt.IsZero() && c.LastError != nil
}

// MostSent limits the months that are remembered as sent.
const MostSent = 36

// SentMonth says that a person has handed on the figures of a month, and what they were.
type SentMonth struct {
	Month   string        `json:"month"` // 2006-01
	At      time.Time     `json:"at"`
	By      string        `json:"by"`
	Figures []FigureValue `json:"figures"`
}

// AccountKind says how a Google account is authorised.
type AccountKind string

// The kinds of Google accounts.
const (
	OAuthAccount   AccountKind = "oauth"
	ServiceAccount AccountKind = "service_account"
)

// The scopes requested from Google. ScopeFiles is enough for spreadsheets that the program creates. Those that a user
// names by address need ScopeSheets as well. https://developers.google.com/workspace/sheets/api/scopes
const (
	ScopeFiles  = "https://www.googleapis.com/auth/drive.file"
	ScopeSheets = "https://www.googleapis.com/auth/spreadsheets"
	// ScopeDrive is for service accounts, which have only the files that people share with them: ScopeFiles would not
	// let them copy a template or use a folder of a person's.
	ScopeDrive = "https://www.googleapis.com/auth/drive"
)

// GoogleAccount is one connected Google identity.
type GoogleAccount struct {
	ID          ID               `json:"id"`
	Subject     string           `json:"subject"` // Google's own id for the user
	Email       string           `json:"email"`
	Kind        AccountKind      `json:"kind"`
	Status      ConnectionStatus `json:"status"`
	Scopes      []string         `json:"scopes"`
	ConnectedAt time.Time        `json:"connected_at"`
	ConnectedBy string           `json:"connected_by"`
	LastError   *problem.Problem `json:"last_error,omitempty"`
	LostAt      time.Time        `json:"lost_at,omitzero"` // since when the connection has been lost; zero if it is not
	// ExpiresAt is when Google ends the permission whatever happens; zero if it has not said so, as it does only for
	// permissions with a limit.
	ExpiresAt   time.Time `json:"expires_at,omitzero"`
	RefreshedAt time.Time `json:"refreshed_at,omitzero"` // when the permission was last renewed; zero if unknown
	Paused      []ID      `json:"paused,omitempty"`
}

// OpensExisting reports whether the account may open spreadsheets that the program did not create.
func (a GoogleAccount) OpensExisting() bool { return slices.Contains(a.Scopes, ScopeSheets) }

// Grant holds the tokens that a consent gave to one connection. It is only ever stored sealed.
type Grant struct {
	AccessToken   string    `json:"access_token"`
	Expiry        time.Time `json:"expiry"` // of the access token
	RefreshToken  string    `json:"refresh_token"`
	RefreshExpiry time.Time `json:"refresh_expiry"` // zero if the provider does not say
	HardExpiry    time.Time `json:"hard_expiry"`
	Scopes        []string  `json:"scopes,omitempty"`
	// RenewingSince is when a renewal of this grant began whose outcome is not known. It is zero if there is none.
	RenewingSince time.Time `json:"renewing_since,omitzero"`
}

// Same reports whether both grants carry the same tokens.
func (g Grant) Same(other Grant) bool {
	return g.AccessToken == other.AccessToken && g.RefreshToken == other.RefreshToken
}

// String keeps tokens out of logs and messages.
func (Grant) String() string { return "[redacted grant]" }

// GoString is String for %#v.
func (g Grant) GoString() string { return g.String() }

// GrantKey names a connection's grant in the store.
type GrantKey string

// CompanyGrant returns the key of a company's grant.
func CompanyGrant(r RealmID) GrantKey { return GrantKey("quickbooks/" + r) }

// AccountGrant returns the key of a Google account's grant.
func AccountGrant(id ID) GrantKey { return GrantKey("google/" + id) }

// Flow is a consent in progress, from the redirect to the provider until its answer. It can be used once.
type Flow struct {
	Provider  string    `json:"provider"`           // "quickbooks" or "google"
	User      string    `json:"user"`               // e-mail of our user who began it
	Session   string    `json:"session"`            // hash of the browser session that began it
	Realm     RealmID   `json:"realm,omitempty"`    // company to reconnect, or empty for any; then the one that came
	Account   ID        `json:"account,omitempty"`  // the Google account to reconnect
	Verifier  string    `json:"verifier,omitempty"` // PKCE
	Scopes    []string  `json:"scopes,omitempty"`
	ReturnTo  string    `json:"return_to,omitempty"`
	ExpiresAt time.Time `json:"expires_at"`
}
