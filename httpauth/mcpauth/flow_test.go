package mcpauth_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/modelcontextprotocol/go-sdk/oauthex"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/httpauth/mcpauth"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// TestFlows: the real clients of two SDKs, against a real authorization server,
// each from nothing to a tool that needs a wider token.
func TestFlows(t *testing.T) {
	dir := packages(t)
	for _, test := range []struct {
		name      string
		stateless bool
		client    func(t *testing.T, dir, server string) []string
	}{
		{"go-sdk, stateless", true, goClient},
		{"go-sdk, sessions", false, goClient},
		{"TypeScript SDK, stateless", true, typeScriptClient},
		{"TypeScript SDK, sessions", false, typeScriptClient},
	} {
		t.Run(test.name, func(t *testing.T) {
			var transcript recorder
			server := startFlowServer(t, dir, test.stateless, &transcript)
			said := test.client(t, dir, server)
			want := []string{"read_file for alice with files:read", "write_file for alice with files:read files:write", "read_file for alice with files:read files:write"}
			if diff := cmp.Diff(want, said); diff != "" {
				t.Errorf("the tools said (-want +got)\n%s", diff)
			}
			t.Logf("%s:\n%s", test.name, transcript.text())
			document := strings.TrimSuffix(server, "/mcp") + "/.well-known/oauth-protected-resource/mcp"
			for _, line := range []string{
				` → 401 Bearer realm="api", scope="files:read", resource_metadata="` + document + `"`,
				`GET /.well-known/oauth-protected-resource/mcp → 200`,
				`tools/call read_file → 200`,
				`tools/call write_file → 403 Bearer realm="api", error="insufficient_scope", error_description="The token does not grant the required access.", scope="files:read files:write", resource_metadata="` + document + `"`,
				`tools/call write_file → 200`,
			} {
				if !strings.Contains(transcript.text(), line) {
					t.Errorf("the transcript lacks %s", line)
				}
			}
			if n := strings.Count(transcript.text(), "→ 403"); n != 1 {
				t.Errorf("%d step-ups, want one", n)
			}
		})
	}
}

// startFlowServer starts the authorization server, and an MCP server with two tools
// that trusts it. It returns the URL of the latter.
func startFlowServer(t *testing.T, dir string, stateless bool, transcript *recorder) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	resource := "http://" + listener.Addr().String() + "/mcp"
	issuer := startProvider(t, dir, resource, "files:read files:write")

	src, err := keys.Open(t.Context(), "oidc:"+issuer)
	if err != nil {
		t.Fatal(err)
	}
	v, err := verifier.New(src, verifier.AccessToken(), verifier.WithIssuer(issuer), verifier.WithAudience(resource))
	if err != nil {
		t.Fatal(err)
	}
	guard, err := mcpauth.New(v, httpauth.Metadata{Resource: resource, AuthorizationServers: []string{issuer}},
		mcpauth.WithLoopback(), mcpauth.WithScopes("files:read"),
		mcpauth.WithTool("read_file"), mcpauth.WithTool("write_file", "files:write"))
	if err != nil {
		t.Fatal(err)
	}
	server := newServer("read_file", "write_file")
	handler := guard.Handler(mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server }, &mcp.StreamableHTTPOptions{Stateless: stateless}))
	srv := httptest.NewUnstartedServer(transcript.record(handler))
	srv.Listener.Close()
	srv.Listener = listener
	srv.Start()
	t.Cleanup(srv.Close)
	return resource
}

