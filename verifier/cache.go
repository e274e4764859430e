package verifier

import (
	"container/list"
	"context"
	"hash/maphash"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/base64url"
	"github.com/jwtverify/jwtverify/keys"
)

// A cache remembers one fact about a token: these bytes were signed with that key
// and contain these claims (rule 10). Whether the key still counts and whether the
// claims hold is checked every time.
//
// find compares every byte, so no token is ever taken for another. The hash only
// finds the place. It is that of the end of a token, which is its signature or part of
// it: the rest distinguishes tokens no better, and is long. It need not be
// cryptographic, but its seed is secret. A sender who chooses every byte and measures
// the time of every answer therefore
//
//   - cannot make many tokens share a place, for which they would also have to be
//     signed. Somebody with many keys can sign tokens that end alike; of tokens with
//     the same hash only the last is kept;
//   - cannot guess a token piece by piece: bytes are compared only if all 64 bits of
//     the hash agree, and a guess of the end that is partly right has no better chance
//     of that than any other. The time does show whether a token was used before, but
//     only to somebody who has the end of it, and nobody can guess 48 bytes.
//
// A hit takes no lock and rarely writes, so goroutines with the same token do not
// wait for each other.
type cache struct {
	seed   maphash.Seed
	places []atomic.Pointer[signed] // of each place the first token; a power of two
	shards []shard                  // likewise, and not more
}

// A shard keeps the account of some places. Its lock is needed to change them.
type shard struct {
	mu    sync.Mutex
	queue list.List // of *signed: the next to go first, but see evict
	bytes int       // the room that the tokens take
	most  int       // the room that they may take
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

	next    atomic.Pointer[signed] // in the same place
	used    atomic.Bool            // since it was last next to go
	element *list.Element          // in the queue
}

const (
	// hashed is how many bytes of a token the hash is of: those of 48 bytes of its
	// signature, or all of a shorter one.
	hashed = 64
	// cacheUnit is the room of one token in bytes. A larger token takes the room
	// of several, so that the cache is bounded in bytes as well as in tokens.
	cacheUnit = 2 << 10
	// overhead estimates what a token takes besides its text and its payload, in
	// bytes: the entry, the Token and the Set, and its place in the queue.
	overhead = 512
	// maxShards bounds the number of locks; a shard has room for at least
	// shardTokens.
	maxShards, shardTokens = 16, 64
	// maxPlaces bounds what an empty cache takes: a pointer each.
	maxPlaces = 1 << 20
	// mostChances is how many tokens may get another chance when one has to go, so
	// that adding one takes a bounded time.
	mostChances = 16
)

func newCache(tokens int) *cache {
	c := &cache{
		seed:   maphash.MakeSeed(),
		places: make([]atomic.Pointer[signed], 1<<bits.Len(uint(min(tokens, maxPlaces)-1))),
		shards: make([]shard, 1<<(bits.Len(uint(max(1, min(maxShards, tokens/shardTokens))))-1)),
	}
	for i := range c.shards {
		share := tokens / len(c.shards)
		if i < tokens%len(c.shards) {
			share++
		}
		c.shards[i].most = share * cacheUnit
	}
	return c
}

func (c *cache) hash(raw string) uint64 {
	return maphash.String(c.seed, raw[max(0, len(raw)-hashed):])
}

func (c *cache) place(hash uint64) *atomic.Pointer[signed] {
	return &c.places[hash&uint64(len(c.places)-1)]
}

func (c *cache) find(raw string) *signed {
	hash := c.hash(raw)
	for s := c.place(hash).Load(); s != nil; s = s.next.Load() {
		if s.hash == hash && s.raw == raw {
			if !s.used.Load() { // writing would take the entry from other processors
				s.used.Store(true)
			}
			return s
		}
	}
	return nil
}

// add keeps t in place of what is known of the same token, or of one with the same
// hash, and drops others until it fits. A token that is larger than the shard is not
// kept, and drops no other.
func (c *cache) add(t *signed) {
	t.hash = c.hash(t.raw)
	place, s := c.place(t.hash), &c.shards[t.hash&uint64(len(c.shards)-1)]
	s.mu.Lock()
	defer s.mu.Unlock()
	for known := place.Load(); known != nil; known = known.next.Load() {
		if known.hash == t.hash {
			c.remove(s, known)
			break
		}
	}
	size := t.size()
	if size > s.most {
		return
	}
	for s.bytes+size > s.most {
		c.evict(s)
	}
	s.bytes += size
	t.element = s.queue.PushBack(t)
	t.next.Store(place.Load())
	place.Store(t)
}

// evict drops the token that is next to go. One that was used since goes to the end
// of the queue instead.
func (c *cache) evict(s *shard) {
	for range mostChances {
		first := s.queue.Front()
		if !first.Value.(*signed).used.Swap(false) {
			break
		}
		s.queue.MoveToBack(first)
	}
	c.remove(s, s.queue.Front().Value.(*signed))
}

// remove takes t out. A find that has reached t goes on from there, so that next of
// t has to stay.
func (c *cache) remove(s *shard, t *signed) {
	s.queue.Remove(t.element)
	s.bytes -= t.size()
	at := c.place(t.hash)
	for at.Load() != t {
		at = &at.Load().next
	}
	at.Store(t.next.Load())
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
	seen.found(s, tok.Set)
	if err := v.policy.checkClaims(ctx, tok.Set, copyOfSet(s.head), s.key, at); err != nil { // rule 10
		return nil, err
	}
	return tok, nil
}

// store keeps a copy of a token whose signature verified. It clones raw, which may
// be part of a much larger string, such as a header.
func (v *Keyed) store(raw string, tok *Token, head *claims.Set, key *keys.Key, hint keys.Hint) {
	if v.cache != nil {
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
