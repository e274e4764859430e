package verifier

import (
	"context"
	"crypto/sha256"
	"slices"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/jwtverify/jwtverify/internal/jws"
	"github.com/jwtverify/jwtverify/keys"
)

// A cache remembers of a token only this: these bytes were signed by that key,
// and say these claims. Whether the key still counts and the claims hold is
// asked every time.
type cache struct {
	tokens *otter.Cache[digest, *signed]
}

// A digest names a token by all of its bytes.
type digest [sha256.Size]byte

type signed struct {
	tok *Token
	key *keys.Key
}

const (
	// cacheUnit is the room of one token in a cache, in bytes. A larger one
	// takes the room of several, so that the cache is bounded in bytes too.
	cacheUnit = 2 << 10
	// overhead is about what a token takes beside its payload.
	overhead = 512
)

func newCache(tokens int) *cache {
	return &cache{otter.Must(&otter.Options[digest, *signed]{
		MaximumWeight: uint64(tokens) * cacheUnit,
		Weigher: func(_ digest, s *signed) uint32 {
			return uint32(max(cacheUnit, s.tok.Size()+overhead))
		},
		Executor: func(f func()) { f() }, // no goroutine of its own
	})}
}

// pays reports whether remembering tokens of an algorithm costs less than
// verifying them: an HMAC is not slower than looking for the token.
func pays(alg keys.Algorithm) bool {
	return alg != keys.HS256 && alg != keys.HS384 && alg != keys.HS512
}

// recall returns the token that was verified before, as it is now: nil without
// an error when it was not, or when its key is none any more.
func (l *Local) recall(ctx context.Context, raw string, at time.Time) (*Token, error) {
	if l.cache == nil {
		return nil, nil
	}
	// Headers of verified tokens are known: others are not worth a digest.
	header, ok := l.parser.Recognize(raw)
	if !ok || !pays(keys.Algorithm(header.Algorithm)) {
		return nil, nil
	}
	s, ok := l.cache.tokens.GetIfPresent(digestOf(raw))
	if !ok {
		return nil, nil
	}
	found, err := l.keys.Find(ctx, hintOf(header))
	if err != nil {
		return nil, undecided(err)
	}
	if !slices.ContainsFunc(found, s.key.Equal) {
		return nil, nil
	}
	if err := l.policy.claims(ctx, s.tok.Set, s.key, at); err != nil {
		return nil, err
	}
	return s.tok, nil
}

// remember keeps a token whose signature verified.
func (l *Local) remember(raw string, tok *Token, key *keys.Key) {
	if l.cache != nil && pays(tok.Algorithm) {
		l.cache.tokens.Set(digestOf(raw), &signed{tok, key})
	}
}

func hintOf(h jws.Header) keys.Hint {
	return keys.Hint{KeyID: h.KeyID, Algorithm: keys.Algorithm(h.Algorithm)}
}

var digestBuffers = sync.Pool{New: func() any { return new([]byte) }}

func digestOf(raw string) digest {
	buf := digestBuffers.Get().(*[]byte)
	*buf = append((*buf)[:0], raw...)
	sum := sha256.Sum256(*buf)
	digestBuffers.Put(buf)
	return sum
}
