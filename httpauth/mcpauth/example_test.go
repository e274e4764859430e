package mcpauth_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/httpauth/mcpauth"
	"github.com/jwtverify/jwtverify/verifier"
)

// Eight lines protect a server of the SDK. A client without a token is told where to
// get one, and one whose token is too narrow for a tool, which scopes it needs.
func Example() {
	server, v := exampleServer(), exampleVerifier()

	guard, err := mcpauth.New(v, httpauth.Metadata{
		Resource:             "https://mcp.example.com/mcp",
		AuthorizationServers: []string{"https://issuer.example.com"},
	}, mcpauth.WithScopes("files:read"), mcpauth.WithTool("read_file"), mcpauth.WithTool("write_file", "files:write"))
	if err != nil {
		log.Fatal(err)
	}
	handler := guard.Handler(mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server }, &mcp.StreamableHTTPOptions{Stateless: true, JSONResponse: true}))

	call(handler, "", "read_file")
	call(handler, "narrow", "read_file")
	call(handler, "narrow", "write_file")
	call(handler, "wide", "write_file")
	// Output:
	// 401 Bearer realm="api", scope="files:read", resource_metadata="https://mcp.example.com/.well-known/oauth-protected-resource/mcp"
	// 200 read_file says hello to alice
	// 403 Bearer realm="api", error="insufficient_scope", error_description="The token does not grant the required access.", scope="files:read files:write", resource_metadata="https://mcp.example.com/.well-known/oauth-protected-resource/mcp"
	// 200 write_file says hello to alice
}

// exampleServer has two tools. They find the token in their request, and its claims
// with mcpauth.Token.
func exampleServer() *mcp.Server {
	server := mcp.NewServer(&mcp.Implementation{Name: "files", Version: "1.0.0"}, nil)
	for _, name := range []string{"read_file", "write_file"} {
		mcp.AddTool(server, &mcp.Tool{Name: name}, func(_ context.Context, req *mcp.CallToolRequest, _ struct{}) (*mcp.CallToolResult, any, error) {
			tok, ok := mcpauth.Token(req.Extra.TokenInfo)
			if !ok {
				return nil, nil, fmt.Errorf("nobody has protected this tool")
			}
			return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: name + " says hello to " + tok.Subject}}}, nil, nil
		})
	}
	return server
}

// exampleVerifier stands for one made with verifier.New. It knows two tokens.
func exampleVerifier() verifier.Verifier {
	scopes := map[string]string{"narrow": "files:read", "wide": "files:read files:write"}
	return verifier.Func(func(_ context.Context, raw string) (*verifier.Token, error) {
		scope, ok := scopes[raw]
		if !ok {
			return nil, verifier.ErrInvalidToken
		}
		set, err := claims.Parse([]byte(`{"iss":"https://issuer.example.com","sub":"alice","aud":"https://mcp.example.com/mcp","scope":"` + scope + `"}`))
		return &verifier.Token{Set: set}, err
	})
}

// call calls a tool, and prints the status and the challenge, or what the tool says.
func call(handler http.Handler, token, tool string) {
	r := httptest.NewRequest(http.MethodPost, "/mcp", strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"`+tool+`","arguments":{}}}`))
	r.Header = http.Header{"Accept": {"application/json, text/event-stream"}, "Content-Type": {"application/json"}}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		fmt.Println(w.Code, w.Header().Get("WWW-Authenticate"))
		return
	}
	body, _ := io.ReadAll(w.Body)
	_, text, _ := strings.Cut(string(body), `"text":"`)
	text, _, _ = strings.Cut(text, `"`)
	fmt.Println(w.Code, text)
}
