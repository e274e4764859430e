package keys

import (
	"context"
	"fmt"
	"slices"

	"github.com/jwtverify/jwtverify/internal/message"
)

// Merge provides the keys of all of ps. What the others have in memory is
// found while one of them is down or slow: first each is asked for what it can
// tell at once, and only when that is not enough, all at the same time for
// what takes longer.
//
// When no key is found and one of ps could not look, Find fails with its
// error. Nil providers are left out.
func Merge(ps ...Provider) Provider {
	m := &merged{}
	for _, p := range ps {
		if p != nil {
			m.ps = append(m.ps, p)
		}
	}
	if len(m.ps) == 1 {
		return m.ps[0]
	}
	return m
}

type merged struct{ ps []Provider }

func (m *merged) Find(ctx context.Context, h Hint) ([]*Key, error) {
	if !h.Retry {
		if ks, _ := m.findNow(h); slices.ContainsFunc(ks, h.Fits) {
			return ks, nil
		}
	}
	return m.findAll(ctx, h)
}

// findNow collects what the ready ones have; ok when all are ready.
func (m *merged) findNow(h Hint) (ks []*Key, ok bool) {
	ok = true
	for _, p := range m.ps {
		r, isReady := p.(ready)
		if !isReady {
			ok = false
			continue
		}
		more, now := r.findNow(h)
		ok = ok && now
		ks = union(h, ks, more)
	}
	return ks, ok
}

type answer struct {
	i   int
	ks  []*Key
	err error
}

// findAll asks all at once. As soon as one has a key that fits, it stops the
// others, unless the keys found before did not verify: then it hears all.
func (m *merged) findAll(ctx context.Context, h Hint) ([]*Key, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	answers := make(chan answer)
	for i, p := range m.ps {
		go func() { answers <- find(ctx, i, p, h) }()
	}
	found, errs := make([][]*Key, len(m.ps)), make([]error, len(m.ps))
	fits := false
	for range m.ps {
		a := <-answers
		found[a.i], errs[a.i] = a.ks, a.err
		if slices.ContainsFunc(a.ks, h.Fits) && !h.Retry {
			fits = true
			cancel()
		}
	}
	if err := message.Join("", errs...); err != nil && !fits {
		return nil, err
	}
	var ks []*Key
	for _, more := range found {
		ks = union(h, ks, more)
	}
	return ks, nil
}

// find asks p. In a goroutine of ours its panic would end the program.
func find(ctx context.Context, i int, p Provider, h Hint) (a answer) {
	defer func() {
		if r := recover(); r != nil {
			a = answer{i, nil, fmt.Errorf("%w: a provider panicked: %v", ErrUnavailable, r)}
		}
	}()
	ks, err := p.Find(ctx, h)
	return answer{i, ks, err}
}

func (m *merged) sources() []Provider { return m.ps }

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
