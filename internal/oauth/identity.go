package oauth

import (
	"context"
	"encoding/json"
	"net/http"

	"ledgersheet/internal/problem"
)

// Identity says who gave a consent, as far as the granted scopes reveal it.
type Identity struct {
	Subject string // the provider's permanent id for the person
	Email   string
	Name    string
}

// UserInfo asks the OpenID endpoint who owns the access token, which needs the scopes openid and email. If the token is
// refused, the error is a problem with the code Reconnect.
// https://openid.net/specs/openid-connect-core-1_0.html#UserInfo
func (p *Provider) UserInfo(ctx context.Context, access string) (Identity, error) {
	ends, err := p.lookUpEndpoints(ctx)
	if err != nil {
		return Identity{}, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, ends.UserInfo, nil)
	if err != nil {
		return Identity{}, p.badAddress("userinfo", err)
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Authorization", "Bearer "+access)
	reply, err := p.do(request, access)
	if err != nil {
		return Identity{}, err
	}
	var claims struct {
		Subject string `json:"sub"`
		ID      string `json:"id"` // in Google's older version of the endpoint
		Email   string `json:"email"`
		Name    string `json:"name"`
	}
	switch {
	case reply.status == http.StatusUnauthorized, reply.status == http.StatusForbidden:
		return Identity{}, problem.New(p.Reconnect, "%s does not tell who gave this permission.", p.title()).
			WithHint("Connect again and leave the boxes for your e-mail address ticked.").WithRequestID(reply.requestID)
	case !reply.ok():
		return Identity{}, p.classify(reply)
	case json.Unmarshal(reply.body, &claims) != nil || claims.Subject+claims.ID == "":
		return Identity{}, problem.New(p.Unavailable, "%s did not say whose permission this is.", p.title()).
			WithRequestID(reply.requestID)
	}
	if claims.Subject == "" {
		claims.Subject = claims.ID
	}
	return Identity{Subject: claims.Subject, Email: claims.Email, Name: claims.Name}, nil
}
