package conformance_test

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/internal/race"
	"github.com/jwtverify/jwtverify/keys"
)

// TestSecondOpinionOnVectors asks all libraries about every token that others
// wrote, with the keys and the expectations of its case. What a case asks for
// beside that is left out, for all of them alike.
//
// The suite of the minters is long and its tokens are alike: without -opinions, one
// in eight is asked about.
func TestSecondOpinionOnVectors(t *testing.T) {
	total := newCount()
	for _, source := range vectorSources() {
		t.Run(source.name, func(t *testing.T) {
			o := &saidOf{count: newCount()}
			source.read(t, o)
			o.report(t, source.name)
			if *opinionRecord != "" {
				o.addTo(t, *opinionRecord, source.name)
			}
			total.merge(o.count)
		})
	}
	if *opinionRecord != "" {
		total.addVectors(t, *opinionRecord)
	}
}

// A vectorSource is one file, or one set of tests.
type vectorSource struct {
	name string
	read func(t *testing.T, o *saidOf)
}

func vectorSources() (all []vectorSource) {
	for _, file := range tokenFiles {
		all = append(all, vectorSource{file, func(t *testing.T, o *saidOf) {
			for _, c := range readTokens(t, file) {
				o.ask(c.Name, c.raw(), c.seats(false))
				o.ask(c.Name+", signature and header", c.raw(), c.seats(true))
			}
		}})
	}
	for _, file := range []string{signatureFile, keyFile, cryptoFile} {
		all = append(all, vectorSource{file, func(t *testing.T, o *saidOf) {
			for _, c := range readWycheproof(t, fetchWycheproof(t), file) {
				o.ask(c.Name, c.raw(), c.seats(true))
			}
		}})
	}
	for _, file := range peerSuites {
		all = append(all, vectorSource{"peers/" + file, func(t *testing.T, o *saidOf) {
			var suite peerSuite
			readShared(t, "peers/"+file, &suite)
			few := *opinions == 0 && (race.Enabled || len(suite.Cases) > 1000)
			for i, c := range suite.Cases {
				if !few || i%8 == 0 {
					o.askPeer(c)
				}
			}
		}})
	}
	return append(all, vectorSource{"the attack tests", func(t *testing.T, o *saidOf) {
		common, all := attackSeats()
		for i, raw := range append(constructed(t), unencodedToken()) {
			seats := common
			if alg, _ := (&tokenCase{Token: raw}).peek(0)["alg"].(string); strings.HasSuffix(alg, "384") || strings.HasSuffix(alg, "512") {
				seats = all
			}
			o.ask(fmt.Sprintf("token %d", i), raw, seats)
		}
	}})
}

// saidOf is what was said of the tokens of one source.
type saidOf struct {
	*count
	without  int // tokens for which there is no key, or not one that jwtverify takes
	bad      int // tokens that are bad with every key
	accepted [libraryCount]int
	refused  [libraryCount]int // good ones
	asked    [libraryCount]int // good ones that the library could be asked about
}

// ask counts raw once: it is good if it is with one of the seats.
func (o *saidOf) ask(name, raw string, seats []seat) {
	seats = slices.DeleteFunc(seats, func(s seat) bool { return s.bench[jwtverify] == nil })
	if len(seats) == 0 {
		o.without++
		return
	}
	good := false
	var accepted, asked [libraryCount]bool
	for _, s := range seats {
		broken, exact := s.broken(raw)
		errs := s.bench.verdicts(raw)
		for l := range libraryCount {
			asked[l] = asked[l] || s.bench[l] != nil && broken == 0
			accepted[l] = accepted[l] || s.bench[l] != nil && errs[l] == nil
			if s.bench[l] == nil {
				errs[l] = errNotAsked
			}
		}
		good = good || broken == 0
		o.judged(s.stance, raw, broken, exact, errs, func() string { return name + " with " + string(s.alg) })
	}
	if !good {
		o.bad++
	}
	for l := range libraryCount {
		switch {
		case !good && accepted[l]:
			o.accepted[l]++
		case good && asked[l]:
			o.asked[l]++
			if !accepted[l] {
				o.refused[l]++
			}
		}
	}
}

func (o *saidOf) report(t *testing.T, name string) {
	t.Helper()
	for _, p := range o.problems {
		t.Error(p)
	}
	fmt.Fprintf(t.Output(), "%s: %d judgements, %d tokens without a key; %d bad tokens, accepted by %v; of the good ones %v refused of %v\n",
		name, o.tokens, o.without, o.bad, o.accepted, o.refused, o.asked)
}

// A bound is a stance's key.
type bound struct {
	alg keys.Algorithm
	key any
}

