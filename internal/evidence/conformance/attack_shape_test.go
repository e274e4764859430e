package conformance_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// shapeAttacks are tokens that two readers could take for different ones.
var shapeAttacks = []attack{
	{id: "GHSA-jc38-x7x8-2xc8", test: attackUnprotectedHeader},
	{id: "CVE-2016-9122", test: attackManySignatures},
	{id: "CVE-2022-39227", test: attackPolyglot},
	{id: "CVE-2019-18848", test: attackSegments},
	{id: "CVE-2024-21664", test: attackJSONWithoutProtected},
	{id: "CVE-2020-26521, CVE-2019-17195", test: attackEveryMalformed},
	{id: "CVE-2025-59420, CVE-2026-32597, CVE-2026-35042, python-jose #413", test: attackCrit},
}

// ecVerifier trusts one ES256 key; goodEC is a token that it accepts.
func ecVerifier(t *testing.T, opts ...verifier.Option) *verifier.Keyed {
	t.Helper()
	return newVerifier(t, keys.Static(public(t, keys.ES256, "", p256Key())), opts...)
}

func goodEC() string { return token(keys.ES256, "", good, p256Key()) }

// split is a good token in its three parts.
func split(raw string) (header, payload, signature string) {
	parts := strings.Split(raw, ".")
	return parts[0], parts[1], parts[2]
}

func attackUnprotectedHeader(t *testing.T) {
	v, raw := ecVerifier(t), goodEC()
	header, payload, signature := split(raw)
	accepts(t, v, raw)
	for _, doc := range []string{
		`{"payload":"%[2]s","header":{"alg":"none"},"signature":""}`,
		`{"payload":"%[2]s","header":{"alg":"ES256"},"signature":"%[3]s"}`,
		`{"protected":"%[1]s","payload":"%[2]s","header":{"alg":"none"},"signature":"%[3]s"}`,
	} {
		malformed(t, v, fmt.Sprintf(doc, header, payload, signature))
	}
}

func attackManySignatures(t *testing.T) {
	v := ecVerifier(t)
	header, payload, signature := split(goodEC())
	bad := `{"protected":"` + header + `","signature":"` + b64("bad") + `"}`
	right := `{"protected":"` + header + `","signature":"` + signature + `"}`
	for _, list := range []string{bad + "," + right, right + "," + bad, right} {
		malformed(t, v, `{"payload":"`+payload+`","signatures":[`+list+`]}`)
	}
}

// attackPolyglot: one string that is a JSON serialization and, to a lax
// splitter, a compact one.
func attackPolyglot(t *testing.T) {
	v, raw := ecVerifier(t), goodEC()
	header, payload, signature := split(raw)
	forged := b64(`{"sub":"admin","exp":1700000060}`)
	malformed(t, v, fmt.Sprintf(`{"  %s.%s.":"","protected":"%s","payload":"%s","signature":"%s"}`, header, forged, header, payload, signature))
	malformed(t, v, fmt.Sprintf(`{"%s.%s.%s":1}`, header, payload, signature))
	for _, around := range []string{" %s", "%s ", "\t%s", "%s\n", "\"%s\"", "[%s]", "Bearer %s", "%s,%[1]s", "%s\x00", "\ufeff%s"} {
		malformed(t, v, fmt.Sprintf(around, raw))
	}
}

func attackSegments(t *testing.T) {
	v, raw := ecVerifier(t), goodEC()
	header, payload, signature := split(raw)
	accepts(t, v, raw)
	for _, parts := range [][]string{
		{header}, {header, payload}, {header, payload, signature, ""}, {"", header, payload, signature}, {header, payload, signature, signature},
		{header, payload, signature, "", ""}, {header, payload, signature, "a", "b", "c"}, {header, payload, signature, "a", "b", "c", "d"}, {"", ""}, {""},
	} {
		malformed(t, v, strings.Join(parts, "."))
	}
}

