package keys

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jwtverify/jwtverify/internal/absent"
	"github.com/jwtverify/jwtverify/internal/message"
)

// Merge provides the keys of all of ps, so that a verifier can accept tokens from
// several sources. Wrap each of several issuers in [ForIssuer] (or use
// [NewOIDC]), so that one cannot sign for another.
//
// One source that is down or slow does not hide the keys of the others. Find
// first looks in the memory of all of them. Only when no key there fits does it
// call them, all at the same time, and it returns as soon as one has a key that
// fits, or when ctx ends. Each such call runs in a goroutine that lasts as long as
// the Find of that provider; its context ends when Merge has its answer.
//
// When no key is found and one of ps could not look, Find fails with its
// error, which wraps [ErrUnavailable]: the key may be there. A nil provider
// counts as one that cannot look, and so does a Merge of none; [Refresh] reports
// both. A Merge of one provider is that provider.
func Merge(ps ...Provider) Provider {
	if len(ps) == 0 {
		return broken{fmt.Errorf("%w: Merge was given no provider; give it at least one", ErrUnavailable)}
	}
	m := &merged{&mergers{ps: slices.Clone(ps), sources: make([]source, len(ps))}}
	for i, p := range ps {
		if absent.Is(p) {
			m.ps[i] = broken{fmt.Errorf("%w: Merge: provider %d of %d is nil", ErrUnavailable, i+1, len(ps))}
		}
		m.sources[i] = sourceOf(m.ps[i])
	}
	if len(m.ps) == 1 {
		return m.ps[0]
	}
	return m
}

// merged holds a single pointer, so that no verb of package fmt prints what the
// providers may hold.
type merged struct{ *mergers }

type mergers struct {
	ps      []Provider
	sources []source // ps by index, nil where one is not of this package
}

func (m *merged) Find(ctx context.Context, h Hint) ([]*Key, error) {
	if !h.Retry {
		if ks, ok := m.findNow(h); ok || slices.ContainsFunc(ks, h.Fits) {
			return ks, nil
		}
	}
	return m.findAll(ctx, h)
}

// findNow collects what is in memory. ok reports whether that is the whole
// answer.
func (m *merged) findNow(h Hint) (ks []*Key, ok bool) {
	ok = true
	for _, s := range m.sources {
		if s == nil {
			ok = false
			continue
		}
		more, now := s.findNow(h)
		ok = ok && now
		ks = union(h, ks, more)
	}
	return ks, ok
}

func (m *merged) atHand(h Hint) (ks []*Key) {
	for _, s := range m.sources {
		if s != nil {
			ks = union(h, ks, s.atHand(h))
		}
	}
	return ks
}

// boundTo lists the issuers of all sources, or nothing when one is unbound.
func (m *merged) boundTo() (all []string) {
	for _, s := range m.sources {
		if s == nil {
			return nil
		}
		issuers := s.boundTo()
		if len(issuers) == 0 {
			return nil
		}
		for _, issuer := range issuers {
			if !slices.Contains(all, issuer) {
				all = append(all, issuer)
			}
		}
	}
	return all
}

func (m *merged) unused(keyID string) (string, bool) {
	for _, s := range m.sources {
		if s == nil {
			continue
		}
		if reason, ok := s.unused(keyID); ok {
			return reason, true
		}
	}
	return "", false
}

// An answer is what one provider of a Merge found.
type answer struct {
	i   int // which one
	ks  []*Key
	err error
}

// findAll calls all providers at the same time. It returns at the first key that
// fits, unless the keys found before did not verify: then it needs the answers of
// all, since any of them may have a new key under that ID. A provider that
// ignores its context keeps its goroutine until it returns.
func (m *merged) findAll(ctx context.Context, h Hint) ([]*Key, error) {
	asking, cancel := context.WithCancel(ctx)
	defer cancel()
	answers := make(chan answer, len(m.ps)) // with room for all: no sender blocks
	for i, p := range m.ps {
		go find(asking, i, p, h, answers)
	}
	found, errs := make([][]*Key, len(m.ps)), make([]error, len(m.ps))
	for range m.ps {
		select {
		case a := <-answers:
			found[a.i], errs[a.i] = a.ks, a.err
			if !h.Retry && slices.ContainsFunc(a.ks, h.Fits) {
				return a.ks, nil
			}
		case <-ctx.Done():
			return nil, joined(append(errs, fmt.Errorf("%w: %w", ErrUnavailable, ctx.Err())))
		}
	}
	if err := joined(errs); err != nil {
		return nil, err
	}
	h.Issuer = "" // a key bound to another issuer lets the refusal name the signer
	var ks []*Key
	for _, more := range found {
		ks = union(h, ks, more)
	}
	return ks, nil
}

var errGone = fmt.Errorf("%w: a provider ended its goroutine", ErrUnavailable)

// find sends what p finds. It runs in a goroutine that this package starts, where
// a panic of p would end the program, and sends exactly one answer.
func find(ctx context.Context, i int, p Provider, h Hint, answers chan<- answer) {
	a := answer{i: i, err: errGone} // stays if p calls runtime.Goexit
	defer func() {
		if r := recover(); r != nil {
			a = answer{i: i, err: panicked(r)}
		}
		answers <- a
	}()
	ks, err := findFrom(ctx, p, h)
	if err = message.OneLine(err); err != nil && !errors.Is(err, ErrUnavailable) {
		err = fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	a = answer{i, ks, err}
}

// panicked returns the error for a provider that panicked with r.
func panicked(r any) error {
	return fmt.Errorf("%w: a provider panicked: %w", ErrUnavailable, message.Foreign(fmt.Errorf("%v", r)))
}

// joined returns the errors of several providers as one, which says "keys:
// unavailable" once. It is nil when there is none.
func joined(errs []error) error {
	var all []error
	for _, err := range errs {
		if err != nil && len(all) > 0 {
			err = message.Reword(err, strings.TrimPrefix(err.Error(), ErrUnavailable.Error()+": "))
		}
		if err != nil {
			all = append(all, err)
		}
	}
	return message.Join("", all...)
}

// union returns the keys of both lists. Where only one of them has keys that fit,
// it returns that one, so that the usual token costs no allocation.
func union(h Hint, a, b []*Key) []*Key {
	switch {
	case len(b) == 0:
		return a
	case len(a) == 0:
		return b
	case !slices.ContainsFunc(b, h.Fits):
		return a
	case !slices.ContainsFunc(a, h.Fits):
		return b
	}
	return slices.Concat(a, b)
}
