package mcpauth_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/httpauth/mcpauth"
	"github.com/jwtverify/jwtverify/verifier"
)

func undecided(context.Context, string) (*verifier.Token, error) {
	return nil, verifier.ErrUnavailable
}

func callOf(tool string) string { return strings.Replace(readCall, "read_file", tool, 1) }

// TestTools: what calls of listed and other tools need, and what is answered.
func TestTools(t *testing.T) {
	for _, test := range []struct {
		name        string
		opts        []mcpauth.Option
		scope, body string
		status      int
		names       string // the scope of the challenge
		says        string
	}{
		{"a tool with no scopes of its own", filesTools, "files:read", readCall, 200, "", "read_file for alice with files:read"},
		{"a wider token", filesTools, "files:write files:read", writeCall, 200, "", "write_file for alice with files:read files:write"},
		{"a narrow token", filesTools, "files:read", writeCall, 403, "files:read files:write", ""},
		{"nothing that every request needs", filesTools, "files:write", listCall, 403, "files:read", ""},
		{"a tool that is not listed", filesTools, "files:read files:write", callOf("secret_tool"), 200, "", `"code":-32602,"message":"mcpauth: the tool \"secret_tool\" is not listed by the guard of this server"`},
		{"a tool that does not exist", filesTools, "files:read files:write", callOf("none"), 200, "", `"code":-32602`},
		{"a tool in other letters", filesTools, "files:read files:write", callOf("READ_FILE"), 200, "", `"code":-32602`},
		{"a tool that is not listed, narrow token", filesTools, "", callOf("secret_tool"), 403, "files:read", ""},
		{"a notification to a tool that is not listed", filesTools, "files:read", `{"jsonrpc":"2.0","method":"tools/call","params":{"name":"secret_tool"}}`, 400, "", "not listed"},
		{"a call without a name", filesTools, "files:read", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}}`, 200, "", `"code":-32602`},
		{"other tools", append(slices.Clone(filesTools), mcpauth.WithOtherTools("files:admin")), "files:read", callOf("secret_tool"), 403, "files:read files:admin", ""},
		{"other tools, good", append(slices.Clone(filesTools), mcpauth.WithOtherTools("files:admin")), "files:read files:admin", callOf("secret_tool"), 200, "", "secret_tool for alice"},
		{"other tools need no more", append(slices.Clone(filesTools), mcpauth.WithOtherTools()), "files:read", callOf("secret_tool"), 200, "", "secret_tool for alice"},
		{"no tools are listed", []mcpauth.Option{mcpauth.WithScopes("files:read")}, "files:read", callOf("secret_tool"), 200, "", "secret_tool for alice"},
		{"only other tools", []mcpauth.Option{mcpauth.WithOtherTools("a")}, "", callOf("secret_tool"), 403, "a", ""},
		{"no options", []mcpauth.Option{}, "", callOf("secret_tool"), 200, "", "secret_tool for alice with "},
		{"scopes from another claim", append(slices.Clone(filesTools), mcpauth.WithHTTPAuth(httpauth.WithScopesFrom("roles"))), "files:read", readCall, 403, "files:read", ""},
		{"a batch: the scopes of all calls", filesTools, "files:read", "[" + readCall + "," + strings.Replace(writeCall, `"id":1`, `"id":2`, 1) + "]", 403, "files:read files:write", ""},
		{"a batch, wide token", filesTools, "files:read files:write", "[" + readCall + "," + strings.Replace(writeCall, `"id":1`, `"id":2`, 1) + "]", 200, "", "read_file for alice with files:read files:write"},
		{"a batch, wide token: all of it comes through", filesTools, "files:read files:write", "[" + readCall + "," + strings.Replace(writeCall, `"id":1`, `"id":2`, 1) + "]", 200, "", "write_file for alice with files:read files:write"},
		{"a batch with a tool that is not listed", filesTools, "files:read files:write", "[" + readCall + "," + callOf("secret_tool") + "]", 200, "", `"code":-32602`},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newSite(t, test.opts...)
			got := s.call(t, s.Sign(with(map[string]any{"scope": test.scope})), test.body)
			if got.status != test.status || got.challenge["scope"] != test.names || !strings.Contains(got.body, test.says) {
				t.Errorf("%+v, want %d %q %s", got, test.status, test.names, test.says)
			}
			if strings.Contains(test.says, "-32602") && s.seen != nil {
				t.Error("the call came through")
			}
		})
	}
}

// TestWithNeed: what the function sees, and what becomes of what it returns.
func TestWithNeed(t *testing.T) {
	var calls []string
	s := newSite(t, mcpauth.WithScopes("base"), mcpauth.WithNeed(func(r *http.Request, c mcpauth.Call) (httpauth.Need, error) {
		tok, _ := httpauth.FromContext(r.Context())
		calls = append(calls, fmt.Sprint(tok.Subject, " ", c.Method, " ", c.Name, " ", string(c.Params)))
		switch c.Name {
		case "error":
			return httpauth.Need{}, errors.New("no such thing")
		case "panic":
			panic("oh")
		case "any":
			return httpauth.Need{AnyOf: []string{"a", "b"}}, nil
		case "claims":
			return httpauth.Need{Claims: claims.Required("tenant"), Ask: []string{"tenant"}}, nil
		case "bad":
			return httpauth.Need{AllOf: []string{"two words"}}, nil
		}
		return httpauth.Need{AllOf: []string{c.Method + ":" + c.Name}}, nil
	}))
	message := func(method, params string) string {
		return `{"jsonrpc":"2.0","id":1,"method":"` + method + `","params":` + params + `}`
	}
	for _, test := range []struct {
		name, scope, body string
		status            int
		names             string
		calls             []string
	}{
		{"tool", "base", message("tools/call", `{"name":"t","arguments":{"x":1}}`), 403, "base tools/call:t", []string{`alice tools/call t {"name":"t","arguments":{"x":1}}`}},
		{"prompt", "base", message("prompts/get", `{"name":"p"}`), 403, "base prompts/get:p", []string{`alice prompts/get p {"name":"p"}`}},
		{"resource", "base", message("resources/read", `{"uri":"file:///a"}`), 403, "base resources/read:file:///a", []string{`alice resources/read file:///a {"uri":"file:///a"}`}},
		{"subscription", "base", message("resources/subscribe", `{"uri":"file:///a"}`), 403, "base resources/subscribe:file:///a", []string{`alice resources/subscribe file:///a {"uri":"file:///a"}`}},
		{"other", "base", message("tools/list", `{}`), 403, "base tools/list:", []string{`alice tools/list  {}`}},
		{"error", "base", message("tools/call", `{"name":"error"}`), 503, "", []string{`alice tools/call error {"name":"error"}`}},
		{"panic", "base", message("tools/call", `{"name":"panic"}`), 503, "", []string{`alice tools/call panic {"name":"panic"}`}},
		{"not a scope", "base", message("tools/call", `{"name":"bad"}`), 503, "", []string{`alice tools/call bad {"name":"bad"}`}},
		{"one of two", "base c", message("tools/call", `{"name":"any"}`), 403, "base a b", []string{`alice tools/call any {"name":"any"}`}},
		{"claims", "base", message("tools/call", `{"name":"claims"}`), 403, "base tenant", []string{`alice tools/call claims {"name":"claims"}`}},
		{"a batch of alternatives", "base a", "[" + message("tools/call", `{"name":"any"}`) + "," + message("tools/call", `{"name":"claims"}`) + "]", 400, "", []string{`alice tools/call any {"name":"any"}`, `alice tools/call claims {"name":"claims"}`}},
		{"no call", "base", `{"jsonrpc":"2.0","id":1,"result":{}}`, 202, "", nil},
		{"no call, narrow token", "", `{"jsonrpc":"2.0","id":1,"result":{}}`, 403, "base", nil},
	} {
		calls = nil
		got := s.call(t, s.Sign(with(map[string]any{"scope": test.scope})), test.body)
		if got.status != test.status || got.challenge["scope"] != test.names {
			t.Errorf("%s: %+v, want %d %q", test.name, got, test.status, test.names)
		}
		if diff := cmp.Diff(test.calls, calls); diff != "" {
			t.Errorf("%s: the calls (-want +got)\n%s", test.name, diff)
		}
		calls = nil
		if got := s.call(t, "", test.body); got.status != 401 || calls != nil {
			t.Errorf("%s: without a token %+v, and the function is called for %q", test.name, got, calls)
		}
	}
}

