package verifier

import (
	"strings"
	"sync/atomic"

	"github.com/jwtverify/jwtverify/keys"
)

// An origin is what a Token remembers of its verification: by whom and with which
// key. It is shared by the tokens of one key, so that it costs them no allocation.
type origin struct {
	by  *Keyed
	key *keys.Key
	kid string // as the tokens write it; "" if they have none
}

// origins are the last ones in use.
type origins struct {
	slots [8]atomic.Pointer[origin]
	next  atomic.Uint32
}

// of returns the origin of a token that key has verified.
func (o *origins) of(by *Keyed, key *keys.Key, kid string) *origin {
	for i := range o.slots {
		if s := o.slots[i].Load(); s != nil && s.key == key && s.kid == kid {
			return s
		}
	}
	s := &origin{by, key, strings.Clone(kid)} // kid is part of a token
	o.slots[o.next.Add(1)%uint32(len(o.slots))].Store(s)
	return s
}

// hint returns the hint that finds the key of tok again.
func (o *origin) hint(tok *Token) keys.Hint {
	return keys.Hint{KeyID: o.kid, Algorithm: tok.Algorithm, Issuer: tok.Issuer}
}
