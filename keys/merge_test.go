package keys_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/keys"
)

// answers returns a provider that always gives the same answer.
func answers(err error, ks ...*keys.Key) keys.Provider {
	return keys.ProviderFunc(func(context.Context, keys.Hint) ([]*keys.Key, error) { return ks, err })
}

// TestS03KeysWithAnErrorAreNotUsed: keys that come with an error do not count.
func TestS03KeysWithAnErrorAreNotUsed(t *testing.T) {
	k := edKey(t, "a")
	broken := answers(fmt.Errorf("%w: %w", keys.ErrUnavailable, errDown), k)
	plain := answers(errDown, k) // its error does not even say that it is an outage
	other := keys.Static(edKey(t, "b"))
	for name, p := range map[string]keys.Provider{
		"Merge":                  keys.Merge(broken, other),
		"Merge of two":           keys.Merge(broken, plain),
		"Merge with plain error": keys.Merge(other, plain),
		"ForIssuer":              keys.ForIssuer("https://one", broken),
		"ForIssuer in Merge":     keys.Merge(other, keys.ForIssuer("https://one", plain)),
		"Merge in ForIssuer":     keys.ForIssuer("https://one", keys.Merge(other, broken)),
	} {
		for _, retry := range []bool{false, true} {
			ks, err := p.Find(t.Context(), keys.Hint{KeyID: "a", Algorithm: keys.EdDSA, Retry: retry})
			if len(ks) > 0 || !errors.Is(err, errDown) || !errors.Is(err, keys.ErrUnavailable) {
				t.Errorf("%s, again %v: Find = %v, %v", name, retry, ks, err)
			}
			if err != nil && (strings.Count(err.Error(), "keys: ") != 1 || strings.Contains(err.Error(), "\n")) {
				t.Errorf("%s: the message reads %q", name, err)
			}
		}
	}
}

// TestS06MergeKeepsTheContext: Find does not wait for a provider that ignores its
// context, whose goroutine ends when the provider does.
func TestS06MergeKeepsTheContext(t *testing.T) {
	k := edKey(t, "a")
	for _, test := range []struct {
		name  string
		other keys.Provider
		retry bool
		want  time.Duration // when Find returns
		found int
	}{
		{"no provider has it", answers(nil), false, time.Second, 0},
		{"no provider has it, again", answers(nil), true, time.Second, 0},
		{"one is down", answers(errDown), false, time.Second, 0},
		{"the other has it", answers(nil, k), false, 0, 1},
		{"the other has it, again", answers(nil, k), true, time.Second, 0},
		{"the other ends its goroutine", keys.ProviderFunc(func(context.Context, keys.Hint) ([]*keys.Key, error) {
			runtime.Goexit()
			return nil, nil
		}), false, time.Second, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				release, ended := make(chan struct{}), make(chan struct{})
				deaf := keys.ProviderFunc(func(context.Context, keys.Hint) ([]*keys.Key, error) {
					defer close(ended)
					<-release
					return []*keys.Key{k}, nil
				})
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				start := time.Now()
				p := keys.ForIssuer("https://one", keys.Merge(deaf, test.other))
				ks, err := p.Find(ctx, keys.Hint{KeyID: "a", Algorithm: keys.EdDSA, Retry: test.retry})
				if took := time.Since(start); took != test.want || len(ks) != test.found {
					t.Errorf("Find = %v, %v after %v", ks, err, took)
				}
				if test.found == 0 && (!errors.Is(err, keys.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded)) {
					t.Errorf("Find: %v", err)
				}
				close(release)
				<-ended // the bubble checks that no goroutine remains
			})
		})
	}
}

// TestMergeHearsOfGoexit: a provider that ends its goroutine counts as unavailable.
func TestMergeHearsOfGoexit(t *testing.T) {
	exits := keys.ProviderFunc(func(context.Context, keys.Hint) ([]*keys.Key, error) {
		runtime.Goexit()
		return nil, nil
	})
	bubble(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		ks, err := keys.Merge(exits, answers(nil)).Find(ctx, hint("a"))
		if took := time.Since(start); len(ks) > 0 || !errors.Is(err, keys.ErrUnavailable) || took > 0 {
			t.Errorf("Find = %v, %v after %v", ks, err, took)
		}
	})
}

// TestS06MergeStopsTheOthers: once one provider has a key.
func TestS06MergeStopsTheOthers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		stopped := make(chan error, 1)
		waits := keys.ProviderFunc(func(ctx context.Context, _ keys.Hint) ([]*keys.Key, error) {
			<-ctx.Done()
			stopped <- ctx.Err()
			return nil, ctx.Err()
		})
		if ks := mustFind(t, keys.Merge(waits, answers(nil, edKey(t, "a"))), hint("a")); len(ks) != 1 {
			t.Errorf("Find = %v", ks)
		}
		if err := <-stopped; !errors.Is(err, context.Canceled) {
			t.Errorf("the other was stopped with %v", err)
		}
	})
}