// TestBodies: what could be read in two ways comes to nobody.
func TestBodies(t *testing.T) {
	s := newSite(t, append(slices.Clone(filesTools), mcpauth.WithMaxBody(2000))...)
	good := s.Sign(with(nil))
	for _, test := range []struct {
		name, body string
		status     int
	}{
		{"good", readCall, 200},
		{"white space around", " \n" + readCall + "\n ", 200},
		{"escaped name", strings.Replace(readCall, "read_file", `re\u0061d_file`, 1), 200},
		{"escaped name of a tool that needs more", strings.Replace(readCall, "read_file", `write\u005ffile`, 1), 403},
		{"escaped method", strings.Replace(writeCall, "tools/call", `tools\/c\u0061ll`, 1), 403},
		{"escaped member", strings.Replace(writeCall, `"method"`, `"m\u0065thod"`, 1), 403},
		{"empty", "", 400},
		{"white space", " \n", 400},
		{"not JSON", "read_file", 400},
		{"cut", readCall[:len(readCall)-1], 400},
		{"two messages", readCall + writeCall, 400},
		{"something after it", readCall + "x", 400},
		{"method twice", `{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call","params":{"name":"write_file"}}`, 400},
		{"method twice, escaped", `{"jsonrpc":"2.0","id":1,"method":"ping","\u006dethod":"tools/call","params":{"name":"write_file"}}`, 400},
		{"method in another case", `{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/call","params":{"name":"write_file"}}`, 400},
		{"params in another case", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read_file"},"PARAMS":{"name":"write_file"}}`, 400},
		{"params with a long s", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read_file"},"paramſ":{"name":"write_file"}}`, 400},
		{"name twice", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read_file","name":"write_file"}}`, 400},
		{"name in another case", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read_file","Name":"write_file"}}`, 400},
		{"name is null", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":null}}`, 400},
		{"name is a list", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":["write_file"]}}`, 400},
		{"params are a list", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":["write_file"]}`, 400},
		{"params are null", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":null}`, 400},
		{"method is a number", `{"jsonrpc":"2.0","id":1,"method":1}`, 400},
		{"method is empty", `{"jsonrpc":"2.0","id":1,"method":""}`, 400},
		{"method is null", `{"jsonrpc":"2.0","id":1,"method":null}`, 400},
		{"another version", `{"jsonrpc":"1.0","id":1,"method":"ping"}`, 400},
		{"a string", `"tools/call"`, 400},
		{"null", `null`, 400},
		{"an empty batch", `[]`, 400},
		{"a batch in a batch", "[[" + writeCall + "]]", 400},
		{"a batch of a string", `["x"]`, 400},
		{"a batch of null", `[null]`, 400},
		{"not UTF-8", strings.Replace(readCall, "read_file", "read_file\xff", 1), 400},
		{"half a surrogate", strings.Replace(readCall, "read_file", `read_file\ud800`, 1), 400},
		{"a byte order mark", "\ufeff" + readCall, 400},
		{"very deep", strings.Repeat("[", 1500), 400},
		{"as long as allowed", readCall + strings.Repeat(" ", 2000-len(readCall)), 200},
		{"too long", readCall + strings.Repeat(" ", 2001-len(readCall)), 413},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := s.call(t, good, test.body)
			if got.status != test.status {
				t.Errorf("%+v, want %d", got, test.status)
			}
			if test.status != 200 && s.seen != nil {
				t.Error("the request came through")
			}
			if test.status >= 400 && test.status != 403 && !strings.Contains(got.body, `"message":"mcpauth: `) {
				t.Errorf("the body is %s", got.body)
			}
		})
	}
}

// TestBodyIsNotReadWithoutToken: a long body costs nothing before its sender is
// known.
func TestBodyIsNotReadWithoutToken(t *testing.T) {
	s := newSite(t)
	guard := newGuard(t, s)
	for _, token := range []string{"", "bad"} {
		body := &counting{}
		r := httptest.NewRequest(http.MethodPost, "/mcp", body)
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		w := httptest.NewRecorder()
		guard.Handler(http.NotFoundHandler()).ServeHTTP(w, r)
		if w.Code != 401 || body.n > 0 {
			t.Errorf("%q: %d after %d reads", token, w.Code, body.n)
		}
	}
	r := httptest.NewRequest(http.MethodPost, "/mcp", &counting{})
	r.Header.Set("Authorization", "Bearer "+s.Sign(with(nil)))
	w := httptest.NewRecorder()
	guard.Handler(http.NotFoundHandler()).ServeHTTP(w, r)
	if w.Code != 400 {
		t.Errorf("a body that breaks off: %d", w.Code)
	}
}

type counting struct{ n int }

func (c *counting) Read([]byte) (int, error) { c.n++; return 0, io.ErrUnexpectedEOF }

func newGuard(t *testing.T, s *site, opts ...mcpauth.Option) *mcpauth.Guard {
	t.Helper()
	guard, err := mcpauth.New(s.verifier(t), httpauth.Metadata{Resource: resource, AuthorizationServers: []string{issuer}}, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return guard
}

// TestTokenInfo: the SDK finds the token by its own means, and knows users apart
// whose issuers have given them the same name.
func TestTokenInfo(t *testing.T) {
	s := newSite(t)
	for _, test := range []struct {
		claims map[string]any
		want   auth.TokenInfo
	}{
		{nil, auth.TokenInfo{Scopes: []string{"files:read"}, UserID: "alice", Expiration: today.Add(3600e9).UTC()}},
		{map[string]any{"iss": "https://other.example"}, auth.TokenInfo{Scopes: []string{"files:read"}, UserID: "https://other.example alice", Expiration: today.Add(3600e9).UTC()}},
		{map[string]any{"scope": nil}, auth.TokenInfo{UserID: "alice", Expiration: today.Add(3600e9).UTC()}},
	} {
		var got *auth.TokenInfo
		h := newGuard(t, s).Protect(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			got = auth.TokenInfoFromContext(r.Context())
		}))
		r := httptest.NewRequest(http.MethodGet, "/mcp", nil)
		r.Header.Set("Authorization", "Bearer "+s.Sign(with(test.claims)))
		h.ServeHTTP(httptest.NewRecorder(), r)
		if got == nil {
			t.Fatalf("%v: no TokenInfo", test.claims)
		}
		tok, ok := mcpauth.Token(got)
		if !ok || tok.Subject != "alice" {
			t.Errorf("the token is %v", tok)
		}
		info := *got
		info.Extra = nil
		if diff := cmp.Diff(test.want, info); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	}
	for name, info := range map[string]*auth.TokenInfo{"nil": nil, "empty": {}, "another": {Extra: map[string]any{"jwtverify.token": "x"}}} {
		if tok, ok := mcpauth.Token(info); ok || tok != nil {
			t.Errorf("%s: %v", name, tok)
		}
	}
	malformed := s.call(t, s.Sign(with(map[string]any{"scope": 1})), listCall)
	if malformed.status != 401 || malformed.challenge["error"] != "invalid_token" {
		t.Errorf("a scope that is a number: %+v", malformed)
	}
}

// TestSessions belong to the user who has opened them, and each call has the token
// that it was sent with.
func TestSessions(t *testing.T) {
	s := newSite(t)
	server := newServer("read_file")
	h := newGuard(t, s).Handler(mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server }, &mcp.StreamableHTTPOptions{JSONResponse: true}))
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	session := ""
	send := func(claims map[string]any, body string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+"/mcp", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header = http.Header{"Accept": {"application/json, text/event-stream"}, "Content-Type": {"application/json"}, "Authorization": {"Bearer " + s.Sign(with(claims))}}
		if session != "" {
			r.Header.Set("Mcp-Session-Id", session)
		}
		res, err := srv.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, _ := io.ReadAll(res.Body)
		if id := res.Header.Get("Mcp-Session-Id"); id != "" {
			session = id
		}
		return res.StatusCode, string(text)
	}
	if status, text := send(nil, `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"x","version":"1"}}}`); status != 200 || session == "" {
		t.Fatalf("%d %s", status, text)
	}
	if status, text := send(nil, `{"jsonrpc":"2.0","method":"notifications/initialized"}`); status != 202 {
		t.Fatalf("%d %s", status, text)
	}
	for _, test := range []struct {
		claims map[string]any
		status int
		says   string
	}{
		{nil, 200, "read_file for alice with files:read"},
		{map[string]any{"scope": "files:read more"}, 200, "read_file for alice with files:read more"},
		{map[string]any{"sub": "mallory"}, 403, "session user mismatch"},
		{map[string]any{"iss": "https://other.example"}, 403, "session user mismatch"},
		{nil, 200, "read_file for alice with files:read"},
	} {
		if status, text := send(test.claims, readCall); status != test.status || !strings.Contains(text, test.says) {
			t.Errorf("%v: %d %s", test.claims, status, text)
		}
	}
}

// TestBrowsers: a page of another origin can read the document and the challenge,
// as the inspector of MCP does.
func TestBrowsers(t *testing.T) {
	cors := func(next http.Handler) http.Handler { // stands for a handler such as that of rs/cors
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Access-Control-Allow-Origin", "*")
			next.ServeHTTP(w, r)
		})
	}
	h := cors(newGuard(t, newSite(t)).Handler(http.NotFoundHandler()))
	for _, test := range []struct {
		method, path  string
		status        int
		field, expect string
	}{
		{http.MethodOptions, "/.well-known/oauth-protected-resource/mcp", 204, "Access-Control-Allow-Headers", "*"},
		{http.MethodOptions, "/.well-known/oauth-protected-resource", 204, "Access-Control-Allow-Methods", "GET, HEAD, OPTIONS"},
		{http.MethodGet, "/.well-known/oauth-protected-resource/mcp", 200, "Access-Control-Allow-Origin", "*"},
		{http.MethodPost, "/mcp", 401, "Access-Control-Expose-Headers", "WWW-Authenticate"},
	} {
		r := httptest.NewRequest(test.method, test.path, nil)
		r.Header = http.Header{"Origin": {"https://app.example"}, "Access-Control-Request-Method": {"GET"}, "Access-Control-Request-Headers": {"mcp-protocol-version"}}
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != test.status || w.Header().Get(test.field) != test.expect {
			t.Errorf("%s %s: %d %v", test.method, test.path, w.Code, w.Header())
		}
	}
}

// TestSeveralServers on one: each has its own document and its own audience.
func TestSeveralServers(t *testing.T) {
	s := newSite(t)
	mux := http.NewServeMux()
	for _, name := range []string{"/one", "/two"} {
		guard, err := mcpauth.New(s.verifier(t), httpauth.Metadata{Resource: "https://mcp.example.com" + name, AuthorizationServers: []string{issuer}})
		if err != nil {
			t.Fatal(err)
		}
		mux.Handle(guard.Document())
		mux.Handle(name, guard.Protect(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, name) })))
	}
	token := s.Sign(with(map[string]any{"aud": "https://mcp.example.com/one"}))
	for _, test := range []struct {
		path, token, want string
		status            int
	}{
		{"/one", token, "/one", 200},
		{"/two", token, "another audience", 401},
		{"/.well-known/oauth-protected-resource/one", "", `"resource":"https://mcp.example.com/one"`, 200},
		{"/.well-known/oauth-protected-resource/two", "", `"resource":"https://mcp.example.com/two"`, 200},
		{"/.well-known/oauth-protected-resource", "", "", 404},
	} {
		r := httptest.NewRequest(http.MethodGet, test.path, nil)
		if test.token != "" {
			r.Header.Set("Authorization", "Bearer "+test.token)
		}
		w := httptest.NewRecorder()
		if mux.ServeHTTP(w, r); w.Code != test.status || !strings.Contains(w.Body.String(), test.want) {
			t.Errorf("%s: %d %s", test.path, w.Code, w.Body)
		}
	}
}
