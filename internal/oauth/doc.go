// Package oauth obtains, keeps and ends consents. It has the code flow with one-time states and PKCE, calls to the
// token endpoint with answers classified into problems, and for each connection a token source that refreshes once for
// all callers and stores a rotated pair before it hands out the access token. It implements what both providers share;
// a Provider says how they differ. No error of this package contains a token, a secret or the body of an answer.
package oauth
