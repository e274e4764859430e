package verifier

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jwtverify/jwtverify/internal/jws"
	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/internal/signature"
	"github.com/jwtverify/jwtverify/keys"
)

// maxCandidates is the largest number of keys that are tried for one token, so
// that a token cannot cost many signature checks.
const maxCandidates = signature.MaxCandidates // rule 5: at most four

// candidates are the keys to try for one token. They are an array, since this is
// on the path of every token and must not allocate.
type candidates struct {
	keys [maxCandidates]*keys.Key
	n    int
}

func (c *candidates) has(k *keys.Key) bool {
	for _, other := range c.keys[:c.n] {
		if k.Equal(other) {
			return true
		}
	}
	return false
}

// authenticate returns the key that verifies msg. If those found do not verify
// it, it asks the provider once more to look again: the issuer may have replaced
// a key and kept its ID.
func (v *Keyed) authenticate(ctx context.Context, msg *jws.Message, hint keys.Hint) (*keys.Key, error) {
	var try, tried candidates
	for {
		found, err := v.keys.Find(ctx, hint)
		if err != nil {
			return nil, undecided(err)
		}
		if err := v.choose(&try, &hint, found); err != nil {
			return nil, err
		}
		if k := try.verifying(msg, &tried); k != nil {
			return k, nil
		}
		if hint.Retry {
			var others candidates
			others.ofOtherIssuers(&hint, found)
			if k := others.verifying(msg, &candidates{}); k != nil {
				return k, nil
			}
			return nil, invalid(ErrSignature, notSignedWith(try))
		}
		tried, hint.Retry = try, true
	}
}

// verifying returns the first of c that verifies msg, without those that were tried.
// It returns nil if there is none.
func (c *candidates) verifying(msg *jws.Message, tried *candidates) *keys.Key {
	for _, k := range c.keys[:c.n] {
		if !tried.has(k) && k.Verify(msg.Signed, msg.Signature) == nil {
			return k
		}
	}
	return nil
}

// choose sets c to the keys of found that fit hint, or to those of other issuers if
// there are none. It does not rely on the provider to have filtered them.
func (v *Keyed) choose(c *candidates, hint *keys.Hint, found []*keys.Key) error {
	tooMany := c.fitting(hint, found)
	if c.n == 0 && hint.Issuer != "" {
		tooMany = c.ofOtherIssuers(hint, found)
	}
	switch {
	case tooMany:
		return tooManyKeys(hint)
	case c.n == 0 && !hint.Retry: // on a retry there was a key, and its bad signature says more
		return v.noKey(hint, found)
	}
	return nil
}

// ofOtherIssuers sets c to the keys of found that fit hint but for their issuer: they are bound
// to another one than the token names. A token that one of them verifies is refused
// all the same, by the check of the issuer (rule 8: the expected issuer). They are
// tried last, and only because that refusal has the better message.
func (c *candidates) ofOtherIssuers(hint *keys.Hint, found []*keys.Key) (tooMany bool) {
	any := *hint
	any.Issuer = ""
	return c.fitting(&any, slices.DeleteFunc(slices.Clone(found), func(k *keys.Key) bool { return k == nil || k.VouchesFor(hint.Issuer) }))
}

// fitting sets c to the different keys of found that fit hint. It reports whether there
// are more of them than maxCandidates (rule 5: at most four that fit).
func (c *candidates) fitting(hint *keys.Hint, found []*keys.Key) (tooMany bool) {
	c.n = 0
	for _, k := range found {
		switch {
		case !hint.Fits(k) || c.has(k):
		case c.n == maxCandidates:
			return true
		default:
			c.keys[c.n] = k
			c.n++
		}
	}
	return false
}

// tooManyKeys refuses a token that more keys fit than may be tried.
func tooManyKeys(hint *keys.Hint) error {
	if hint.KeyID == "" {
		return invalid(ErrUnknownKey, fmt.Errorf("more than %d keys fit a token without a kid; give the keys IDs, and the tokens a kid", maxCandidates))
	}
	return invalid(ErrUnknownKey, fmt.Errorf("more than %d keys fit it, since they have no ID; give them the IDs that tokens name, "+
		"in a JWK Set or, if a kid is a thumbprint, with keys.WithThumbprintIDs", maxCandidates))
}

// noKey refuses a token that no key of found fits, and says why.
func (v *Keyed) noKey(hint *keys.Hint, found []*keys.Key) error {
	for _, k := range found {
		if k != nil && (keys.Hint{KeyID: hint.KeyID, Algorithm: k.Algorithm()}).Fits(k) { // rule 3: the algorithm of the key
			return invalid(ErrAlgorithm, detail{"the token says ", string(hint.Algorithm), ", its key is for " + string(k.Algorithm())})
		}
	}
	if err := v.foreignIssuer(hint.Issuer); err != nil {
		return invalid(nil, err)
	}
	return invalid(ErrUnknownKey, &unknownKey{v.keys, *hint})
}

// foreignIssuer returns an error if every key that the provider can ever have is
// bound to other issuers than this one, as far as the provider says
// (RFC 8725 §3.8).
func (v *Keyed) foreignIssuer(issuer string) error {
	bound := keys.BoundTo(v.keys)
	if issuer == "" || bound == nil || slices.Contains(bound, issuer) {
		return nil
	}
	return otherIssuer(issuer, bound...)
}

// An unknownKey error builds its text only when it is read: looking for a key that
// is published but not used costs more than the refusal.
type unknownKey struct {
	keys keys.Provider
	hint keys.Hint
}

func (u *unknownKey) Error() string {
	if u.hint.KeyID == "" {
		return "the token has no kid, and no key is for " + message.Quote(string(u.hint.Algorithm))
	}
	if reason, ok := keys.Unused(u.keys, u.hint.KeyID); ok {
		return "the key with the ID " + message.Quote(u.hint.KeyID) + " is published but not used: " + reason
	}
	return "no key has the ID " + message.Quote(u.hint.KeyID)
}

// notSignedWith explains why a signature does not verify, if one of the keys that
// were tried suggests it. It returns nil otherwise.
func notSignedWith(try candidates) error {
	for _, k := range try.keys[:try.n] {
		if isSecret(k) {
			return &misreadSecret{k}
		}
	}
	return nil
}

func isSecret(k *keys.Key) bool { return k.Thumbprint() == "" }

// A misreadSecret error builds its text only when it is read. The usual mistake is
// to use the base64 text of a secret as the secret.
type misreadSecret struct{ key *keys.Key }

func (m *misreadSecret) Error() string {
	for _, v := range keys.Variants(m.key) {
		if encoding, ok := strings.CutPrefix(v.Name, "decoded from "); ok {
			return "the secret looks like " + encoding + "; if it is, " + v.Advice
		}
	}
	return "the token was changed, or its signer has another secret"
}