func attackJSONWithoutProtected(t *testing.T) {
	v := ecVerifier(t)
	for _, raw := range []string{
		`{"payload":"","signature":""}`, `{"payload":"","signatures":[]}`, `{"payload":"","signatures":[{}]}`, `{"payload":"","signatures":[null]}`,
		`{"signatures":null}`, `{}`, `{`, `{.}.`, `{"a.b.c":1}`,
	} {
		malformed(t, v, raw)
	}
}

// attackEveryMalformed: a malformed token is an error, wherever it breaks off
// and whatever stands in it.
func attackEveryMalformed(t *testing.T) {
	raw := goodEC()
	for name, v := range map[string]verifier.Verifier{
		"local": ecVerifier(t), "cached": ecVerifier(t, verifier.WithCache(10)),
		"routed": verifier.ByIssuer(map[string]verifier.Verifier{"https://a": ecVerifier(t)}),
	} {
		reject := func(raw string) {
			note(raw)
			if tok, err := v.Verify(t.Context(), raw); tok != nil || err == nil || verifier.Classify(err) != verifier.Invalid {
				t.Errorf("%s: %q: %v, %v", name, raw, tok, err)
			}
		}
		for i := range len(raw) {
			reject(raw[:i])
			reject(raw[i+1:])
			for _, c := range "\x00\n= +/.\"{\u00e9" {
				if raw[i] != byte(c) {
					reject(raw[:i] + string(c) + raw[i+1:])
				}
			}
		}
		for _, header := range []string{
			"", "null", "[]", "0", `"ES256"`, "{", "{}", `{"alg":null}`, `{"alg":{}}`, `{"alg":["ES256"]}`, `{"alg":""}`, `{"alg":"ES256"`, `{"alg":"ES256"}}`,
			`{"alg":"ES256","alg":"ES256"}`, `{"alg":"ES256","kid":[]}`, `{"alg":"ES256","typ":{}}`, "\xff\xfe", `{"alg":"ES256","x":"\ud800"}`, `{"alg":1e999}`, "{\"alg\":\"ES256\"}\x00",
		} {
			reject(mint(keys.ES256, header, good, p256Key()))
		}
		for _, payload := range []string{"", "null", "[]", "0", `"x"`, "{", `{"sub":"a","exp":1700000060`, good + good, good + "\x00", "\x00" + good, "\xff", `{"sub":"a","exp":1e999}`, `{"exp":{}}`} {
			reject(mint(keys.ES256, `{"alg":"ES256"}`, payload, p256Key()))
		}
	}
}

// attackCrit: every crit is refused, since no extension is known; also what is
// no list, and what names a registered member.
func attackCrit(t *testing.T) {
	v := ecVerifier(t)
	for _, crit := range []string{
		`["x"]`, `["x"],"x":1`, `["http://example.com/UNDEFINED"],"http://example.com/UNDEFINED":true`, `[]`, `null`, `"x"`, `""`, `{}`, `{"x":1}`, `true`, `false`, `0`, `1`,
		`["x","x"],"x":1`, `["alg"]`, `["crit"]`, `["exp"],"exp":1700000060`, `["b64"],"b64":true`, `["b64"],"b64":false`, `[""]`, `[1]`, `[null]`, `[["x"]]`, `["kid"],"kid":"k"`,
	} {
		malformed(t, v, mint(keys.ES256, `{"alg":"ES256","crit":`+crit+`}`, good, p256Key()))
		malformed(t, v, mint(keys.ES256, `{"crit":`+crit+`,"alg":"ES256"}`, good, p256Key()))
		malformed(t, v, mint(keys.ES256, `{"alg":"ES256","\u0063rit":`+crit+`}`, good, p256Key()))
	}
	accepts(t, v, mint(keys.ES256, `{"alg":"ES256","CRIT":["x"],"critical":["x"]}`, good, p256Key())) // names match exactly
}
