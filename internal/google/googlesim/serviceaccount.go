package googlesim

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"strings"
	"time"
)

// ServiceAccountEmail is the address spreadsheets are shared with to let the service account in.
const ServiceAccountEmail = "exporter@sandbox-project.iam.gserviceaccount.com"

const serviceKeyID = "5a0db0c5e5c1a7f0000000000000000000000001"

// ServiceAccountKey returns the JSON key file of the simulated service account, with this server as
// token_uri: set the base URL first. The key pair is made on first use.
func (s *Server) ServiceAccountKey() []byte {
	key := s.serviceKey()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil
	}
	e := s.Endpoints()
	text, err := json.MarshalIndent(map[string]string{
		"type": "service_account", "project_id": "sandbox-project", "private_key_id": serviceKeyID,
		"private_key":  string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
		"client_email": ServiceAccountEmail, "client_id": "100000000000000000001",
		"auth_uri": e.AuthURL, "token_uri": e.TokenURL,
	}, "", "  ")
	if err != nil {
		return nil
	}
	return text
}

func (s *Server) serviceKey() *rsa.PrivateKey {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.key == nil {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return &rsa.PrivateKey{}
		}
		s.key = key
	}
	return s.key
}

// serviceToken answers the JWT-bearer grant. The caller holds the lock.
func (s *Server) serviceToken(w http.ResponseWriter, r *http.Request) {
	refuse := func(text string) { oauthError(w, http.StatusBadRequest, "invalid_grant", text) }
	parts := strings.Split(r.PostForm.Get("assertion"), ".")
	if len(parts) != 3 {
		refuse("Bad Request")
		return
	}
	var header struct {
		Alg string `json:"alg"`
	}
	var claims struct {
		Iss, Sub, Aud, Scope string
		Iat, Exp             float64
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || !decodePart(parts[0], &header) || !decodePart(parts[1], &claims) {
		refuse("Invalid JWT: Failed audience check.")
		return
	}
	if claims.Iss != ServiceAccountEmail {
		refuse("Invalid grant: account not found")
		return
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if header.Alg != "RS256" || s.key == nil || rsa.VerifyPKCS1v15(&s.key.PublicKey, crypto.SHA256,
		sum[:], signature) != nil {
		refuse("Invalid JWT Signature.")
		return
	}
	now, issued, ends := s.now(), time.Unix(int64(claims.Iat), 0), time.Unix(int64(claims.Exp), 0)
	if ends.Before(now) || issued.After(now.Add(5*time.Minute)) || ends.Sub(issued) > time.Hour+time.Minute {
		refuse("Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check " +
			"your iat and exp values in the JWT claim.")
		return
	}
	if !strings.HasSuffix(claims.Aud, "/token") {
		refuse("Invalid JWT: Failed audience check.")
		return
	}
	if claims.Sub != "" && claims.Sub != claims.Iss {
		oauthError(w, http.StatusUnauthorized, "unauthorized_client",
			"Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of "+
				"the scopes requested.")
		return
	}
	if strings.TrimSpace(claims.Scope) == "" {
		oauthError(w, http.StatusBadRequest, "invalid_scope", "Empty or missing scope not allowed.")
		return
	}
	answer := s.issueAccess(caller{
		email: ServiceAccountEmail, client: ServiceAccountEmail, scopes: scopeSet(claims.Scope), service: true,
	})
	delete(answer, "scope")
	writeJSON(w, http.StatusOK, answer)
}

func decodePart(text string, to any) bool {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	return err == nil && json.Unmarshal(raw, to) == nil
}
