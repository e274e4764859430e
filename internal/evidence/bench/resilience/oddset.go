package resilience

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"time"
)

// oddSets: what the endpoint publishes is not as it should be. The good key is
// first in the set, and its tokens are good.
var oddSets = []Scenario{
	odd("odd-kty", "beside a key of an unknown kty", func(k *Kit) ([]jwk, *signer) {
		return []jwk{k.first.public(), {"kty": "AKP", "kid": "quantum", "alg": "ML-DSA-9000", "use": "sig", "pub": "AAAA"}}, k.first
	}, nil),
	odd("odd-weak", "beside an RSA key of 1,024 bits, and tokens of that key", func(k *Kit) ([]jwk, *signer) {
		return []jwk{k.first.public(), k.weak.public()}, k.first
	}, func(k *Kit, iss Issuer) []string { return k.weak.tokens(iss, few) }),
	odd("odd-point", "beside an EC key whose point is not on the curve", func(k *Kit) ([]jwk, *signer) {
		return []jwk{k.first.public(), {"kty": "EC", "crv": "P-256", "kid": "off", "alg": "ES256", "use": "sig",
			"x": encode(make([]byte, 32)), "y": encode(append(make([]byte, 31), 1))}}, k.first
	}, nil),
	odd("odd-kid", "two keys under one kid, tokens of the second", func(k *Kit) ([]jwk, *signer) {
		return []jwk{k.first.public(), k.second.as(k.first.kid).public()}, k.second.as(k.first.kid)
	}, nil),
	odd("odd-private", "beside a private key, and tokens signed with it", func(k *Kit) ([]jwk, *signer) {
		return []jwk{k.first.public(), k.other.private()}, k.first
	}, func(k *Kit, iss Issuer) []string { return k.other.tokens(iss, few) }),
	odd("odd-secret", "beside a published secret, and HS256 tokens of it", func(k *Kit) ([]jwk, *signer) {
		return []jwk{k.first.public(), {"kty": "oct", "kid": "shared", "alg": "HS256", "use": "sig", "k": encode(k.secret)}}, k.first
	}, func(k *Kit, iss Issuer) (raws []string) {
		for range few {
			raws = append(raws, hmacToken("shared", k.secret, iss))
		}
		return raws
	}),
	odd("odd-confusion", "HS256 tokens with the RSA key as their secret", func(k *Kit) ([]jwk, *signer) {
		return []jwk{k.first.public()}, k.first
	}, func(k *Kit, iss Issuer) (raws []string) {
		der, err := x509.MarshalPKIXPublicKey(&k.first.key.PublicKey)
		if err != nil {
			panic(err) // an RSA key can be marshalled
		}
		text := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
		for range few / 2 {
			raws = append(raws, hmacToken(k.first.kid, text, iss), hmacToken(k.first.kid, der, iss))
		}
		return raws
	}),
	turned("odd-empty", `{"keys":[]} after a good set`, document("application/json", setOf())),
	turned("odd-html", "an HTML page with status 200 after a good set", page),
}

// odd publishes an odd set from the start.
func odd(id, title string, set func(*Kit) ([]jwk, *signer), bad func(*Kit, Issuer) []string) Scenario {
	sc := Scenario{ID: id, Group: "Odd key sets", Title: title, Shows: []Metric{Failed}, Judged: []Metric{Failed}}
	if bad != nil {
		sc.Shows = append(sc.Shows, Accepted)
		sc.Judged = append(sc.Judged, Accepted)
	}
	sc.run = func(ctx context.Context, k *Kit, lib Library) (f Figures, err error) {
		published, by := set(k)
		at, err := newSite("127.0.0.1", setOf(published...))
		if err != nil {
			return f, err
		}
		defer at.close()
		s := start(ctx, lib, Setting{Issuers: []Issuer{at.Issuer}}, k.Start)
		defer s.close()
		st := k.good(by, at.Issuer)
		st.n = few
		f.count(k.send(s, st, nil))
		if err := s.err(); err != nil {
			f.Note = "does not start: " + err.Error()
		}
		if bad != nil {
			f.attack(k.together(s, bad(k, at.Issuer)))
		}
		return f, nil
	}
	return sc
}

// turned publishes a good set, and then something else.
func turned(id, title string, next http.HandlerFunc) Scenario {
	return Scenario{
		ID: id, Group: "Odd key sets", Title: title,
		Shows: []Metric{Failed, Fetches, Longest}, Judged: []Metric{Failed}, EverySecond: true,
		run: func(ctx context.Context, k *Kit, lib Library) (Figures, error) {
			return k.after(ctx, lib, beginning{refresh: time.Second}, func(s *service, at *site, f *Figures) error {
				at.serve(next)
				return k.endure(s, at, f)
			})
		},
	}
}

// endure sends good tokens, and now and then a bad one that makes the library
// fetch.
func (k *Kit) endure(s *service, at *site, f *Figures) error {
	over, bad := make(chan struct{}), make(chan *tally, 1)
	go func() { bad <- k.prod(s, at.Issuer, over) }()
	f.count(k.send(s, k.good(k.first, at.Issuer), nil))
	close(over)
	<-bad
	f.Fetches = int(at.fetches.Load())
	f.Written = at.written.Load()
	return nil
}
