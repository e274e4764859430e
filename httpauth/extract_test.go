package httpauth_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/verifier"
)

const assertion = "X-Goog-Iap-Jwt-Assertion"

// TestExtractors sends requests to servers that look for tokens elsewhere.
func TestExtractors(t *testing.T) {
	s := newSite(t)
	good := s.Sign(with(nil))
	bearer := "Bearer " + good
	header, cookie := httpauth.Header("x-goog-iap-jwt-assertion"), httpauth.Cookie("session")
	type fields = http.Header
	type es = []httpauth.Extractor
	all := es{header, cookie, httpauth.Bearer()}
	broken := func(*http.Request) (string, error) { return "", errors.New("the session store is down") }
	invalid := func(*http.Request) (string, error) { return "", verifier.ErrInvalidToken }
	silent := func(*http.Request) (string, error) { return "", nil }
	const accepted, none, request, token = "200", "401", "400 invalid_request", "401 invalid_token"
	for _, test := range []struct {
		name, want string
		es         es
		fields     fields
	}{
		{"header", accepted, es{header}, fields{assertion: {good}}},
		{"header, absent", none, es{header}, nil},
		{"header, empty", none, es{header}, fields{assertion: {""}}},
		{"header, blank", none, es{header}, fields{assertion: {" \t "}}},
		{"header, token elsewhere", none, es{header}, fields{"Authorization": {bearer}, "Cookie": {"session=" + good}}},
		{"header, bad", token, es{header}, fields{assertion: {"bad"}}},
		{"header, with a scheme", request, es{header}, fields{assertion: {bearer}}},
		{"header, in quotes", request, es{header}, fields{assertion: {`"` + good + `"`}}},
		{"header, joined", request, es{header}, fields{assertion: {good + ", " + good}}},
		{"header, two", request, es{header}, fields{assertion: {good, good}}},
		{"header, an empty and a good one", request, es{header}, fields{assertion: {"", good}}},
		{"header, padding alone", request, es{header}, fields{assertion: {"="}}},

		{"cookie", accepted, es{cookie}, fields{"Cookie": {"session=" + good}}},
		{"cookie among others", accepted, es{cookie}, fields{"Cookie": {"a=b; session=" + good + "; c=d"}}},
		{"cookie in the second field", accepted, es{cookie}, fields{"Cookie": {"a=b", "session=" + good}}},
		{"cookie in quotes", accepted, es{cookie}, fields{"Cookie": {`session="` + good + `"`}}},
		{"cookie, absent", none, es{cookie}, fields{"Cookie": {"sessions=" + good + "; xsession=" + good}}},
		{"cookie, in another case", none, es{cookie}, fields{"Cookie": {"Session=" + good}}},
		{"cookie, empty", none, es{cookie}, fields{"Cookie": {"session="}}},
		{"cookie, token elsewhere", none, es{cookie}, fields{"Authorization": {bearer}}},
		{"cookie, bad", token, es{cookie}, fields{"Cookie": {"session=bad"}}},
		{"cookie, two", request, es{cookie}, fields{"Cookie": {"session=" + good + "; session=" + good}}},
		{"cookie, two, one empty", request, es{cookie}, fields{"Cookie": {"session=; session=" + good}}},
		{"cookie, two fields", request, es{cookie}, fields{"Cookie": {"session=" + good, "session=bad"}}},
		{"cookie, half in quotes", request, es{cookie}, fields{"Cookie": {`session="` + good}}},
		{"cookie, a good and an unreadable one", request, es{cookie}, fields{"Cookie": {"session=" + good + `; session="bad`}}},
		{"cookie, something else", request, es{cookie}, fields{"Cookie": {"session=a b"}}},

		{"first of three", accepted, all, fields{assertion: {good}}},
		{"second of three", accepted, all, fields{"Cookie": {"session=" + good}}},
		{"third of three", accepted, all, fields{"Authorization": {bearer}}},
		{"third of three, first blank", accepted, all, fields{assertion: {" "}, "Authorization": {bearer}}},
		{"second of three, third another scheme", accepted, all, fields{"Cookie": {"session=" + good}, "Authorization": {"Basic YTpi"}}},
		{"none of three", none, all, fields{"Authorization": {"Basic YTpi"}, "Cookie": {"a=b"}}},
		{"two of three, equal", request, all, fields{assertion: {good}, "Authorization": {bearer}}},
		{"two of three, first bad", request, all, fields{assertion: {"bad"}, "Authorization": {bearer}}},
		{"two of three, last bad", request, all, fields{"Cookie": {"session=" + good}, "Authorization": {"Bearer bad"}}},
		{"three of three", request, all, fields{assertion: {good}, "Cookie": {"session=" + good}, "Authorization": {bearer}}},
		{"first malformed, third good", request, all, fields{assertion: {"a b"}, "Authorization": {bearer}}},
		{"second malformed, third good", request, all, fields{"Cookie": {"session=a,b"}, "Authorization": {bearer}}},
		{"second unreadable, third good", request, all, fields{"Cookie": {`a=b; session=a\b`}, "Authorization": {bearer}}},
		{"first good, third malformed", request, all, fields{assertion: {good}, "Authorization": {"Bearer"}}},
		{"first doubled, third good", request, all, fields{assertion: {good, good}, "Authorization": {bearer}}},
		{"third malformed", request, all, fields{"Authorization": {"Bearer a b"}}},
		{"bad alone", token, all, fields{"Cookie": {"session=bad"}}},

		{"own, finds nothing and returns no error", none, es{silent}, fields{"Authorization": {bearer}}},
		{"a silent one after a good one", accepted, es{httpauth.Bearer(), silent}, fields{"Authorization": {bearer}}},
		{"own, finds nothing and returns no error, then good", accepted, es{silent, httpauth.Bearer()}, fields{"Authorization": {bearer}}},
		{"own, both find nothing", none, es{silent, silent}, nil},
		{"own, reports a bad token", token, es{invalid}, nil},
		{"own, cannot look", "503 retry", es{broken}, fields{"Authorization": {bearer}}},
		{"own, cannot look, then good", "503 retry", es{broken, httpauth.Bearer()}, fields{"Authorization": {bearer}}},
	} {
		for name, opts := range map[string][]httpauth.Option{"strict": nil, "optional": {httpauth.WithOptional()}} {
			t.Run(test.name+"/"+name, func(t *testing.T) {
				want, body := test.want, "hello user-1"
				if want == none && opts != nil {
					want, body = accepted, "hello nobody"
				}
				m := httpauth.New(s, append(opts, httpauth.WithExtractor(test.es...))...)
				f := test.fields.Clone()
				if f == nil {
					f = http.Header{}
				}
				got := do(t, serve(t, m.Handler(page)), http.MethodGet, f)
				if summary := got.summary(t); summary != want {
					t.Errorf("the answer is %s, want %s", summary, want)
				}
				if want == accepted && got.Body != body {
					t.Errorf("the body is %q, want %q", got.Body, body)
				}
			})
		}
	}
}

