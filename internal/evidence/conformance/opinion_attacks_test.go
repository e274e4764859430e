package conformance_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jwtverify/jwtverify/keys"
)

// attackSeats are all keys that the attack tests trust, and the more common of them.
func attackSeats() (common, all []seat) {
	for _, b := range []bound{
		{keys.HS256, secret}, {keys.RS256, rsaPublic(rsaKey())}, {keys.PS256, rsaPublic(rsaKey())}, {keys.ES256, ecPublic(p256Key())}, {keys.EdDSA, edKey().Public()},
		{keys.HS384, secret}, {keys.HS512, secret}, {keys.ES384, ecPublic(p384Key())}, {keys.ES512, ecPublic(p521Key())},
	} {
		all = append(all, (&stance{alg: b.alg, key: b.key, now: now, leeway: seconds(30)}).seat())
	}
	return all[:5:5], all
}

// unencodedToken has a payload that is encoded but signed as if it were not, and
// no crit that says so.
func unencodedToken() string {
	header := b64(`{"alg":"HS256","b64":false}`)
	return header + "." + b64(good) + "." + b64(string(sign(keys.HS256, secret, header+"."+good)))
}

// notes are the tokens that the attack tests make, while somebody wants to know.
var notes struct {
	sync.Mutex
	on   bool
	raws []string
}

func note(raw string) {
	notes.Lock()
	defer notes.Unlock()
	if notes.on && len(raw) <= 64<<10 {
		notes.raws = append(notes.raws, raw)
	}
}

// constructed runs the attack tests for the tokens that they make.
func constructed(t *testing.T) []string {
	t.Helper()
	notes.Lock()
	notes.on, notes.raws = true, make([]string, 0, 1<<15) // room, since some of them count what is allocated
	notes.Unlock()
	for _, a := range slices.Concat(attacks, furtherAttacks) {
		t.Run(strings.ReplaceAll(a.id, "/", "+"), a.test)
	}
	notes.Lock()
	defer notes.Unlock()
	notes.on = false
	slices.Sort(notes.raws)
	return slices.Compact(notes.raws)
}
