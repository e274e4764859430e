package httpauth_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// An mcpServer is protected as the authorization part of the Model Context
// Protocol, 2026-07-28, requires of servers.
type mcpServer struct {
	*verifiertest.Signer
	base, document string
	seen           http.Header // the last request, as the tool saw it
}

const mcpResource = "https://mcp.example.com/mcp"

func newMCPServer(t *testing.T) *mcpServer {
	s := &mcpServer{Signer: verifiertest.NewSigner(t, keys.ES256, "key-1")}
	v, err := verifier.New(keys.Static(s.Key()), verifier.WithIssuer(issuer), verifier.WithAudience(mcpResource),
		verifier.WithClock(func() time.Time { return today }))
	if err != nil {
		t.Fatal(err)
	}
	doc := httpauth.Metadata{
		Resource: mcpResource, AuthorizationServers: []string{issuer}, Scopes: []string{"tools:read", "tools:write"},
	}
	at, err := doc.WellKnown()
	if err != nil {
		t.Fatal(err)
	}
	auth := httpauth.New(v, httpauth.WithResourceMetadata(at.String()), httpauth.WithoutCredential(),
		httpauth.WithScopeHierarchy(map[string][]string{"tools:write": {"tools:read"}}))
	tool := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.seen = r.Header; page(w, r) })
	mux := http.NewServeMux()
	mux.Handle(at.Path, doc)
	mux.Handle("/.well-known/oauth-protected-resource", doc)
	mux.Handle("GET /mcp", auth.RequireScope("tools:read")(tool))
	mux.Handle("POST /mcp", auth.RequireScope("tools:read", "tools:write")(tool))
	s.base, s.document = serve(t, mux).URL, at.String()
	return s
}

func (s *mcpServer) token(changes map[string]any) string {
	all := map[string]any{"aud": mcpResource, "scope": "tools:read tools:write"}
	for name, v := range changes {
		all[name] = v
	}
	return s.Sign(with(all))
}

// ask returns the answer and the parameters of its challenge, if it has one.
func (s *mcpServer) ask(t *testing.T, method, path, authorization string) (answer, map[string]string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.base+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	s.seen = nil
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	a := read(t, res, authorization)
	if len(a.Challenge) == 0 {
		return a, nil
	}
	return a, challenge(t, a.Challenge[0])
}

