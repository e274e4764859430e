package conformance_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
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
// in thirty is asked about. With the race detector, only one in ten of all others is.
func TestSecondOpinionOnVectors(t *testing.T) {
	total := newCount()
	for _, source := range vectorSources() {
		t.Run(source.name, func(t *testing.T) {
			o := &saidOf{count: newCount()}
			source.read(t, o)
			o.report(t, source.name)
			if *opinionRecord != "" {
				o.put(t, *opinionRecord, source.name)
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
			for i, c := range readTokens(t, file) {
				if race.Enabled && i%10 != 0 {
					continue
				}
				o.ask(c.Name, c.raw(), c.seats(false))
				o.ask(c.Name+", signature and header", c.raw(), c.seats(true))
			}
		}})
	}
	for _, file := range []string{signatureFile, keyFile, cryptoFile} {
		all = append(all, vectorSource{"Wycheproof " + file, func(t *testing.T, o *saidOf) {
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
				if !few || i%30 == 0 {
					o.askPeer(c)
				}
			}
		}})
	}
	return append(all, vectorSource{"the attack tests", func(t *testing.T, o *saidOf) {
		common, all := attackSeats()
		for i, raw := range append(constructed(t), unencodedToken()) {
			if race.Enabled && i%10 != 0 {
				continue
			}
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
	seats = slices.DeleteFunc(slices.Clone(seats), func(s seat) bool { return s.bench[jwtverify] == nil })
	if len(seats) == 0 {
		o.without++
		return
	}
	good := false
	var accepted, asked [libraryCount]bool
	for _, s := range seats {
		broken, readings := s.broken(raw)
		errs := s.bench.verdicts(raw)
		for l := range libraryCount {
			asked[l] = asked[l] || s.bench[l] != nil && broken == 0
			accepted[l] = accepted[l] || s.bench[l] != nil && errs[l] == nil
			if s.bench[l] == nil {
				errs[l] = errNotAsked
			}
		}
		good = good || broken == 0
		o.judged(s.stance, raw, broken, readings, errs, func() string { return name + " with " + string(s.alg) })
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
