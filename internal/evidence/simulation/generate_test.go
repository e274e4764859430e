package simulation_test

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/jwtverify/jwtverify/keys"
)

// generate makes the plan of a seed.
func generate(seed uint64) plan {
	g := generator{rand.New(rand.NewPCG(seed, 0x6a7776)), plan{}}
	for range 1 + g.IntN(3) {
		g.Issuers = append(g.Issuers, g.issuer())
	}
	for range 1 + g.IntN(3) {
		h := g.host()
		if h.Shape == routed && slices.ContainsFunc(g.Issuers, func(is issuerSpec) bool { return is.Form == inFile }) {
			h.Shape = byIssuer // the model of a file has to know which lookups reach it
		}
		g.Hosts = append(g.Hosts, h)
	}
	horizon := time.Duration(2+g.IntN(11)) * time.Hour
	if slices.ContainsFunc(g.Hosts, func(h hostSpec) bool { return h.Run }) {
		horizon = min(horizon, 4*time.Hour) // its fetches are most of the work
	}
	g.events(80+g.IntN(160), horizon)
	if seed%3 == 0 {
		g.addScene(seed)
	}
	return g.plan
}

type generator struct {
	*rand.Rand
	plan
}

// pick returns one of its arguments; one that comes twice comes twice as often.
func pick[T any](g *generator, of ...T) T { return of[g.IntN(len(of))] }

func (g *generator) issuer() issuerSpec {
	return issuerSpec{
		Form:   pick(g, overJWKS, overJWKS, overJWKS, overOIDC, overOIDC, onePerID, fromFunc, inFile, inSet, ownProgram),
		Delay:  time.Duration(1+g.IntN(80)) * time.Millisecond,
		MaxAge: pick(g, -1, -1, 0, 300, 3600, 86400),
		ETags:  g.IntN(2) == 0,
	}
}

func (g *generator) host() hostSpec {
	h := hostSpec{
		Shape:    pick(g, merged, merged, loose, byIssuer, byIssuer, routed),
		Cache:    pick(g, 0, 3, 200),
		Run:      g.IntN(5) == 0,
		Snapshot: g.IntN(2) == 0,
		Seed:     g.IntN(5) == 0,
		Every:    pick(g, 0, 0, 0, 10*time.Second, 5*time.Minute, 2*time.Hour),
		MaxStale: pick(g, time.Hour, time.Hour, 0, 10*time.Minute, 6*time.Hour),
	}
	if h.Run {
		h.Every = pick(g, 0, 5*time.Minute, 2*time.Hour)
	}
	return h
}

// events fills the world. The time between two events is mostly short, so that much
// happens while something else goes on, and sometimes long, so that sets grow old.
func (g *generator) events(n int, horizon time.Duration) {
	at := 10 * time.Millisecond
	for i := range n {
		switch x := g.IntN(20); {
		case x < 9:
			at += time.Duration(5+g.IntN(3000)) * time.Millisecond
		case x < 15:
			at += time.Duration(3+g.IntN(40)) * time.Second
		case x < 19:
			at += time.Duration(1+g.IntN(8)) * time.Minute
		default:
			at += time.Duration(10+g.IntN(60)) * time.Minute
		}
		if at > horizon {
			break
		}
		e := g.event()
		// No two events, nor timers that they start, are at the same time: each has
		// microseconds of its own.
		e.At = at.Truncate(time.Millisecond) + time.Duration(i+1)*time.Microsecond
		g.Events = append(g.Events, e)
	}
}

func (g *generator) event() event {
	e := event{Host: g.IntN(len(g.Hosts)), Issuer: g.IntN(len(g.Issuers))}
	switch x := g.IntN(100); {
	case x < 44:
		e.Kind, e.A, e.B, e.C = verify, g.which(), g.treatment(), g.IntN(6)
	case x < 47:
		e.Kind, e.A, e.B, e.C = job, g.which(), g.treatment(), g.IntN(90)
	case x < 51:
		e.Kind, e.A, e.B = flood, 1+g.IntN(8), g.IntN(50)
	case x < 56:
		e.Kind, e.A = volley, 1+g.IntN(3)
	case x < 66:
		e.Kind, e.A, e.B = rotate, g.key(), pick(g, overlap, overlap, overlap, replaceAll, replaceAll, sameID, announce, anonymous)
	case x < 68:
		e.Kind = retire
	case x < 70:
		e.Kind, e.A = oddKey, g.IntN(len(odd()))
	case x < 72:
		e.Kind, e.A = publish, pick(g, asUsual, asUsual, empty, garbage, allOdd, nothing, wrongSet)
	case x < 74:
		e.Kind, e.A, e.B, e.C = headers, pick(g, -1, 0, 5, 60, 300, 3600, 90000, 1<<31-1), pick(g, 0, 0, 100, 4000), g.IntN(4)
	case x < 83:
		e.Kind, e.A = fault, g.mode()
		e.Host = pick(g, -1, -1, e.Host)
	case x < 85:
		e.Kind, e.A = metadata, pick(g, metaFine, metaFine, metaBroken, metaOther, metaMoved, metaHTTP, metaHang)
	case x < 87:
		e.Kind, e.A = freeze, g.IntN(2)
	case x < 89:
		e.Kind, e.A = step, pick(g, -7200, -3600, -60, -2, -1, 1, 2, 61, 600, 3600)
	case x < 90:
		e.Kind, e.A = sleep, pick(g, 30, 600, 3000, 8*3600)
	case x < 93:
		e.Kind, e.A = restart, pick(g, keepSnapshot, keepSnapshot, keepSnapshot, loseSnapshot, cutSnapshot, openSnapshot, swapSnapshot)
	case x < 94:
		e.Kind = warmUp
	case x < 97:
		e.Kind, e.A, e.C = stream, g.which(), g.IntN(6)
	case x < 98:
		e.Kind = hangUp
	case x < 99:
		e.Kind, e.A = tenant, pick(g, listed, listed, unlisted, listDown)
	default:
		e.Kind, e.A = revoke, g.which()
	}
	return e
}

// key chooses a key of the pool. RSA is rare, since it signs slowly.
func (g *generator) key() int {
	k := g.IntN(poolSize)
	if algorithms[k] == keys.RS256 && g.IntN(4) > 0 {
		k = 0
	}
	return k
}

// which chooses among the keys of an issuer, the newest most often.
func (g *generator) which() int { return pick(g, 0, 0, 0, 0, 1, 1, 2) }

func (g *generator) treatment() int {
	if g.IntN(100) < 60 {
		return good
	}
	if g.IntN(3) == 0 {
		return again
	}
	return g.IntN(treatments)
}

func (g *generator) mode() int {
	if g.IntN(100) < 60 {
		return fine
	}
	return g.IntN(modes)
}
