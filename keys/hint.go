package keys

// A Hint is what a token says about its key, before anything in it is trusted.
// It selects among the keys that a [Provider] has; it never supplies one. The
// zero Hint selects nothing, since every key needs an algorithm.
type Hint struct {
	// KeyID is the "kid" of the token (RFC 7515 §4.1.4), or "" when it has none.
	KeyID string
	// Algorithm is the "alg" of the token (RFC 7515 §4.1.1).
	Algorithm Algorithm
	// Issuer is the "iss" of the token, or "" when it has none or nobody has
	// read it yet. It is not verified, so it only narrows the choice: keys bound
	// to another issuer are left out, and a source bound to another issuer does
	// not fetch. "" narrows nothing.
	Issuer string
	// Retry is true when the keys found before did not verify the token: the
	// issuer may have replaced a key without changing its ID. A provider that
	// can look again does so, within its limits; others return the same keys.
	Retry bool
}

// Fits reports whether k may verify the token: it accepts the algorithm, the key
// IDs are equal or one is missing, and it is not bound to an issuer other than
// h.Issuer. A nil key does not fit.
func (h Hint) Fits(k *Key) bool {
	return k != nil && k.Accepts(h.Algorithm) && h.names(k) && (h.Issuer == "" || k.VouchesFor(h.Issuer)) // rule 5
}

// names reports whether the key IDs are equal, or one is missing.
func (h Hint) names(k *Key) bool {
	return h.KeyID == "" || k.id == "" || h.KeyID == k.id
}

// foreign reports whether the token of h names an issuer other than issuer.
func (h Hint) foreign(issuer string) bool {
	return issuer != "" && h.Issuer != "" && h.Issuer != issuer
}
