package auth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"ledgersheet/internal/export"
)

// Device returns the mark of a browser in which the user has just signed in: the present one if it is still good, else
// a new one. It is kept in a cookie, is worth nothing without the password, and ends with it.
func (s *Service) Device(u export.User, present string) string {
	if findDevice(u, present) != "" {
		return present
	}
	name := rand.Text()
	return name + "." + signDevice(u, name)
}

// SignForm returns a signature of a form's id that only pages shown to this user have. It ends with the password.
func (s *Service) SignForm(u export.User, id string) string { return sign(u, "form", id) }

// findDevice returns the name in a mark that Device made for the user, or nothing.
func findDevice(u export.User, mark string) string {
	name, signature, ok := strings.Cut(mark, ".")
	if !ok || name == "" || len(mark) > 200 || u.PasswordHash == "" {
		return ""
	}
	if !hmac.Equal([]byte(signature), []byte(signDevice(u, name))) {
		return ""
	}
	return name
}

func signDevice(u export.User, name string) string { return sign(u, "device", name) }

// sign signs a name for a purpose of the user's. The key is the hash of the password, which nobody outside knows.
func sign(u export.User, purpose, name string) string {
	h := hmac.New(sha256.New, []byte(u.PasswordHash))
	h.Write([]byte(purpose + "\x00" + string(u.ID) + "\x00" + name))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}
