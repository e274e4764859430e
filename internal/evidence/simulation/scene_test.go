package simulation_test

import (
	"math/rand/v2"
	"time"
)

// This file has what chance hardly ever brings about: several events that must follow each
// other closely. Each third world ends with such a scene.

// A scene is what happens on one host with one issuer, both of which suit it.
type scene struct {
	suits func(hostSpec, issuerSpec) bool
	play  func(s *stage)
}

var scenes = []scene{
	{keepsSnapshot, futureSnapshot},
	{servesStale, setBackWhileWaiting},
	{usesBudget, failsWithinBudget},
	{holdsSet, rotatesTwice},
}

// remote reports whether the keys of is are fetched as one set.
func (is issuerSpec) remote() bool {
	return is.Form == overJWKS || is.Form == overOIDC || is.Form == fromFunc
}

func keepsSnapshot(h hostSpec, is issuerSpec) bool { return is.remote() && h.Snapshot && !h.Seed }
func servesStale(h hostSpec, is issuerSpec) bool   { return is.remote() && !h.Run }
func holdsSet(_ hostSpec, is issuerSpec) bool      { return is.Form == inSet }

// usesBudget is where no refresh is due within seconds.
func usesBudget(h hostSpec, is issuerSpec) bool {
	return is.remote() && h.Shape != loose && (h.Every == 0 || h.Every >= time.Minute)
}

// futureSnapshot: the clock is set back, and the host starts from a snapshot of the future.
func futureSnapshot(s *stage) {
	s.add(time.Second, verify, 0, good, 3)
	s.add(time.Second, step, -3600, 0, 0)
	s.add(time.Second, fault, refused, 0, 0)
	s.add(time.Second, restart, keepSnapshot, 0, 0)
	s.add(time.Second, verify, 0, good, 2)
}

// setBackWhileWaiting: a lookup waits for keys that are too old, and the clock is set back
// to when they were not.
func setBackWhileWaiting(s *stage) {
	s.add(time.Second, verify, 0, good, 3)
	s.add(time.Second, fault, hang, 0, 0)
	fresh := 10 * time.Minute
	if s.host.Every > 0 {
		fresh = s.host.Every
	}
	s.add(fresh+s.host.MaxStale+time.Minute, verify, 0, good, 2)
	s.add(500*time.Millisecond, step, -7200, 0, 0)
	s.add(5*time.Second, fault, fine, 0, 0)
}

// failsWithinBudget: a new key is looked for as soon as the endpoint answers again, after
// failures that would have spent the budget.
func failsWithinBudget(s *stage) {
	s.add(time.Second, warmUp, 0, 0, 0)
	s.add(time.Second, fault, refused, 0, 0)
	s.add(time.Second, verify, 0, unknownID, 902)
	s.add(1300*time.Millisecond, verify, 0, unknownID, 908) // 2, modulo 6: it waits for 3 s
	s.add(2300*time.Millisecond, verify, 0, unknownID, 914)
	s.add(time.Second, fault, fine, 0, 0)
	s.add(10*time.Millisecond, rotate, 0, replaceAll, 0)
	s.add(3300*time.Millisecond, verify, 0, good, 2)
}

// rotatesTwice: a key retires as the first rotation after it says, not the second.
func rotatesTwice(s *stage) {
	s.add(time.Second, rotate, 2, overlap, 0)
	s.add(time.Second, rotate, 3, overlap, 0)
	s.add(5*time.Minute, rotate, 0, overlap, 0)
	s.add(6*time.Minute, verify, 2, good, 2)
}

// A stage collects the events of a scene.
type stage struct {
	*plan
	host  hostSpec
	h, is int
	at    time.Duration
}

// add adds an event that happens that long after the one before.
func (s *stage) add(after time.Duration, k kind, a, b, c int) {
	s.at += after
	e := event{At: s.at + time.Duration(len(s.Events)+1)*time.Microsecond, Kind: k, Host: s.h, Issuer: s.is, A: a, B: b, C: c}
	s.Events = append(s.Events, e)
}

// addScene ends p with a scene. First everything gets well. Its chance is its own, so that
// the worlds before it stay as they were.
func (p *plan) addScene(seed uint64) {
	g := rand.New(rand.NewPCG(seed, 0x7363656e65))
	var all []func(*stage)
	var where []stage
	for h, host := range p.Hosts {
		for is, issuer := range p.Issuers {
			for _, sc := range scenes {
				if sc.suits(host, issuer) {
					all, where = append(all, sc.play), append(where, stage{plan: p, host: host, h: h, is: is})
				}
			}
		}
	}
	if len(all) == 0 {
		return
	}
	n := g.IntN(len(all))
	s := where[n]
	if last := len(p.Events); last > 0 {
		s.at = p.Events[last-1].At.Truncate(time.Millisecond)
	}
	for _, k := range []kind{fault, metadata, freeze, publish} { // 0 is well
		s.add(time.Second, k, 0, 0, 0)
	}
	s.add(time.Second, headers, -1, 0, 0)
	s.add(time.Second, tenant, listed, 0, 0)
	s.add(time.Second, rotate, 0, overlap, 0)
	s.add(time.Hour, warmUp, 0, 0, 0)
	s.add(time.Second, hangUp, 0, 0, 0)
	all[n](&s)
}
