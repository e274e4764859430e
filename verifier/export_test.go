package verifier

// Cached is how many tokens are remembered.
func (l *Local) Cached() int {
	l.cache.tokens.CleanUp()
	return l.cache.tokens.EstimatedSize()
}

// CachedBytes is the length of their payloads.
func (l *Local) CachedBytes() (n int) {
	l.cache.tokens.CleanUp()
	for _, s := range l.cache.tokens.All() {
		n += s.tok.Size()
	}
	return n
}
