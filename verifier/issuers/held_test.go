package issuers

import (
	"reflect"
	"slices"
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
	needed := map[string]bool{} // by preset and check: whether any provider showed it
	for _, p := range providers.All() {
		t.Run(p.Preset, func(t *testing.T) {
			w := verifiertest.NewWorld(t)
			running := p.Start(t, w)
			c, err := newConfig([]Option{WithKeys(keys.WithHTTPClient(w.Client()))})
			if err != nil {
				t.Fatal(err)
			}
			// accepted returns the wrong tokens that a changed preset accepts.
			accepted := func(changed *preset, cannotOpen bool) (names []string) {
				defer func() {
					if recover() != nil {
						names = []string{"the preset cannot do without it"}
					}
				}()
				r, err := parse(p.Reference)
				if err != nil {
					t.Fatal(err)
				}
				r.preset = changed
				e, err := r.open(t.Context(), c)
				if err != nil {
					return map[bool][]string{true: {"it does not open"}}[cannotOpen]
				}
				for _, v := range p.Wrong {
					if _, err := e.verifier.Verify(t.Context(), running.Token(t, v)); err == nil {
						names = append(names, v.Name)
					}
				}
				return names
			}
			original := presetNamed(p.Preset)
			if wrong := accepted(original, true); wrong != nil {
				t.Fatalf("accepted unchanged: %q", wrong)
			}
			note := func(check string, changed preset, cannotOpen bool) {
				key := p.Preset + ": " + check
				needed[key] = needed[key] || len(accepted(&changed, cannotOpen)) > 0
			}
			for i, rule := range original.always {
				changed := *original
				changed.always = slices.Delete(slices.Clone(changed.always), i, i+1)
				note(rule.about, changed, false)
			}
			r, _ := parse(p.Reference)
			for i, q := range original.params {
				if !r.params.Has(q.name) || reflect.ValueOf(q.effect).Pointer() == reflect.ValueOf(nothing).Pointer() {
					continue // what finish does with it cannot be taken out
				}
				for j, without := range []effect{nothing, anyAudience} {
					changed := *original
					changed.params = slices.Clone(changed.params)
					changed.params[i].effect = without
					note("parameter "+q.name, changed, j == 0)
				}
			}
		})
	}
	for key, ok := range needed {
		if !ok {
			t.Errorf("%s: no wrong token shows that it is needed", key)
		}
	}
}

// anyAudience is what the parameter aud does when the check of the audience is
// taken out: without any option, every token with an audience is refused.
func anyAudience(o *opening, _ []string) { o.options = append(o.options, verifier.WithAnyAudience()) }
