package conformance_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/httpauth/dpop"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// A peerRequest is a request to a route behind httpauth, and how the route is.
type peerRequest struct {
	Method string      `json:"method"`
	URI    string      `json:"uri"`
	Host   string      `json:"host"`
	Header http.Header `json:"header"`
	TLS    bool        `json:"tls"`
	Remote string      `json:"remote"`

	Optional    bool              `json:"optional"`
	Excluded    bool              `json:"excluded"` // from all protection
	Preflight   bool              `json:"preflight"`
	Cookie      string            `json:"cookie"`
	Field       string            `json:"field"`
	Given       *string           `json:"given"` // by an extractor of the caller's
	GivenBad    bool              `json:"given_bad"`
	Scope       []string          `json:"require_scope"`
	Metadata    string            `json:"metadata"`
	DPoP        string            `json:"dpop"` // allowed or required
	Age         float64           `json:"proof_age"`
	Leeway      float64           `json:"proof_leeway"`
	Fields      []dpop.ProxyField `json:"proxy_fields"` // believed from anywhere
	ResignProof bool              `json:"mend_proof"`
}

// A peerAnswer is what the route has answered.
type peerAnswer struct {
	status     int
	challenges string
}

// settleStatus compares the statuses, and what the challenge has to hold.
func (y *tally) settleStatus(c *peerCase, got peerAnswer) {
	want, _ := c.Expect.(float64)
	j := judgement{name: c.Name, accepted: got.status/100 == 2, reason: fmt.Sprintf("%d for %v", got.status, want)}
	yes, no := true, false
	switch {
	case want == 200:
		y.settle(due{&yes, j})
	case j.accepted:
		y.settle(due{&no, j})
	case got.status != int(want):
		y.cases++
		y.otherwise = append(y.otherwise, j)
	default:
		for _, text := range c.Texts {
			if !strings.Contains(got.challenges, text) {
				j.reason = "the challenge is without " + text
				y.cases++
				y.otherwise = append(y.otherwise, j)
				return
			}
		}
		y.settle(due{&no, j})
	}
}

// request is as the client sent it.
func (c *peerCase) request() *http.Request {
	q := &c.HTTP
	r := must(http.NewRequest(q.Method, q.URI, nil)) // one that no server has read
	if q.URI != "" {
		r = httptest.NewRequest(q.Method, q.URI, nil)
	}
	r.Host, r.TLS = q.Host, nil
	if q.TLS {
		r.TLS = &tls.ConnectionState{}
	}
	if q.Remote != "" {
		r.RemoteAddr = q.Remote
	}
	for name, values := range q.Header {
		r.Header[http.CanonicalHeaderKey(name)] = values
	}
	return r
}

// status is the answer of a route as the case describes it.
func (c *peerCase) status(t *testing.T) peerAnswer {
	t.Helper()
	q := &c.HTTP
	r := c.request()
	if q.ResignProof {
		var resigned []string
		for _, proof := range r.Header["Dpop"] {
			resigned = append(resigned, resignProof(t, proof))
		}
		r.Header["Dpop"] = resigned
	}
	return serve(c.route(t), r)
}

func serve(h http.Handler, r *http.Request) peerAnswer {
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	res := rec.Result()
	return peerAnswer{res.StatusCode, strings.Join(res.Header["Www-Authenticate"], ", ")}
}

func page(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }

func (c *peerCase) route(t *testing.T) http.Handler {
	t.Helper()
	q := &c.HTTP
	if q.Excluded {
		return http.HandlerFunc(page)
	}
	// The token is signed again behind the Middleware, which sees what was sent.
	v := verifier.Func(func(ctx context.Context, raw string) (*verifier.Token, error) {
		p, err := c.provider()
		if err != nil {
			return nil, err
		}
		local, err := verifier.New(p, append(c.options(raw), verifier.WithPossessionProven())...)
		if err != nil {
			return nil, configError{err}
		}
		return local.Verify(ctx, c.resign(raw))
	})
	m := httpauth.New(v, c.middleware(t)...)
	switch {
	case q.DPoP == "required":
		return m.RequireBound()(http.HandlerFunc(page))
	case q.Scope != nil:
		return m.RequireScope(q.Scope...)(http.HandlerFunc(page))
	}
	return m.Handler(http.HandlerFunc(page))
}

