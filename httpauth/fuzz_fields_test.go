package httpauth_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/httpauth/dpop"
)

// inCookie reports whether some cookie of that name has the value. net/http drops
// white space around names and values, which no client sends.
func inCookie(field, name, value string) bool {
	for part := range strings.SplitSeq(field, ";") {
		n, v, _ := strings.Cut(part, "=")
		if v = strings.TrimSpace(v); strings.TrimSpace(n) == name && (v == value || v == `"`+value+`"`) {
			return true
		}
	}
	return false
}

// FuzzFields puts any bytes into the fields Authorization, DPoP and Cookie,
// where GOOD, BOUND and PROOF stand for an unbound token, one that is bound,
// and its proof. Nothing else may get through, every challenge must follow the
// grammar, and no field of the answer may hold a byte that could begin another.
func FuzzFields(f *testing.F) {
	s := newSite(f)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	start := time.Now()
	checker, err := dpop.New(dpop.WithHosts("api.example"), dpop.WithNonces(time.Hour, []byte("a secret of at least thirty-two bytes")),
		dpop.WithReplayStore(dpop.ReplayStoreFunc(func(context.Context, dpop.Spent) (bool, error) { return true, nil })),
		dpop.WithClock(func() time.Time { return start }))
	if err != nil {
		f.Fatal(err)
	}
	m := httpauth.New(s, httpauth.WithProof(checker), httpauth.WithExtractor(httpauth.Bearer(), httpauth.Cookie("session")), httpauth.WithRealm("a \"realm\"\r\nX: y"))
	h := m.Handler(page)

	c := newDPoPClient(f, nil, jose.ES256, key)
	good := s.Sign(with(nil))
	bound := s.Sign(with(map[string]any{"cnf": map[string]string{"jkt": c.jkt}}))
	c.token = bound
	ask := func(authorization, proof, cookie string) *http.Response {
		r := httptest.NewRequest(http.MethodGet, "https://api.example/", nil)
		r.Header = http.Header{"Authorization": {authorization}, "Dpop": {proof}}
		if cookie != "" {
			r.Header["Cookie"] = []string{cookie}
		}
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		return rec.Result()
	}
	c.nonce = ask("DPoP "+bound, c.proof(f, "GET", "https://api.example/"), "").Header.Get("DPoP-Nonce")
	proof := c.proof(f, "GET", "https://api.example/")

	for _, seed := range [][3]string{
		{"Bearer GOOD", "", ""}, {"DPoP BOUND", "PROOF", ""}, {"DPoP GOOD", "PROOF", ""}, {"Bearer BOUND", "PROOF", ""}, {"", "", "session=GOOD"}, {"", "PROOF", "session=BOUND"},
		{"dpop  BOUND", "PROOF", "session="}, {"DPoP BOUND", "PROOF, PROOF", ""}, {"DPoP BOUND", "PROOFa", ""}, {"DPoP BOUND,Bearer GOOD", "PROOF", ""},
		{"DPoP BOUND", "eyJhbGciOiJub25lIn0.e30.", ""}, {"DPoP BOUND", "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7fX0.e30.AA", ""},
		{"Bearer GOOD\r\nX: y", "\x00", "session=\""}, {"\xff", "\r\n", ";"}, {"DPoP", "", "a"}, {"Basic YTpi", "PROOF", "session=GOOD"},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, authorization, dpopField, cookie string) {
		in := strings.NewReplacer("GOOD", good, "BOUND", bound, "PROOF", proof)
		authorization, dpopField, cookie = in.Replace(authorization), in.Replace(dpopField), in.Replace(cookie)
		res := ask(authorization, dpopField, cookie)

		scheme, rest, _ := strings.Cut(authorization, " ")
		token := strings.TrimLeft(rest, " ")
		byCookie := inCookie(cookie, "session", good)
		mayPass := strings.EqualFold(scheme, "Bearer") && token == good ||
			strings.EqualFold(scheme, "DPoP") && token == bound && dpopField == proof || byCookie
		mustPass := mayPass && !byCookie && !strings.Contains(cookie, "session")
		if passed := res.StatusCode == 200; passed && !mayPass || !passed && mustPass {
			t.Fatalf("Authorization %q, DPoP %q, Cookie %q: %d", authorization, dpopField, cookie, res.StatusCode)
		}
		switch res.StatusCode {
		case 200:
			return
		case 400, 401:
		default:
			t.Fatalf("Authorization %q, DPoP %q, Cookie %q: %d", authorization, dpopField, cookie, res.StatusCode)
		}
		if fields := res.Header["Www-Authenticate"]; len(fields) != 2 {
			t.Fatalf("the challenges are %q", fields)
		}
		for name, values := range res.Header {
			for _, v := range values {
				if strings.ContainsFunc(v, func(c rune) bool { return c < ' ' || c > '~' }) {
					t.Fatalf("%s: %q", name, v)
				}
			}
			switch name {
			case "Www-Authenticate":
				for _, v := range values {
					list, err := parseChallenges(v)
					if err != nil || len(list) != 1 || list[0].Params["realm"] != "a realmX: y" {
						t.Fatalf("%q: %v, %v", v, list, err)
					}
				}
			case "Cache-Control", "Content-Type", "Dpop-Nonce":
			default:
				t.Fatalf("the answer has the field %s", name)
			}
		}
		read(t, res, authorization+" "+dpopField+" "+cookie)
	})
}
