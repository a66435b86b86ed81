package storetest

import (
	"bytes"
	"slices"
	"sync"
	"testing"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

func sampleCompany(realm export.RealmID, name string) export.Company {
	return export.Company{
		Realm: realm, Name: name, LegalName: name + " LLC", Country: "US", HomeCurrency: "USD",
		FiscalYearStart: time.April, Environment: "sandbox", Status: export.Connected, ConnectedAt: noon,
		ConnectedBy: "owner@example.com", TokenExpiresAt: noon.AddDate(0, 0, 100),
		LastError: problem.New(problem.QuickBooksUnavailable, "It was down."), RefusedAt: noon,
		Paused: []export.ID{"exp_1", "exp_2"},
	}
}

func testCompanies(t *testing.T, s export.Store) {
	ctx := t.Context()
	zebra, apple, small := sampleCompany("10", "Zebra"), sampleCompany("9", "Apple"), sampleCompany("7", "mango")
	for _, c := range []export.Company{zebra, apple, small} {
		must(t, s.PutCompany(ctx, c))
	}
	got, err := s.Company(ctx, "9")
	must(t, err)
	if d := diff(apple, got); d != "" {
		t.Errorf("round trip (-want +got):\n%s", d)
	}
	all, err := s.Companies(ctx)
	must(t, err)
	if d := diff([]export.Company{apple, small, zebra}, all); d != "" {
		t.Errorf("companies by name (-want +got):\n%s", d)
	}
	apple.Name = "Aardvark"
	must(t, s.PutCompany(ctx, apple))
	updated, err := s.UpdateCompany(ctx, "9", func(c *export.Company) error {
		c.Status, c.LastError = export.ReconnectRequired, nil
		return nil
	})
	must(t, err)
	apple.Status, apple.LastError = export.ReconnectRequired, nil
	if d := diff(apple, updated); d != "" {
		t.Errorf("the returned company (-want +got):\n%s", d)
	}
	got, err = s.Company(ctx, "9")
	must(t, err)
	if d := diff(apple, got); d != "" {
		t.Errorf("the changed company (-want +got):\n%s", d)
	}
	must(t, s.DeleteCompany(ctx, "9"))
	_, err = s.Company(ctx, "9")
	wantErr(t, "deleted company", err, export.ErrNotFound)
}

// testMirrorKeys gives each company one key, to all who ask, for as long as it is stored.
func testMirrorKeys(t *testing.T, s export.Store) {
	ctx := t.Context()
	_, err := s.MirrorKey(ctx, "1")
	wantErr(t, "the key of an unknown company", err, export.ErrNotFound)
	for _, realm := range []export.RealmID{"1", "2"} {
		must(t, s.PutCompany(ctx, sampleCompany(realm, "A "+string(realm))))
	}
	keys := make([][]byte, 8)
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() {
			key, err := s.MirrorKey(ctx, "1")
			if err != nil {
				t.Error(err)
			}
			keys[i] = key
		})
	}
	wg.Wait()
	for _, key := range keys {
		if len(key) != 32 || !bytes.Equal(key, keys[0]) {
			t.Errorf("the keys of one company are %x and %x", keys[0], key)
		}
	}
	other, err := s.MirrorKey(ctx, "2")
	must(t, err)
	if bytes.Equal(other, keys[0]) {
		t.Error("two companies have one key")
	}
	must(t, s.DeleteCompany(ctx, "1"))
	_, err = s.MirrorKey(ctx, "1")
	wantErr(t, "the key of a deleted company", err, export.ErrNotFound)
	must(t, s.PutCompany(ctx, sampleCompany("1", "A again")))
	again, err := s.MirrorKey(ctx, "1")
	must(t, err)
	if bytes.Equal(again, keys[0]) {
		t.Error("a company that was deleted has its old key again")
	}
}

func testAccounts(t *testing.T, s export.Store) {
	ctx := t.Context()
	account := func(id export.ID, email string) export.GoogleAccount {
		return export.GoogleAccount{
			ID: id, Subject: "1" + string(id), Email: email, Kind: export.OAuthAccount, Status: export.Connected,
			Scopes: []string{"openid", "email"}, Paused: []export.ID{"exp_1"},
			ConnectedAt: noon, ConnectedBy: "owner@example.com",
		}
	}
	b, a := account("con_1", "b@example.com"), account("con_2", "a@example.com")
	must(t, s.PutAccount(ctx, b))
	must(t, s.PutAccount(ctx, a))
	all, err := s.Accounts(ctx)
	must(t, err)
	if d := diff([]export.GoogleAccount{a, b}, all); d != "" {
		t.Errorf("accounts by e-mail (-want +got):\n%s", d)
	}
	_, err = s.UpdateAccount(ctx, b.ID,
		func(a *export.GoogleAccount) error { a.Status = export.Disconnected; return nil })
	must(t, err)
	b.Status = export.Disconnected
	got, err := s.Account(ctx, b.ID)
	must(t, err)
	if d := diff(b, got); d != "" {
		t.Errorf("the changed account (-want +got):\n%s", d)
	}
	must(t, s.DeleteAccount(ctx, b.ID))
	_, err = s.Account(ctx, b.ID)
	wantErr(t, "deleted account", err, export.ErrNotFound)
}

