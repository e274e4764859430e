package httpauth_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// TestWire sends field lines byte for byte, as no http.Client would, to a
// server that takes tokens by Bearer. GOOD and so on stand for tokens.
func TestWire(t *testing.T) {
	s := newSite(t)
	good := s.Sign(with(nil))
	dots := func(n int) string { return strings.Repeat(".", n) }
	tokens := strings.NewReplacer(
		"GOOD", good,
		"HALF1", good[:40], "HALF2", good[40:],
		"EXPIRED", s.Sign(with(map[string]any{"exp": today.Add(-time.Hour).Unix()})),
		"EARLY", s.Sign(with(map[string]any{"nbf": today.Add(time.Hour).Unix()})),
		"FOREIGN", s.Sign(with(map[string]any{"aud": "https://other.example"})),
		"FORGED", verifiertest.NewSigner(t, keys.HS256, "key-1").Sign(with(nil)),
		"STRANGER", verifiertest.NewSigner(t, keys.HS256, "key-2").Sign(with(nil)),
		"UNSIGNED", "eyJhbGciOiJub25lIn0."+strings.Split(good, ".")[1]+".",
	)
	m := httpauth.New(s)
	srv := serve(t, m.Handler(page))

	const accepted, none, request, token, wire = "200", "401", "400 invalid_request", "401 invalid_token", "400 net/http"
	for _, test := range []struct {
		name, want string
		lines      []string
	}{
		{"Bearer", accepted, []string{"Authorization: Bearer GOOD"}},
		{"bearer", accepted, []string{"Authorization: bearer GOOD"}},
		{"BEARER", accepted, []string{"Authorization: BEARER GOOD"}},
		{"bEARER", accepted, []string{"Authorization: bEARER GOOD"}},
		{"name in lower case", accepted, []string{"authorization: Bearer GOOD"}},
		{"name in upper case", accepted, []string{"AUTHORIZATION: Bearer GOOD"}},
		{"two spaces", accepted, []string{"Authorization: Bearer  GOOD"}},
		{"many spaces", accepted, []string{"Authorization: Bearer                    GOOD"}},
		{"no space after the colon", accepted, []string{"Authorization:Bearer GOOD"}},
		{"spaces before the scheme", accepted, []string{"Authorization:    Bearer GOOD"}},
		{"tab before the scheme", accepted, []string{"Authorization:\tBearer GOOD"}},
		{"space at the end", accepted, []string{"Authorization: Bearer GOOD "}},
		{"tab at the end", accepted, []string{"Authorization: Bearer GOOD\t"}},
		{"folded before the token", accepted, []string{"Authorization: Bearer\r\n GOOD"}},

		{"no field", none, nil},
		{"empty field", none, []string{"Authorization:"}},
		{"blank field", none, []string{"Authorization:    "}},
		{"field of a tab", none, []string{"Authorization: \t "}},
		{"Basic", none, []string{"Authorization: Basic dXNlcjpwYXNzd29yZA=="}},
		{"Digest", none, []string{`Authorization: Digest username="u", realm="api", nonce="n"`}},
		{"DPoP", none, []string{"Authorization: DPoP GOOD"}},
		{"Token", none, []string{"Authorization: Token GOOD"}},
		{"BearerX", none, []string{"Authorization: BearerX GOOD"}},
		{"XBearer", none, []string{"Authorization: XBearer GOOD"}},
		{"Beare", none, []string{"Authorization: Beare GOOD"}},
		{"Bearer:", none, []string{"Authorization: Bearer:GOOD"}},
		{"Bearer=", none, []string{"Authorization: Bearer=GOOD"}},
		{"no space", none, []string{"Authorization: BearerGOOD"}},
		{"scheme in quotes", none, []string{`Authorization: "Bearer" GOOD`}},
		{"no scheme", none, []string{"Authorization: GOOD"}},
		{"Proxy-Authorization", none, []string{"Proxy-Authorization: Bearer GOOD"}},
		{"X-Forwarded-Authorization", none, []string{"X-Forwarded-Authorization: Bearer GOOD"}},
		{"X-Authorization", none, []string{"X-Authorization: Bearer GOOD"}},
		{"underscore in another name", none, []string{"HTTP_AUTHORIZATION: Bearer GOOD"}},
		{"cookie", none, []string{"Cookie: Authorization=GOOD; access_token=GOOD; token=GOOD"}},

		{"no token", request, []string{"Authorization: Bearer"}},
		{"no token after a space", request, []string{"Authorization: Bearer "}},
		{"no token in lower case", request, []string{"Authorization: bearer"}},
		{"tab after the scheme", request, []string{"Authorization: Bearer\tGOOD"}},
		{"space and tab after the scheme", request, []string{"Authorization: Bearer \tGOOD"}},
		{"no-break space after the scheme", request, []string{"Authorization: Bearer\u00a0GOOD"}},
		{"no-break space before the scheme", request, []string{"Authorization: \u00a0Bearer GOOD"}},
		{"scheme with a letter that looks alike", request, []string{"Authorization: Be\u0430rer GOOD"}},
		{"a second word", request, []string{"Authorization: Bearer GOOD extra"}},
		{"a word before", request, []string{"Authorization: Bearer extra GOOD"}},
		{"the scheme twice", request, []string{"Authorization: Bearer Bearer GOOD"}},
		{"two tokens", request, []string{"Authorization: Bearer GOOD GOOD"}},
		{"two tokens, tab between", request, []string{"Authorization: Bearer GOOD\tGOOD"}},
		{"two credentials", request, []string{"Authorization: Bearer GOOD, Bearer GOOD"}},
		{"two credentials, Basic last", request, []string{"Authorization: Bearer GOOD, Basic dXNlcjpwYXNzd29yZA=="}},
		{"quotes", request, []string{`Authorization: Bearer "GOOD"`}},
		{"single quotes", request, []string{"Authorization: Bearer 'GOOD'"}},
		{"angle brackets", request, []string{"Authorization: Bearer <GOOD>"}},
		{"braces", request, []string{"Authorization: Bearer {GOOD}"}},
		{"semicolon at the end", request, []string{"Authorization: Bearer GOOD;"}},
		{"comma at the end", request, []string{"Authorization: Bearer GOOD,"}},
		{"parameter", request, []string{"Authorization: Bearer token=GOOD"}},
		{"parameter in quotes", request, []string{`Authorization: Bearer token="GOOD"`}},
		{"padding before", request, []string{"Authorization: Bearer =GOOD"}},
		{"padding alone", request, []string{"Authorization: Bearer ==="}},
		{"percent", request, []string{"Authorization: Bearer GOOD%20"}},
		{"UTF-8 in the token", request, []string{"Authorization: Bearer GOODé"}},
		{"Latin-1 in the token", request, []string{"Authorization: Bearer GOOD\xe9"}},
		{"UTF-8 alone", request, []string{"Authorization: Bearer ✓"}},
		{"folded within the token", request, []string{"Authorization: Bearer HALF1\r\n HALF2"}},
		{"folded after the token", request, []string{"Authorization: Bearer GOOD\r\n extra"}},
		{"two fields, equal", request, []string{"Authorization: Bearer GOOD", "Authorization: Bearer GOOD"}},
		{"two fields, good first", request, []string{"Authorization: Bearer GOOD", "Authorization: Bearer EXPIRED"}},
		{"two fields, good last", request, []string{"Authorization: Bearer EXPIRED", "Authorization: Bearer GOOD"}},
		{"two fields, empty first", request, []string{"Authorization:", "Authorization: Bearer GOOD"}},
		{"two fields, empty last", request, []string{"Authorization: Bearer GOOD", "Authorization:"}},
		{"two fields, both empty", request, []string{"Authorization:", "Authorization:"}},
		{"two fields, Basic first", request, []string{"Authorization: Basic dXNlcjpwYXNzd29yZA==", "Authorization: Bearer GOOD"}},
		{"two fields, Basic last", request, []string{"Authorization: Bearer GOOD", "Authorization: Basic dXNlcjpwYXNzd29yZA=="}},
		{"two fields, other cases", request, []string{"authorization: Bearer GOOD", "X-Between: 1", "AUTHORIZATION: Bearer GOOD"}},

		{"not a JWT, every byte of a token", token, []string{"Authorization: Bearer aZ09-._~+/="}},
		{"one letter", token, []string{"Authorization: Bearer a"}},
		{"null", token, []string{"Authorization: Bearer null"}},
		{"the word for the scheme", token, []string{"Authorization: Bearer Bearer"}},
		{"two dots", token, []string{"Authorization: Bearer .."}},
		{"five parts", token, []string{"Authorization: Bearer a.b.c.d.e"}},
		{"padding after", token, []string{"Authorization: Bearer GOOD="}},
		{"another letter", token, []string{"Authorization: Bearer GOODa"}},
		{"another part", token, []string{"Authorization: Bearer GOOD.a"}},
		{"token twice without space", token, []string{"Authorization: Bearer GOODGOOD"}},
		{"first half", token, []string{"Authorization: Bearer HALF1"}},
		{"expired", token, []string{"Authorization: Bearer EXPIRED"}},
		{"not valid yet", token, []string{"Authorization: Bearer EARLY"}},
		{"another audience", token, []string{"Authorization: Bearer FOREIGN"}},
		{"forged", token, []string{"Authorization: Bearer FORGED"}},
		{"unknown key", token, []string{"Authorization: Bearer STRANGER"}},
		{"unsigned", token, []string{"Authorization: Bearer UNSIGNED"}},
		{"64 KB", token, []string{"Authorization: Bearer " + strings.Repeat("a", 64<<10)}},
		{"900 KB of periods", token, []string{"Authorization: Bearer " + dots(900<<10)}},

		{"NUL", wire, []string{"Authorization: Bearer GOOD\x00"}},
		{"NUL within", wire, []string{"Authorization: Bearer HALF1\x00HALF2"}},
		{"CR", wire, []string{"Authorization: Bearer HALF1\rHALF2"}},
		{"DEL", wire, []string{"Authorization: Bearer GOOD\x7f"}},
		{"control byte before the scheme", wire, []string{"Authorization: \x01Bearer GOOD"}},
		{"space before the colon", wire, []string{"Authorization : Bearer GOOD"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			lines := strings.Join(append(test.lines, ""), "\r\n")
			got := send(t, srv.Listener.Addr().String(), "GET / HTTP/1.1\r\nHost: api.example\r\n"+tokens.Replace(lines)+"\r\n")
			if summary := got.summary(t); summary != test.want {
				t.Errorf("the answer is %s, want %s", summary, test.want)
			}
			if (test.want == accepted) != (got.Body == "hello user-1") {
				t.Errorf("the body is %q", got.Body)
			}
		})
	}
}

