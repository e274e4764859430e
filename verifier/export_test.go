package verifier

// Cached is how many tokens are remembered.
func (l *Local) Cached() (n int) {
	for i := range l.cache.shards {
		n += len(l.cache.shards[i].tokens)
	}
	return n
}

// CachedBytes is the length of those tokens and their payloads.
func (l *Local) CachedBytes() (n int) {
	for i := range l.cache.shards {
		for _, e := range l.cache.shards[i].tokens {
			t := e.Value.(*signed)
			n += len(t.raw) + t.tok.Size()
		}
	}
	return n
}