// TestNotFromTheWire: rule 12. net/http never delivers these values, but another
// adapter or a test may set them; nothing is trimmed to make them good.
func TestNotFromTheWire(t *testing.T) {
	s := newSite(t)
	good := s.Sign(with(nil))
	for _, test := range []struct {
		name   string
		fields http.Header
		want   error // nil: accepted
	}{
		{"as it is", http.Header{"Authorization": {"Bearer " + good}}, nil},
		{"no map", nil, httpauth.ErrNoToken},
		{"blank", http.Header{"Authorization": {" \t "}}, httpauth.ErrNoToken},
		{"a tab", http.Header{"Authorization": {"\t"}}, httpauth.ErrNoToken},
		{"no values", http.Header{"Authorization": {}}, httpauth.ErrNoToken},
		{"a name that is not canonical", http.Header{"authorization": {"Bearer " + good}}, httpauth.ErrNoToken},
		{"space before", http.Header{"Authorization": {" Bearer " + good}}, httpauth.ErrRequest},
		{"space at the end", http.Header{"Authorization": {"Bearer " + good + " "}}, httpauth.ErrRequest},
		{"tab at the end", http.Header{"Authorization": {"Bearer " + good + "\t"}}, httpauth.ErrRequest},
		{"tab before", http.Header{"Authorization": {"\tBearer " + good}}, httpauth.ErrRequest},
		{"line break at the end", http.Header{"Authorization": {"Bearer " + good + "\r\n"}}, httpauth.ErrRequest},
		{"line break alone", http.Header{"Authorization": {"\n"}}, httpauth.ErrRequest},
		{"folded", http.Header{"Authorization": {"Bearer\r\n " + good}}, httpauth.ErrRequest},
		{"folded within", http.Header{"Authorization": {"Bearer " + good[:40] + "\r\n " + good[40:]}}, httpauth.ErrRequest},
		{"NUL at the end", http.Header{"Authorization": {"Bearer " + good + "\x00"}}, httpauth.ErrRequest},
		{"NUL after the scheme", http.Header{"Authorization": {"Bearer\x00 " + good}}, httpauth.ErrRequest},
		{"CR", http.Header{"Authorization": {"Bearer " + good[:40] + "\r" + good[40:]}}, httpauth.ErrRequest},
		{"DEL", http.Header{"Authorization": {"Bearer " + good + "\x7f"}}, httpauth.ErrRequest},
		{"bad UTF-8 for a scheme", http.Header{"Authorization": {"\xff " + good}}, httpauth.ErrRequest},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header = test.fields
			tok, err := httpauth.New(s).Authenticate(r)
			if !errors.Is(err, test.want) || (tok != nil) != (test.want == nil) {
				t.Errorf("Authenticate = %v, %v; want the error %v", tok, err, test.want)
			}
			rec := httptest.NewRecorder()
			httpauth.New(s).Handler(page).ServeHTTP(rec, r)
			read(t, rec.Result(), fmt.Sprint(test.fields))
			if got, want := rec.Code, httpauth.Status(test.want); got != want {
				t.Errorf("the status is %d, want %d", got, want)
			}
		})
	}
}