// newServer has tools that say who calls them, by what the SDK knows of the token.
func newServer(tools ...string) *mcp.Server {
	server := mcp.NewServer(&mcp.Implementation{Name: "files", Version: "1.0.0"}, nil)
	for _, name := range tools {
		mcp.AddTool(server, &mcp.Tool{Name: name}, func(_ context.Context, req *mcp.CallToolRequest, _ struct{}) (*mcp.CallToolResult, any, error) {
			info := req.Extra.TokenInfo
			if len(req.Extra.Header["Authorization"]) > 0 {
				return nil, nil, fmt.Errorf("the tool sees the token")
			}
			tok, ok := mcpauth.Token(info)
			if !ok || tok.Subject != info.UserID || !tok.Expiry.Equal(info.Expiration) {
				return nil, nil, fmt.Errorf("the token is %v, the SDK knows %v", tok, info)
			}
			text := fmt.Sprintf("%s for %s with %s", name, info.UserID, strings.Join(slices.Sorted(slices.Values(info.Scopes)), " "))
			return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: text}}}, nil, nil
		})
	}
	return server
}

var toolCalls = []string{"read_file", "write_file", "read_file"}

func goClient(t *testing.T, _, server string) (said []string) {
	handler, err := auth.NewAuthorizationCodeHandler(&auth.AuthorizationCodeHandlerConfig{
		RedirectURL: redirect,
		DynamicClientRegistrationConfig: &auth.DynamicClientRegistrationConfig{Metadata: &oauthex.ClientRegistrationMetadata{
			ClientName: "flow", RedirectURIs: []string{redirect}, TokenEndpointAuthMethod: "none",
			GrantTypes: []string{"authorization_code"}, ResponseTypes: []string{"code"},
		}},
		AuthorizationCodeFetcher: func(_ context.Context, args *auth.AuthorizationArgs) (*auth.AuthorizationResult, error) {
			back := browse(t, args.URL)
			return &auth.AuthorizationResult{Code: back.Get("code"), State: back.Get("state"), Iss: back.Get("iss")}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	client := mcp.NewClient(&mcp.Implementation{Name: "flow", Version: "1.0.0"}, nil)
	session, err := client.Connect(t.Context(), &mcp.StreamableClientTransport{Endpoint: server, OAuthHandler: handler}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	for _, tool := range toolCalls {
		result, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: tool})
		if err != nil {
			t.Fatal(err)
		}
		said = append(said, result.Content[0].(*mcp.TextContent).Text)
	}
	return said
}

func typeScriptClient(t *testing.T, dir, server string) (said []string) {
	s := run(t, dir, "client.mjs", append([]string{server, redirect}, toolCalls...)...)
	for range 2 { // once for the first token, once for the wider one
		back := browse(t, s.line(t, "open"))
		if _, err := fmt.Fprintln(s.in, back.Get("code")); err != nil {
			t.Fatal(err)
		}
		said = append(said, s.line(t, "said"))
	}
	return append(said, s.line(t, "said"))
}

// A recorder keeps one line for each request: what it asks for, and the status and
// challenge of the answer.
type recorder struct {
	mu    sync.Mutex
	lines []string
}

func (c *recorder) record(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		line := r.Method + " " + r.URL.Path
		if r.Method == http.MethodPost {
			body, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(body))
			var call struct {
				Method string
				Params struct{ Name string }
			}
			json.Unmarshal(body, &call)
			line = strings.TrimSpace(line + " " + call.Method + " " + call.Params.Name)
		}
		next.ServeHTTP(&answering{ResponseWriter: w, note: func(status int) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.lines = append(c.lines, strings.TrimSpace(fmt.Sprintf("%s → %d %s", line, status, w.Header().Get("WWW-Authenticate"))))
		}}, r)
	})
}

func (c *recorder) text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.Join(slices.Clone(c.lines), "\n")
}

// answering notes the status of an answer when it is sent.
type answering struct {
	http.ResponseWriter
	note func(status int)
	once sync.Once
}

func (w *answering) WriteHeader(status int) {
	w.once.Do(func() { w.note(status) })
	w.ResponseWriter.WriteHeader(status)
}

func (w *answering) Write(p []byte) (int, error) {
	w.once.Do(func() { w.note(http.StatusOK) })
	return w.ResponseWriter.Write(p)
}

func (w *answering) Unwrap() http.ResponseWriter { return w.ResponseWriter }
