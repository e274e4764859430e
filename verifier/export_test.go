package verifier

// CopyOf is the copy that a cache hit returns.
var CopyOf = copyOf

// Cached returns the number of tokens in the cache.
func (l *Local) Cached() (n int) {
	for i := range l.cache.shards {
		n += len(l.cache.shards[i].tokens)
	}
	return n
}

// CachedBytes returns the length of those tokens and their payloads.
func (l *Local) CachedBytes() (n int) {
	for i := range l.cache.shards {
		for _, e := range l.cache.shards[i].tokens {
			t := e.Value.(*signed)
			n += len(t.raw) + len(t.tok.Raw())
		}
	}
	return n
}