// TestHTTP2: rule 12. HTTP/2 delivers white space that HTTP/1.1 trims.
func TestHTTP2(t *testing.T) {
	s := newSite(t)
	good := s.Sign(with(nil))
	srv := httptest.NewUnstartedServer(httpauth.New(s).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 {
			t.Errorf("the request came by %s", r.Proto)
		}
		page(w, r)
	})))
	srv.EnableHTTP2 = true
	srv.StartTLS()
	t.Cleanup(srv.Close)
	for name, test := range map[string]struct {
		field string
		want  answer
	}{
		"good":             {"Bearer " + good, hello},
		"none":             {"", noToken},
		"blank":            {"  ", noToken},
		"space at the end": {"Bearer " + good + " ", badRequest},
		"space before":     {" Bearer " + good, badRequest},
		"tab before":       {"\tBearer " + good, badRequest},
	} {
		t.Run(name, func(t *testing.T) {
			got := do(t, srv, http.MethodGet, http.Header{"Authorization": {test.field}})
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestM01MistakesAreNamed: the error says what is wrong with the request, and
// quotes nothing of it.
func TestM01MistakesAreNamed(t *testing.T) {
	s := newSite(t)
	good := s.Sign(with(nil))
	bearer, header, cookie := httpauth.Bearer(), httpauth.Header("X-Token"), httpauth.Cookie("session")
	const inField, inHeader = "the Authorization field: ", "the X-Token field: "
	authorization := func(v string) http.Header { return http.Header{"Authorization": {v}} }
	token := func(v string) http.Header { return http.Header{"X-Token": {v}} }
	for _, test := range []struct {
		name    string
		extract httpauth.Extractor
		fields  http.Header
		want    string // after "httpauth: malformed request: "; or all of another error
	}{
		{"twice", bearer, authorization("Bearer Bearer " + good), inField + "the word Bearer occurs twice; send it once"},
		{"twice, in any case", bearer, authorization("bearer BEARER " + good), inField + "the word Bearer occurs twice; send it once"},
		{"quotes", bearer, authorization(`Bearer "` + good + `"`), inField + "the token is in quotes; send it without"},
		{"single quotes", bearer, authorization("Bearer '" + good + "'"), inField + "the token is in quotes; send it without"},
		{"half in quotes", bearer, authorization(`Bearer ` + good + `"`), inField + "the token is in quotes; send it without"},
		{"line break", bearer, authorization("Bearer " + good + "\n"), inField + "there is a line break in or around the token; send the token alone"},
		{"CRLF", bearer, authorization("Bearer " + good + "\r\n"), inField + "there is a line break in or around the token; send the token alone"},
		{"line break within", bearer, authorization("Bearer " + good[:9] + "\n" + good[9:]), inField + "there is a line break in or around the token; send the token alone"},
		{"line break, written", bearer, authorization(`Bearer ` + good + `\n`), inField + `there is a line break, written as \n, after the token; send the token alone`},
		{"space", bearer, authorization("Bearer " + good + " "), inField + "there is white space around the token; send the token alone"},
		{"brackets", bearer, authorization("Bearer <" + good + ">"), inField + "the token is in brackets; send it without"},
		{"a variable", bearer, authorization("Bearer ${TOKEN}"), inField + "the token is in brackets; send it without"},
		{"escaped", bearer, authorization("Bearer Bearer%20" + good), inField + "the token is percent-encoded; send it as it is"},
		{"two", bearer, authorization("Bearer " + good + "," + good), inField + "there is more than one token, or a comma; send one token"},
		{"padding", header, token(strings.ReplaceAll(good, ".", "=.")), inHeader + "the parts of the token are padded with =; send them without, or read them with PaddedHeader"},
		{"two words", bearer, authorization("Bearer a b"), inField + "it holds more than one token, or something else; send one token"},
		{"none", bearer, authorization("Bearer"), "the Authorization field holds no token"},
		{"no scheme", bearer, authorization("\t" + good), "the Authorization field has no scheme; send Bearer, a space and the token"},
		{"colon", bearer, authorization("Bearer: " + good), `httpauth: no token in the request: the scheme is "Bearer:"; send Bearer without quotes or a colon`},
		{"all in quotes", bearer, authorization(`"Bearer ` + good + `"`), `httpauth: no token in the request: the scheme is "\"Bearer"; send Bearer without quotes or a colon`},
		{"another scheme", bearer, authorization("Basic YTpi"), "httpauth: no token in the request"},
		{"scheme in a header", header, token("Bearer " + good), inHeader + "the word Bearer comes before the token; send the token alone"},
		{"quotes in a header", header, token(`"` + good + `"`), inHeader + "the token is in quotes; send it without"},
		{"two headers", header, http.Header{"X-Token": {good, good}}, "more than one X-Token field; send one"},
		{"escaped in a cookie", cookie, http.Header{"Cookie": {"session=Bearer%20" + good}}, "the session cookie: the token is percent-encoded; send it as it is"},
		{"a cookie half in quotes", cookie, http.Header{"Cookie": {`session="` + good}}, "the session cookie is malformed; its value is the token alone"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header = test.fields
		_, err := httpauth.New(s, httpauth.WithExtractor(test.extract)).Authenticate(r)
		want := test.want
		if !strings.HasPrefix(want, "httpauth: ") {
			want = "httpauth: malformed request: " + want
		}
		if err == nil || err.Error() != want || strings.Contains(err.Error(), good[:9]) {
			t.Errorf("%s: %v\nwant %s", test.name, err, want)
		}
	}
}

func TestMistakesPanic(t *testing.T) {
	s := newSite(t)
	for name, mistake := range map[string]func(){
		"no verifier":       func() { httpauth.New(nil) },
		"nil option":        func() { httpauth.New(s, nil) },
		"no extractor":      func() { httpauth.WithExtractor() },
		"nil extractor":     func() { httpauth.WithExtractor(httpauth.Bearer(), nil) },
		"nil error handler": func() { httpauth.WithErrorHandler(nil) },
		"nil clock":         func() { httpauth.WithClock(nil) },
		"nil proof":         func() { httpauth.WithProof(nil) },
		"nil observer":      func() { httpauth.WithObserver(nil) },
		"a proof of nothing": func() {
			httpauth.New(s, httpauth.WithProof(fake{"", nil}))
		},
		"two proofs of one member": func() {
			httpauth.New(s, httpauth.WithProof(fake{"a", nil}), httpauth.WithProof(fake{"a", nil}))
		},
		"two proofs with one scheme": func() {
			httpauth.New(s, httpauth.WithProof(fakeScheme{fake{"a", nil}}), httpauth.WithProof(fakeScheme{fake{"b", nil}}))
		},
		"bound by nothing":     func() { httpauth.New(s).RequireBound() },
		"no level":             func() { httpauth.New(s).RequireAuthLevel() },
		"no acr":               func() { httpauth.ACR() },
		"empty acr":            func() { httpauth.ACR("gold", "") },
		"acr with a space":     func() { httpauth.ACR("gold silver") },
		"acr with a quote":     func() { httpauth.ACR(`gold"`) },
		"no age":               func() { httpauth.MaxAuthAge(0) },
		"negative age":         func() { httpauth.MaxAuthAge(-time.Second) },
		"age of half a second": func() { httpauth.MaxAuthAge(time.Second / 2) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("it does not panic")
				}
			}()
			mistake()
		})
	}
}
