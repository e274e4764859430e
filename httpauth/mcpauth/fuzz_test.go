package mcpauth_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/modelcontextprotocol/go-sdk/jsonrpc"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/httpauth/mcpauth"
)

// A named value is what matters of a call.
type named struct{ Method, Name string }

// FuzzBody: whoever reads a body that came through, by whichever rules, finds the
// calls whose scopes were checked.
func FuzzBody(f *testing.F) {
	for _, body := range []string{
		readCall, writeCall, listCall, "[" + readCall + "," + writeCall + "]", `{"jsonrpc":"2.0","id":1,"result":{}}`,
		`{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/call","params":{"name":"write_file"}}`,
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","Name":"b"}}`,
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","method":"ping","params":{"name":"a","name":"b"}}`,
		`{"jsonrpc":"2.0","id":"x","method":"tools\/call","params":{"n\u0061me":"\u0061"}}`,
		`{"jsonrpc":"2.0","method":"resources/read","params":{"uri":"file:///a"}} `, readCall + writeCall, `[null]`,
	} {
		f.Add([]byte(body))
	}
	var checked []named
	guard, err := mcpauth.New(exampleVerifier(), httpauth.Metadata{Resource: resource, AuthorizationServers: []string{issuer}},
		mcpauth.WithNeed(func(_ *http.Request, c mcpauth.Call) (httpauth.Need, error) {
			checked = append(checked, named{c.Method, c.Name})
			return httpauth.Need{}, nil
		}))
	if err != nil {
		f.Fatal(err)
	}
	var came []byte
	h := guard.Protect(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { came, _ = io.ReadAll(r.Body) }))
	f.Fuzz(func(t *testing.T, body []byte) {
		checked, came = nil, nil
		r := httptest.NewRequest(http.MethodPost, "/mcp", bytes.NewReader(body))
		r.Header.Set("Authorization", "Bearer narrow")
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); came == nil {
			if w.Code != http.StatusBadRequest {
				t.Fatalf("%q: refused with %d", body, w.Code)
			}
			return
		}
		if !bytes.Equal(came, body) {
			t.Fatalf("%q came through as %q", body, came)
		}
		for name, reading := range map[string]func([]byte) ([]named, error){"the SDK": bySDK, "encoding/json": byStandard} {
			found, err := reading(body)
			if err != nil {
				continue // it calls nothing
			}
			if diff := cmp.Diff(found, checked); diff != "" {
				t.Fatalf("%q: %s finds other calls than were checked (-found +checked)\n%s", body, name, diff)
			}
		}
	})
}

// bySDK reads as the SDK does: names exactly, the last of several.
func bySDK(body []byte) (found []named, err error) {
	var batch []json.RawMessage
	if json.Unmarshal(body, &batch) != nil {
		batch = []json.RawMessage{body}
	}
	for _, text := range batch {
		message, err := jsonrpc.DecodeMessage(text)
		if err != nil {
			return nil, err
		}
		if request, ok := message.(*jsonrpc.Request); ok {
			found = append(found, aboutOf(request.Method, request.Params))
		}
	}
	return found, nil
}

// byStandard reads names in any case, the last of several.
func byStandard(body []byte) (found []named, err error) {
	type message struct {
		Method *string
		Params json.RawMessage
	}
	var batch []message
	if json.Unmarshal(body, &batch) != nil {
		batch = make([]message, 1)
		if err := json.Unmarshal(body, &batch[0]); err != nil {
			return nil, err
		}
	}
	for _, m := range batch {
		if m.Method != nil {
			found = append(found, aboutOf(*m.Method, m.Params))
		}
	}
	return found, nil
}

func aboutOf(method string, params json.RawMessage) named {
	var p struct{ Name, URI string }
	json.Unmarshal(params, &p)
	switch method {
	case "tools/call", "prompts/get":
		return named{method, p.Name}
	case "resources/read", "resources/subscribe", "resources/unsubscribe":
		return named{method, p.URI}
	}
	return named{Method: method}
}
