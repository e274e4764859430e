// Package mcpauth protects a server of the official MCP SDK for Go as MCP
// authorization 2026-07-28 demands of servers, with any [verifier.Verifier]:
//
//	guard, err := mcpauth.New(v, httpauth.Metadata{
//		Resource:             "https://mcp.example.com/mcp",
//		AuthorizationServers: []string{"https://issuer.example.com"},
//	}, mcpauth.WithScopes("files:read"), mcpauth.WithTool("write_file", "files:write"), mcpauth.WithOtherTools())
//	if err != nil {
//		log.Fatal(err)
//	}
//	log.Fatal(http.ListenAndServe(":8080", guard.Handler(mcp.NewStreamableHTTPHandler(getServer, nil))))
//
// The guard serves the metadata by which clients find the authorization server,
// verifies the token of each request, and reads the JSON-RPC call to see what it
// needs. A call that needs more scopes than the token grants is answered with 403
// and one challenge that names all of them, by which clients ask for a wider token.
//
// # The token
//
// A tool finds it in its request, and so does the SDK:
//
//	func(ctx context.Context, req *mcp.CallToolRequest, in Input) (*mcp.CallToolResult, Output, error) {
//		tok, ok := mcpauth.Token(req.Extra.TokenInfo)
//
// Do not take it from ctx: in a session, that is the context of the request which
// has opened the session, and its token may be an older one.
//
// The SDK keeps a session to the user that has opened it, by TokenInfo.UserID.
//
// # Errors
//
// Refusals are those of package httpauth: 401, 403 and 400 with a challenge, and
// 503 for an outage, which is never a 401. A body that is not JSON-RPC is 400, one
// that is too long 413; both only after the token has been found good. The body is
// read strictly: names that occur twice, or that differ from those of JSON-RPC in
// case alone, are refused, since the server might read them in another way.
//
// # Security
//
// A token must name the resource in "aud", whatever the verifier expects. It is
// taken from the Authorization field, never from the query, and the server behind
// the guard sees a request without it, so that it cannot be passed on.
//
// If any tool is listed with [WithTool], a tool that is not listed cannot be
// called, unless [WithOtherTools] says what such tools need.
//
// A [Guard] is immutable, and goroutines may share it.
package mcpauth
