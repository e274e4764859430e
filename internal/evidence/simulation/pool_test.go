package simulation_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/jwtverify/jwtverify/internal/issuing"
	"github.com/jwtverify/jwtverify/keys"
)

// The key material is made once for all worlds, outside of a bubble.

var algorithms = []keys.Algorithm{
	keys.EdDSA, keys.ES256, keys.EdDSA, keys.EdDSA, keys.ES256, keys.EdDSA, keys.EdDSA, keys.ES256, keys.EdDSA, keys.RS256, keys.EdDSA, keys.EdDSA,
}

const (
	poolSize = 12           // keys that issuers publish
	thief    = poolSize     // an Ed25519 key that nobody publishes
	secret   = poolSize + 1 // an HS256 key whose secret is published, as an odd key
	nobody   = -1           // the key of a token that is not signed with any
)

type pool struct {
	signers []*issuing.Signer

	mu   sync.Mutex
	keys map[entry]*keys.Key
	toks map[token]string
}

var material = sync.OnceValue(func() *pool {
	p := &pool{keys: map[entry]*keys.Key{}, toks: map[token]string{}}
	for _, alg := range append(algorithms[:poolSize:poolSize], keys.EdDSA, keys.HS256) {
		s, err := issuing.NewSigner(alg, "")
		if err != nil {
			panic(err)
		}
		p.signers = append(p.signers, s)
	}
	return p
})

func algOf(key int) string {
	switch {
	case key == thief:
		return string(keys.EdDSA)
	case key == secret:
		return string(keys.HS256)
	}
	return string(algorithms[key])
}

func kidOf(kid int) string { return fmt.Sprintf("k%d", kid) }

// jwk returns a published key.
func (p *pool) jwk(e entry) string {
	doc := string(p.signers[e.key].JWK())
	if e.kid == noID {
		return doc
	}
	return `{"kid":"` + kidOf(e.kid) + `",` + doc[1:]
}

// key returns a key for a Set or a provider of one's own.
func (p *pool) key(e entry) *keys.Key {
	p.mu.Lock()
	defer p.mu.Unlock()
	k := p.keys[e]
	if k == nil {
		ks, _, err := keys.Parse([]byte(p.jwk(e)))
		if err != nil {
			panic(err)
		}
		k = ks[0]
		p.keys[e] = k
	}
	return k
}

// forget drops the tokens.
func (p *pool) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.toks = map[token]string{}
}

// A token is what one says. Equal tokens are signed once.
type token struct {
	key           int // that signs it
	kid           int
	alg           string // "": that of the key
	iss           string
	iat, nbf, exp int64 // nbf 0: none
	spoilt        bool  // a bit of the signature is wrong
}

func (p *pool) sign(t token) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if raw, ok := p.toks[t]; ok {
		return raw
	}
	claims := map[string]any{"iss": t.iss, "sub": "user-1", "iat": t.iat, "exp": t.exp}
	if t.nbf != 0 {
		claims["nbf"] = t.nbf
	}
	header := map[string]any{}
	if t.kid != noID {
		header["kid"] = kidOf(t.kid)
	}
	raw, err := p.signers[t.key].Token(base64.RawURLEncoding, header, claims)
	if err != nil {
		panic(err)
	}
	body, sig := raw[:strings.LastIndexByte(raw, '.')], raw[strings.LastIndexByte(raw, '.')+1:]
	switch {
	case t.alg == "none":
		raw = base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + body[strings.IndexByte(body, '.'):] + "."
	case t.alg != "": // another algorithm than that of the key
		header["alg"] = t.alg
		text, err := json.Marshal(header)
		if err != nil {
			panic(err)
		}
		raw = base64.RawURLEncoding.EncodeToString(text) + body[strings.IndexByte(body, '.'):] + "." + sig
	case t.spoilt:
		flipped := byte('A')
		if sig[5] == 'A' {
			flipped = 'B'
		}
		raw = body + "." + sig[:5] + string(flipped) + sig[6:]
	}
	if len(p.toks) > 100_000 {
		clear(p.toks)
	}
	p.toks[t] = raw
	return raw
}

// The odd keys that an issuer may publish beside good ones. None may ever be used.
var odd = sync.OnceValue(func() []string {
	oct := string(material().signers[secret].JWK())
	return []string{
		`{"kid":"k900",` + oct[1:],
		`{"kid":"k901","kty":"OKP","crv":"Ed25519","alg":"EdDSA","use":"enc","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`,
		`{"kid":"k902","kty":"OKP","crv":"Ed25519","alg":"EdDSA","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}`,
		`{"kid":"k903","kty":"RSA","alg":"RS256","n":"` + strings.Repeat("q", 171) + `","e":"AQAB"}`,
		`{"kid":"k904","kty":"LWE","alg":"XX1"}`,
		`{"kid":905,"kty":"OKP"}`,
		`17`,
		`null`,
		`{"kid":"k906","kty":"OKP","crv":"Ed25519","alg":"EdDSA","x":"AAAA"}`,
		`{"kid":"k907","kty":"EC","crv":"P-256","alg":"ES256","x":"AAAA","y":"AAAA"}`,
	}
})

const oddSecret = 900 // the ID of the first

func TestMain(m *testing.M) {
	parseFlags()
	m.Run()
}
