package export

import "time"

// APIToken lets a program in, with a role and for some companies, until it expires, is revoked, or its maker may sign
// in no more. It never lets a program do more than its maker may.
type APIToken struct {
	ID        ID        `json:"id"`
	Name      string    `json:"name"`
	Role      string    `json:"role"`                 // see package access
	Companies []RealmID `json:"company_ids,omitzero"` // nil means all
	CreatedAt time.Time `json:"created_at"`
	CreatedBy string    `json:"created_by"`
	// Maker is the e-mail of the person who made it; empty if nobody's leaving is to end it.
	Maker     string    `json:"maker,omitempty"`
	ExpiresAt time.Time `json:"expires_at,omitzero"` // zero means never
	UsedAt    time.Time `json:"used_at,omitzero"`    // to the hour; zero if it was not used yet
	Hash      []byte    `json:"hash"`                // SHA-256 of the token
}