func testGrants(t *testing.T, s export.Store) {
	ctx := t.Context()
	g := export.Grant{
		AccessToken: "access", Expiry: noon.Add(time.Hour),
		RefreshToken: "refresh", RefreshExpiry: noon.AddDate(0, 0, 100), HardExpiry: noon.AddDate(5, 0, 0),
		Scopes: []string{"com.intuit.quickbooks.accounting"},
	}
	other := export.Grant{AccessToken: "another", RefreshToken: "r"}
	must(t, s.PutGrant(ctx, export.CompanyGrant("1"), g))
	must(t, s.PutGrant(ctx, export.AccountGrant("1"), other))
	for key, want := range map[export.GrantKey]export.Grant{
		export.CompanyGrant("1"): g,
		export.AccountGrant("1"): other,
	} {
		got, err := s.Grant(ctx, key)
		must(t, err)
		if d := diff(want, got); d != "" {
			t.Errorf("grant %s differs: %d and %d characters of tokens", key, len(want.AccessToken+want.RefreshToken),
				len(got.AccessToken+got.RefreshToken))
		}
	}
	g.RefreshToken = "rotated"
	must(t, s.PutGrant(ctx, export.CompanyGrant("1"), g))
	got, err := s.Grant(ctx, export.CompanyGrant("1"))
	must(t, err)
	if got.RefreshToken != "rotated" {
		t.Error("a rotated token was not kept")
	}
	must(t, s.DeleteGrant(ctx, export.CompanyGrant("1")))
	_, err = s.Grant(ctx, export.CompanyGrant("1"))
	wantErr(t, "deleted grant", err, export.ErrNotFound)
	if _, err := s.Grant(ctx, export.AccountGrant("1")); err != nil {
		t.Errorf("deleting one grant took another with it: %v", err)
	}
	retired := export.Revocation{
		ID: "rev_1", Key: export.AccountGrant("1"), Identity: "1234", Name: "owner@example.com", Grant: g, Since: noon,
	}
	must(t, s.RetireGrant(ctx, retired))
	_, err = s.Grant(ctx, export.AccountGrant("1"))
	wantErr(t, "retired grant", err, export.ErrNotFound)
	without := export.Revocation{ID: "rev_2", Key: export.CompanyGrant("9"), Identity: "9", Since: noon}
	must(t, s.RetireGrant(ctx, without))
	all, err := s.Revocations(ctx)
	must(t, err)
	if d := diff([]export.Revocation{retired, without}, all); d != "" {
		t.Errorf("revocations: %s", d)
	}
	must(t, s.DeleteRevocation(ctx, "rev_1"))
	if all, err = s.Revocations(ctx); err != nil || len(all) != 1 {
		t.Errorf("after a deletion: %d, %v", len(all), err)
	}
}

func testFlows(t *testing.T, s export.Store) {
	ctx := t.Context()
	f := export.Flow{
		Provider: "quickbooks", User: "owner@example.com", Session: "hash", Realm: "1", Verifier: "verifier",
		Scopes: []string{"s"}, ReturnTo: "/connections", ExpiresAt: noon.Add(10 * time.Minute),
	}
	must(t, s.PutFlow(ctx, "a", f))
	got, err := s.TakeFlow(ctx, "a", f.ExpiresAt.Add(-time.Nanosecond))
	must(t, err)
	if d := diff(f, got); d != "" {
		t.Errorf("round trip (-want +got):\n%s", d)
	}
	_, err = s.TakeFlow(ctx, "a", noon)
	wantErr(t, "second use", err, export.ErrNotFound)

	must(t, s.PutFlow(ctx, "b", f))
	_, err = s.TakeFlow(ctx, "b", f.ExpiresAt)
	wantErr(t, "expired flow", err, export.ErrNotFound)
	_, err = s.TakeFlow(ctx, "b", noon)
	wantErr(t, "expired flow, asked for again", err, export.ErrNotFound)

	late := f
	late.ExpiresAt = noon.Add(time.Hour)
	must(t, s.PutFlow(ctx, "c", late))
	_, err = s.TakeFlow(ctx, "unknown", noon.Add(30*time.Minute))
	wantErr(t, "unknown flow", err, export.ErrNotFound)
	if _, err := s.TakeFlow(ctx, "c", noon.Add(30*time.Minute)); err != nil {
		t.Errorf("asking for an unknown flow forgot a known one: %v", err)
	}
}

