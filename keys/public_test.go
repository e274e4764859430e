package keys_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"math/big"
	"reflect"
	"strings"
	"testing"

	"filippo.io/mldsa"
	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/keys"
)

// TestK08JWKReadsAsAnEqualKey: for every algorithm, with an ID and without, as the key
// returns it and in a published set.
func TestK08JWKReadsAsAnEqualKey(t *testing.T) {
	t.Parallel()
	ks := []*keys.Key{edKey(t, "ed"), newParsed(t, edJWK+`,"kid":"both names"}`), newParsed(t, edJWK+`,"alg":"Ed25519"}`)}
	for _, alg := range keys.Algorithms() {
		for _, id := range []string{"k1", "", "k\"\n\u00e9<", strings.Repeat("k", 1024)} {
			ks = append(ks, renamed(t, signerOf(alg), id))
		}
	}
	for _, k := range ks {
		doc := k.JWK()
		marshalled, err := json.Marshal(k)
		if err != nil {
			t.Fatal(err)
		}
		if k.Public() == nil { // a secret
			if doc != nil || string(marshalled) != "null" {
				t.Errorf("%v: JWK %s, JSON %s", k, doc, marshalled)
			}
			continue
		}
		read, skipped, err := keys.Parse(doc)
		if err != nil || len(read) != 1 || len(skipped) > 0 || !read[0].Equal(k) {
			t.Errorf("%s reads as %v, %v; want %v", doc, read, err, k)
		}
		var a, b any
		if json.Unmarshal(doc, &a) != nil || json.Unmarshal(marshalled, &b) != nil || !reflect.DeepEqual(a, b) {
			t.Errorf("JWK %s, JSON %s", doc, marshalled)
		}
		if use := a.(map[string]any)["use"]; use != "sig" {
			t.Errorf("%s: use %v", doc, use)
		}
		r, err := keys.NewRemote("https://127.0.0.1/", keys.WithSeed([]byte(set(string(doc)))))
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Status().Keys; len(got) != 1 || !got[0].Equal(k) {
			t.Errorf("%s, published, reads as %v", doc, got)
		}
		again, err := keys.NewPublic(k.ID(), k.Algorithm(), k.Public())
		if err != nil || again.Thumbprint() != k.Thumbprint() {
			t.Errorf("%v: NewPublic of its Public: %v, %v", k, again, err)
		}
	}
}

// TestK08JWKIsReadByGoJose: go-jose is the second opinion.
func TestK08JWKIsReadByGoJose(t *testing.T) {
	t.Parallel()
	for _, alg := range keys.Algorithms() {
		k := signerOf(alg).Key()
		if _, ok := k.Public().(*mldsa.PublicKey); ok || k.Public() == nil {
			continue // go-jose has ML-DSA from Go 1.27 on
		}
		var jwk jose.JSONWebKey
		if err := jwk.UnmarshalJSON(k.JWK()); err != nil || jwk.KeyID != "k1" || jwk.Algorithm != string(alg) {
			t.Errorf("%s: %+v, %v", alg, jwk, err)
			continue
		}
		if pub, ok := jwk.Key.(interface{ Equal(crypto.PublicKey) bool }); !ok || !pub.Equal(k.Public()) {
			t.Errorf("%s: go-jose reads another key", alg)
		}
	}
}

// TestK08JWKKeepsTheIssuer: the one that the key may vouch for.
func TestK08JWKKeepsTheIssuer(t *testing.T) {
	const issuer = "https://login.example/{tenantid}/v2.0"
	scoped := newParsed(t, ecJWK+`,"kid":"a","issuer":"`+issuer+`"}`)
	if got := newParsed(t, string(scoped.JWK())); !got.Equal(scoped) || !strings.Contains(string(scoped.JWK()), issuer) {
		t.Errorf("JWK = %s", scoped.JWK())
	}
	bound := mustFind(t, keys.ForIssuer("https://one", keys.Static(edKey(t, "a"))), keys.Hint{})[0]
	got := newParsed(t, string(bound.JWK()))
	if !got.VouchesFor("https://one") || got.VouchesFor("https://two") || got.VouchesFor("") {
		t.Errorf("a bound key, written and read again, vouches for others: %s", bound.JWK())
	}
}