func (c *peerCase) middleware(t *testing.T) (opts []httpauth.Option) {
	t.Helper()
	q := &c.HTTP
	add := func(when bool, opt func() httpauth.Option) {
		if when {
			opts = append(opts, opt())
		}
	}
	add(q.Optional, httpauth.WithOptional)
	add(q.Preflight, func() httpauth.Option { return httpauth.WithPreflight() })
	add(q.Cookie != "", func() httpauth.Option { return httpauth.WithExtractor(httpauth.Cookie(q.Cookie)) })
	add(q.Field != "", func() httpauth.Option { return httpauth.WithExtractor(httpauth.Header(q.Field)) })
	add(q.Metadata != "", func() httpauth.Option { return httpauth.WithResourceMetadata(q.Metadata) })
	add(q.GivenBad, func() httpauth.Option {
		return httpauth.WithExtractor(func(*http.Request) (string, error) {
			return "", fmt.Errorf("%w: it was not to be read", httpauth.ErrRequest)
		})
	})
	add(q.Given != nil, func() httpauth.Option {
		return httpauth.WithExtractor(func(*http.Request) (string, error) {
			if *q.Given == "" {
				return "", httpauth.ErrNoToken
			}
			return *q.Given, nil
		})
	})
	add(q.DPoP != "", func() httpauth.Option { return httpauth.WithProof(c.checker(t)) })
	return opts
}

// checker allows every host that the request names: what it is called by is
// the case's matter, not the host.
func (c *peerCase) checker(t *testing.T) *dpop.Checker {
	t.Helper()
	q := &c.HTTP
	opts := []dpop.Option{dpop.WithHosts("api.example.com")}
	if q.Host != "" {
		opts = append(opts, dpop.WithHosts(q.Host))
	}
	if q.Age > 0 {
		opts = append(opts, dpop.WithMaxAge(seconds(q.Age)), dpop.WithLeeway(seconds(q.Leeway)))
	}
	if c.Config.Now != nil {
		at := time.UnixMilli(int64(*c.Config.Now * 1000))
		opts = append(opts, dpop.WithClock(func() time.Time { return at }))
	}
	if len(q.Fields) > 0 {
		all := []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}
		opts = append(opts, dpop.WithProxy(all, q.Fields...))
	}
	checker, err := dpop.New(opts...)
	if err != nil {
		t.Fatalf("%s: %v", c.Name, err)
	}
	return checker
}

// resignProof signs a proof again, without the private key in its header.
func resignProof(t *testing.T, raw string) string {
	t.Helper()
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		return raw
	}
	header, _ := base64url.DecodeString(parts[0])
	payload, _ := base64url.DecodeString(parts[1])
	var members map[string]any
	if json.Unmarshal(header, &members) != nil {
		return raw
	}
	jwk, _ := members["jwk"].(map[string]any)
	d, _ := jwk["d"].(string)
	scalar, err := base64url.DecodeString(d)
	if err != nil || jwk["crv"] != "P-256" || len(scalar) == 0 {
		t.Fatal("the proof has no private key of P-256 to sign it again with")
	}
	delete(jwk, "d")
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), new(big.Int).SetBytes(scalar).FillBytes(make([]byte, 32)))
	if err != nil {
		t.Fatal(err)
	}
	return mint(keys.ES256, string(must(json.Marshal(members))), string(payload), key)
}

// htuStatus sends a bound token with a proof for the URI of the case.
func (c *peerCase) htuStatus(t *testing.T) peerAnswer {
	t.Helper()
	c.Keys = peerKeys{Secret: secret, Alg: keys.HS256}
	at := float64(now.Unix())
	c.Config.Now = &at
	c.HTTP.DPoP = "required"
	key := jose.JSONWebKey{Key: p256Key().Public()}
	thumbprint := must(key.Thumbprint(crypto.SHA256))
	raw := mint(keys.HS256, `{"alg":"HS256"}`, fmt.Sprintf(`{"sub":"a","exp":%d,"cnf":{"jkt":%q}}`, now.Unix()+60, b64(string(thumbprint))), secret)
	sum := sha256.Sum256([]byte(raw))
	proof := mint(keys.ES256, `{"typ":"dpop+jwt","alg":"ES256","jwk":`+string(must(json.Marshal(key)))+`}`,
		fmt.Sprintf(`{"jti":"1","htm":%q,"htu":%q,"iat":%d,"ath":%q}`, c.HTTP.Method, c.HTU, now.Unix(), b64(string(sum[:]))), p256Key())
	r := c.request()
	r.Header.Set("Authorization", "DPoP "+raw)
	r.Header.Set("DPoP", proof)
	return serve(c.route(t), r)
}
