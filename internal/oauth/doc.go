// Package oauth gets, keeps and ends consents: the code flow with one-time states and PKCE, the token endpoint's calls
// with their answers classified into problems, and per connection a token source that refreshes once for all callers
// and makes a rotated pair durable before it hands out the access token. It knows what both providers share; what sets
// them apart is said by a Provider. No error of this package holds a token, a secret or the body of an answer.
package oauth
