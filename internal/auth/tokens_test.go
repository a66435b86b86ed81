package auth

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// TestTokens makes, uses and revokes tokens, over a restart: each lets in until it expires, is revoked, or its maker is
// gone, and no store or list has the secret.
func TestTokens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &userShelf{}
		must(t, store.CreateUser(t.Context(), export.User{
			ID: "usr_1", Email: "ann@example.com", PasswordHash: "x", Role: "owner",
		}))
		settings := &settingShelf{}
		open := func() *Tokens { return NewTokens(settings, store, nil) }
		tokens := open()
		made := func(token export.APIToken) (id export.ID, header string) {
			t.Helper()
			m, secret, err := tokens.Make(t.Context(), token)
			must(t, err)
			if m.Hash != nil || !strings.HasPrefix(secret, "lst_") || len(secret) < 40 {
				t.Errorf("made %+v, %q", m, secret)
			}
			return m.ID, "Bearer " + secret
		}
		plain, plainHeader := made(export.APIToken{Name: "nightly", Role: "operator"})
		_, hers := made(export.APIToken{Name: "hers", Role: "viewer", Maker: "ann@example.com"})
		_, short := made(export.APIToken{Name: "short", Role: "viewer", ExpiresAt: time.Now().Add(time.Hour)})
		wantIn := func(header, name string) {
			t.Helper()
			for _, tokens := range []*Tokens{tokens, open()} {
				got, err := tokens.Find(t.Context(), header)
				if name == "" && !problem.HasCode(err, problem.Unauthorized) || name != "" && err != nil ||
					got.Name != name || got.Hash != nil {
					t.Errorf("%q is in, %v, want %q", got.Name, err, name)
				}
			}
		}
		wantIn(plainHeader, "nightly")
		wantIn(strings.Replace(plainHeader, "Bearer", "bearer ", 1), "nightly")
		wantIn(hers, "hers")
		wantIn(short, "short")
		for _, wrong := range []string{
			"", "Bearer", "Bearer lst_", plainHeader + "x", plainHeader[:len(plainHeader)-1],
			strings.TrimPrefix(plainHeader, "Bearer "), strings.Replace(plainHeader, "Bearer", "Basic", 1),
		} {
			wantIn(wrong, "")
		}
		all, err := tokens.Tokens(t.Context())
		must(t, err)
		if len(all) != 3 || all[0].ID != plain || all[0].UsedAt.IsZero() || all[0].Hash != nil {
			t.Errorf("the list is %+v", all)
		}
		for _, value := range settings.values {
			if strings.Contains(string(value), strings.TrimPrefix(plainHeader, "Bearer ")) {
				t.Error("the store has a token")
			}
		}
		time.Sleep(time.Hour)
		wantIn(short, "")
		_, full := made(export.APIToken{Name: "full", Role: "owner", Maker: "ann@example.com"})
		_, err = store.UpdateUser(t.Context(), "usr_1", func(u *export.User) error {
			u.Role, u.Companies = "editor", []export.RealmID{"1"}
			return nil
		})
		must(t, err)
		if got, err := tokens.Find(t.Context(), full); err != nil || got.Role != "editor" || len(got.Companies) != 1 {
			t.Errorf("of a maker who may do less now: %+v, %v", got, err)
		}
		_, err = store.UpdateUser(t.Context(), "usr_1", func(u *export.User) error { u.Disabled = true; return nil })
		must(t, err)
		wantIn(hers, "")
		must(t, store.DeleteUser(t.Context(), "usr_1"))
		wantIn(hers, "")
		if _, err := tokens.Revoke(t.Context(), plain); err != nil {
			t.Error(err)
		}
		wantIn(plainHeader, "")
		if _, err := tokens.Revoke(t.Context(), plain); !errors.Is(err, export.ErrNotFound) {
			t.Errorf("revoked twice: %v", err)
		}
	})
}
