package verifier_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/verifier"
)

// TestTokenPrintsNothingPersonal: no verb of package fmt and no handler of log/slog
// shows a claim that is not on the list of safe ones, and all text is cut.
func TestTokenPrintsNothingPersonal(t *testing.T) {
	raw := sign(`{"alg":"HS256","typ":"JWT","kid":"k\n2"}`, `{"iss":"https://i.example","sub":"`+strings.Repeat("u", 80)+
		`","aud":["a","b","c","d","e"],"jti":"id-1","exp":1700000060,"email":"jane@example.com"}`)
	tok, err := newVerifier(t, hmacKeys(t), verifier.WithIssuer("https://i.example"), verifier.WithAudience("a")).Verify(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	event := verifier.Event{Claims: tok.Set, Verified: true, KeyID: "k\n2", Algorithm: tok.Algorithm, Duration: time.Millisecond}
	const who = `iss=https://i.example sub="` + `uuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu` + `"… aud="a", "b", "c", "d", … jti=id-1 exp=`
	for _, v := range []any{tok, *tok, tok.Set} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
			text := fmt.Sprintf(verb, v)
			if strings.Contains(text, "jane") || !strings.Contains(text, who) {
				t.Errorf("%T by %s: %s", v, verb, text)
			}
		}
	}
	for _, v := range []any{tok, *tok, tok.Set, event, &event} {
		for name, newHandler := range map[string]func(*bytes.Buffer) slog.Handler{
			"text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
			"JSON": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
		} {
			var b bytes.Buffer
			slog.New(newHandler(&b)).Info("x", "v", v)
			text := b.String()
			if strings.Contains(text, "jane") || strings.Contains(text, strings.Repeat("u", 65)) || strings.Count(text, "\n") != 1 || !strings.Contains(text, "id-1") {
				t.Errorf("%T by the %s handler: %s", v, name, text)
			}
		}
	}
}

// TestTokenPrintsWithoutClaims: tokens and sets that hold nothing do not panic.
func TestTokenPrintsWithoutClaims(t *testing.T) {
	for want, v := range map[string]any{
		"verifier.Token[]":                  verifier.Token{},
		"verifier.Token[alg=HS256 typ=JWT]": &verifier.Token{Algorithm: "HS256", Type: "JWT"},
		"claims.Set[]":                      (*claims.Set)(nil),
		"claims.Set[sub=a]":                 &claims.Set{Subject: "a"},
	} {
		if got := fmt.Sprint(v); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if got := fmt.Sprint(verifier.Event{}.LogValue()); !strings.Contains(got, "verdict=trusted") {
		t.Error(got)
	}
}
