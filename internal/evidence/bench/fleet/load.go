package main

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/jwtverify/jwtverify/internal/evidence/bench"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// accepting returns a run that verifies the next of raws each time, and fails when
// it is refused.
func accepting(v verifier.Verifier, raws []string) func() error {
	i := 0
	return func() error {
		if i++; i >= len(raws) {
			i = 0
		}
		_, err := v.Verify(context.Background(), raws[i])
		return err
	}
}

// keyID is the ID of the i-th key.
func keyID(i int) string { return fmt.Sprint("key-", i) }

// secrets returns n keys for HS256 with different IDs.
func secrets(m *bench.Material, n int) ([]*keys.Key, error) {
	ks := make([]*keys.Key, n)
	for i := range ks {
		var err error
		if ks[i], err = m.Key(keyID(i)); err != nil {
			return nil, err
		}
	}
	return ks, nil
}

// jwks returns JWK Sets of at most per keys each, of n in all.
func jwks(alg keys.Algorithm, n, per int) (docs [][]byte, err error) {
	for from := 0; from < n; from += per {
		var members []string
		for i := from; i < min(n, from+per); i++ {
			m, err := bench.NewMaterial(alg)
			if err != nil {
				return nil, err
			}
			member, err := jwk(m.PublicKey(), keyID(i))
			if err != nil {
				return nil, err
			}
			members = append(members, member)
		}
		docs = append(docs, []byte(`{"keys":[`+strings.Join(members, ",")+`]}`))
	}
	return docs, nil
}

// jwk is as short as it can be, since a remote set is at most 1 MiB.
func jwk(pub crypto.PublicKey, id string) (string, error) {
	encode := base64.RawURLEncoding.EncodeToString
	switch pub := pub.(type) {
	case *ecdsa.PublicKey:
		point, err := pub.Bytes() // 4, x, y
		if err != nil {
			return "", err
		}
		return fmt.Sprintf(`{"kty":"EC","crv":"P-256","kid":%q,"x":%q,"y":%q}`, id, encode(point[1:33]), encode(point[33:])), nil
	case ed25519.PublicKey:
		return fmt.Sprintf(`{"kty":"OKP","crv":"Ed25519","kid":%q,"x":%q}`, id, encode(pub)), nil
	}
	return "", fmt.Errorf("no JWK for a %T", pub)
}
