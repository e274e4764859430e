package diagnose_test

import (
	"crypto/fips140"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/diagnose"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/setup"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// A situation is a token that is refused by settings, and what is at fault.
type situation struct {
	name    string
	make    func(b *bench, s *setup.Settings) (token string)
	setting string // that is named first
	says    string // what its cause, advice or lines hold
}

// secret is long enough for HS256, and no text that decodes.
const secret = "a-secret!that-is-long-enough-for-HS256-and-no-base64!"

var situations = slices.Concat(ofIssuers, ofKeys, ofClaims, ofSettings, ofTexts)

// made makes a token. FIPS 140-only mode makes none with a weak key.
func made(t *testing.T, token func() string) string {
	defer func() {
		if p := recover(); p != nil {
			if !fips140.Enforced() {
				panic(p)
			}
			t.Skipf("FIPS 140-only mode does not make this token: %v", p)
		}
	}()
	return token()
}

// TestSituations: of each wrong situation, the setting that is at fault is named
// first, and what to do about it.
func TestSituations(t *testing.T) {
	for _, test := range situations {
		t.Run(test.name, func(t *testing.T) {
			w := verifiertest.NewWorld(t)
			b := &bench{t, w, w.Issuer(issuer)}
			s := good()
			s.Client = w.Client()
			raw := made(t, func() string { return test.make(b, &s) })
			d := diagnose.Explain(t.Context(), s.Open(t.Context()), raw, diagnose.Options{})
			if len(d.Faults) == 0 {
				t.Fatalf("no fault; %s %s", d.Verdict, d.Reason)
			}
			f := d.Faults[0]
			all := strings.Join(append([]string{f.Cause, f.Advice}, f.Write...), "\n")
			if f.Setting != test.setting || !strings.Contains(all, test.says) {
				t.Errorf("setting %q, want %q; want %q in:\n%s", f.Setting, test.setting, test.says, all)
			}
			if d.Verdict == "trusted" || d.Cause != f.Cause || strings.ContainsAny(all[:len(f.Cause)+1+len(f.Advice)], "\r") || strings.Contains(f.Cause, "\n") {
				t.Errorf("verdict %s, cause %q", d.Verdict, d.Cause)
			}
			if len(raw) < 5000 {
				doc, _ := json.Marshal(d)
				for part := range strings.FieldsFuncSeq(raw, func(r rune) bool { return strings.ContainsRune(`. "=:;{}/,`+"\n", r) }) {
					if len(part) > 20 && part != "7f4df0d5c1b24f7a9a3f" && strings.HasPrefix(part, "ey") && strings.Contains(string(doc), part) {
						t.Error("the diagnosis holds a part of the token")
					}
				}
			}
		})
	}
	t.Logf("%d situations", len(situations))
}

// TestTrusted: nothing is at fault with the good token.
func TestTrusted(t *testing.T) {
	w := verifiertest.NewWorld(t)
	b := &bench{t, w, w.Issuer(issuer)}
	s := good()
	s.Client = w.Client()
	for _, raw := range []string{b.token(nil), b.token(nil) + "\n", "\xef\xbb\xbf" + b.token(nil)} {
		d := diagnose.Explain(t.Context(), s.Open(t.Context()), raw, diagnose.Options{})
		if d.Verdict != "trusted" || len(d.Faults) > 0 || d.Is() != verifier.Trusted {
			t.Errorf("%s: %+v", d.Verdict, d.Faults)
		}
	}
}
