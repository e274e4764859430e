package simulation_test

import (
	"fmt"
	"strings"
	"time"
)

// A plan is a whole world as data: the shrinker takes events out of it, and a test can
// hold one literally.
type plan struct {
	Issuers []issuerSpec
	Hosts   []hostSpec
	Events  []event
}

// A form says how an issuer publishes its keys.
type form string

const (
	overJWKS   form = "jwks"     // at a URL
	overOIDC   form = "oidc"     // by discovery
	onePerID   form = "perid"    // at a URL for each key
	fromFunc   form = "function" // keys.NewSource
	inFile     form = "file"
	inSet      form = "set" // in the program
	ownProgram form = "own" // a provider of somebody else's
)

type issuerSpec struct {
	Form   form
	Delay  time.Duration // of an answer
	MaxAge int           // in seconds; negative: not said
	ETags  bool
}

// A shape says how a host puts its sources together.
type shape string

const (
	merged   shape = "merge"    // Merge of what is bound to its issuer
	loose    shape = "loose"    // Merge of what is bound to nothing
	byIssuer shape = "byissuer" // a verifier for each issuer
	routed   shape = "route"    // the same, made when needed
)

type hostSpec struct {
	Shape    shape
	Cache    int
	Run      bool
	Snapshot bool
	Seed     bool
	Every    time.Duration // WithRefresh; 0: unset
	MaxStale time.Duration
}

// An event happens At a time since the world began. What its numbers mean is said beside
// each kind.
type event struct {
	At           time.Duration
	Kind         kind
	Host, Issuer int
	A, B, C      int
}

type kind string

const (
	verify   kind = "verify"   // of Host a token of Issuer: A is which key, B the treatment, C patience and lifetime
	job      kind = "job"      // the same by VerifyAt; C is how many minutes it waited
	flood    kind = "flood"    // of Host with A tokens of Issuer whose key IDs do not exist
	volley   kind = "volley"   // A good tokens of Issuer on all hosts, together
	rotate   kind = "rotate"   // Issuer signs with key A of the pool; B is how it changes the set
	retire   kind = "retire"   // Issuer drops all keys but the newest
	oddKey   kind = "oddkey"   // Issuer publishes the odd key A too; B says without an ID
	publish  kind = "publish"  // the set of Issuer is replaced by something else: A is a docState
	headers  kind = "headers"  // Issuer says max-age A, Age B and other fields C
	fault    kind = "fault"    // the network between Host (-1: all) and Issuer does A
	metadata kind = "metadata" // what discovery of Issuer answers is A
	freeze   kind = "freeze"   // a CDN keeps the set of Issuer as it is now; A 0: no longer
	step     kind = "step"     // the clock of Host is set by A seconds
	sleep    kind = "sleep"    // all machines sleep for A seconds
	restart  kind = "restart"  // Host starts again; A is what happens to its snapshots
	warmUp   kind = "refresh"  // keys.Refresh on Host
	stream   kind = "stream"   // Host opens a stream with a token of Issuer, as verify
	hangUp   kind = "hangup"   // Host closes its streams
	tenant   kind = "tenant"   // the list of Host's routes says A of Issuer
	revoke   kind = "revoke"   // a Set removes a key of Issuer
	wreck    kind = "wreck"    // an invariant is violated, for the test of the shrinker
)

// What rotate does to the set.
const (
	overlap    = iota // the old keys stay
	replaceAll        // they go
	sameID            // the old key goes, and the new one has its ID
	announce          // the new key is published, and is not signed with yet
	anonymous         // the new key has no ID, and the old ones go
	ways
)

// What a token is.
const (
	good          = iota
	expired       // an hour ago
	future        // nbf is in an hour
	aboutToExpire // in 40 seconds
	spoiltSig     // its signature has a wrong bit
	stolenID      // signed by a thief with the ID of a good key
	unknownID     // signed by a thief with an ID that nobody has
	unsigned      // alg none
	otherAlg      // signed with the secret that an issuer publishes by mistake
	confused      // an EdDSA signature that calls itself HS256
	foreignIssuer // of an issuer that nobody knows
	crossSigned   // signed with a key of the next issuer
	withoutID     // no kid
	justExpired   // within the leeway
	again         // the same text as a good one of before
	treatments
)

// What a network does.
const (
	fine       = iota
	slow       // 1.7 s
	crawl      // 4.7 s
	broken     // 500
	busy       // 503 with Retry-After in seconds
	busyDate   // 503 with Retry-After as a date
	refused    // no connection
	hang       // no answer
	deaf       // an answer after 7 s, whatever the context says
	cut        // the answer breaks off
	stall      // half of an answer, and then nothing
	hops       // two redirects
	loop       // too many
	elsewhere  // a redirect to another host
	plainHTTP  // a redirect to http
	unmodified // 304 to every request
	html       // 200 with a page
	noContent  // 204
	panics     // the transport panics
	modes
)

// What is published instead of a set.
const (
	asUsual  = iota
	empty    // no keys
	garbage  // not JSON
	allOdd   // odd keys only
	nothing  // zero bytes; for a file: there is none
	wrongSet // a JSON object of another kind
	states
)

// What discovery answers.
const (
	metaFine = iota
	metaBroken
	metaOther // names another issuer
	metaMoved // the set is elsewhere on the same host
	metaHTTP  // the set is at an http URL
	metaHang
	metas
)

// What happens to snapshots at a restart.
const (
	keepSnapshot = iota
	loseSnapshot
	cutSnapshot
	openSnapshot // anyone may write to it
	swapSnapshot // it is that of another source
	fates
)

// What the list of routes says.
const (
	listed = iota
	unlisted
	listDown
	registries
)

// String returns the plan as Go source.
func (p plan) String() string {
	var b strings.Builder
	b.WriteString("plan{\n\tIssuers: []issuerSpec{\n")
	for _, i := range p.Issuers {
		fmt.Fprintf(&b, "\t\t{Form: %q, Delay: %s, MaxAge: %d, ETags: %v},\n", i.Form, duration(i.Delay), i.MaxAge, i.ETags)
	}
	b.WriteString("\t},\n\tHosts: []hostSpec{\n")
	for _, h := range p.Hosts {
		fmt.Fprintf(&b, "\t\t{Shape: %q, Cache: %d, Run: %v, Snapshot: %v, Seed: %v, Every: %s, MaxStale: %s},\n",
			h.Shape, h.Cache, h.Run, h.Snapshot, h.Seed, duration(h.Every), duration(h.MaxStale))
	}
	b.WriteString("\t},\n\tEvents: []event{\n")
	for _, e := range p.Events {
		fmt.Fprintf(&b, "\t\t{%s, %q, %d, %d, %d, %d, %d},\n", duration(e.At), e.Kind, e.Host, e.Issuer, e.A, e.B, e.C)
	}
	b.WriteString("\t},\n}")
	return b.String()
}

func duration(d time.Duration) string {
	return fmt.Sprintf("%d*time.Microsecond", d.Microseconds())
}