// boundKeys are the keys of a document, each with the algorithm that jwtverify
// binds it to, for tokens that do not name another key.
func boundKeys(doc []byte, kid string) (all []bound) {
	ks, _, err := keys.Parse(doc)
	if err != nil {
		return nil
	}
	for _, k := range ks {
		b := bound{k.Algorithm(), k.Public()}
		if strings.HasPrefix(string(b.alg), "ML-DSA") { // which nobody else knows
			continue
		}
		if b.key == nil {
			var oct struct {
				K string `json:"k"`
			}
			if json.Unmarshal(doc, &oct) != nil {
				continue
			}
			b.key, _ = base64url.DecodeString(oct.K)
		}
		if kid == "" || k.ID() == "" || k.ID() == kid {
			all = append(all, b)
			if _, given := (&tokenCase{JWK: doc}).named("alg"); b.alg == keys.EdDSA && !given { // RFC 9864 §2.2
				all = append(all, bound{keys.Ed25519, b.key})
			}
		}
	}
	return all
}

// named is a member of the case's JWK.
func (c *tokenCase) named(member string) (value any, ok bool) {
	var members map[string]any
	if json.Unmarshal(c.JWK, &members) == nil {
		value, ok = members[member]
	}
	return value, ok
}

// seats are those of a case: one for each key and algorithm.
func (c *tokenCase) seats(signatureOnly bool) (all []seat) {
	o := &c.Options
	kid, _ := c.peek(0)["kid"].(string)
	jwks := c.JWKS.Keys
	if c.JWK != nil {
		jwks = append(jwks, c.JWK)
	}
	for _, jwk := range jwks {
		for _, doc := range bindAlgorithm(jwk, c.Algs) {
			for _, b := range boundKeys(doc, kid) {
				if !slices.Contains(c.Algs, b.alg) {
					continue
				}
				s := &stance{alg: b.alg, key: b.key, now: c.clock()(), signatureOnly: signatureOnly}
				if signatureOnly {
					if typ, ok := c.peek(0)["typ"].(string); ok && typ != "" && typ == strings.TrimSpace(typ) {
						s.types = []string{typ}
					}
				} else {
					s.leeway, s.types = seconds(o.Leeway), o.Types
					s.issuers, s.audiences = noneEmpty(o.Issuers), noneEmpty(o.Audiences)
					s.needExpiry = !slices.Contains(c.Tags, "no-exp")
				}
				all = append(all, s.seat())
			}
		}
	}
	return all
}

// noneEmpty leaves out what no library takes for an expectation.
func noneEmpty(values []string) []string {
	return slices.DeleteFunc(slices.Clone(values), func(v string) bool { return v == "" })
}

func (s *stance) seat() seat { return seat{s, newBench(s)} }

func (o *saidOf) askPeer(c *peerCase) {
	raw := c.Token
	switch c.Kind {
	case "token":
	case "claims":
		c.Keys = peerKeys{Secret: secret, Alg: keys.HS256}
		raw = mint(keys.HS256, `{"alg":"HS256"}`, string(c.Payload), secret)
	default:
		return // a request, or a key alone
	}
	raw = c.resign(raw)
	token := &tokenCase{Token: raw}
	kid, _ := token.peek(0)["kid"].(string)
	var seats []seat
	for _, b := range c.bound(kid) {
		s := &stance{
			alg: b.alg, key: b.key, leeway: seconds(c.Config.Leeway), types: c.Config.Types, needExpiry: c.Config.NeedExp,
			issuers: noneEmpty(c.Config.Issuers), audiences: noneEmpty(c.Config.Audiences), now: time.Now(),
		}
		if c.Config.Now != nil {
			whole, fraction := math.Modf(*c.Config.Now)
			s.now = time.Unix(int64(whole), int64(fraction*1e9))
		}
		if typ, ok := token.peek(0)["typ"].(string); c.Config.AnyType && ok && typ != "" {
			s.types = append(slices.Clone(s.types), typ)
		}
		if c.Config.Algs == nil || slices.Contains(c.Config.Algs, b.alg) {
			seats = append(seats, s.seat())
		}
	}
	o.ask(c.Name, raw, seats)
}

// bound are the keys of the case.
func (c *peerCase) bound(kid string) (all []bound) {
	k := &c.Keys
	var set jwkSet
	switch {
	case k.Down:
	case k.Secret != nil:
		return []bound{{k.Alg, k.longSecret()}}
	case k.PEM != "":
		if block, _ := pem.Decode([]byte(k.PEM)); block != nil {
			return boundKeys([]byte(k.PEM), kid)
		}
	case k.JWK != nil:
		return boundKeys(c.withAlgorithm(k.JWK), kid)
	case json.Unmarshal(k.JWKS, &set) == nil:
		for _, jwk := range set.Keys {
			all = append(all, boundKeys(c.withAlgorithm(jwk), kid)...)
		}
	}
	return all
}

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
