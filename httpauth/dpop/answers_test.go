package dpop_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/httpauth/dpop"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// TestH02Reasons: each refusal has its reason, and verdict and status agree.
func TestH02Reasons(t *testing.T) {
	s := newSite(t)
	with := func(opts ...dpop.Option) *httpauth.Middleware { return s.guard(t, s.checker(t, opts...)) }
	store := func(err error) *httpauth.Middleware {
		return with(dpop.WithReplayStore(dpop.ReplayStoreFunc(func(context.Context, dpop.Spent) (bool, error) { return false, err })))
	}
	for _, test := range []struct {
		name    string
		auth    *httpauth.Middleware
		changes map[string]any
		word    string
		verdict verifier.Verdict
		status  int
	}{
		{"a replay", store(nil), nil, "replay", verifier.Invalid, 401},
		{"no nonce", with(dpop.WithNonces(time.Minute, secret)), nil, "nonce", verifier.Invalid, 401},
		{"another URI", s.auth, map[string]any{"htu": "https://evil.example/"}, "unproven", verifier.Invalid, 401},
		{"a proof that expired", s.auth, map[string]any{"iat": 1}, "unproven", verifier.Invalid, 401},
		{"a claim that is missing", s.auth, map[string]any{"jti": nil}, "unproven", verifier.Invalid, 401},
		{"a store that is down", store(errors.New("down")), nil, "unavailable", verifier.Undecided, 503},
		{"a store that is full", store(dpop.ErrFull), nil, "unavailable", verifier.Undecided, 503},
		{"a store that says invalid", store(verifier.ErrInvalidToken), nil, "unavailable", verifier.Undecided, 503},
		{"a store that says forbidden", store(claims.ErrInsufficientScope), nil, "unavailable", verifier.Undecided, 503},
		{"a store that was given up", store(context.Canceled), nil, "canceled", verifier.Undecided, 503},
	} {
		_, err := test.auth.Authenticate(s.request(s.proof(t, "1", test.changes)))
		if got := verifier.Reason(err); got != test.word {
			t.Errorf("%s: the reason is %s, want %s: %v", test.name, got, test.word, err)
		}
		if got := verifier.Classify(err); got != test.verdict || httpauth.Status(err) != test.status {
			t.Errorf("%s: %v, %d: %v", test.name, got, httpauth.Status(err), err)
		}
		var own *httpauth.ProofError
		if invalid := test.verdict == verifier.Invalid; errors.As(err, &own) != invalid || errors.Is(err, verifier.ErrInvalidToken) != invalid || errors.Is(err, verifier.ErrUnavailable) == invalid {
			t.Errorf("%s: the error is %#v", test.name, err)
		}
	}
	other := newSite(t)
	if _, err := s.auth.Authenticate(s.request(other.sign(t, other.header(t), s.claims("1")))); verifier.Reason(err) != "unproven" {
		t.Errorf("another key: %s, %v", verifier.Reason(err), err)
	}
}

// TestP05TypIsAMediaType: typ is compared without case, in ASCII only (RFC 7515
// §4.1.9).
func TestP05TypIsAMediaType(t *testing.T) {
	s := newSite(t)
	for typ, want := range map[string]bool{
		"dpop+jwt": true, "DPoP+JWT": true, "application/dpop+jwt": true, "APPLICATION/DPOP+JWT": true,
		"": false, "jwt": false, "application/jwt": false, "at+jwt": false, "dpop": false, "application/": false,
		"application/application/dpop+jwt": false, "x/dpop+jwt": false, " dpop+jwt": false, "dpop+jwt;x": false,
		"\uff44pop+jwt": false, "dpop\u212ajwt": false, "d\u2070op+jwt": false, "dpop+jwt\x00": false,
	} {
		_, err := s.auth.Authenticate(s.request(s.sign(t, changed(s.header(t), map[string]any{"typ": typ}), s.claims(typ))))
		if (err == nil) != want {
			t.Errorf("typ %q: %v", typ, err)
		}
	}
}

