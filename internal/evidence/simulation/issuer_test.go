package simulation_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// An issuer is one at run time. Its state changes between the instants at which others
// look at it, under the lock of the world.
type issuer struct {
	issuerSpec
	n    int
	name string // "iss"

	ring    []entry // what it publishes, the newest last
	signing entry
	former  []entry // keys that it has signed with, the last one first
	odd     []string
	state   int // what it publishes instead

	age, other int
	faults     []int           // by host
	changed    []time.Duration // when what hosts get from it changed last
	meta       int

	current  *document
	versions []*document // each that there was
	frozen   *document
	frozenAt time.Duration

	path string // of its file
}

// A document is what an issuer publishes, from then on.
type document struct {
	since time.Duration
	body  string
	tag   string
	keys  []entry
	good  bool // it has a usable key
}

func (w *world) newIssuer(n int, spec issuerSpec) *issuer {
	is := &issuer{issuerSpec: spec, n: n, name: fmt.Sprintf("https://i%d.example", n), faults: make([]int, len(w.plan.Hosts)), changed: make([]time.Duration, len(w.plan.Hosts))}
	is.signing = entry{n, 100 * n, algOf(n)}
	is.ring = []entry{is.signing}
	if is.Form == inFile {
		is.path = filepath.Join(w.dir, fmt.Sprintf("keys-%d.json", n))
	}
	is.publish(w)
	return is
}

// sign makes key what the issuer signs with.
func (is *issuer) sign(e entry) {
	is.former = append([]entry{is.signing}, is.former...)
	is.signing = e
}

// key returns the one that it signs with, or the nth that it signed with before that.
func (is *issuer) key(nth int) entry {
	if nth == 0 || len(is.former) == 0 {
		return is.signing
	}
	return is.former[min(nth, len(is.former))-1]
}

// next returns a key as the plan wants it, under an ID that was not used before.
func (w *world) next(is *issuer, key int) entry {
	w.serial++
	return entry{key, 100*is.n + 10 + w.serial*1000, algOf(key)}
}

func (is *issuer) rotate(w *world, key, way int) {
	e := w.next(is, key)
	switch way {
	case overlap:
		is.ring = append(is.ring, e)
		is.ring = is.ring[max(0, len(is.ring)-3):]
		is.sign(e)
	case replaceAll:
		is.ring = []entry{e}
		is.sign(e)
	case sameID:
		e.kid = is.signing.kid
		if e.key == is.signing.key {
			e.key = (e.key + 2) % poolSize
		}
		e.alg = algOf(e.key)
		is.ring = append(slices.DeleteFunc(slices.Clone(is.ring), func(o entry) bool { return o.kid == e.kid }), e)
		is.sign(e)
	case announce:
		is.ring = append([]entry{e}, is.ring...)
		is.ring = is.ring[:min(3, len(is.ring))]
	case anonymous:
		e.kid = noID
		is.ring = []entry{e}
		is.sign(e)
	}
	is.publish(w)
}

// publish makes a new document. A file is written, and the Sets of the hosts change.
func (is *issuer) publish(w *world) {
	var list []string
	d := &document{since: w.since(), tag: fmt.Sprintf(`"%d-%d"`, is.n, len(is.versions))}
	if is.state != allOdd {
		for _, e := range is.ring {
			list = append(list, material().jwk(e))
		}
		d.keys, d.good = slices.Clone(is.ring), true
	}
	switch {
	case is.state == allOdd && is.Form == inFile: // the program's own file may hold a private key
		list = append(list, odd()[3:]...)
	case is.state == allOdd:
		list = append(list, odd()...)
	default:
		list = append(is.oddFor(), list...)
	}
	d.body = `{"keys":[` + strings.Join(list, ",") + `]}`
	switch is.state {
	case empty:
		d.body = `{"keys":[]}`
	case garbage:
		d.body = `{"keys":[{"kid":`
	case nothing:
		d.body = ""
	case wrongSet:
		d.body = `{"error":"temporarily_unavailable"}`
	}
	if is.state != asUsual {
		d.keys, d.good = nil, false
	}
	is.current, is.versions = d, append(is.versions, d)
	if is.path != "" {
		is.write(w)
	}
}

// oddFor returns the odd keys. A file is read as the program's own, where a secret is
// fine, so that it has none.
func (is *issuer) oddFor() []string {
	if is.Form == inFile {
		return nil
	}
	return slices.Clone(is.odd)
}

// write replaces the file in one step. Its time is that of the bubble, where the
// library looks at it.
func (is *issuer) write(w *world) {
	if is.state == nothing {
		os.Remove(is.path) // perhaps it is gone already
		return
	}
	next := is.path + ".next"
	w.must(os.WriteFile(next, []byte(is.current.body), 0o600))
	w.must(os.Chtimes(next, time.Now(), time.Now()))
	w.must(os.Rename(next, is.path))
}

// served returns the document that the endpoint has now, and for how many seconds a CDN
// has kept it.
func (is *issuer) served(w *world) (*document, int) {
	if is.frozen != nil {
		return is.frozen, int((w.since() + w.slept - is.frozenAt) / time.Second)
	}
	return is.current, 0
}

// tagged returns the document of an entity tag.
func (is *issuer) tagged(tag string) *document {
	for _, d := range is.versions {
		if d.tag == tag {
			return d
		}
	}
	return nil
}
