package httpauth_test

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/httpauth"
)

// TestWithoutCredential: the handler sees the request without the token, and the
// request outside keeps it.
func TestWithoutCredential(t *testing.T) {
	s := newSite(t)
	good := s.Sign(with(map[string]any{"scope": "read"}))
	query := func(r *http.Request) (string, error) { return r.URL.Query().Get("t"), nil }
	inHex := func(r *http.Request) (string, error) {
		b, err := hex.DecodeString(r.Header.Get("X-Hex"))
		return string(b), err
	}
	form := func(r *http.Request) (string, error) { return r.PostFormValue("t"), nil }
	type seen struct {
		Status             int
		Header             http.Header
		Target, RequestURI string
	}
	for _, test := range []struct {
		name, target string
		extract      httpauth.Extractor
		fields       http.Header
		want         seen
	}{
		{
			"Bearer", "/a?b=c", httpauth.Bearer(),
			http.Header{"Authorization": {"Bearer " + good}, "X-Forwarded-Authorization": {"Bearer " + good}, "Accept": {"*/*", "x"}, "Cookie": {"a=b"}, "Via": {""}},
			seen{200, http.Header{"Accept": {"*/*", "x"}, "Cookie": {"a=b"}}, "/a?b=c", "/a?b=c"},
		},
		{
			"header, one of two values", "/", httpauth.Header(assertion),
			http.Header{assertion: {good}, "Referer": {"https://x.example/?t=" + good, "y"}},
			seen{200, http.Header{"Referer": {"y"}}, "/", "/"},
		},
		{
			"cookie among others", "/", httpauth.Cookie("session"),
			http.Header{"Cookie": {"a=b; session=" + good + "; c=d", "e=f"}},
			seen{200, http.Header{"Cookie": {"a=b; c=d", "e=f"}}, "/", "/"},
		},
		{"cookie in quotes, alone", "/", httpauth.Cookie("session"), http.Header{"Cookie": {`session="` + good + `"`}}, seen{200, http.Header{}, "/", "/"}},
		{"query", "/a%2Fb?x=1&t=" + good + "&y=%20", query, nil, seen{200, http.Header{}, "/a%2Fb?x=1&y=%20", "/a%2Fb?x=1&y=%20"}},
		{"query, escaped", "/?t=" + strings.ReplaceAll(good, ".", "%2e"), query, nil, seen{200, http.Header{}, "/", "/"}},
		{"in other words", "/", inHex, http.Header{"X-Hex": {hex.EncodeToString([]byte(good))}, "X-Other": {"1"}}, seen{200, http.Header{"X-Other": {"1"}}, "/", "/"}},
		{"in the body", "/", form, http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, seen{Status: 503}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got seen
			m := httpauth.New(s, httpauth.WithExtractor(test.extract), httpauth.WithoutCredential())
			h := m.Handler(m.RequireScope("read")(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				if _, ok := httpauth.FromContext(r.Context()); !ok {
					t.Error("the token is not in the context")
				}
				got = seen{Header: r.Header, Target: r.URL.String(), RequestURI: r.RequestURI}
			})))
			r := httptest.NewRequest(http.MethodPost, test.target, strings.NewReader("t="+good))
			r.Header = test.fields.Clone()
			if r.Header == nil {
				r.Header = http.Header{}
			}
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, r)
			got.Status = rec.Code
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			fields := test.fields
			if fields == nil {
				fields = http.Header{}
			}
			if diff := cmp.Diff(fields, r.Header); diff != "" || r.RequestURI != test.target || r.URL.String() != test.target {
				t.Errorf("the request that came in is %s now (-want +got)\n%s", r.RequestURI, diff)
			}
		})
	}
}

// TestWithoutCredentialOptional: credentials of another scheme are left alone.
func TestWithoutCredentialOptional(t *testing.T) {
	m := httpauth.New(newSite(t), httpauth.WithOptional(), httpauth.WithoutCredential())
	h := m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.Header.Get("Authorization"))
	}))
	got := do(t, serve(t, h), http.MethodGet, http.Header{"Authorization": {"Basic YTpi"}})
	if got.Body != "Basic YTpi" {
		t.Errorf("the handler sees Authorization: %q", got.Body)
	}
}

