package export

import "time"

// Visitor is where a try to sign in comes from.
type Visitor struct {
	Addr   string // the client's address, with or without a port
	Device string // the mark that an earlier login left in this browser; empty if there was none
}

// User is a person who can sign in.
type User struct {
	ID           ID     `json:"id"`
	Email        string `json:"email"` // lower case, unique
	PasswordHash string `json:"password_hash"`
	Role         string `json:"role"` // see package access
	// Companies are those that the user may see; nil means all. An empty list is stored as such and means none.
	Companies []RealmID `json:"company_ids,omitzero"`
	CreatedAt time.Time `json:"created_at"`
	// Disabled people cannot sign in, and their sessions have ended.
	Disabled bool `json:"disabled,omitzero"`
	// Invite is the link with which the person can choose a password; nil if there is none.
	Invite *Invite `json:"invite,omitzero"`
}

// Invite is a link that works once.
type Invite struct {
	Hash      []byte    `json:"hash"` // SHA-256 of its token
	ExpiresAt time.Time `json:"expires_at"`
}

// Active reports whether the person can sign in.
func (u User) Active() bool { return !u.Disabled && u.PasswordHash != "" }

// AuditEntry is one thing that somebody did.
type AuditEntry struct {
	At     time.Time `json:"at"`
	Who    string    `json:"who"`
	Action string    `json:"action"` // "exporter.create", "company.disconnect", …
	Object string    `json:"object"`
	Detail string    `json:"detail,omitempty"`
}