// TestM01Messages: a message is one line, and names this package and no other.
func TestM01Messages(t *testing.T) {
	s := newSite(t)
	down := fmt.Errorf("%w: %w", keys.ErrUnavailable, errors.New(strings.Repeat("<html>\r\n", 1000)))
	full := s.guard(t, s.checker(t, dpop.WithReplayStore(dpop.ReplayStoreFunc(func(context.Context, dpop.Spent) (bool, error) { return false, down }))))
	header := func(changes map[string]any) string {
		return s.sign(t, changed(s.header(t), changes), s.claims("1"))
	}
	claim := func(changes map[string]any) string { return s.proof(t, "1", changes) }
	for _, test := range []struct {
		name  string
		auth  *httpauth.Middleware
		proof string
		want  string // the beginning
	}{
		{"too old", s.auth, claim(map[string]any{"iat": 1}), "dpop: invalid proof: iat: expired"},
		{"a claim", s.auth, claim(map[string]any{"htm": 1}), "dpop: invalid proof: htm: malformed"},
		{"htu", s.auth, claim(map[string]any{"htu": "https://x.example/"}), `dpop: invalid proof: htu is not the URI of the request, "https://api.example/items" (see WithBaseURL, WithHosts and WithProxy)`},
		{"htu of another kind", s.auth, claim(map[string]any{"htu": "ftp://x.example/"}), "dpop: invalid proof: htu: it is not an http or https URI with a host"},
		{"typ", s.auth, header(map[string]any{"typ": "JWT"}), `dpop: invalid proof: typ is not "dpop+jwt"`},
		{"alg", s.auth, header(map[string]any{"alg": strings.Repeat("\u2026", 100)}), `dpop: invalid proof: alg "` + strings.Repeat(`\u2026`, 21) + `"… is not accepted (see WithAlgorithms)`},
		{"jwk", s.auth, header(map[string]any{"jwk": map[string]any{"kty": "EC"}}), "dpop: invalid proof: jwk: "},
		{"not a JWT", s.auth, "abc", "dpop: invalid proof: "},
		{"the store", full, claim(nil), "dpop: cannot decide now: the replay store: unavailable: <html>; <html>"},
	} {
		_, err := test.auth.Authenticate(s.request(test.proof))
		if err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%s: %v, want %s", test.name, err, test.want)
			continue
		}
		text := err.Error()
		if strings.ContainsAny(text, "\r\n") || len(text) > 400 || strings.Count(text, "dpop: ") != 1 {
			t.Errorf("%s: %q", test.name, text)
		}
		for _, other := range []string{"httpauth: ", "verifier: ", "claims: ", "keys: ", "jws: "} {
			if strings.Contains(text, other) {
				t.Errorf("%s names %s too: %s", test.name, other, text)
			}
		}
	}
}

// TestS10Redacted: nothing prints a secret or the contents of a Memory.
func TestS10Redacted(t *testing.T) {
	s := newSite(t)
	nonceSecret := []byte("a secret that no log may ever see")
	m := newMemory(t, 160, 10)
	c := s.checker(t, dpop.WithNonces(time.Minute, nonceSecret), dpop.WithReplayStore(m))
	spent := dpop.Spent{Subject: id(11), Key: id(12), ID: id(13), At: today, Expiry: today.Add(time.Minute)}
	if _, err := m.Spend(t.Context(), spent); err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]any{
		"Checker": c, "Checker by value": *c, "Memory": m, "Spent": spent, "Spent by address": &spent,
		"in a struct": struct {
			C *dpop.Checker
			S dpop.Spent
		}{c, spent},
		"in a list": []any{c, m, spent},
	} {
		var b strings.Builder
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&b, verb+"\n", v)
		}
		slog.New(slog.NewTextHandler(&b, nil)).Info("text", "v", v)
		slog.New(slog.NewJSONHandler(&b, nil)).Info("JSON", "v", v)
		for _, bad := range []string{string(nonceSecret), fmt.Sprintf("%x", nonceSecret), "97 32 115", "0x61, 0x20", "00000c", "0 0 12", "0xc, 0x0"} {
			if strings.Contains(b.String(), bad) {
				t.Errorf("%s prints %q:\n%s", name, bad, b.String())
			}
		}
	}
	if doc, err := json.Marshal([]any{c}); err != nil || string(doc) != "[{}]" {
		t.Errorf("the JSON is %s, %v", doc, err)
	}
}