// TestOtherPlaces: a token in the query or the body does not count (RFC 6750
// §2.2 and §2.3 are not supported), and the handler can read the whole body.
func TestOtherPlaces(t *testing.T) {
	s := newSite(t)
	good := s.Sign(with(nil))
	const form = "Content-Type: application/x-www-form-urlencoded\r\n"
	body := "access_token=" + good
	post := func(head string) string {
		return head + form + "Transfer-Encoding: chunked\r\n\r\n" + chunk(body) + chunk("")
	}
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil || string(b) != body || r.PostForm != nil {
			t.Errorf("the handler reads %d bytes, %v; want all %d", len(b), err, len(body))
		}
		page(w, r)
	})
	strict := serve(t, httpauth.New(s).Handler(page)).Listener.Addr().String()
	optional := serve(t, httpauth.New(s, httpauth.WithOptional()).Handler(echo)).Listener.Addr().String()
	for _, test := range []struct{ name, addr, request, want string }{
		{"query", strict, "GET /?access_token=" + good + " HTTP/1.1\r\nHost: x\r\n\r\n", "401"},
		{"user info", strict, "GET http://" + good + "@x/ HTTP/1.1\r\nHost: x\r\n\r\n", "401"},
		{"body", strict, post("POST / HTTP/1.1\r\nHost: x\r\n"), "401"},
		{"body, optional", optional, post("POST / HTTP/1.1\r\nHost: x\r\n"), "200"},
		{"body, and a good token", optional, post("POST /?access_token=bad HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + good + "\r\n"), "200"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := send(t, test.addr, test.request).summary(t); got != test.want {
				t.Errorf("the answer is %s, want %s", got, test.want)
			}
		})
	}
}

// send writes a request as it is and reads the answer.
func send(t *testing.T, addr, request string) answer {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	method, _, _ := strings.Cut(request, " ")
	res, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	return read(t, res, request)
}

func chunk(s string) string { return fmt.Sprintf("%x\r\n%s\r\n", len(s), s) }