// TestH03OnlyTheTokenIsRemoved: all other parts of a field, the cookies and the
// query stay.
func TestH03OnlyTheTokenIsRemoved(t *testing.T) {
	s := newSite(t)
	good := s.Sign(with(nil))
	inHex := hex.EncodeToString([]byte(good))
	half := len(good) / 2
	socket := func(r *http.Request) (string, error) {
		for part := range strings.SplitSeq(r.Header.Get("Sec-Websocket-Protocol"), ",") {
			if token, ok := strings.CutPrefix(strings.TrimSpace(part), "bearer."); ok {
				return token, nil
			}
		}
		return "", httpauth.ErrNoToken
	}
	cookieInHex := func(r *http.Request) (string, error) {
		c, err := r.Cookie("session")
		if err != nil {
			return "", httpauth.ErrNoToken
		}
		b, err := hex.DecodeString(c.Value)
		return string(b), err
	}
	socketInBase64 := func(r *http.Request) (string, error) {
		for part := range strings.SplitSeq(r.Header.Get("Sec-Websocket-Protocol"), ", ") {
			if text, ok := strings.CutPrefix(part, "b64."); ok {
				b, err := base64.RawURLEncoding.DecodeString(text)
				return string(b), err
			}
		}
		return "", nil
	}
	twoCookies := func(r *http.Request) (string, error) {
		a, errA := r.Cookie("a")
		b, errB := r.Cookie("b")
		switch {
		case errA != nil && errB != nil:
			return "", httpauth.ErrNoToken
		case errA != nil || errB != nil:
			return "", httpauth.ErrRequest
		}
		return a.Value + b.Value, nil
	}
	queryInHex := func(r *http.Request) (string, error) {
		b, err := hex.DecodeString(r.URL.Query().Get("t"))
		return string(b), err
	}
	eitherOfTwo := func(r *http.Request) (string, error) { // removing either one alone changes nothing
		for _, name := range []string{"X-One", "X-Two"} {
			if b, err := hex.DecodeString(r.Header.Get(name)); err == nil && len(b) > 0 {
				return string(b), nil
			}
		}
		return "", nil
	}
	byTenant := func(r *http.Request) (string, error) { // X-Tenant selects the field, and does not carry the token
		b, err := hex.DecodeString(r.Header.Get("X-Token-" + r.Header.Get("X-Tenant")))
		return string(b), err
	}
	query := func(r *http.Request) (string, error) { return r.FormValue("t"), nil }
	type f = http.Header
	many, manyFields := strings.Repeat("a,", 1000), f{"Cookie": {"session=" + inHex}}
	for i := range 300 {
		manyFields[fmt.Sprintf("X-%d", i)] = []string{"1"}
	}
	for _, test := range []struct {
		name, target string
		extract      httpauth.Extractor
		fields, want f // nil want: 503
		target2      string
	}{
		{"WebSocket", "/", socket, f{"Sec-Websocket-Protocol": {"chat, bearer." + good}}, f{"Sec-Websocket-Protocol": {"chat"}}, "/"},
		{"WebSocket, in the middle", "/", socket, f{"Sec-Websocket-Protocol": {"v2,bearer." + good + " , chat"}}, f{"Sec-Websocket-Protocol": {"v2, chat"}}, "/"},
		{"WebSocket, alone", "/", socket, f{"Sec-Websocket-Protocol": {"bearer." + good}}, f{}, "/"},
		{"WebSocket, encoded", "/", socketInBase64, f{"Sec-Websocket-Protocol": {"chat, b64." + base64.RawURLEncoding.EncodeToString([]byte(good)) + ", v2"}}, f{"Sec-Websocket-Protocol": {"chat, v2"}}, "/"},
		{"cookie, CSRF", "/", httpauth.Cookie("session"), f{"Cookie": {"csrf=abc; session=" + good + "; x=y"}}, f{"Cookie": {"csrf=abc; x=y"}}, "/"},
		{"cookie, encoded", "/", cookieInHex, f{"Cookie": {"csrf=abc; session=" + inHex + "; x=y", "z=1"}}, f{"Cookie": {"csrf=abc; x=y", "z=1"}}, "/"},
		{"cookie, in two", "/", twoCookies, f{"Cookie": {"csrf=abc; a=" + good[:half] + "; b=" + good[half:] + "; x=y"}}, f{"Cookie": {"csrf=abc; x=y"}}, "/"},
		{"cookie, escaped copy", "/", httpauth.Cookie("session"), f{"Cookie": {"session=" + good + "; next=%2Fa%3Ft%3D" + strings.ReplaceAll(good, ".", "%2E") + "; x=y"}}, f{"Cookie": {"x=y"}}, "/"},
		{"Authorization is whole", "/", httpauth.Bearer(), f{"Authorization": {"Bearer " + good}, "X-Forwarded-Authorization": {"Digest a=b, c=" + good}}, f{}, "/"},
		{"a URL is whole", "/", httpauth.Bearer(), f{"Authorization": {"Bearer " + good}, "Referer": {"https://x.example/?a=1,2&t=" + good}}, f{}, "/"},
		{"a comma in quotes", "/", socket, f{"Sec-Websocket-Protocol": {`"a, b", bearer.` + good}}, f{"Sec-Websocket-Protocol": {`"a, b"`}}, "/"},
		{"query, encoded", "/?a=1&t=" + inHex + "&b=2", queryInHex, f{"X": {"1"}}, f{"X": {"1"}}, "/?a=1&b=2"},
		{"query, in a parsed form", "/?a=1&t=" + good, query, f{}, f{}, "/?a=1"},
		{"either of two fields", "/", eitherOfTwo, f{"X-One": {inHex}, "X-Two": {inHex}}, nil, ""},
		{"a field that chooses", "/", byTenant, f{"X-Tenant": {"a"}, "X-Token-A": {inHex}, "X-Zone": {"1"}}, f{"X-Zone": {"1"}}, "/"},
		{"very many elements", "/", cookieInHex, f{"Cookie": {"session=" + inHex + "; a=b"}, "X-Many": {many}}, f{"X-Many": {many}}, "/"},
		{"very many fields", "/", cookieInHex, manyFields, nil, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			var seen http.Header
			target := ""
			m := httpauth.New(s, httpauth.WithExtractor(test.extract), httpauth.WithoutCredential())
			h := m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				seen, target = r.Header, r.URL.RequestURI()
				if r.RequestURI != target || strings.Contains(fmt.Sprint(r.Form, r.Header, r.URL, r.RequestURI), good) {
					t.Errorf("the handler sees %s %v %v", r.RequestURI, r.Form, r.Header)
				}
			}))
			r := httptest.NewRequest(http.MethodGet, test.target, nil)
			r.Header = test.fields.Clone()
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, r)
			if test.want == nil {
				if rec.Code != 503 || seen != nil {
					t.Errorf("%d, want 503", rec.Code)
				}
				return
			}
			if diff := cmp.Diff(test.want, seen); diff != "" || target != test.target2 {
				t.Errorf("%d %s (-want +got)\n%s", rec.Code, target, diff)
			}
			if diff := cmp.Diff(test.fields, r.Header); diff != "" {
				t.Errorf("the request that came in has changed (-want +got)\n%s", diff)
			}
		})
	}
}