// TestS27NoKeyAtAllIsUndecided: without any key no token can be decided on, and
// Refresh says so at start.
func TestS27NoKeyAtAllIsUndecided(t *testing.T) {
	k := edKey(t, "a")
	var zero keys.Set
	emptied := keys.NewSet(k)
	emptied.Remove("a")
	replaced := keys.NewSet(k)
	replaced.Replace()
	for _, test := range []struct {
		name string
		p    keys.Provider
		want string
	}{
		{"Merge", keys.Merge(), "Merge was given no provider"},
		{"Merge of Merge", keys.Merge(keys.Merge()), "Merge was given no provider"},
		{"Static", keys.Static(), "Static was given no key"},
		{"Static of nil", keys.Static(nil, nil), "Static was given no key"},
		{"Static of a zero key", keys.Static(new(keys.Key)), "Static was given no key"},
		{"NewSet", keys.NewSet(), "the Set is empty"},
		{"the zero Set", &zero, "the Set is empty"},
		{"a Set emptied later", emptied, "the Set is empty"},
		{"a Set replaced by nothing", replaced, "the Set is empty"},
		{"ForIssuer of Static", keys.ForIssuer("https://one", keys.Static()), "Static was given no key"},
		{"ForIssuer of Merge", keys.ForIssuer("https://one", keys.Merge()), "Merge was given no provider"},
		{"Merge with an empty Set", keys.Merge(keys.Static(edKey(t, "b")), keys.NewSet()), "the Set is empty"},
	} {
		for _, h := range []keys.Hint{hint("a"), {Algorithm: keys.EdDSA, KeyID: "c", Issuer: "https://one"}, {Algorithm: keys.EdDSA, KeyID: "a", Retry: true}} {
			if ks, err := test.p.Find(t.Context(), h); len(ks) > 0 || !errors.Is(err, keys.ErrUnavailable) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: Find(%v) = %v, %v; want %q", test.name, h, ks, err, test.want)
			}
		}
		if err := keys.Refresh(t.Context(), test.p); !errors.Is(err, keys.ErrUnavailable) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: Refresh = %v; want %q", test.name, err, test.want)
		}
	}
}

type ownProvider struct{ *keys.Set }

// TestS25NilProviders: they are mistakes, which are reported and never panic.
func TestS25NilProviders(t *testing.T) {
	good := keys.Static(edKey(t, "a"))
	for name, p := range map[string]keys.Provider{
		"nil":                 nil,
		"a nil Remote":        (*keys.Remote)(nil),
		"a nil File":          (*keys.File)(nil),
		"a nil Set":           (*keys.Set)(nil),
		"a nil function":      keys.ProviderFunc(nil),
		"a nil pointer":       (*ownProvider)(nil),
		"a zero Remote":       new(keys.Remote),
		"a zero File":         new(keys.File),
		"ForIssuer of nil":    keys.ForIssuer("https://one", nil),
		"ForIssuer of no one": keys.ForIssuer("", keys.Static(edKey(t, "b"))),
	} {
		for at, q := range map[string]keys.Provider{
			"alone":        p,
			"in Merge":     keys.Merge(p, good),
			"Merge of one": keys.Merge(p),
			"in ForIssuer": keys.ForIssuer("https://one", p),
		} {
			if err := keys.Refresh(t.Context(), q); !errors.Is(err, keys.ErrUnavailable) {
				t.Errorf("%s %s: Refresh = %v", name, at, err)
			}
			keys.Statuses(q)
			keys.BoundTo(q)
			keys.Unused(q, "a")
			if q == nil || at == "alone" && name == "a nil pointer" {
				continue // it has its own Find
			}
			if ks, err := q.Find(t.Context(), hint("unknown")); len(ks) > 0 || !errors.Is(err, keys.ErrUnavailable) {
				t.Errorf("%s %s: Find = %v, %v", name, at, ks, err)
			}
			if at == "in Merge" {
				if ks := mustFind(t, q, hint("a")); len(ks) != 1 {
					t.Errorf("%s %s hides the key of another: %v", name, at, ks)
				}
			}
		}
		if err := keys.Run(t.Context(), p); name != "ForIssuer of nil" && name != "ForIssuer of no one" && err == nil && name != "a zero File" {
			t.Errorf("%s: Run says nothing", name)
		}
	}
	if err := keys.Merge(good, nil); !strings.Contains(fmt.Sprint(keys.Refresh(t.Context(), err)), "provider 2 of 2 is nil") {
		t.Errorf("the message does not say which: %v", keys.Refresh(t.Context(), err))
	}
}

func TestS25NilArguments(t *testing.T) {
	const url = "https://keys.example/"
	for name, opt := range map[string]keys.Option{
		"nil":             nil,
		"a nil client":    keys.WithHTTPClient(nil),
		"a nil transport": keys.WithHTTPClient(&http.Client{Transport: (*http.Transport)(nil)}),
		"a nil function":  keys.WithHTTPClient(&http.Client{Transport: roundTrip(nil)}),
		"a nil logger":    keys.WithLogger(nil),
		"a nil clock":     keys.WithClock(nil),
	} {
		if err := remoteError(url, opt); err == nil || !strings.Contains(err.Error(), "nil") {
			t.Errorf("%s: %v", name, err)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("Handle takes a nil OpenerFunc")
		}
	}()
	keys.NewMux().Handle("x", keys.OpenerFunc(nil))
}