// TestK08PublicIsACopy: changing the result does not change the key.
func TestK08PublicIsACopy(t *testing.T) {
	t.Parallel()
	for _, alg := range keys.Algorithms() {
		k, other := signerOf(alg).Key(), otherSignerOf(alg).Key()
		before := append(k.JWK(), k.Thumbprint()...)
		switch pub := k.Public().(type) {
		case *rsa.PublicKey:
			pub.N.SetInt64(7)
			pub.E = 3
		case *ecdsa.PublicKey:
			*pub = *other.Public().(*ecdsa.PublicKey)
		case ed25519.PublicKey:
			clear(pub)
		case *mldsa.PublicKey:
			*pub = *other.Public().(*mldsa.PublicKey)
		case nil:
			continue
		default:
			t.Errorf("%s: Public is a %T", alg, pub)
		}
		if after := append(k.JWK(), k.Thumbprint()...); !bytes.Equal(before, after) {
			t.Errorf("%s: the key has changed", alg)
		}
	}
	private, err := mldsa.GenerateKey(mldsa.MLDSA44())
	if err != nil {
		t.Skip(err)
	}
	given := *private.PublicKey()
	k, err := keys.NewPublic("", keys.MLDSA44, &given)
	if err != nil {
		t.Skip(err)
	}
	before := k.JWK()
	given = mldsa.PublicKey{}
	if !bytes.Equal(before, k.JWK()) {
		t.Error("the key has changed with the one that was given")
	}
}

func TestK08NilAndZeroKey(t *testing.T) {
	for _, k := range []*keys.Key{nil, new(keys.Key)} {
		doc, err := json.Marshal(map[string]*keys.Key{"k": k})
		if k.Public() != nil || k.JWK() != nil || err != nil || string(doc) != `{"k":null}` {
			t.Errorf("%v, %s, %s, %v", k.Public(), k.JWK(), doc, err)
		}
	}
	if k, err := keys.NewPublic("\xff", keys.EdDSA, edKey(t, "").Public()); err != nil || k.JWK() != nil {
		t.Errorf("an ID that is not UTF-8: %s, %v", k.JWK(), err)
	}
}

func newParsed(t *testing.T, jwk string) *keys.Key {
	t.Helper()
	ks, _, err := keys.Parse([]byte(jwk))
	if err != nil {
		t.Fatal(err)
	}
	return ks[0]
}

// TestS10PrintingAKeyShowsNoSecret: by fmt with every verb, slog and encoders; by
// pointer and value; alone and inside another value.
func TestS10PrintingAKeyShowsNoSecret(t *testing.T) {
	k := newSecret(t, "k", keys.HS256)
	value := reflect.ValueOf(k).Elem().Interface() // a copy, which vet does not allow otherwise
	provider, err := keys.HMAC(keys.HS256, secret)
	if err != nil {
		t.Fatal(err)
	}
	type holder struct {
		Key   *keys.Key
		Any   any
		inner *keys.Key
	}
	things := []any{
		k, &k, value, []*keys.Key{k}, map[string]*keys.Key{"k": k}, holder{k, value, k}, &holder{k, k, k}, []any{value}, [1]*keys.Key{k},
		keys.Variant{Key: k}, keys.Variants(newSecretOf(t, hex.EncodeToString(secret))), keys.Status{Keys: []*keys.Key{k}}, keys.Static(k), keys.NewSet(k), provider,
	}
	var shown strings.Builder
	for _, thing := range things {
		for verb := byte('A'); verb <= 'z'; verb++ {
			for _, flags := range []string{"", "+", "#", " ", "0", "40.40"} {
				fmt.Fprintf(&shown, "%"+flags+string(verb)+"\n", thing)
			}
		}
		slog.New(slog.NewTextHandler(&shown, nil)).Info("key", "key", thing)
		slog.New(slog.NewJSONHandler(&shown, nil)).Info("key", "key", thing)
		if doc, err := json.Marshal(thing); err == nil {
			shown.Write(doc)
		}
		if doc, err := xml.Marshal(thing); err == nil {
			shown.Write(doc)
		}
		walk(&shown, reflect.ValueOf(thing), map[uintptr]bool{})
	}
	shown.WriteString(cmp.Diff(k, edKey(t, "k"), cmp.Exporter(func(reflect.Type) bool { return true }), cmp.Comparer(func(a, b *big.Int) bool { return false })))
	for _, form := range []string{"0123456789abcdef", hex.EncodeToString(secret[:8]), strings.ToUpper(hex.EncodeToString(secret[:8])), "48 49 50 51", "30 31 32 33", "0x30, 0x31", "MDEyMzQ1Njc4OWFi", "60 61 62 63"} {
		if i := strings.Index(shown.String(), form); i >= 0 {
			t.Errorf("the secret is shown: %.300q", shown.String()[max(0, i-150):])
		}
	}
}

