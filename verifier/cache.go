package verifier

import (
	"container/list"
	"context"
	"hash/maphash"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jwtverify/jwtverify/keys"
)

// A cache remembers of a token only this: these bytes were signed by that key,
// and say these claims. Whether the key still counts and the claims hold is
// asked every time.
//
// A token is found by a hash with a secret seed and then compared byte for byte,
// so no other token is ever taken for it, and nobody can aim at its place.
type cache struct {
	seed   maphash.Seed
	shards []shard
}

// A shard holds the tokens of some hashes, the last used in front.
type shard struct {
	mu     sync.Mutex
	tokens map[uint64]*list.Element // of *signed
	recent list.List
	bytes  int // what the tokens take
	most   int // what they may take
}

// signed is a token whose signature verified. Nobody else holds its tok.
type signed struct {
	raw  string
	hash uint64
	tok  *Token
	key  *keys.Key
	hint keys.Hint
}

const (
	// cacheUnit is the room of one token in a cache, in bytes. A larger one
	// takes the room of several, so that the cache is bounded in bytes too.
	cacheUnit = 2 << 10
	// overhead is about what a token takes beside its text and its payload.
	overhead = 512
	// A large cache has several locks.
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

func (t *signed) size() int { return max(cacheUnit, len(t.raw)+t.tok.Size()+overhead) }

// worthCaching reports whether remembering tokens of an algorithm costs less than
// verifying them, which for an HMAC is cheap.
func worthCaching(alg keys.Algorithm) bool {
	return alg != keys.HS256 && alg != keys.HS384 && alg != keys.HS512
}

// lookup returns a copy of the token that was verified before, as it is now:
// nil without an error when it was not, or when its key is gone.
func (l *Local) lookup(ctx context.Context, raw string, at time.Time) (*Token, error) {
	if l.cache == nil {
		return nil, nil
	}
	s := l.cache.find(raw)
	if s == nil {
		return nil, nil
	}
	found, err := l.keys.Find(ctx, s.hint)
	if err != nil {
		return nil, undecided(err)
	}
	if !slices.ContainsFunc(found, s.key.Equal) {
		return nil, nil
	}
	tok := copyOf(s.tok)
	if err := l.policy.claims(ctx, tok.Set, s.key, at); err != nil {
		return nil, err
	}
	return tok, nil
}

// store keeps a copy of a token whose signature verified.
func (l *Local) store(raw string, tok *Token, key *keys.Key, hint keys.Hint) {
	if l.cache != nil && worthCaching(tok.Algorithm) {
		l.cache.add(&signed{raw: strings.Clone(raw), tok: copyOf(tok), key: key, hint: hint})
	}
}

// copyOf returns a copy that shares nothing with t that can be changed.
func copyOf(t *Token) *Token {
	c := allocate()
	set := c.Set
	*c = *t
	c.Set = set
	t.Set.CopyTo(set)
	return c
}
