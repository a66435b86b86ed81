package export

import "time"

// User is a person who may sign in.
type User struct {
	ID           ID        `json:"id"`
	Email        string    `json:"email"` // lower case, unique
	PasswordHash string    `json:"password_hash"`
	Role         string    `json:"role"` // "owner"
	CreatedAt    time.Time `json:"created_at"`
}

// AuditEntry is one thing that somebody did.
type AuditEntry struct {
	At     time.Time `json:"at"`
	Who    string    `json:"who"`
	Action string    `json:"action"` // "exporter.create", "company.disconnect", …
	Object string    `json:"object"`
	Detail string    `json:"detail,omitempty"`
}
