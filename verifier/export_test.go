package verifier

// Cached is how many tokens are remembered.
func (l *Local) Cached() int {
	l.cache.tokens.CleanUp()
	return l.cache.tokens.EstimatedSize()
}

// CachedBytes is the room that they take.
func (l *Local) CachedBytes() int {
	l.cache.tokens.CleanUp()
	return int(l.cache.tokens.WeightedSize())
}
