package issuers_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/issuers"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

func TestReplace(t *testing.T) {
	w := verifiertest.NewWorld(t)
	a, b := w.Issuer("https://a.example", verifiertest.WithAudience("api")), w.Issuer("https://b.example", verifiertest.WithAudience("api"))
	iss := open(t, w, "oidc:https://a.example?aud=api", issuers.WithVerifier(verifier.WithCache(10)))
	check := func(signer *verifiertest.Issuer, want bool) {
		t.Helper()
		if _, err := iss.Verify(t.Context(), signer.Token("u", time.Hour)); (err == nil) != want {
			t.Errorf("a token of %s: %v; want accepted %v", signer.URL, err, want)
		}
	}
	check(a, true)
	fetched := a.Fetches()
	must(t, iss.Replace(t.Context(), "oidc:https://a.example?aud=api", "oidc:https://b.example?aud=api"))
	check(a, true)
	check(b, true)
	if got := a.Fetches(); got != fetched {
		t.Errorf("Replace fetched the keys of an unchanged reference again: %d and %d", fetched, got)
	}
	for name, refs := range map[string][]string{
		"nothing":  nil,
		"mistake":  {"oidc:https://b.example?aud=api", "gihub:?aud=a"},
		"a list":   {"oidc:https://b.example?aud=api,apple:?client=a"},
		"the same": {"oidc:https://b.example?aud=api", "oidc:https://b.example?aud=api"},
	} {
		if err := iss.Replace(t.Context(), refs...); err == nil {
			t.Errorf("%s: no error", name)
		} else {
			oneLine(t, err)
		}
		check(a, true)
	}
	must(t, iss.Replace(t.Context(), "oidc:https://b.example?aud=api"))
	check(a, false)
	check(b, true)
	if got := iss.Names(); len(got) != 1 {
		t.Errorf("Names = %q", got)
	}
	if err := newFixture(t, line("a")).Replace(t.Context(), "apple:?client=a"); err == nil || !strings.Contains(err.Error(), "change the file") {
		t.Errorf("Replace of a file: %v", err)
	}
}

// TestChangesUnderLoad: while the file changes between versions that both have an
// issuer, none of its tokens is refused, and no token of an issuer that neither has
// is accepted.
func TestChangesUnderLoad(t *testing.T) {
	f := newFixture(t, line("a")+line("b"))
	f.accepts(t, "ab")
	good, bad := f.signers["a"].Token("u", time.Hour), f.signers["c"].Token("u", time.Hour)
	stop := make(chan struct{})
	var readers sync.WaitGroup
	var decided atomic.Int64
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := f.Verify(context.Background(), good); err != nil {
					t.Errorf("a good token was refused: %v", err)
				}
				if _, err := f.Verify(context.Background(), bad); !errors.Is(err, verifier.ErrInvalidToken) {
					t.Errorf("a wrong token: %v", err)
				}
				f.Location()
				keys.Statuses(f.Keys())
				decided.Add(2)
			}
		})
	}
	for i := range 60 {
		switch i % 3 {
		case 0:
			f.change(t, line("a"))
		case 1:
			f.change(t, line("a")+line("b"))
		default:
			f.change(t, "rubbish\n")
		}
		for before := decided.Load(); decided.Load() < before+20; {
			runtime.Gosched()
		}
	}
	close(stop)
	readers.Wait()
	t.Logf("%d decisions over 60 versions", decided.Load())
}

// TestRunFollowsChanges: keys.Run looks at the file by itself, keeps the keys of
// added issuers, and ends with its context.
func TestRunFollowsChanges(t *testing.T) {
	f := newFixture(t, line("a"))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- keys.Run(ctx, f.Keys()) }()
	until(t, func() bool { return f.signers["a"].Fetches() > 0 })
	f.change(t, line("a")+line("b"))
	until(t, func() bool { return f.signers["b"].Fetches() > 0 }) // without any token
	if got := f.signers["a"].Fetches(); got != 1 {
		t.Errorf("the keys of the unchanged line were fetched %d times, want once", got)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Run = %v", err)
	}
	until(t, func() bool {
		stacks := make([]byte, 1<<20)
		running := string(stacks[:runtime.Stack(stacks, true)])
		return !strings.Contains(running, "issuers.allKeys") && !strings.Contains(running, "keys.(*Remote)") && !strings.Contains(running, "keys.Run")
	})
}

// until waits for what another goroutine brings about.
func until(t *testing.T, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatal("it did not happen within 20 s")
		}
	}
}
