package conformance_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	crand "crypto/rand"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/keys"
)

// A modelKey is one key of the small world of the models. Several have the
// same ID, or none, so that tokens fit many keys, few or none.
type modelKey struct {
	n       int
	id      string
	alg     keys.Algorithm
	private any
}

func (k *modelKey) String() string { return fmt.Sprintf("%d (%q, %s)", k.n, k.id, k.alg) }

// key is the library's, a new pointer each time.
func (k *modelKey) key(tb testing.TB) *keys.Key {
	if secret, ok := k.private.([]byte); ok {
		return secretKey(tb, k.alg, k.id, secret)
	}
	return public(tb, k.alg, k.id, k.private.(crypto.Signer))
}

// jwk publishes it, unless it is a secret.
func (k *modelKey) jwk() string {
	more := `"alg":"` + string(k.alg) + `"`
	if k.id != "" {
		more += `,"kid":"` + k.id + `"`
	}
	return jwkOf(k.private.(crypto.Signer), more)
}

// modelKeys are all there are; the secret is the last.
var modelKeys = sync.OnceValue(func() (ks []*modelKey) {
	for _, id := range []string{"a", "a", "b", "", "", ""} {
		ks = append(ks, &modelKey{len(ks), id, keys.EdDSA, newEdKey()})
	}
	for _, id := range []string{"a", "b", ""} {
		ks = append(ks, &modelKey{len(ks), id, keys.ES256, must(ecdsa.GenerateKey(elliptic.P256(), crand.Reader))})
	}
	return append(ks, &modelKey{len(ks), "a", keys.HS256, secret})
})

// A modelToken is a token and what the model knows of it.
type modelToken struct {
	raw        string
	by         *modelKey
	kid        string
	begin, end time.Time // nbf and exp
}

func (t modelToken) String() string {
	return fmt.Sprintf("kid %q by key %v until %v", t.kid, t.by, t.end)
}

// modelTokens are by each of ks, with its kid, none, or that of another.
func modelTokens(ks []*modelKey, base time.Time) (all []modelToken) {
	for _, k := range ks {
		for _, kid := range []string{"", "a", "b", "unknown"} {
			for _, life := range []time.Duration{10 * time.Minute, 24 * time.Hour} {
				t := modelToken{by: k, kid: kid, begin: base, end: base.Add(life)}
				t.raw = token(k.alg, kid, fmt.Sprintf(`{"sub":"%d","nbf":%d,"exp":%d}`, k.n, t.begin.Unix(), t.end.Unix()), k.private)
				all = append(all, t)
			}
		}
	}
	return all
}

// expected are the Reasons that may come of t while ks are the keys, as of at
// and with no leeway: one, but where more keys fit than are tried. There a
// token that is remembered stands, if its key is among them (rule 10), and any
// other does not (rule 5).
func (t modelToken) expected(ks []*modelKey, at time.Time) (reasons []string) {
	named := slices.DeleteFunc(slices.Clone(ks), func(k *modelKey) bool { return t.kid != "" && k.id != "" && k.id != t.kid })
	fits := slices.DeleteFunc(slices.Clone(named), func(k *modelKey) bool { return k.alg != t.by.alg })
	switch {
	case len(ks) == 0:
		return []string{"unavailable"}
	case len(fits) == 0 && len(named) > 0:
		return []string{"algorithm"}
	case len(fits) == 0:
		return []string{"unknown_key"}
	case len(fits) > 4:
		reasons = append(reasons, "unknown_key")
	}
	verified := slices.Contains(fits, t.by)
	switch {
	case !verified && len(fits) <= 4:
		reasons = append(reasons, "signature")
	case !verified:
	case at.Before(t.end) && !at.Before(t.begin):
		reasons = append(reasons, "")
	case at.Before(t.begin):
		reasons = append(reasons, "not_yet_valid")
	default:
		reasons = append(reasons, "expired")
	}
	return reasons
}

// newRandom has a new seed each time, or the one in CONFORMANCE_SEED.
func newRandom(t *testing.T) *rand.Rand {
	t.Helper()
	var b [8]byte
	crand.Read(b[:])
	seed := binary.LittleEndian.Uint64(b[:])
	if text, ok := os.LookupEnv("CONFORMANCE_SEED"); ok {
		seed = must(strconv.ParseUint(text, 10, 64))
	}
	fmt.Fprintf(t.Output(), "the seed is %d; CONFORMANCE_SEED repeats it\n", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// pick is one of all.
func pick[T any](r *rand.Rand, all []T) T { return all[r.IntN(len(all))] }

// some are up to most of all, in any order.
func some[T any](r *rand.Rand, all []T, most int) []T {
	all = slices.Clone(all)
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:min(len(all), r.IntN(most+1))]
}
