package oauth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/problem"
)

const robot = "robot@project.iam.gserviceaccount.com"

// testKey is made only once, because RSA keys take a while.
var testKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func encodePEM(t *testing.T, kind string, der []byte, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func keyFile(t *testing.T, change func(file map[string]string)) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(testKey())
	file := map[string]string{
		"type": "service_account", "client_email": robot, "private_key_id": "key-1",
		"private_key": encodePEM(t, "PRIVATE KEY", der, err), "token_uri": "https://google.test/token",
	}
	if change != nil {
		change(file)
	}
	encoded, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

func TestServiceAccountTokens(t *testing.T) {
	t.Parallel()
	keyJSON := keyFile(t, nil)
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		server := trip(func(r *http.Request) (*http.Response, error) {
			calls++
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			form, err := url.ParseQuery(string(body))
			if err != nil || form.Get("grant_type") != jwtGrant || r.URL.String() != "https://override.test/token" {
				t.Errorf("asked %s with %v", r.URL, form)
			}
			claims := verifyAssertion(t, form.Get("assertion"))
			now := float64(time.Now().Unix())
			if claims["iss"] != robot || claims["aud"] != r.URL.String() || claims["scope"] != "one two" ||
				claims["iat"].(float64) > now || claims["exp"].(float64) > now+3600 ||
				claims["exp"].(float64) < now+3000 {
				t.Errorf("claims %v at %v", claims, now)
			}
			return respondWith(200, fmt.Sprintf(`{"access_token":"s%d","expires_in":3599,"token_type":"Bearer"}`,
				calls))(r)
		})
		a, err := NewServiceAccount(keyJSON, "https://override.test/token", []string{"one", "two"},
			&http.Client{Transport: server})
		if err != nil {
			t.Fatal(err)
		}
		if a.Email() != robot {
			t.Errorf("e-mail %q", a.Email())
		}
		var callers sync.WaitGroup
		for range 50 {
			callers.Go(func() {
				if token, err := a.Token(t.Context()); token != "s1" || err != nil {
					t.Errorf("got %q, %v", token, err)
				}
			})
		}
		callers.Wait()
		time.Sleep(56 * time.Minute)
		if token, err := a.Token(t.Context()); token != "s2" || err != nil {
			t.Errorf("got %q, %v", token, err)
		}
		a.Invalidate("s2")
		if token, err := a.Token(t.Context()); token != "s3" || err != nil || calls != 3 {
			t.Errorf("got %q, %v after %d calls", token, err, calls)
		}
		if shown := fmt.Sprintf("%v %+v %#v", a, a, a); strings.Contains(shown, "s3") ||
			strings.Contains(shown, testKey().D.String()) {
			t.Error("printing shows secrets")
		}
	})
}

