package issuers

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// An Issuer is a verifier for the tokens of one issuer or several: their keys, and
// every check that their tokens need. Make one with [Open] or [OpenFile]; the zero
// Issuer cannot decide anything. Goroutines share an Issuer.
type Issuer struct{ state *state }

var _ verifier.Verifier = (*Issuer)(nil)

// state is what an Issuer points to, so that no verb of package fmt prints what
// its keys may hold.
type state struct {
	config  *config
	decides *verifier.Var
	file    *file // nil for Open

	mu  sync.Mutex // held to replace now
	now atomic.Pointer[generation]
}

// Open returns a verifier for the tokens of the issuers that ref names: one
// reference of the form PRESET:ARGUMENT?PARAMETER=VALUE&…, or a list of them,
// separated by commas (a comma inside one is %2C). The package page has the
// presets, and [Presets] returns them. Each issuer of a list keeps its own keys
// and rules: a token is judged by those of the issuer that it names.
//
// ref may also be file:PATH, which is [OpenFile].
//
// Open makes no request, so it succeeds while an issuer is down: the first token
// or keys.Refresh of [Issuer.Keys] fetches. ctx ends nothing later.
//
// It reports every mistake in one error: an unknown preset, an unknown or empty
// parameter, a parameter that is needed and missing, and two references for the
// same issuer. No value is quoted, since it may be a secret put there by mistake.
func Open(ctx context.Context, ref string, opts ...Option) (*Issuer, error) {
	if path, ok := strings.CutPrefix(strings.TrimSpace(ref), "file:"); ok {
		return OpenFile(path, opts...)
	}
	c, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	s := &state{config: c}
	g, err := c.generation(ctx, numbered(split(ref)), nil)
	if err != nil {
		return nil, message.Join("issuers: ", err)
	}
	s.now.Store(g)
	s.decides = verifier.NewVar(g.verifier)
	return &Issuer{s}, nil
}

// Replace makes the issuers of refs, one reference each, those whose tokens are
// accepted, in one step: a token is judged either by the old ones or by the new
// ones. An issuer whose reference is the same keeps its keys and what it
// remembers; nothing is remembered of one that is left out.
//
// If any reference has a mistake, Replace changes nothing and returns the errors
// of all. It makes no request. It is an error for an Issuer of [OpenFile], which
// the file decides.
func (i *Issuer) Replace(ctx context.Context, refs ...string) error {
	switch {
	case i.isZero():
		return errZero
	case i.state.file != nil:
		return fmt.Errorf("issuers: Replace: the issuers are those of a file; change the file")
	}
	return message.Join("issuers: ", i.state.replace(ctx, numbered(refs)))
}

// replace takes over refs, or nothing of them.
func (s *state) replace(ctx context.Context, refs []placed) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.config.generation(ctx, refs, s.now.Load())
	if err != nil {
		return err
	}
	s.decides.Store(g.verifier)
	close(s.now.Swap(g).replaced)
	return nil
}

// Verify decides whether to trust raw as of now, by the rules of the issuer that
// it names; see [verifier.Keyed.Verify] for what it returns.
func (i *Issuer) Verify(ctx context.Context, raw string) (*verifier.Token, error) {
	if i.isZero() {
		return nil, errZero
	}
	i.state.look()
	return i.state.decides.Verify(ctx, raw)
}

// VerifyAt is like Verify, but as of a time that the caller vouches for; see
// [verifier.Keyed.VerifyAt].
func (i *Issuer) VerifyAt(ctx context.Context, raw string, at time.Time) (*verifier.Token, error) {
	if i.isZero() {
		return nil, errZero
	}
	i.state.look()
	return i.state.decides.VerifyAt(ctx, raw, at)
}

// Explain reports what the rules of the issuer that raw names say to it; see
// [verifier.Keyed.Explain].
func (i *Issuer) Explain(ctx context.Context, raw string) *verifier.Report {
	return i.ExplainWith(ctx, raw)
}

