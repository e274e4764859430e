package conformance_test

import (
	"context"
	"errors"
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// unsignedAttacks get in without a signature, or past one.
var unsignedAttacks = []attack{
	{id: "CVE-2015-2951 + CVE-2015-9235 family", test: attackNone},
	{id: "CVE-2022-23540", test: attackNoAlgorithms},
	{id: "CVE-2021-22160 / CVE-2021-44878", test: attackNoneWithDot},
	{id: "CVE-2020-28042", test: attackNullSignature},
	{id: "GHSA-q926-c743-49qj", test: attackSkipFlag},
	{id: "CVE-2026-23518, CVE-2026-24899", test: attackTamperedPayload},
	{id: "CVE-2022-21449", test: attackPsychicSignature},
	{id: "CVE-2024-51744", test: attackErrorMasking},
}

// everyKind are verifiers with one trusted key of each kind.
func everyKind(t *testing.T, opts ...verifier.Option) map[keys.Algorithm]*verifier.Keyed {
	t.Helper()
	return map[keys.Algorithm]*verifier.Keyed{
		keys.HS256: newVerifier(t, keys.Static(secretKey(t, keys.HS256, "", secret)), opts...),
		keys.RS256: newVerifier(t, keys.Static(public(t, keys.RS256, "", rsaKey())), opts...),
		keys.PS256: newVerifier(t, keys.Static(public(t, keys.PS256, "", rsaKey())), opts...),
		keys.ES256: newVerifier(t, keys.Static(public(t, keys.ES256, "", p256Key())), opts...),
		keys.EdDSA: newVerifier(t, keys.Static(public(t, keys.EdDSA, "", edKey())), opts...),
	}
}

// trusted is the private half of the key of everyKind.
func trusted(alg keys.Algorithm) any {
	return map[keys.Algorithm]any{keys.HS256: secret, keys.RS256: rsaKey(), keys.PS256: rsaKey(), keys.ES256: p256Key(), keys.EdDSA: edKey()}[alg]
}

func attackNone(t *testing.T) {
	for _, none := range []string{"none", "None", "NONE", "nOnE"} {
		head := b64(`{"alg":"` + none + `"}`)
		for alg, v := range everyKind(t) {
			accepts(t, v, token(alg, "", good, trusted(alg)))
			genuine := b64(string(sign(alg, trusted(alg), head+"."+b64(good))))
			for _, signature := range []string{"", "Z2FyYmFnZQ", genuine} {
				wrongAlgorithm(t, v, head+"."+b64(good)+"."+signature)
			}
			malformed(t, v, head+"."+b64(good))
		}
		if v, err := verifier.New(keys.Static(public(t, keys.ES256, "", p256Key())), verifier.WithAlgorithms(keys.ES256, keys.Algorithm(none))); v != nil || err == nil {
			t.Errorf("a list of algorithms with %s is taken", none)
		}
		if k, err := keys.NewSecret("", keys.Algorithm(none), secret); k != nil || err == nil {
			t.Errorf("a secret for %s is taken", none)
		}
		if k, err := keys.NewPublic("", keys.Algorithm(none), p256Key().Public()); k != nil || err == nil {
			t.Errorf("a public key for %s is taken", none)
		}
		if ks, _, err := keys.Parse([]byte(jwkOf(p256Key(), `"alg":"`+none+`"`))); ks != nil || err == nil {
			t.Errorf("a JWK for %s is taken", none)
		}
	}
}

func attackNoAlgorithms(t *testing.T) {
	src := keys.Static(public(t, keys.ES256, "", p256Key()))
	for name, opts := range map[string][]verifier.Option{
		"empty list":        {verifier.WithAlgorithms()},
		"nothing in common": {verifier.WithAlgorithms(keys.ES256), verifier.WithAlgorithms(keys.RS256)},
	} {
		if v, err := verifier.New(src, opts...); v != nil || err == nil {
			t.Errorf("%s: New = %v, %v", name, v, err)
		}
	}
	v := newVerifier(t, src)
	accepts(t, v, token(keys.ES256, "", good, p256Key()))
	wrongAlgorithm(t, v, b64(`{"alg":"none"}`)+"."+b64(good)+".")
}

func attackNoneWithDot(t *testing.T) {
	raw := b64(`{"alg":"none"}`) + "." + b64(good) + "."
	for _, v := range everyKind(t) {
		wrongAlgorithm(t, v, raw)
	}
	wrongAlgorithm(t, newVerifier(t, keys.Static()), raw)
}

func attackNullSignature(t *testing.T) {
	for alg, v := range everyKind(t) {
		raw := token(alg, "", good, trusted(alg))
		accepts(t, v, raw)
		badSignature(t, v, raw[:strings.LastIndexByte(raw, '.')+1])
	}
}

// attackSkipFlag turns every option there is to its loosest: none of them lets
// an unsigned token in. A new option must be added here, or the test fails.
func attackSkipFlag(t *testing.T) {
	loosest := map[string]verifier.Option{
		"WithIssuer": nil, "WithAudience": nil, "WithClaims": nil, "WithHeader": nil, "WithLogger": nil, "WithClock": nil, "WithObserver": nil, "WithCandidate": nil, // only ask for more, or for nothing
		"WithPaddedBase64":    nil, // another spelling, which is as strict
		"WithAnyIssuer":       verifier.WithAnyIssuer(),
		"WithAnyAudience":     verifier.WithAnyAudience(),
		"WithAlgorithms":      verifier.WithAlgorithms(keys.Algorithms()...),
		"WithType":            verifier.WithType("JWT"),
		"WithOptionalSubject": verifier.WithOptionalSubject(),
		"WithOptionalExpiry":  verifier.WithOptionalExpiry(),
		"WithLeeway":          verifier.WithLeeway(10 * time.Minute),
		"WithMaxSize":         verifier.WithMaxSize(1 << 30),
		"WithCache":           verifier.WithCache(1000),

		"WithIntegerSubject":   verifier.WithIntegerSubject(),
		"WithEvents":           verifier.WithEvents(),
		"WithPossessionProven": verifier.WithPossessionProven(),
		"WithMaxActors":        verifier.WithMaxActors(32),
	}
	for _, name := range optionNames(t) {
		if _, ok := loosest[name]; !ok {
			t.Errorf("verifier.%s is not among the options that this test turns to their loosest", name)
		}
	}
	var opts []verifier.Option
	for _, o := range loosest {
		if o != nil {
			opts = append(opts, o)
		}
	}
	for alg, v := range everyKind(t, opts...) {
		raw := mint(alg, `{"alg":"`+string(alg)+`","typ":"JWT"}`, `{}`, trusted(alg))
		accepts(t, v, raw)
		head, rest, _ := strings.Cut(raw, ".")
		badSignature(t, v, head+"."+b64(`{"admin":true}`)+rest[strings.IndexByte(rest, '.'):])
		badSignature(t, v, head+"."+b64(`{}`)+".")
	}
	for _, k := range []*keys.Key{nil, new(keys.Key)} {
		if k.Verify(nil, nil) == nil {
			t.Error("a zero key verifies")
		}
		unknownKey(t, newVerifier(t, found(k)), token(keys.ES256, "", good, p256Key()))
	}
}

// found returns a provider that returns ks for every lookup.
func found(ks ...*keys.Key) keys.Provider {
	return keys.ProviderFunc(func(context.Context, keys.Hint) ([]*keys.Key, error) { return ks, nil })
}

// optionNames are the names of the options in the source of the verifier.
func optionNames(t *testing.T) (names []string) {
	t.Helper()
	file, err := parser.ParseFile(gotoken.NewFileSet(), "../../../verifier/options.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, decl := range file.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "With") {
			names = append(names, f.Name.Name)
		}
	}
	if !slices.Contains(names, "WithAnyIssuer") {
		t.Fatal("the options are not where this test looks for them")
	}
	return names
}