// TestS20Durations: a duration without a unit, or out of all proportion, is
// refused, and the message shows the unit.
func TestS20Durations(t *testing.T) {
	const century = 100 * 365 * 24 * time.Hour
	for _, test := range []struct {
		name string
		opt  dpop.Option
		want string // "": it is accepted
	}{
		{"no leeway", dpop.WithLeeway(0), ""},
		{"the least leeway", dpop.WithLeeway(time.Millisecond), ""},
		{"the most leeway", dpop.WithLeeway(10 * time.Minute), ""},
		{"leeway without a unit", dpop.WithLeeway(30), "WithLeeway: 30ns"},
		{"a century of leeway", dpop.WithLeeway(century), "WithLeeway: 876000h0m0s"},
		{"more than the most", dpop.WithLeeway(10*time.Minute + 1), "WithLeeway"},
		{"negative leeway", dpop.WithLeeway(-time.Second), "WithLeeway: -1s"},
		{"the most that there is", dpop.WithLeeway(1<<63 - 1), "WithLeeway"},
		{"the least age", dpop.WithMaxAge(time.Millisecond), ""},
		{"the most age", dpop.WithMaxAge(time.Hour), ""},
		{"no age", dpop.WithMaxAge(0), "WithMaxAge: 0s"},
		{"age without a unit", dpop.WithMaxAge(60), "WithMaxAge: 60ns"},
		{"a century of age", dpop.WithMaxAge(century), "WithMaxAge: 876000h0m0s"},
		{"negative age", dpop.WithMaxAge(-time.Minute), "WithMaxAge"},
		{"the longest period", dpop.WithNonces(24*time.Hour, secret), ""},
		{"a century of a period", dpop.WithNonces(century, secret), "WithNonces: a period of 876000h0m0s"},
	} {
		c, err := dpop.New(dpop.WithHosts("api.example"), test.opt)
		if (c != nil) != (test.want == "") || (err == nil) != (test.want == "") || err != nil && (!strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "time.")) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

// TestS25NilArguments: a nil in an interface is a mistake too, and a Checker
// that was not made by New decides nothing.
func TestS25NilArguments(t *testing.T) {
	for name, opt := range map[string]dpop.Option{
		"a nil store":         dpop.WithReplayStore(nil),
		"a nil Memory":        dpop.WithReplayStore((*dpop.Memory)(nil)),
		"a nil function":      dpop.WithReplayStore(dpop.ReplayStoreFunc(nil)),
		"a nil option":        nil,
		"a nil clock":         dpop.WithClock(nil),
		"a nil proxy":         dpop.WithProxyFunc(nil, dpop.XForwardedProto),
		"no field of a proxy": dpop.WithProxyFunc(func(*http.Request) bool { return true }),
		"no field of a Unix":  dpop.WithUnixProxy(),
		"field of a Unix":     dpop.WithUnixProxy("X-Real-Host"),
	} {
		if c, err := dpop.New(dpop.WithHosts("api.example"), opt); c != nil || err == nil {
			t.Errorf("%s: %v, %v", name, c, err)
		}
	}
	if err := new(dpop.Checker).Prove(http.Header{}, newSite(t).request(), httpauth.Binding{}); httpauth.Status(err) != 503 {
		t.Errorf("a Checker that was not made by New: %v", err)
	}
	if first, err := new(dpop.Memory).Spend(t.Context(), dpop.Spent{At: today, Expiry: today.Add(time.Minute)}); first || err == nil {
		t.Errorf("a Memory that was not made by NewMemory: %v, %v", first, err)
	}
}
