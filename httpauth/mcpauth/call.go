package mcpauth

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/modelcontextprotocol/go-sdk/jsonrpc"

	"github.com/jwtverify/jwtverify/httpauth"
)

// A Call is a request or notification of JSON-RPC that a client sends.
type Call struct {
	Method string          // such as tools/call
	Name   string          // of the tool or the prompt, or the URI of the resource; "" for other methods
	Params json.RawMessage // as sent, nil if there are none; read-only

	id json.RawMessage // nil: a notification
}

type callsKey struct{}

// callsOf returns the calls that read has found.
func callsOf(ctx context.Context) []Call {
	calls, _ := ctx.Value(callsKey{}).([]Call)
	return calls
}

// read returns a request whose calls are known, and whose body is still to be read.
// If it is not ok, read has answered it.
func (g *Guard) read(w http.ResponseWriter, r *http.Request) (_ *http.Request, ok bool) {
	if r.Method != http.MethodPost {
		return r, true // such as a stream of events, or the end of a session
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, g.maxBody))
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		answer(w, http.StatusRequestEntityTooLarge, jsonrpc.ID{}, jsonrpc.CodeInvalidRequest, "the body is too long")
		return nil, false
	case err != nil:
		answer(w, http.StatusBadRequest, jsonrpc.ID{}, jsonrpc.CodeParseError, "the body cannot be read")
		return nil, false
	}
	calls, err := parse(body)
	if err != nil {
		answer(w, http.StatusBadRequest, jsonrpc.ID{}, jsonrpc.CodeParseError, err.Error())
		return nil, false
	}
	r = r.WithContext(context.WithValue(r.Context(), callsKey{}, calls))
	r.Body = io.NopCloser(bytes.NewReader(body))
	return r, true
}

var (
	errNotJSON    = errors.New("the body is not strict JSON: one value in UTF-8, without names that occur twice")
	errNotMessage = errors.New("the body is not a message of JSON-RPC 2.0, or a batch of them")
)

// parse returns the calls in body, which is one message or a batch. The server must
// not understand anything else there: what could be read in two ways is refused.
func parse(body []byte) (calls []Call, err error) {
	if !jsontext.Value(body).IsValid() {
		return nil, errNotJSON
	}
	var messages []json.RawMessage
	if trimmed := bytes.TrimLeft(body, " \t\r\n"); trimmed[0] != '[' {
		messages = append(messages, body)
	} else if err := json.Unmarshal(body, &messages); err != nil || len(messages) == 0 {
		return nil, errNotMessage
	}
	for _, text := range messages {
		m, err := members(text, "jsonrpc", "id", "method", "params", "result", "error")
		if err != nil {
			return nil, err
		}
		if string(m["jsonrpc"]) != `"2.0"` {
			return nil, errNotMessage
		}
		if m["method"] == nil {
			continue // the answer to a request of the server
		}
		c := Call{Params: m["params"], id: m["id"]}
		if c.Method, err = stringIn(m["method"]); err != nil || c.Method == "" {
			return nil, errNotMessage
		}
		if c.Name, err = nameOf(c); err != nil {
			return nil, err
		}
		calls = append(calls, c)
	}
	return calls, nil
}

// stringIn returns the string in value; null is none.
func stringIn(value json.RawMessage) (s string, err error) {
	if value[0] != '"' {
		return "", errNotMessage
	}
	err = json.Unmarshal(value, &s)
	return s, err
}

// members returns those of the object in text. A name that differs from one of known
// in case alone is an error: decoders disagree about it.
func members(text json.RawMessage, known ...string) (m map[string]json.RawMessage, err error) {
	if err := json.Unmarshal(text, &m); err != nil || m == nil {
		return nil, errNotMessage
	}
	for name := range m {
		for _, k := range known {
			if name != k && strings.EqualFold(name, k) {
				return nil, fmt.Errorf("the body has a member that differs from %q in case alone", k)
			}
		}
	}
	return m, nil
}

// nameOf returns what c is about.
func nameOf(c Call) (name string, err error) {
	member := ""
	switch c.Method {
	case "tools/call", "prompts/get":
		member = "name"
	case "resources/read", "resources/subscribe", "resources/unsubscribe":
		member = "uri"
	default:
		return "", nil
	}
	if c.Params == nil {
		return "", nil
	}
	params, err := members(c.Params, member)
	if err != nil {
		return "", err
	}
	if value := params[member]; value != nil {
		if name, err = stringIn(value); err != nil {
			return "", fmt.Errorf("the %s of %s is not a string", member, c.Method)
		}
	}
	return name, nil
}

const callTool = "tools/call"

// isListed reports whether c may be called at all.
func (g *Guard) isListed(c Call) bool {
	_, listed := g.tools[c.Name]
	return c.Method != callTool || listed || g.others != nil || len(g.tools) == 0
}

// needOf returns what the calls of r need together.
func (g *Guard) needOf(r *http.Request) (httpauth.Need, error) {
	all := httpauth.Need{AllOf: slices.Clone(g.scopes)}
	for _, c := range callsOf(r.Context()) {
		n, err := g.needOfCall(r, c)
		if err != nil {
			return n, err
		}
		all.AllOf, all.Ask = append(all.AllOf, n.AllOf...), append(all.Ask, n.Ask...)
		if n.AnyOf == nil && n.Claims == nil && n.AuthLevel == nil {
			continue
		}
		if all.AnyOf != nil || all.Claims != nil || all.AuthLevel != nil {
			return all, fmt.Errorf("%w: the calls of this batch need different things; send them one by one", httpauth.ErrRequest)
		}
		all.AnyOf, all.Claims, all.AuthLevel = n.AnyOf, n.Claims, n.AuthLevel
	}
	return all, nil
}

func (g *Guard) needOfCall(r *http.Request, c Call) (httpauth.Need, error) {
	if g.need != nil {
		return g.need(r, c)
	}
	if c.Method != callTool {
		return httpauth.Need{}, nil
	}
	if scopes, listed := g.tools[c.Name]; listed {
		return httpauth.Need{AllOf: scopes}, nil
	}
	return httpauth.Need{AllOf: g.others}, nil
}

// refuseTool answers a call of a tool that is not listed, as the SDK answers one of
// a tool that does not exist. It is no matter of scopes: no token would be enough.
func refuseTool(w http.ResponseWriter, c Call) {
	status := http.StatusOK
	var value any
	if c.id != nil {
		json.Unmarshal(c.id, &value) // nil if it is something odd
	}
	id, err := jsonrpc.MakeID(value)
	if err != nil || !id.IsValid() {
		status = http.StatusBadRequest // a notification has no answer
	}
	answer(w, status, id, jsonrpc.CodeInvalidParams, fmt.Sprintf("the tool %.64q is not listed by the guard of this server", c.Name))
}

// answer writes an error of JSON-RPC.
func answer(w http.ResponseWriter, status int, id jsonrpc.ID, code int64, text string) {
	body, err := jsonrpc.EncodeMessage(&jsonrpc.Response{ID: id, Error: &jsonrpc.Error{Code: code, Message: "mcpauth: " + text}})
	if err != nil {
		http.Error(w, "mcpauth: "+text, status)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(body)
}
