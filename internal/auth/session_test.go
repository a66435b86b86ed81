package auth

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// visitor is a browser, which sends back the cookies that it gets.
type visitor struct {
	t        *testing.T
	sessions *Sessions
	cookie   *http.Cookie
	last     *http.Response
}

// visit serves one request and keeps the response in last.
func (v *visitor) visit(handle func(ctx context.Context)) {
	v.t.Helper()
	request := httptest.NewRequestWithContext(v.t.Context(), http.MethodGet, "/", nil)
	if v.cookie != nil {
		request.AddCookie(v.cookie)
	}
	answer := httptest.NewRecorder()
	v.sessions.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handle(r.Context())
		w.WriteHeader(http.StatusNoContent)
	})).ServeHTTP(answer, request)
	v.last = answer.Result()
	for _, c := range v.last.Cookies() {
		v.cookie = c
		if c.MaxAge < 0 {
			v.cookie = nil
		}
	}
}

// user returns the e-mail of the user who is signed in.
func (v *visitor) user() (email string) {
	v.t.Helper()
	v.visit(func(ctx context.Context) {
		u, err := v.sessions.User(ctx)
		if err != nil && !problem.HasCode(err, problem.Unauthorized) {
			v.t.Errorf("User: %v", err)
		}
		email = u.Email
	})
	return email
}

func (v *visitor) signIn(s *Service) {
	v.t.Helper()
	v.visit(func(ctx context.Context) {
		u, err := s.Users.UserByEmail(ctx, theEmail)
		if err == nil {
			err = v.sessions.SignIn(ctx, u)
		}
		if err != nil {
			v.t.Fatal(err)
		}
	})
}

func newVisitor(t *testing.T, baseURL string) (*visitor, *Service, *sessionShelf) {
	t.Helper()
	s, _ := newService(t)
	shelf := &sessionShelf{}
	return &visitor{t: t, sessions: NewSessions(shelf, s.Users, baseURL, nil)}, s, shelf
}

func TestSessionLife(t *testing.T) {
	t.Parallel()
	v, s, shelf := newVisitor(t, "http://127.0.0.1:8080")
	if v.user() != "" || v.cookie != nil || shelf.writes != 0 {
		t.Errorf("a visitor who is not signed in: cookie %v, %d writes", v.cookie, shelf.writes)
	}
	v.signIn(s)
	if v.user() != theEmail {
		t.Fatal("not signed in")
	}
	for token := range shelf.rows {
		if token == v.cookie.Value {
			t.Error("the store holds the cookie's token in the clear")
		}
	}
	stolen := *v.cookie
	v.visit(func(ctx context.Context) {
		if err := v.sessions.SignOut(ctx); err != nil {
			t.Error(err)
		}
	})
	if v.cookie != nil || len(shelf.rows) != 0 {
		t.Errorf("after the logout: cookie %v, %d sessions", v.cookie, len(shelf.rows))
	}
	v.cookie = &stolen
	if v.user() != "" {
		t.Error("the cookie outlives the logout")
	}
}

func TestTheTokenChangesAtLogin(t *testing.T) {
	t.Parallel()
	v, s, shelf := newVisitor(t, "http://127.0.0.1:8080")
	v.visit(func(ctx context.Context) { v.sessions.Put(ctx, "notice", "planted") })
	planted := *v.cookie
	v.signIn(s)
	if v.cookie.Value == planted.Value {
		t.Fatal("the token known before the login is the session's")
	}
	v.visit(func(ctx context.Context) {
		if text := v.sessions.Pop(ctx, "notice"); text != "" {
			t.Errorf("kept %q", text)
		}
	})
	if len(shelf.rows) != 1 {
		t.Errorf("%d sessions", len(shelf.rows))
	}
	attacker := &visitor{t: t, sessions: v.sessions, cookie: &planted}
	if attacker.user() != "" {
		t.Error("the planted token is signed in")
	}
	// A token that the attacker made up is not accepted either.
	attacker.cookie = &http.Cookie{Name: cookieName, Value: "made-up"}
	attacker.visit(func(ctx context.Context) { attacker.sessions.Put(ctx, "x", "y") })
	if attacker.cookie.Value == "made-up" {
		t.Error("a made-up token became a session")
	}
}