// ExplainWith is Explain with options.
func (i *Issuer) ExplainWith(ctx context.Context, raw string, opts ...verifier.ExplainOption) *verifier.Report {
	if i.isZero() {
		return &verifier.Report{Err: errZero}
	}
	i.state.look()
	return i.state.decides.ExplainWith(ctx, raw, opts...)
}

// Unwrap returns the verifier that decides now, so that a [verifier.Watcher] follows
// as the issuers change. It is nil for the zero Issuer.
func (i *Issuer) Unwrap() verifier.Verifier {
	if i.isZero() {
		return nil
	}
	i.state.look()
	return i.state.decides.Load()
}

// Keys returns the keys of all issuers, for [keys.Refresh] at start, [keys.Run] in
// a goroutine of the caller, and [keys.Statuses] on a health page. It follows the
// issuers as they change; with [OpenFile], Statuses begins with the state of the
// file, and Run looks at the file too.
//
// Do not make another verifier from it: keys without the checks of their issuer
// are the unsafe half.
func (i *Issuer) Keys() keys.Provider {
	if i.isZero() {
		return keys.Merge() // fails every lookup
	}
	return allKeys{i.state}
}

// Location says where the tokens of the issuers are in a request, for
// httpauth.WithLocation. If several issuers differ, it names all of their places.
// It is that of the issuers at this moment.
func (i *Issuer) Location() verifier.Location {
	if i.isZero() {
		return verifier.Location{}
	}
	return i.state.current().location()
}

// Policy returns what each issuer accepts, by reference: what it checks, and the
// state of its keys now. It is nil for the zero Issuer.
func (i *Issuer) Policy() *verifier.Policy {
	if i.isZero() {
		return nil
	}
	g := i.state.current()
	if len(g.entries) == 1 {
		return g.entries[0].policy()
	}
	p := &verifier.Policy{Routes: map[string]*verifier.Policy{}}
	for _, e := range g.entries {
		p.Routes[e.text] = e.policy()
	}
	return p
}

// Names returns the presets in use, in the order of the references.
func (i *Issuer) Names() []string {
	if i.isZero() {
		return nil
	}
	var names []string
	for _, e := range i.state.current().entries {
		names = append(names, e.name)
	}
	return names
}

// Format writes the name of the type, for every verb.
func (i *Issuer) Format(s fmt.State, _ rune) { io.WriteString(s, "issuers.Issuer") }

var errZero = fmt.Errorf("%w: the Issuer is nil or zero; make it with Open or OpenFile", verifier.ErrUnavailable)

func (i *Issuer) isZero() bool { return i == nil || i.state == nil }

func (s *state) current() *generation { return s.now.Load() }

// allKeys are the keys of an Issuer.
type allKeys struct{ *state }

func (k allKeys) Find(ctx context.Context, h keys.Hint) ([]*keys.Key, error) {
	return k.current().keys.Find(ctx, h)
}

func (k allKeys) Refresh(ctx context.Context) error {
	k.look()
	return keys.Refresh(ctx, k.current().keys)
}

func (k allKeys) Statuses() []keys.Status {
	k.look()
	all := keys.Statuses(k.current().keys)
	if k.file != nil {
		all = append([]keys.Status{k.file.status()}, all...)
	}
	return all
}

// Run keeps the keys of the current issuers fresh, and follows as they change.
func (k allKeys) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		k.runOne(ctx, k.current())
	}
	return nil
}

// runOne runs until the generation is replaced or ctx ends.
func (k allKeys) runOne(ctx context.Context, g *generation) {
	running, cancel := context.WithCancel(ctx)
	var done sync.WaitGroup
	defer done.Wait()
	defer cancel()
	done.Go(func() { keys.Run(running, g.keys) })
	var tick <-chan time.Time
	if k.file != nil {
		ticker := time.NewTicker(lookEvery)
		defer ticker.Stop()
		tick = ticker.C
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-g.replaced:
			return
		case <-tick:
			k.look()
		}
	}
}