func newSecretOf(t *testing.T, text string) *keys.Key {
	t.Helper()
	k, err := keys.NewSecret("k", keys.HS256, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// walk writes what a printer that goes through all fields would find.
func walk(w *strings.Builder, v reflect.Value, seen map[uintptr]bool) {
	switch v.Kind() {
	case reflect.String:
		w.WriteString(v.String() + "\n")
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 && v.Kind() == reflect.Slice {
			fmt.Fprintf(w, "%s\n", v.Bytes())
			return
		}
		for i := range v.Len() {
			walk(w, v.Index(i), seen)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			walk(w, v.Field(i), seen)
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			walk(w, it.Value(), seen)
		}
	case reflect.Pointer, reflect.Interface:
		if v.Kind() == reflect.Pointer && (v.IsNil() || seen[v.Pointer()]) {
			return
		}
		if v.Kind() == reflect.Pointer {
			seen[v.Pointer()] = true
		}
		walk(w, v.Elem(), seen)
	}
}

// TestS25TypedNilsAreErrors: and never a panic.
func TestS25TypedNilsAreErrors(t *testing.T) {
	private, err := mldsa.GenerateKey(mldsa.MLDSA65())
	if err != nil {
		t.Fatal(err)
	}
	pubs := []crypto.PublicKey{
		nil, (*rsa.PublicKey)(nil), (*ecdsa.PublicKey)(nil), ed25519.PublicKey(nil), (*mldsa.PublicKey)(nil), (*rsa.PrivateKey)(nil),
		(*ecdsa.PrivateKey)(nil), ed25519.PrivateKey(nil), (*mldsa.PrivateKey)(nil), (*keys.Key)(nil), (*int)(nil), func() {},
		&rsa.PublicKey{}, &rsa.PublicKey{N: new(big.Int)}, &rsa.PublicKey{N: big.NewInt(-7), E: -1},
		&ecdsa.PublicKey{}, &ecdsa.PublicKey{Curve: (*elliptic.CurveParams)(nil)}, &ecdsa.PublicKey{Curve: new(elliptic.CurveParams)},
		&ecdsa.PublicKey{Curve: elliptic.P256()}, &ecdsa.PublicKey{Curve: elliptic.P224()}, &ecdsa.PublicKey{Curve: oddCurve{}}, &ecdsa.PublicKey{Curve: (*oddCurve)(nil)},
		&mldsa.PublicKey{}, private.PublicKey(), private,
	}
	for _, alg := range append(keys.Algorithms(), "", "none", keys.MLDSA87) {
		for _, pub := range pubs {
			if k, err := keys.NewPublic("", alg, pub); err == nil && alg != keys.MLDSA65 {
				t.Errorf("NewPublic(%s, %#v) = %v", alg, pub, k)
			}
		}
	}
}

type oddCurve struct{ elliptic.Curve }