// attackTamperedPayload: no claim is to be had before the signature is seen to
// be good, nor by routing on the issuer.
func attackTamperedPayload(t *testing.T) {
	for alg, v := range everyKind(t, verifier.WithAnyIssuer(), verifier.WithAnyAudience()) {
		raw := token(alg, "", `{"sub":"user-123","exp":1700000060,"iss":"https://a"}`, trusted(alg))
		accepts(t, v, raw)
		parts := strings.Split(raw, ".")
		tampered := parts[0] + "." + b64(`{"sub":"admin","exp":1700000060,"iss":"https://a","aud":"fleet"}`) + "." + parts[2]
		badSignature(t, v, tampered)
		badSignature(t, verifier.ByIssuer(map[string]verifier.Verifier{"https://a": v}), tampered)
		if tok, err := v.VerifyAt(t.Context(), tampered, now); tok != nil || !errors.Is(err, verifier.ErrSignature) {
			t.Errorf("VerifyAt = %v, %v", tok, err)
		}
	}
}

// attackPsychicSignature: r and s of 0, of the order of the group, or of another
// length.
func attackPsychicSignature(t *testing.T) {
	for alg, key := range ecKeys() {
		v := newVerifier(t, keys.Static(public(t, alg, "", key)))
		raw := token(alg, "", good, key)
		accepts(t, v, raw)
		unsigned := raw[:strings.LastIndexByte(raw, '.')+1]
		size := (key.Params().BitSize + 7) / 8
		n := key.Params().N.FillBytes(make([]byte, size))
		zero, one := make([]byte, size), append(make([]byte, size-1), 1)
		for _, r := range [][]byte{zero, one, n} {
			for _, s := range [][]byte{zero, one, n} {
				badSignature(t, v, unsigned+b64(string(r)+string(s)))
			}
		}
		badSignature(t, v, unsigned+b64("0\x06\x02\x01\x00\x02\x01\x00")) // r = s = 0 in DER
		right := string(must(base64url.DecodeString(raw[len(unsigned):])))
		r, s := right[:size], right[size:]
		for _, other := range []string{r + "\x00" + s, "\x00" + right, "\x00" + r + "\x00" + s, right + "\x00", r, r + s[1:], s + r} {
			badSignature(t, v, unsigned+b64(other)) // R and S in full length, and nothing else
		}
	}
}

// attackErrorMasking: an error about claims must not hide a forgery.
func attackErrorMasking(t *testing.T) {
	v := newVerifier(t, keys.Static(public(t, keys.ES256, "", p256Key())))
	expired := token(keys.ES256, "", `{"sub":"a","exp":1}`, evilP256())
	badSignature(t, v, expired)
	_, err := v.Verify(t.Context(), expired)
	if errors.Is(err, claims.ErrExpired) {
		t.Errorf("%v is also ErrExpired", err)
	}
	if _, err := v.VerifyAt(t.Context(), expired, time.Unix(0, 0)); !errors.Is(err, verifier.ErrSignature) {
		t.Errorf("before it expired: %v", err)
	}
}
