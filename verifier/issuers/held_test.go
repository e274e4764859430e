package issuers

import (
	"reflect"
	"slices"
	"sync"
	"testing"

	"github.com/jwtverify/jwtverify/internal/evidence/providers"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// TestEveryCheckIsNeeded takes out one check of a preset at a time: a rule, or what
// a parameter of the reference does. Some wrong token must then be accepted, or the
// check is one that no simulated token holds.
func TestEveryCheckIsNeeded(t *testing.T) {
	var mu sync.Mutex
	needed := map[string]bool{} // by preset and check: whether any provider showed it
	t.Run("presets", func(t *testing.T) {
		for _, p := range providers.All() {
			t.Run(p.Preset, func(t *testing.T) {
				t.Parallel()
				shown := takeOutEach(t, p)
				mu.Lock()
				defer mu.Unlock()
				for check, ok := range shown {
					key := p.Preset + ": " + check
					needed[key] = needed[key] || ok
				}
			})
		}
	})
	for key, ok := range needed {
		if !ok {
			t.Errorf("%s: no wrong token shows that it is needed", key)
		}
	}
}

// takeOutEach returns for each check of the preset of p whether a wrong token is
// accepted without it.
func takeOutEach(t *testing.T, p *providers.Provider) map[string]bool {
	w := verifiertest.NewWorld(t)
	running := p.Start(t, w)
	c, err := newConfig([]Option{WithKeys(keys.WithHTTPClient(w.Client()))})
	if err != nil {
		t.Fatal(err)
	}
	var wrong []string
	for _, v := range p.Wrong {
		wrong = append(wrong, running.Token(t, v))
	}
	// accepts reports whether a changed preset accepts a wrong token, or cannot do
	// without what was taken out.
	accepts := func(changed preset, unopened bool) (yes bool) {
		defer func() { yes = yes || recover() != nil }()
		r, err := parse(p.Reference)
		if err != nil {
			t.Fatal(err)
		}
		r.preset = &changed
		e, err := r.open(t.Context(), c)
		if err != nil {
			return unopened
		}
		return slices.ContainsFunc(wrong, func(raw string) bool {
			_, err := e.verifier.Verify(t.Context(), raw)
			return err == nil
		})
	}
	original := presetNamed(p.Preset)
	if accepts(*original, true) {
		t.Fatal("a wrong token is accepted as it is")
	}
	shown := map[string]bool{}
	for i, rule := range original.always {
		changed := *original
		changed.always = slices.Delete(slices.Clone(changed.always), i, i+1)
		shown[rule.about] = accepts(changed, false)
	}
	r, err := parse(p.Reference)
	if err != nil {
		t.Fatal(err)
	}
	for i, q := range original.params {
		if !r.params.Has(q.name) || reflect.ValueOf(q.effect).Pointer() == reflect.ValueOf(nothing).Pointer() {
			continue // what finish does with it cannot be taken out
		}
		without := func(e effect) preset {
			changed := *original
			changed.params = slices.Clone(changed.params)
			changed.params[i].effect = e
			return changed
		}
		shown["parameter "+q.name] = accepts(without(nothing), true) || accepts(without(anyAudience), false)
	}
	return shown
}

// anyAudience is what the parameter aud does when the check of the audience is
// taken out: without any option, every token with an audience is refused.
func anyAudience(o *opening, _ []string) { o.options = append(o.options, verifier.WithAnyAudience()) }
