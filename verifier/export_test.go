package verifier

// CopyOf is the copy that a cache hit returns.
var CopyOf = copyOf

// Cached returns the number of tokens in the cache.
func (v *Keyed) Cached() (n int) {
	for i := range v.cache.shards {
		n += len(v.cache.shards[i].tokens)
	}
	return n
}

// CachedBytes returns the length of those tokens, their payloads and, with WithHeader,
// their headers.
func (v *Keyed) CachedBytes() (n int) {
	for i := range v.cache.shards {
		for _, e := range v.cache.shards[i].tokens {
			t := e.Value.(*signed)
			n += len(t.raw) + len(t.tok.Raw())
			if t.head != nil {
				n += len(t.head.Raw())
			}
		}
	}
	return n
}