func TestCookies(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		base, name string
		secure     bool
	}{
		{"http://127.0.0.1:8080", "ledgersheet_session", false},
		{"https://books.example.com", "__Host-ledgersheet_session", true},
		{"HTTPS://books.example.com/", "__Host-ledgersheet_session", true},
	} {
		t.Run(test.base, func(t *testing.T) {
			t.Parallel()
			v, s, _ := newVisitor(t, test.base)
			v.signIn(s)
			c := v.cookie
			if c.Name != test.name || c.Secure != test.secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode ||
				c.Path != "/" || c.Domain != "" || len(c.Value) < 40 {
				t.Errorf("cookie %v", c)
			}
		})
	}
}

func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		every  time.Duration // between visits
		visits int
		want   bool
	}{
		{"used each hour for 13 days", time.Hour, 13 * 24, true},
		{"used each hour for 15 days", time.Hour, 15 * 24, false},
		{"after eleven idle hours", 11 * time.Hour, 1, true},
		{"after twelve idle hours", 12 * time.Hour, 1, false},
		{"used each ten seconds for a day", 10 * time.Second, 24 * 360, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				v, s, shelf := newVisitor(t, "http://127.0.0.1:8080")
				v.signIn(s)
				before := shelf.writes
				in := false
				for range test.visits {
					time.Sleep(test.every)
					in = v.user() == theEmail
				}
				if in != test.want {
					t.Errorf("signed in: %v", in)
				}
				if limit := int(time.Duration(test.visits)*test.every/touchEvery) + 1; shelf.writes-before > limit {
					t.Errorf("%d writes", shelf.writes-before)
				}
			})
		})
	}
}

func TestANewPasswordEndsOtherSessions(t *testing.T) {
	t.Parallel()
	v, s, _ := newVisitor(t, "http://127.0.0.1:8080")
	v.signIn(s)
	other := &visitor{t: t, sessions: v.sessions}
	other.signIn(s)
	v.visit(func(ctx context.Context) {
		v.sessions.Put(ctx, "notice", "saved")
		u, err := s.ChangePassword(ctx, theEmail, thePassword, "another long password", export.Visitor{Addr: ""})
		if err == nil {
			err = v.sessions.SignIn(ctx, u)
		}
		if err != nil {
			t.Error(err)
		}
	})
	if v.user() != theEmail || other.user() != "" {
		t.Errorf("here %q, elsewhere %q", v.user(), other.user())
	}
	v.visit(func(ctx context.Context) {
		if text := v.sessions.Pop(ctx, "notice"); text != "saved" {
			t.Errorf("the notice is %q", text)
		}
		if text := v.sessions.Pop(ctx, "notice"); text != "" {
			t.Errorf("popped twice: %q", text)
		}
	})
	s.Users.(*userShelf).users = nil
	if v.user() != "" {
		t.Error("a deleted user is signed in")
	}
}

// TestALogoutIsNotUndone has a request that began before the logout end after it.
func TestALogoutIsNotUndone(t *testing.T) {
	t.Parallel()
	v, s, shelf := newVisitor(t, "http://127.0.0.1:8080")
	v.signIn(s)
	slow := &visitor{t: t, sessions: v.sessions, cookie: v.cookie}
	slow.visit(func(ctx context.Context) {
		v.visit(func(ctx context.Context) {
			if err := v.sessions.SignOut(ctx); err != nil {
				t.Error(err)
			}
		})
		slow.sessions.Put(ctx, "notice", "late")
	})
	if len(shelf.rows) != 0 || slow.user() != "" {
		t.Errorf("%d sessions are back", len(shelf.rows))
	}
}