func testUsers(t *testing.T, s export.Store) {
	ctx := t.Context()
	user := func(id export.ID, email string) export.User {
		return export.User{ID: id, Email: email, PasswordHash: "$argon2id$…", Role: "owner", CreatedAt: noon}
	}
	b, a := user("usr_1", "b@example.com"), user("usr_2", "a@example.com")
	must(t, s.CreateUser(ctx, b))
	must(t, s.CreateUser(ctx, a))
	wantErr(t, "a taken e-mail", s.CreateUser(ctx, user("usr_3", "b@example.com")), export.ErrExists)
	wantErr(t, "a taken e-mail in capitals", s.CreateUser(ctx, user("usr_3", "B@Example.com")), export.ErrExists)
	wantErr(t, "a taken id", s.CreateUser(ctx, user("usr_1", "c@example.com")), export.ErrExists)
	all, err := s.Users(ctx)
	must(t, err)
	if d := diff([]export.User{a, b}, all); d != "" {
		t.Errorf("users (-want +got):\n%s", d)
	}
	got, err := s.UserByEmail(ctx, "B@example.COM")
	must(t, err)
	if d := diff(b, got); d != "" {
		t.Errorf("user by e-mail (-want +got):\n%s", d)
	}

	_, err = s.UpdateUser(ctx, b.ID, func(u *export.User) error { u.Email = "a@example.com"; return nil })
	wantErr(t, "changing to a taken e-mail", err, export.ErrExists)
	if _, err := s.UserByEmail(ctx, "b@example.com"); err != nil {
		t.Errorf("a refused change of the e-mail lost the user: %v", err)
	}
	_, err = s.UpdateUser(ctx, b.ID, func(u *export.User) error { u.Email = "new@example.com"; return nil })
	must(t, err)
	_, err = s.UserByEmail(ctx, "b@example.com")
	wantErr(t, "the old e-mail", err, export.ErrNotFound)
	got, err = s.UserByEmail(ctx, "new@example.com")
	must(t, err)
	if got.ID != b.ID {
		t.Errorf("the new e-mail gives %s", got.ID)
	}
	must(t, s.CreateUser(ctx, user("usr_3", "b@example.com")))
	must(t, s.DeleteUser(ctx, "usr_3"))
	_, err = s.UserByEmail(ctx, "b@example.com")
	wantErr(t, "the e-mail of a deleted user", err, export.ErrNotFound)
	must(t, s.CreateUser(ctx, user("usr_4", "b@example.com")))
	invited := user("usr_5", "invited@example.com")
	invited.PasswordHash, invited.Disabled = "", true
	invited.Invite = &export.Invite{Hash: []byte{1, 2}, ExpiresAt: noon}
	must(t, s.CreateUser(ctx, invited))
	got, err = s.UserByEmail(ctx, invited.Email)
	must(t, err)
	if d := diff(invited, got); d != "" {
		t.Errorf("an invited user: %s", d)
	}
	// An empty list means no company but a nil list means all, so a store must not confuse the two.
	for i, companies := range [][]export.RealmID{nil, {}, {"1", "2"}} {
		u := user(export.ID("usr_c"+string(rune('0'+i))), string(rune('0'+i))+"@example.com")
		u.Companies = companies
		must(t, s.CreateUser(ctx, u))
		got, err := s.UserByEmail(ctx, u.Email)
		must(t, err)
		if (got.Companies == nil) != (companies == nil) || !slices.Equal(got.Companies, companies) {
			t.Errorf("companies of a user: got %#v, want %#v", got.Companies, companies)
		}
	}
}

func testAudit(t *testing.T, s export.Store) {
	ctx := t.Context()
	entry := func(at time.Time, action string) export.AuditEntry {
		return export.AuditEntry{At: at, Who: "owner@example.com", Action: action, Object: "exp_1", Detail: "name"}
	}
	// Two entries at one instant, and an earlier one that comes late.
	second, third, first := entry(noon, "second"), entry(noon, "third"), entry(noon.Add(-time.Minute), "first")
	for _, e := range []export.AuditEntry{second, third, first} {
		must(t, s.Audit(ctx, e))
	}
	got, err := s.AuditEntries(ctx, 10)
	must(t, err)
	if d := diff([]export.AuditEntry{third, second, first}, got); d != "" {
		t.Errorf("newest first (-want +got):\n%s", d)
	}
	got, err = s.AuditEntries(ctx, 1)
	must(t, err)
	if d := diff([]export.AuditEntry{third}, got); d != "" {
		t.Errorf("the newest (-want +got):\n%s", d)
	}
}
