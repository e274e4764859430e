package conformance_test

import (
	"context"
	"crypto/sha512"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// A peerSuite is what the suite of another project checks, as facts.
type peerSuite struct {
	Cases []*peerCase `json:"cases"`
}

// A peerCase is one of them. Its kind says which input counts.
type peerCase struct {
	Name    string          `json:"name"`
	Kind    string          `json:"kind"` // token, claims, keys, http or htu
	Keys    peerKeys        `json:"keys"`
	Config  peerConfig      `json:"config"`
	Token   string          `json:"token"`
	Payload json.RawMessage `json:"payload"`
	HTTP    peerRequest     `json:"http"`
	HTU     string          `json:"htu"`
	Expect  any             `json:"expect"` // a verdict, or a status
	Texts   []string        `json:"challenge"`
}

type peerKeys struct {
	Secret []byte          `json:"secret_b64"`
	Alg    keys.Algorithm  `json:"alg"` // of the secret
	JWK    json.RawMessage `json:"jwk"`
	JWKS   json.RawMessage `json:"jwks"`
	PEM    string          `json:"pem"`
	Down   bool            `json:"down"`
}

type peerConfig struct {
	Algs       []keys.Algorithm    `json:"algs"`
	DefaultAlg keys.Algorithm      `json:"default_rsa_alg"` // of RSA keys and secrets in a set that have none
	Issuers    []string            `json:"iss"`
	Audiences  []string            `json:"aud"`
	Types      []string            `json:"typ"`
	AnyType    bool                `json:"any_typ"`
	Now        *float64            `json:"now"`
	Leeway     float64             `json:"leeway"`
	NeedSub    bool                `json:"need_sub"`
	NeedExp    bool                `json:"need_exp"`
	MaxAge     float64             `json:"max_age"`
	Scope      []string            `json:"scope"`
	ScopeAny   []string            `json:"scope_any"`
	Required   []string            `json:"require"`
	Equal      map[string]any      `json:"equal"`
	OneOf      map[string][]string `json:"one_of"`
	Overlap    map[string][]string `json:"overlap"`
}

// peerFiles are the suites, but the raw requests of http_shapes.json.
func peerFiles(t *testing.T) []string {
	t.Helper()
	found, err := fs.Glob(os.DirFS(filepath.Join(sharedVectors, "peers")), "*.json")
	if err != nil {
		t.Fatal(err)
	}
	if found = slices.DeleteFunc(found, func(name string) bool { return name == shapesFile }); len(found) == 0 {
		t.Skipf("peers is not in %s: these suites are kept outside of the repository", sharedVectors)
	}
	return found
}

// TestPeerSuites judges what 15 other projects expect of their own verifiers,
// and tokens that 21 others minted.
func TestPeerSuites(t *testing.T) {
	t.Parallel()
	files := peerFiles(t)
	for _, want := range peerSuites {
		if !slices.Contains(files, want) {
			t.Errorf("%s is missing", want)
		}
	}
	for _, file := range files {
		t.Run(file, func(t *testing.T) {
			if !slices.Contains(peerSuites, file) {
				t.Error("this suite has not been reviewed")
			}
			var suite peerSuite
			readShared(t, "peers/"+file, &suite)
			y := &tally{file: "peers/" + file}
			for _, c := range suite.Cases {
				y.runPeer(t, c)
			}
			y.report(t)
		})
	}
}

func (y *tally) runPeer(t *testing.T, c *peerCase) {
	t.Helper()
	switch c.Kind {
	case "token":
		_, err := c.verify(t, c.Token)
		y.settle(due{c.verdict(t), judge(c.Name, err)})
	case "claims":
		c.Keys = peerKeys{Secret: secret, Alg: keys.HS256}
		_, err := c.verify(t, mint(keys.HS256, `{"alg":"HS256"}`, string(c.Payload), secret))
		y.settle(due{c.verdict(t), judge(c.Name, err)})
	case "keys":
		_, err := c.provider()
		y.settle(due{c.verdict(t), judge(c.Name, err)})
	case "http":
		y.settleStatus(c, c.status(t))
	case "htu":
		y.settleStatus(c, c.htuStatus(t))
	default:
		t.Errorf("%s: the kind %q is not known", c.Name, c.Kind)
	}
}

func (c *peerCase) verdict(t *testing.T) *bool {
	t.Helper()
	want, ok := c.Expect.(bool)
	if !ok {
		t.Fatalf("%s: expect is %v", c.Name, c.Expect)
	}
	return &want
}

// verify lets the library judge raw as the case configures it.
func (c *peerCase) verify(t *testing.T, raw string) (*verifier.Token, error) {
	t.Helper()
	p, err := c.provider()
	if err != nil { // no key of it is usable
		p = noKeys
	}
	v, err := verifier.New(p, c.options(raw)...)
	if err != nil {
		return nil, configError{err}
	}
	return v.Verify(t.Context(), c.resign(raw))
}

var noKeys = keys.ProviderFunc(func(context.Context, keys.Hint) ([]*keys.Key, error) { return nil, nil })

// provider gives the usable keys of the case; none of them is an error.
func (c *peerCase) provider() (keys.Provider, error) {
	var docs []json.RawMessage
	switch k := &c.Keys; {
	case k.Down:
		return keys.ProviderFunc(func(context.Context, keys.Hint) ([]*keys.Key, error) {
			return nil, fmt.Errorf("%w: down", keys.ErrUnavailable)
		}), nil
	case k.Secret != nil:
		return keys.HMAC(k.Alg, k.longSecret())
	case k.PEM != "":
		docs = append(docs, json.RawMessage(k.PEM))
	case k.JWK != nil:
		docs = append(docs, c.withAlgorithm(k.JWK))
	case k.JWKS != nil:
		var set jwkSet
		if json.Unmarshal(k.JWKS, &set) != nil || set.Keys == nil {
			docs = append(docs, k.JWKS) // it is not a set
		}
		for _, jwk := range set.Keys {
			docs = append(docs, c.withAlgorithm(jwk))
		}
	default:
		return noKeys, nil
	}
	var all []*keys.Key
	var last error
	for _, doc := range docs {
		ks, _, err := keys.Parse(doc)
		if err != nil {
			last = err
		}
		all = append(all, ks...)
	}
	if len(all) == 0 {
		return nil, last
	}
	return keys.Static(all...), nil
}

// withAlgorithm writes the algorithm of the case into an RSA key or a secret
// that has none.
func (c *peerCase) withAlgorithm(jwk json.RawMessage) json.RawMessage {
	var members map[string]json.RawMessage
	if c.Config.DefaultAlg == "" || json.Unmarshal(jwk, &members) != nil || members["alg"] != nil {
		return jwk
	}
	if kty := string(members["kty"]); kty != `"RSA"` && kty != `"oct"` {
		return jwk
	}
	members["alg"] = must(json.Marshal(c.Config.DefaultAlg))
	return must(json.Marshal(members))
}

// longSecret is the secret, or for one that is shorter than its hash, which no
// key may be, a longer one in its place.
func (k *peerKeys) longSecret() []byte {
	if !k.isShort() {
		return k.Secret
	}
	long := sha512.Sum512(k.Secret)
	return long[:]
}

func (k *peerKeys) isShort() bool {
	return k.Secret != nil && len(k.Secret) < map[keys.Algorithm]int{keys.HS256: 32, keys.HS384: 48, keys.HS512: 64}[k.Alg]
}

// resign signs a token that is good by the short secret with the longer one.
func (c *peerCase) resign(raw string) string {
	k := &c.Keys
	i := strings.LastIndexByte(raw, '.')
	if i < 0 || !k.isShort() {
		return raw
	}
	if b64(string(sign(k.Alg, k.Secret, raw[:i]))) != raw[i+1:] {
		return raw
	}
	return raw[:i+1] + b64(string(sign(k.Alg, k.longSecret(), raw[:i])))
}
