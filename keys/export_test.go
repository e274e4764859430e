package keys

import (
	"time"

	"github.com/jwtverify/jwtverify/internal/files"
	"github.com/jwtverify/jwtverify/internal/signature"
)

// MLDSAInModule reports whether ML-DSA comes from Go itself.
const MLDSAInModule = signature.MLDSAInModule

// Scoped returns a copy of k as if its JWK stated that issuer.
func (k *Key) Scoped(issuer string) *Key {
	return &Key{id: k.id, alg: k.alg, alias: k.alias, issuer: k.issuer, scope: issuer, material: k.material}
}

// OpenRegular opens a file as the providers do, without a check of it before.
func OpenRegular(path string) error {
	f, _, err := files.Open(path, 0)
	if err == nil {
		f.Close()
	}
	return err
}

// SetClock replaces time.Now for s.
func (s *Set) SetClock(now func() time.Time) { s.clock = now }
