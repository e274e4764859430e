package keys_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/keys"
)

// kept is a caller's own provider that has Refresh, Run and Status.
type kept struct {
	keys.Provider
	name         string
	err          error
	refreshed    int
	running, ran chan struct{}
}

func newKept(name string, err error) *kept {
	return &kept{Provider: keys.Static(), name: name, err: err, running: make(chan struct{}), ran: make(chan struct{})}
}

func (k *kept) Refresh(context.Context) error { k.refreshed++; return k.err }
func (k *kept) Status() keys.Status           { return keys.Status{Source: k.name} }
func (k *kept) Run(ctx context.Context) error {
	close(k.running)
	<-ctx.Done()
	close(k.ran)
	return k.err
}

func TestUpkeepReachesThrough(t *testing.T) {
	a, b, c := newKept("a", nil), newKept("b", errDown), newKept("c", nil)
	nothing := keys.Static(newSecret(t, "a", keys.HS256))
	p := keys.Merge(a, nothing, keys.ForIssuer("https://b", keys.Merge(b, keys.NewSet(), c)))

	if err := keys.Refresh(t.Context(), p); !errors.Is(err, errDown) || a.refreshed != 1 || b.refreshed != 1 || c.refreshed != 1 {
		t.Errorf("Refresh: %v, %d, %d, %d times", err, a.refreshed, b.refreshed, c.refreshed)
	}
	var names []string
	for _, s := range keys.Statuses(p) {
		names = append(names, s.Source)
	}
	if diff := cmp.Diff([]string{"a", "b", "c"}, names); diff != "" {
		t.Errorf("Statuses (-want +got)\n%s", diff)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- keys.Run(ctx, p) }()
	for _, k := range []*kept{a, b, c} {
		<-k.running
	}
	cancel()
	if err := <-done; !errors.Is(err, errDown) {
		t.Errorf("Run: %v", err)
	}
	for _, k := range []*kept{a, b, c} {
		<-k.ran
	}
}

func TestUpkeepOfNothing(t *testing.T) {
	a := newSecret(t, "a", keys.HS256)
	p := keys.ForIssuer("https://a", keys.Merge(keys.Static(a), keys.NewSet(a)))
	if err := keys.Refresh(t.Context(), p); err != nil {
		t.Errorf("Refresh: %v", err)
	}
	if err := keys.Run(t.Context(), p); err != nil {
		t.Errorf("Run: %v", err)
	}
	if s := keys.Statuses(p); len(s) > 0 {
		t.Errorf("Statuses = %v", s)
	}
	if keys.Refresh(t.Context(), nil) == nil || keys.Run(t.Context(), nil) == nil || keys.Statuses(nil) != nil {
		t.Error("a nil provider is not reported")
	}
}
