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

// Merge provides the keys of all of ps. What the others have in memory is
// found while one of them is down or slow: first each is asked for what it can
// answer from memory, and only when that is not enough, all together for what
// takes longer. Find then returns as soon as one has a key that fits, or when
// ctx ends.
//
// When no key is found and one of ps could not look, Find fails with its
// error, which wraps [ErrUnavailable]. A nil provider counts as one that cannot
// look, and so does a Merge of none: [Refresh] reports either.
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

// merged is a pointer alone, so that no verb of package fmt prints what the
// providers may hold.
type merged struct{ *mergers }

type mergers struct {
	ps      []Provider
	sources []source // of ps, where they are one
}

func (m *merged) Find(ctx context.Context, h Hint) ([]*Key, error) {
	if !h.Retry {
		if ks, ok := m.findNow(h); ok || slices.ContainsFunc(ks, h.Fits) {
			return ks, nil
		}
	}
	return m.findAll(ctx, h)
}

// findNow collects what is in memory; ok when that is all.
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

type answer struct {
	i   int
	ks  []*Key
	err error
}

// findAll asks all together. It waits for nobody once there is a key that fits,
// unless the keys found before did not verify: then it hears all. A provider
// that does not heed its context keeps its goroutine until it returns.
func (m *merged) findAll(ctx context.Context, h Hint) ([]*Key, error) {
	asking, cancel := context.WithCancel(ctx)
	defer cancel()
	answers := make(chan answer, len(m.ps))
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
	h.Issuer = "" // a key of another issuer may show who signed the token
	var ks []*Key
	for _, more := range found {
		ks = union(h, ks, more)
	}
	return ks, nil
}

var errGone = fmt.Errorf("%w: a provider ended its goroutine", ErrUnavailable)

// find asks p, in a goroutine of ours, where its panic would end the program.
// It always answers.
func find(ctx context.Context, i int, p Provider, h Hint, answers chan<- answer) {
	a := answer{i: i, err: errGone}
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

// panicked is the failure of a provider that has panicked with r.
func panicked(r any) error {
	return fmt.Errorf("%w: a provider panicked: %w", ErrUnavailable, message.Foreign(fmt.Errorf("%v", r)))
}

// joined is the errors of several providers as one, which names the package
// once; nil when there is none.
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

// union is both lists, in one of the two where the other adds nothing that
// fits, so that the usual token costs no allocation.
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