func TestSessionHash(t *testing.T) {
	t.Parallel()
	v, s, _ := newVisitor(t, "http://127.0.0.1:8080")
	hash := func(v *visitor) (h string) {
		v.visit(func(ctx context.Context) { h = v.sessions.Hash(ctx) })
		return h
	}
	if hash(v) != "" {
		t.Error("nobody's session has a hash")
	}
	v.signIn(s)
	first := hash(v)
	if first == "" || first != hash(v) || strings.Contains(first, v.cookie.Value) {
		t.Errorf("hash %q", first)
	}
	other := &visitor{t: t, sessions: v.sessions}
	other.signIn(s)
	if hash(other) == first {
		t.Error("two sessions have one hash")
	}
}

func TestStoreFailures(t *testing.T) {
	t.Parallel()
	v, s, shelf := newVisitor(t, "http://127.0.0.1:8080")
	v.signIn(s)
	shelf.err = errors.New("disk failed: secret detail")
	v.visit(func(context.Context) { t.Error("served without a session") })
	if v.last.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("status %d", v.last.StatusCode)
	}
	shelf.err = nil
	users := s.Users.(*userShelf)
	users.err = errors.New("disk failed")
	v.visit(func(ctx context.Context) {
		if _, err := v.sessions.User(ctx); !errors.Is(err, users.err) {
			t.Errorf("got %v", err)
		}
	})
	for token, row := range shelf.rows {
		row.data = []byte("not JSON")
		shelf.rows[token] = row
	}
	users.err = nil
	if v.user() != "" {
		t.Error("a damaged session is signed in")
	}
	if v.signIn(s); v.user() != theEmail {
		t.Error("a browser with a damaged session cannot sign in")
	}
}

func TestMarksAreBounded(t *testing.T) {
	t.Parallel()
	store := &sparingStore{store: &sessionShelf{}}
	for i := range 3 * maxMarks {
		token := strings.Repeat("t", i%7) + string(rune(i))
		if err := store.Commit(token, nil, time.Now()); err != nil {
			t.Fatal(err)
		}
		if len(store.marks) > maxMarks {
			t.Fatalf("%d marks", len(store.marks))
		}
	}
}

// troubled is a store of sessions whose disk can stop taking writes.
type troubled struct {
	sessionShelf
	full bool
}

// Commit implements scs.Store.
func (s *troubled) Commit(token string, b []byte, expiry time.Time) error {
	if s.full {
		return export.StoreTrouble(syscall.ENOSPC)
	}
	return s.sessionShelf.Commit(token, b, expiry)
}

// Delete implements scs.Store.
func (s *troubled) Delete(token string) error {
	if s.full {
		return export.StoreTrouble(syscall.ENOSPC)
	}
	return s.sessionShelf.Delete(token)
}

// TestSessionsWhileTheDiskIsFull expects that people can sign in and out while nothing can be stored, and that what
// they ended stays ended when it can.
func TestSessionsWhileTheDiskIsFull(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		disk := &troubled{}
		s := &sparingStore{store: disk}
		until := func() time.Time { return time.Now().Add(time.Hour) }
		find := func(token string, want string) {
			t.Helper()
			if b, found, err := s.Find(token); err != nil || found != (want != "") || string(b) != want {
				t.Errorf("%s: %q, %v, %v; want %q", token, b, found, err, want)
			}
		}
		must(t, s.Commit("old", []byte("a"), until()))
		must(t, s.Commit("ended", []byte("b"), until()))
		disk.full = true
		must(t, s.Commit("new", []byte("c"), until()))
		must(t, s.Commit("old", []byte("a2"), until()))
		must(t, s.Delete("ended"))
		find("new", "c")
		find("old", "a2")
		find("ended", "")
		must(t, s.Delete("new"))
		find("new", "")
		must(t, s.Commit("short", []byte("d"), time.Now().Add(time.Minute)))
		time.Sleep(2 * time.Minute)
		find("short", "")
		disk.full = false
		must(t, s.Commit("old", []byte("a3"), until()))
		find("old", "a3")
		find("ended", "")
		if _, stays := disk.rows["ended"]; stays {
			t.Error("a session that was ended while the disk was full is still stored")
		}
	})
}
