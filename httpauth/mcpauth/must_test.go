package mcpauth_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/httpauth/mcpauth"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// TestMCPAuthorization has a case for each rule of MCP authorization 2026-07-28 that
// concerns servers.
func TestMCPAuthorization(t *testing.T) {
	s := newSite(t)
	hierarchy := newSite(t, append(slices.Clone(filesTools), mcpauth.WithHTTPAuth(
		httpauth.WithScopeHierarchy(map[string][]string{"files:admin": {"files:write"}, "files:write": {"files:read"}})))...)
	good, wide := s.Sign(with(nil)), s.Sign(with(map[string]any{"scope": "files:read files:write"}))
	read := func(t *testing.T, path string) (doc httpauth.Metadata) {
		t.Helper()
		a := s.send(t, http.MethodGet, path, "", nil)
		if err := json.Unmarshal([]byte(a.body), &doc); a.status != 200 || err != nil {
			t.Fatalf("%s: %+v, %v", path, a, err)
		}
		return doc
	}
	expect := func(t *testing.T, got answer, status int, code string) map[string]string {
		t.Helper()
		if got.status != status || got.challenge["error"] != code {
			t.Errorf("%d %q, want %d %q", got.status, got.challenge["error"], status, code)
		}
		return got.challenge
	}
	const atPath, atRoot = "/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-protected-resource"
	for _, rule := range []struct {
		name string
		test func(t *testing.T)
	}{
		{"MUST implement protected resource metadata (RFC 9728)", func(t *testing.T) {
			if got := read(t, atPath).Resource; got != resource {
				t.Errorf("resource is %q", got)
			}
		}},
		{"document MUST list at least one authorization server", func(t *testing.T) {
			if got := read(t, atPath).AuthorizationServers; !slices.Equal(got, []string{issuer}) {
				t.Errorf("authorization_servers is %q", got)
			}
			if _, err := mcpauth.New(s.verifier(t), httpauth.Metadata{Resource: resource}); err == nil {
				t.Error("New accepts a document that lists none")
			}
		}},
		{"MUST be discoverable by resource_metadata in 401", func(t *testing.T) {
			at, err := url.Parse(expect(t, s.call(t, "", listCall), 401, "")["resource_metadata"])
			if err != nil || at.String() != document || read(t, at.Path).Resource != resource {
				t.Errorf("resource_metadata is %v, %v", at, err)
			}
		}},
		{"MUST be discoverable at the path of the endpoint", func(t *testing.T) { read(t, atPath) }},
		{"MUST be discoverable at the root", func(t *testing.T) { read(t, atRoot) }},
		{"MUST validate tokens", func(t *testing.T) {
			forged := verifiertest.NewSigner(t, keys.ES256, "key-1").Sign(with(nil))
			expect(t, s.call(t, forged, listCall), 401, "invalid_token")
			expect(t, s.call(t, s.Sign(with(map[string]any{"iss": "https://evil.example"})), listCall), 401, "invalid_token")
			expect(t, s.call(t, good, listCall), 200, "")
		}},
		{"MUST reject tokens for another audience, whatever the verifier expects", func(t *testing.T) {
			for _, aud := range []any{"https://other.example/mcp", "https://mcp.example.com", resource + "/admin", "http://mcp.example.com/mcp", "https://mcp.example.com/MCP", []string{}, nil} {
				expect(t, s.call(t, s.Sign(with(map[string]any{"aud": aud})), listCall), 401, "invalid_token")
			}
			expect(t, s.call(t, s.Sign(with(map[string]any{"aud": []string{"https://other.example", resource}})), listCall), 200, "")
		}},
		{"SHOULD accept the canonical URI in other letters of scheme and host, and with a slash", func(t *testing.T) {
			for _, aud := range []string{"HTTPS://MCP.example.COM/mcp", resource + "/"} {
				expect(t, s.call(t, s.Sign(with(map[string]any{"aud": aud})), listCall), 200, "")
			}
		}},
		{"invalid or expired tokens MUST get 401", func(t *testing.T) {
			expect(t, s.call(t, "bad", listCall), 401, "invalid_token")
			expect(t, s.call(t, s.Sign(with(map[string]any{"exp": today.Add(-time.Hour).Unix()})), listCall), 401, "invalid_token")
		}},
		{"no token MUST get 401, without an error code", func(t *testing.T) { expect(t, s.call(t, "", listCall), 401, "") }},
		{"malformed requests MUST get 400", func(t *testing.T) {
			expect(t, s.call(t, "a b", listCall), 400, "invalid_request")
			expect(t, s.call(t, good, "{"), 400, "")
		}},
		{"insufficient scope MUST get 403, with error, scope and resource_metadata", func(t *testing.T) {
			got := expect(t, s.call(t, good, writeCall), 403, "insufficient_scope")
			if got["scope"] != "files:read files:write" || got["resource_metadata"] != document {
				t.Errorf("the challenge is %q", got)
			}
			expect(t, s.call(t, wide, writeCall), 200, "")
		}},
		{"one challenge SHOULD name all scopes of the operation", func(t *testing.T) {
			for _, held := range []string{"files:read", "files:write", "other"} {
				got := expect(t, s.call(t, s.Sign(with(map[string]any{"scope": held})), writeCall), 403, "insufficient_scope")
				if got["scope"] != "files:read files:write" {
					t.Errorf("with %s the challenge names %q", held, got["scope"])
				}
			}
		}},
		{"401 SHOULD name the scopes", func(t *testing.T) {
			for _, token := range []string{"", "bad"} {
				if got := s.call(t, token, writeCall).challenge["scope"]; got != "files:read" {
					t.Errorf("with the token %q, scope is %q", token, got)
				}
			}
		}},
		{"MUST account for scope hierarchies", func(t *testing.T) {
			for scope, status := range map[string]int{"files:admin": 200, "files:write": 200, "files:read": 403} {
				if got := hierarchy.call(t, hierarchy.Sign(with(map[string]any{"scope": scope})), writeCall); got.status != status {
					t.Errorf("%s: %d, want %d", scope, got.status, status)
				}
			}
		}},
		{"SHOULD NOT ask for offline_access", func(t *testing.T) {
			doc := httpauth.Metadata{Resource: resource, AuthorizationServers: []string{issuer}}
			for _, o := range []mcpauth.Option{mcpauth.WithScopes("offline_access"), mcpauth.WithTool("x", "offline_access"), mcpauth.WithOtherTools("offline_access")} {
				if _, err := mcpauth.New(s.verifier(t), doc, o); err == nil || !strings.Contains(err.Error(), "offline_access") {
					t.Errorf("New says %v", err)
				}
			}
			doc.Scopes = []string{"offline_access"}
			if _, err := mcpauth.New(s.verifier(t), doc); err == nil {
				t.Error("New accepts it in the document")
			}
			if got := read(t, atPath).Scopes; !slices.Equal(got, []string{"files:read"}) {
				t.Errorf("scopes_supported is %q, want what every request needs", got)
			}
		}},
		{"token MUST NOT be taken from the query", func(t *testing.T) {
			got := s.send(t, http.MethodPost, "/mcp?access_token="+good, "", strings.NewReader(listCall))
			expect(t, got, 401, "")
			if got := read(t, atPath).BearerMethods; !slices.Equal(got, []string{"header"}) {
				t.Errorf("bearer_methods_supported is %q", got)
			}
		}},
		{"every request MUST be authorized, whatever came before on its connection", func(t *testing.T) {
			for range 3 {
				expect(t, s.call(t, good, listCall), 200, "")
				expect(t, s.call(t, "", listCall), 401, "")
				for _, method := range []string{http.MethodGet, http.MethodDelete, http.MethodPut, http.MethodOptions} {
					expect(t, s.send(t, method, "/mcp", "", nil), 401, "")
				}
			}
		}},
		{"token MUST NOT be passed on", func(t *testing.T) {
			expect(t, s.send(t, http.MethodPost, "/mcp?t="+good, "Bearer "+good, strings.NewReader(readCall)), 200, "")
			if s.seen == nil || strings.Contains(fmt.Sprint(s.seen.Header, s.seen.URL, s.seen.RequestURI), good) {
				t.Errorf("the server sees %v", s.seen)
			}
		}},
		{"an outage is 503, and no challenge", func(t *testing.T) {
			down := &site{Signer: s.Signer}
			down.serve(t, verifier.Func(undecided))
			got := down.call(t, good, listCall)
			if got.status != 503 || len(got.challenge) > 0 || down.seen != nil {
				t.Errorf("%+v", got)
			}
		}},
	} {
		t.Run(rule.name, rule.test)
	}
}
