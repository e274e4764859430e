package mcpauth_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/httpauth/mcpauth"
	"github.com/jwtverify/jwtverify/verifier"
)

// TestMistakes: New reports all of them, in one line.
func TestMistakes(t *testing.T) {
	good := httpauth.Metadata{Resource: resource, AuthorizationServers: []string{issuer}}
	v := verifier.Func(undecided)
	need := func(*http.Request, mcpauth.Call) (httpauth.Need, error) { return httpauth.Need{}, nil }
	var typedNil *verifier.Keyed
	for _, test := range []struct {
		name string
		v    verifier.Verifier
		doc  httpauth.Metadata
		opts []mcpauth.Option
		want []string
	}{
		{"nil verifier", nil, good, nil, []string{"the verifier is nil"}},
		{"typed nil verifier", typedNil, good, nil, []string{"the verifier is nil"}},
		{"nil function", verifier.Func(nil), good, nil, []string{"the verifier is nil"}},
		{"nil option", v, good, []mcpauth.Option{nil}, []string{"New: option 1 is nil"}},
		{"empty document", v, httpauth.Metadata{}, nil, []string{"names no authorization server", "the resource is not an https URL"}},
		{"http", v, httpauth.Metadata{Resource: "http://127.0.0.1/mcp", AuthorizationServers: []string{issuer}}, nil, []string{"the resource is not an https URL"}},
		{"http beyond loopback", v, httpauth.Metadata{Resource: "http://mcp.example.com/mcp", AuthorizationServers: []string{issuer}}, []mcpauth.Option{mcpauth.WithLoopback()}, []string{"the resource is not an https URL"}},
		{"not scopes", v, good, []mcpauth.Option{mcpauth.WithScopes("a b"), mcpauth.WithTool("t", ""), mcpauth.WithOtherTools(`"`)}, []string{`WithScopes: "a b" is not a scope`, `WithTool: "" is not a scope`, `WithOtherTools: "\"" is not a scope`}},
		{"tools", v, good, []mcpauth.Option{mcpauth.WithTool(""), mcpauth.WithTool("t"), mcpauth.WithTool("t")}, []string{"the name of the tool is empty", `"t" is listed twice`}},
		{"other tools twice", v, good, []mcpauth.Option{mcpauth.WithOtherTools(), mcpauth.WithOtherTools("a")}, []string{"given twice"}},
		{"two ways", v, good, []mcpauth.Option{mcpauth.WithNeed(need), mcpauth.WithTool("t")}, []string{"WithNeed and WithTool both say"}},
		{"two ways, other tools", v, good, []mcpauth.Option{mcpauth.WithNeed(need), mcpauth.WithOtherTools()}, []string{"WithNeed and WithTool both say"}},
		{"need", v, good, []mcpauth.Option{mcpauth.WithNeed(need), mcpauth.WithNeed(nil)}, []string{"the function is nil", "given twice"}},
		{"audience", v, good, []mcpauth.Option{mcpauth.WithAudience("")}, []string{"an audience is empty"}},
		{"no audience", v, good, []mcpauth.Option{mcpauth.WithAudience()}, []string{"an audience is empty"}},
		{"body", v, good, []mcpauth.Option{mcpauth.WithMaxBody(0)}, []string{"0 is not positive"}},
		{"an option of httpauth", v, good, []mcpauth.Option{mcpauth.WithHTTPAuth(nil)}, []string{"New: WithHTTPAuth: option 1 is nil"}},
		{"many", nil, httpauth.Metadata{}, []mcpauth.Option{mcpauth.WithMaxBody(-1), mcpauth.WithHTTPAuth(nil)}, []string{"the verifier is nil", "-1 is not positive", "names no authorization server", "WithHTTPAuth: option 1 is nil"}},
	} {
		guard, err := mcpauth.New(test.v, test.doc, test.opts...)
		if err == nil || guard != nil {
			t.Errorf("%s: no error", test.name)
			continue
		}
		text := err.Error()
		if !strings.HasPrefix(text, "mcpauth: New: ") || strings.Contains(text, "\n") {
			t.Errorf("%s: %s", test.name, text)
		}
		for _, want := range test.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %s; want it to say %s", test.name, text, want)
			}
		}
	}
}

// TestWithLoopback: http on this machine, by a named option alone.
func TestWithLoopback(t *testing.T) {
	for _, host := range []string{"localhost:8080", "127.0.0.1", "[::1]:1"} {
		doc := httpauth.Metadata{Resource: "http://" + host + "/mcp", AuthorizationServers: []string{"http://" + host}}
		if _, err := mcpauth.New(verifier.Func(undecided), doc, mcpauth.WithLoopback()); err != nil {
			t.Errorf("%s: %v", host, err)
		}
		if _, err := mcpauth.New(verifier.Func(undecided), doc); err == nil {
			t.Errorf("%s: no error without the option", host)
		}
	}
}

// TestPanics where the program is wrong while the routes are set up.
func TestPanics(t *testing.T) {
	guard := newGuard(t, newSite(t))
	for name, f := range map[string]func(){
		"nil handler":          func() { guard.Handler(nil) },
		"typed nil handler":    func() { guard.Protect((*http.ServeMux)(nil)) },
		"zero Guard":           func() { new(mcpauth.Guard).Handler(http.NotFoundHandler()) },
		"nil Guard's document": func() { (*mcpauth.Guard)(nil).Document() },
	} {
		func() {
			defer func() {
				if text := fmt.Sprint(recover()); !strings.HasPrefix(text, "mcpauth: ") {
					t.Errorf("%s: %s", name, text)
				}
			}()
			f()
		}()
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(format, guard); got != "mcpauth.Guard" {
			t.Errorf("%s prints %s", format, got)
		}
	}
}

// TestAudience: a server whose authorization server knows no resource indicators.
func TestAudience(t *testing.T) {
	s := newSite(t, mcpauth.WithAudience("api://files", "files-client"))
	for aud, status := range map[string]int{"api://files": 200, "files-client": 200, resource: 401, "API://files": 401, "": 401} {
		if got := s.call(t, s.Sign(with(map[string]any{"aud": aud})), listCall); got.status != status {
			t.Errorf("%q: %+v, want %d", aud, got, status)
		}
	}
}

// TestRefusedClaims: the log names who has sent a token that is for another server,
// and a foreign verifier that says nothing is no verdict.
func TestRefusedClaims(t *testing.T) {
	s := newSite(t)
	var refused error
	s.serve(t, s.verifier(t), mcpauth.WithHTTPAuth(httpauth.WithErrorHandler(func(_ http.ResponseWriter, _ *http.Request, err error) { refused = err })))
	if got := s.call(t, s.Sign(with(map[string]any{"aud": "https://other.example"})), listCall); got.status != 401 {
		t.Errorf("%+v", got)
	}
	set, ok := verifier.RefusedClaims(refused)
	if !ok || set.Subject != "alice" || verifier.Reason(refused) != "aud_mismatch" {
		t.Errorf("%v: %v, %s", refused, set, verifier.Reason(refused))
	}
	s.serve(t, verifier.Func(func(context.Context, string) (*verifier.Token, error) { return nil, nil }))
	if got := s.call(t, "x", listCall); got.status != 503 {
		t.Errorf("a verifier that returns nothing: %+v", got)
	}
}