// TestMCP has a case for each rule of the specification that concerns servers.
func TestMCP(t *testing.T) {
	s := newMCPServer(t)
	document := func(t *testing.T, path string) (doc struct {
		Resource string   `json:"resource"`
		Servers  []string `json:"authorization_servers"`
		Scopes   []string `json:"scopes_supported"`
		Methods  []string `json:"bearer_methods_supported"`
	}) {
		a, _ := s.ask(t, http.MethodGet, path, "")
		if a.Status != http.StatusOK || a.ContentType != "application/json" {
			t.Fatalf("%s: %+v", path, a)
		}
		if err := json.Unmarshal([]byte(a.Body), &doc); err != nil {
			t.Fatal(err)
		}
		return doc
	}
	expect := func(t *testing.T, method, path, authorization string, status int, code string) map[string]string {
		t.Helper()
		a, params := s.ask(t, method, path, authorization)
		if a.Status != status || params["error"] != code {
			t.Errorf("%s %s: %d %q, want %d %q", method, path, a.Status, params["error"], status, code)
		}
		if status != http.StatusOK && s.seen != nil {
			t.Error("the tool was called")
		}
		return params
	}
	good := "Bearer " + s.token(nil)
	for _, rule := range []struct {
		name string
		test func(t *testing.T)
	}{
		{"MUST implement protected resource metadata (RFC 9728)", func(t *testing.T) {
			if got := document(t, "/.well-known/oauth-protected-resource/mcp").Resource; got != mcpResource {
				t.Errorf("resource is %q, want %q", got, mcpResource)
			}
		}},
		{"document MUST list at least one authorization server", func(t *testing.T) {
			if got := document(t, "/.well-known/oauth-protected-resource/mcp").Servers; !slices.Equal(got, []string{issuer}) {
				t.Errorf("authorization_servers is %q", got)
			}
		}},
		{"MUST be discoverable by resource_metadata in 401", func(t *testing.T) {
			at, err := url.Parse(expect(t, "GET", "/mcp", "", 401, "")["resource_metadata"])
			if err != nil || at.String() != s.document {
				t.Fatalf("resource_metadata is %v, %v; want %s", at, err, s.document)
			}
			if got := document(t, at.Path).Resource; got != mcpResource {
				t.Errorf("there, resource is %q, want %q", got, mcpResource)
			}
		}},
		{"MUST be discoverable at the well-known path of the endpoint", func(t *testing.T) {
			document(t, "/.well-known/oauth-protected-resource/mcp")
		}},
		{"may be discoverable at the root", func(t *testing.T) { document(t, "/.well-known/oauth-protected-resource") }},
		{"metadata needs no token", func(t *testing.T) {
			expect(t, "GET", "/.well-known/oauth-protected-resource/mcp", "", 200, "")
		}},
		{"canonical URI SHOULD be in lower case and without a slash at the end", func(t *testing.T) {
			got := document(t, "/.well-known/oauth-protected-resource").Resource
			if got != strings.ToLower(got) || strings.HasSuffix(got, "/") {
				t.Errorf("resource is %q", got)
			}
		}},
		{"MUST validate tokens", func(t *testing.T) {
			forged := verifiertest.NewSigner(t, keys.ES256, "key-1").Sign(with(map[string]any{"aud": mcpResource, "scope": "tools:read"}))
			expect(t, "GET", "/mcp", good, 200, "")
			expect(t, "GET", "/mcp", "Bearer "+forged, 401, "invalid_token")
		}},
		{"MUST reject tokens for another audience", func(t *testing.T) {
			for _, aud := range []any{"https://other.example", "https://mcp.example.com", mcpResource + "/", []string{}, nil} {
				expect(t, "GET", "/mcp", "Bearer "+s.token(map[string]any{"aud": aud}), 401, "invalid_token")
			}
			expect(t, "GET", "/mcp", "Bearer "+s.token(map[string]any{"aud": []string{"https://other.example", mcpResource}}), 200, "")
		}},
		{"MUST reject tokens of another issuer", func(t *testing.T) {
			expect(t, "GET", "/mcp", "Bearer "+s.token(map[string]any{"iss": "https://other.example"}), 401, "invalid_token")
		}},
		{"invalid or expired tokens MUST get 401", func(t *testing.T) {
			expect(t, "GET", "/mcp", "Bearer bad", 401, "invalid_token")
			expect(t, "GET", "/mcp", "Bearer "+s.token(map[string]any{"exp": today.Add(-time.Hour).Unix()}), 401, "invalid_token")
		}},
		{"no token MUST get 401, without an error code", func(t *testing.T) { expect(t, "GET", "/mcp", "", 401, "") }},
		{"malformed requests MUST get 400", func(t *testing.T) {
			expect(t, "GET", "/mcp", "Bearer a b", 400, "invalid_request")
		}},
		{"insufficient scope MUST get 403, with error, scope and resource_metadata", func(t *testing.T) {
			params := expect(t, "GET", "/mcp", "Bearer "+s.token(map[string]any{"scope": "other"}), 403, "insufficient_scope")
			if params["scope"] != "tools:read" || params["resource_metadata"] != s.document {
				t.Errorf("the challenge says %q", params)
			}
		}},
		{"a challenge SHOULD name all scopes of the operation", func(t *testing.T) {
			for _, held := range []string{"tools:read", "other"} {
				params := expect(t, "POST", "/mcp", "Bearer "+s.token(map[string]any{"scope": held}), 403, "insufficient_scope")
				if params["scope"] != "tools:read tools:write" {
					t.Errorf("with %q, scope is %q", held, params["scope"])
				}
			}
		}},
		{"401 SHOULD name the scopes", func(t *testing.T) {
			if got := expect(t, "GET", "/mcp", "", 401, "")["scope"]; got != "tools:read" {
				t.Errorf("scope is %q", got)
			}
		}},
		{"MUST account for scope hierarchies", func(t *testing.T) {
			expect(t, "GET", "/mcp", "Bearer "+s.token(map[string]any{"scope": "tools:write"}), 200, "")
			expect(t, "POST", "/mcp", "Bearer "+s.token(map[string]any{"scope": "tools:write"}), 200, "")
		}},
		{"SHOULD NOT ask for offline_access", func(t *testing.T) {
			params := expect(t, "GET", "/mcp", "", 401, "")
			all := append(document(t, "/.well-known/oauth-protected-resource").Scopes, strings.Fields(params["scope"])...)
			if slices.Contains(all, "offline_access") {
				t.Errorf("the scopes are %q", all)
			}
		}},
		{"token MUST NOT be taken from the query", func(t *testing.T) {
			expect(t, "GET", "/mcp?access_token="+s.token(nil), "", 401, "")
			if got := document(t, "/.well-known/oauth-protected-resource").Methods; !slices.Equal(got, []string{"header"}) {
				t.Errorf("bearer_methods_supported is %q", got)
			}
		}},
		{"every request MUST be authorized, whatever came before on its connection", func(t *testing.T) {
			expect(t, "GET", "/mcp", good, 200, "")
			expect(t, "GET", "/mcp", "", 401, "")
			expect(t, "POST", "/mcp", good, 200, "")
			expect(t, "POST", "/mcp", "", 401, "")
		}},
		{"token MUST NOT be passed on", func(t *testing.T) {
			expect(t, "GET", "/mcp", good, 200, "")
			if s.seen == nil || len(s.seen["Authorization"]) > 0 {
				t.Errorf("the tool sees %v", s.seen)
			}
		}},
	} {
		t.Run(rule.name, rule.test)
	}
}

// TestScopeHierarchy: a broader scope is enough, and a narrower one is not.
func TestScopeHierarchy(t *testing.T) {
	s := newSite(t)
	m := httpauth.New(s,
		httpauth.WithScopeHierarchy(map[string][]string{"admin": {"write", "audit"}, "loop": {"write"}}),
		httpauth.WithScopeHierarchy(map[string][]string{"write": {"read", "loop"}}))
	for _, test := range []struct {
		needs  []string
		scope  string
		status int
	}{
		{[]string{"read"}, "read", 200},
		{[]string{"read"}, "write", 200},
		{[]string{"read"}, "admin", 200},
		{[]string{"read", "audit"}, "admin", 200},
		{[]string{"read", "write"}, "loop", 200},
		{[]string{"write"}, "read", 403},
		{[]string{"admin"}, "write audit", 403},
		{[]string{"read", "audit"}, "write", 403},
		{[]string{"read"}, "audit", 403},
		{[]string{"other"}, "admin", 403},
	} {
		token := s.Sign(with(map[string]any{"scope": test.scope}))
		got := get(t, serve(t, m.RequireScope(test.needs...)(page)), token)
		if got.Status != test.status {
			t.Errorf("%q with %q: %d, want %d", test.needs, test.scope, got.Status, test.status)
		}
		if got.Status == 403 && challenge(t, got.Challenge[0])["scope"] != strings.Join(test.needs, " ") {
			t.Errorf("%q with %q: the challenge is %s", test.needs, test.scope, got.Challenge)
		}
	}
}
