package verifier

import (
	"container/list"
	"context"
	"hash/maphash"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/base64url"
	"github.com/jwtverify/jwtverify/keys"
)

// A cache remembers one fact about a token: these bytes were signed with that key
// and contain these claims (rule 10). Whether the key still counts and whether the
// claims hold is checked every time.
//
// A token is found by a hash with a secret seed and then compared byte for byte.
// No other token is ever taken for it, and nobody can aim at its place.
type cache struct {
	seed   maphash.Seed
	shards []shard
}

// A shard holds the tokens of some hashes, the most recently used first. It has
// its own lock, so that many goroutines do not wait for one.
type shard struct {
	mu     sync.Mutex
	tokens map[uint64]*list.Element // of *signed
	recent list.List
	bytes  int // the room that the tokens take
	most   int // the room that they may take
}

// signed is a token whose signature verified. Nobody else holds its tok and head:
// callers get copies, so that what they do to theirs cannot reach the cache.
type signed struct {
	raw  string
	hash uint64
	tok  *Token
	head *claims.Set // nil without WithHeader
	key  *keys.Key
	hint keys.Hint
}

const (
	// cacheUnit is the room of one token in bytes. A larger token takes the room
	// of several, so that the cache is bounded in bytes as well as in tokens.
	cacheUnit = 2 << 10
	// overhead estimates what a token takes besides its text and its payload, in
	// bytes: the Token, the Set, the list element and the map entry.
	overhead = 512
	// maxShards bounds the number of locks; a shard has room for at least
	// shardTokens.
	maxShards, shardTokens = 16, 64
)

func newCache(tokens int) *cache {
	c := &cache{maphash.MakeSeed(), make([]shard, max(1, min(maxShards, tokens/shardTokens)))}
	for i := range c.shards {
		share := tokens / len(c.shards)
		if i < tokens%len(c.shards) {
			share++
		}
		c.shards[i] = shard{tokens: map[uint64]*list.Element{}, most: share * cacheUnit}
	}
	return c
}

func (c *cache) find(raw string) *signed {
	hash := maphash.String(c.seed, raw)
	return c.shard(hash).find(hash, raw)
}

func (c *cache) add(s *signed) {
	s.hash = maphash.String(c.seed, s.raw)
	c.shard(s.hash).add(s)
}

func (c *cache) shard(hash uint64) *shard { return &c.shards[hash%uint64(len(c.shards))] }

func (s *shard) find(hash uint64, raw string) *signed {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.tokens[hash]
	if e == nil || e.Value.(*signed).raw != raw {
		return nil
	}
	s.recent.MoveToFront(e)
	return e.Value.(*signed)
}

// add inserts t in front and drops tokens from the back until the rest fits. A
// token that is larger than the shard is not kept, and drops no other.
func (s *shard) add(t *signed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.tokens[t.hash]; e != nil {
		s.remove(e)
	}
	if t.size() > s.most {
		return
	}
	s.tokens[t.hash] = s.recent.PushFront(t)
	for s.bytes += t.size(); s.bytes > s.most; {
		s.remove(s.recent.Back())
	}
}

func (s *shard) remove(e *list.Element) {
	t := s.recent.Remove(e).(*signed)
	delete(s.tokens, t.hash)
	s.bytes -= t.size()
}

func (t *signed) size() int {
	size := len(t.raw) + payloadSize(t.raw) + overhead
	if t.head != nil {
		size += headerSize(t.raw) + overhead
	}
	return max(cacheUnit, size)
}

// headerSize returns the length in bytes of the header of a token.
func headerSize(raw string) int { return base64url.DecodedLen(strings.IndexByte(raw, '.')) }

// payloadSize returns the length in bytes of the payload of a token.
func payloadSize(raw string) int {
	return base64url.DecodedLen(strings.LastIndexByte(raw, '.') - strings.IndexByte(raw, '.') - 1)
}

// worthCaching reports whether a cache hit costs less than verifying a token of
// that algorithm again. An HMAC is as cheap as a hit.
func worthCaching(alg keys.Algorithm) bool {
	return alg != keys.HS256 && alg != keys.HS384 && alg != keys.HS512
}

// cached returns a copy of a token that was verified before, after checking again
// that its key still counts and that its claims hold. It returns nil and a nil
// error if the token is not in the cache or its key has gone.
func (v *Keyed) cached(ctx context.Context, raw string, at time.Time, seen *sighting) (*Token, error) {
	if v.cache == nil {
		return nil, nil
	}
	s := v.cache.find(raw)
	if s == nil {
		return nil, nil
	}
	found, err := v.keys.Find(ctx, s.hint) // rule 10
	if err != nil {
		return nil, undecided(err)
	}
	if !slices.ContainsFunc(found, s.key.Equal) { // rule 10
		return nil, nil
	}
	tok := copyOf(s.tok)
	seen.found(s.hint, tok.Set)
	if err := v.policy.checkClaims(ctx, tok.Set, copyOfSet(s.head), s.key, at); err != nil { // rule 10
		return nil, err
	}
	return tok, nil
}

// store keeps a copy of a token whose signature verified. It clones raw, which may
// be part of a much larger string, such as a header.
func (v *Keyed) store(raw string, tok *Token, head *claims.Set, key *keys.Key, hint keys.Hint) {
	if v.cache != nil && worthCaching(tok.Algorithm) {
		v.cache.add(&signed{raw: strings.Clone(raw), tok: copyOf(tok), head: copyOfSet(head), key: key, hint: hint})
	}
}

// copyOf returns a copy that shares nothing with t that can be changed. The copy,
// its claims and an audience of one are one allocation.
func copyOf(t *Token) *Token {
	c := new(struct {
		Token
		claims claims.Set
		aud    [1]string
	})
	c.Token = *t
	c.claims = *t.Set
	c.Set = &c.claims
	if len(t.Audience) == 1 {
		c.aud[0] = t.Audience[0]
		c.Audience = c.aud[:]
	} else {
		c.Audience = slices.Clone(t.Audience)
	}
	return &c.Token
}