// verifyAssertion returns the claims of a JWT that the test key has signed.
func verifyAssertion(t *testing.T, assertion string) map[string]any {
	t.Helper()
	parts := strings.Split(assertion, ".")
	if len(parts) != 3 {
		t.Fatalf("%d parts", len(parts))
	}
	var decoded [3][]byte
	for i, part := range parts {
		raw, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil {
			t.Fatal(err)
		}
		decoded[i] = raw
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if err := rsa.VerifyPKCS1v15(&testKey().PublicKey, crypto.SHA256, sum[:], decoded[2]); err != nil {
		t.Errorf("signature: %v", err)
	}
	var header map[string]string
	if err := json.Unmarshal(decoded[0], &header); err != nil || header["alg"] != "RS256" || header["kid"] != "key-1" {
		t.Errorf("header %v (%v)", header, err)
	}
	claims := map[string]any{}
	if err := json.Unmarshal(decoded[1], &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestKeyFilesThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ecDER, err := x509.MarshalPKCS8PrivateKey(ec)
	ecPEM := encodePEM(t, "PRIVATE KEY", ecDER, err)
	set := func(key, value string) func(map[string]string) {
		return func(file map[string]string) { file[key] = value }
	}
	for _, test := range []struct {
		name   string
		json   string
		change func(map[string]string)
		says   string
	}{
		{name: "not JSON", json: "-----BEGIN secret", says: "not the JSON"},
		{name: "empty", json: "", says: "not the JSON"},
		{name: "an OAuth client's file", json: `{"web":{"client_id":"x"}}`, says: "does not say"},
		{name: "a user's credentials", change: set("type", "authorized_user"), says: `"authorized_user"`},
		{name: "no e-mail", change: set("client_email", ""), says: "client_email"},
		{name: "no key", change: set("private_key", ""), says: "no private_key"},
		{
			name:   "line breaks lost",
			change: func(f map[string]string) { f["private_key"] = strings.ReplaceAll(f["private_key"], "\n", `\n`) },
			says:   "line breaks",
		},
		{
			name:   "damaged key",
			change: set("private_key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
			says:   "damaged",
		},
		{name: "not RSA", change: set("private_key", ecPEM), says: "not an RSA key"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			file := []byte(test.json)
			if test.change != nil {
				file = keyFile(t, test.change)
			}
			_, err := NewServiceAccount(file, "", nil, nil)
			p := checkProblem(t, err, problem.AppCredentials)
			if !strings.Contains(p.Message, test.says) || strings.Contains(p.Error(), "BEGIN") {
				t.Errorf("says %q", p.Error())
			}
		})
	}
	t.Run("older key form", func(t *testing.T) {
		t.Parallel()
		older := encodePEM(t, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(testKey()), nil)
		file := keyFile(t, set("private_key", older))
		if _, err := NewServiceAccount(file, "", nil, nil); err != nil {
			t.Error(err)
		}
	})
}

func TestServiceAccountRefusals(t *testing.T) {
	t.Parallel()
	keyJSON := keyFile(t, nil)
	refused := func(why string) string {
		return `{"error":"invalid_grant","error_description":"` + why + `"}`
	}
	const timeframe = "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. " +
		"Check your iat and exp values in the JWT claim."
	for _, test := range []struct {
		name   string
		status int
		body   string
		ahead  time.Duration // how far Google's clock is ahead of ours
		want   problem.Code
		hint   string
	}{
		{"wrong key", 400, refused("Invalid JWT Signature."), 0, problem.AppCredentials, "new key"},
		{
			"clock wrong by minutes", 400, refused(timeframe), 2 * time.Hour, problem.AppCredentials,
			"differs from Google's by 2h0m0s",
		},
		{"clock perhaps wrong", 400, refused(timeframe), 0, problem.AppCredentials, "probably wrong"},
		{
			"account deleted", 400, refused("Invalid grant: account not found"), 0, problem.AppCredentials,
			"deleted or disabled",
		},
		{"another reason", 400, refused("Bad Request"), 0, problem.AppCredentials, "still exist"},
		{"client refused", 401, `{"error":"unauthorized_client"}`, 0, problem.AppCredentials, ""},
		{"bad scope", 400, `{"error":"invalid_scope"}`, 0, problem.GoogleRejected, ""},
		{"slow down", 429, ``, 0, problem.GoogleRateLimited, ""},
		{"down", 503, refused("Bad Request"), 0, problem.GoogleUnavailable, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				calls := 0
				server := trip(func(r *http.Request) (*http.Response, error) {
					calls++
					return respondWith(test.status, test.body, "Date",
						time.Now().Add(test.ahead).UTC().Format(http.TimeFormat))(r)
				})
				a, err := NewServiceAccount(keyJSON, "", []string{"one"}, &http.Client{Transport: server})
				if err != nil {
					t.Fatal(err)
				}
				_, err = a.Token(t.Context())
				if p := checkProblem(t, err, test.want); !strings.Contains(p.Hint, test.hint) {
					t.Errorf("hint %q", p.Hint)
				}
				if _, err = a.Token(t.Context()); err == nil || calls != 1 {
					t.Errorf("asked again at once: %d calls, %v", calls, err)
				}
				time.Sleep(longestPause) // the key may be good again, once a human has acted
				if _, err = a.Token(t.Context()); err == nil || calls != 2 {
					t.Errorf("never asked again: %d calls, %v", calls, err)
				}
			})
		})
	}
}
