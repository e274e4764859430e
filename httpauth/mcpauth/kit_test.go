package mcpauth_test

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/httpauth/mcpauth"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

const (
	issuer   = "https://issuer.example"
	resource = "https://mcp.example.com/mcp"
	document = "https://mcp.example.com/.well-known/oauth-protected-resource/mcp"
)

var today = time.Unix(1_700_000_000, 0)

// A site is an MCP server of the SDK behind a guard, and an issuer that it trusts.
type site struct {
	*verifiertest.Signer
	srv  *httptest.Server
	seen *http.Request // the last one that came through
}

// newSite has the tools read_file, which needs files:read, and write_file, which
// needs files:write too, unless opts say otherwise.
func newSite(t *testing.T, opts ...mcpauth.Option) *site {
	s := &site{Signer: verifiertest.NewSigner(t, keys.ES256, "key-1")}
	s.serve(t, s.verifier(t), opts...)
	return s
}

func (s *site) verifier(t *testing.T) verifier.Verifier {
	t.Helper()
	v, err := verifier.New(keys.Static(s.Key()), verifier.WithIssuer(issuer, "https://other.example"), verifier.WithAnyAudience(),
		verifier.WithPossessionProven(), verifier.WithClock(func() time.Time { return today }))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

var filesTools = []mcpauth.Option{mcpauth.WithScopes("files:read"), mcpauth.WithTool("read_file"), mcpauth.WithTool("write_file", "files:write")}

func (s *site) serve(t *testing.T, v verifier.Verifier, opts ...mcpauth.Option) {
	t.Helper()
	if opts == nil {
		opts = filesTools
	}
	guard, err := mcpauth.New(v, httpauth.Metadata{Resource: resource, AuthorizationServers: []string{issuer}}, opts...)
	if err != nil {
		t.Fatal(err)
	}
	server := newServer("read_file", "write_file", "secret_tool")
	inner := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server }, &mcp.StreamableHTTPOptions{Stateless: true, JSONResponse: true})
	s.srv = httptest.NewServer(guard.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.seen = r
		inner.ServeHTTP(w, r)
	})))
	t.Cleanup(s.srv.Close)
}

// with returns the claims of a good token with changes; nil removes one.
func with(changes map[string]any) map[string]any {
	all := map[string]any{"iss": issuer, "aud": resource, "sub": "alice", "scope": "files:read", "exp": today.Add(time.Hour).Unix()}
	maps.Copy(all, changes)
	maps.DeleteFunc(all, func(_ string, v any) bool { return v == nil })
	return all
}

// An answer is what a client learns.
type answer struct {
	status    int
	challenge map[string]string
	body      string
}

const (
	readCall  = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read_file","arguments":{}}}`
	writeCall = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"write_file","arguments":{}}}`
	listCall  = `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`
)

func (s *site) call(t *testing.T, token, body string) answer {
	t.Helper()
	authorization := ""
	if token != "" {
		authorization = "Bearer " + token
	}
	return s.send(t, http.MethodPost, "/mcp", authorization, strings.NewReader(body))
}

func (s *site) send(t *testing.T, method, path, authorization string, body io.Reader) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.srv.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	if r.Header.Set("Accept", "application/json, text/event-stream"); body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	s.seen = nil
	res, err := s.srv.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{res.StatusCode, map[string]string{}, string(text)}
	for _, field := range res.Header["Www-Authenticate"] {
		for _, p := range parameters.FindAllStringSubmatch(field, -1) {
			a.challenge[p[1]] = p[2]
		}
	}
	if a.status != http.StatusOK && a.challenge["error"] != "" && s.seen != nil {
		t.Error("a refused request came through")
	}
	return a
}

var parameters = regexp.MustCompile(`([a-z_]+)="([^"]*)"`)
