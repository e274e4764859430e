package verifier_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/internal/race"
	"github.com/jwtverify/jwtverify/verifier"
)

// TestContext: the innermost token counts, whichever package has put it there.
func TestContext(t *testing.T) {
	type key struct{}
	tok := &verifier.Token{Set: &claims.Set{Subject: "user-1"}}
	other := &verifier.Token{Set: &claims.Set{Subject: "user-2"}}
	none := context.WithValue(t.Context(), key{}, "value")
	one := verifier.NewContext(none, tok)
	anonymous := verifier.NewContext(one, nil)
	canceled, cancel := context.WithCancel(one)
	cancel()
	for _, test := range []struct {
		name string
		ctx  context.Context
		want *verifier.Token
	}{
		{"none", none, nil},
		{"one", one, tok},
		{"further down", context.WithValue(one, key{}, "other"), tok},
		{"canceled", canceled, tok},
		{"without cancel", context.WithoutCancel(canceled), tok},
		{"the last one counts", verifier.NewContext(one, other), other},
		{"nil is anonymous", anonymous, nil},
		{"one after nil", verifier.NewContext(anonymous, other), other},
		{"of httpauth", httpauth.NewContext(none, tok), tok},
		{"within httpauth", verifier.NewContext(httpauth.NewContext(none, tok), other), other},
		{"httpauth within", httpauth.NewContext(one, other), other},
		{"anonymous in httpauth", httpauth.NewContext(one, nil), nil},
		{"anonymous within httpauth", verifier.NewContext(httpauth.NewContext(none, tok), nil), nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			for name, from := range map[string]func(context.Context) (*verifier.Token, bool){
				"verifier": verifier.FromContext, "httpauth": httpauth.FromContext,
			} {
				if got, ok := from(test.ctx); got != test.want || ok != (test.want != nil) {
					t.Errorf("%s.FromContext = %v, %v; want %v", name, got, ok, test.want)
				}
			}
		})
	}
	if got := one.Value(key{}); got != "value" {
		t.Errorf("the value of the context around is %v", got)
	}
	if canceled.Err() == nil || one.Err() != nil {
		t.Errorf("a child is canceled with %v, and the context with the token with %v", canceled.Err(), one.Err())
	}
}

func TestNewContextRefusesNil(t *testing.T) {
	defer func() {
		if p := fmt.Sprint(recover()); !strings.HasPrefix(p, "verifier: NewContext: ") {
			t.Errorf("panics with %q", p)
		}
	}()
	var none context.Context
	verifier.NewContext(none, nil)
}

// TestContextPrintsNoClaims, nor does a context derived from it.
func TestContextPrintsNoClaims(t *testing.T) {
	set, err := claims.Parse([]byte(`{"sub":"somebody","email":"s3cret@example.com"}`))
	if err != nil {
		t.Fatal(err)
	}
	ctx := verifier.NewContext(t.Context(), &verifier.Token{Set: set})
	for name, v := range map[string]any{"the context": ctx, "a child": context.WithValue(ctx, note{}, "x")} {
		for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			if text := fmt.Sprintf(format, v); strings.Contains(text, "s3cret") || strings.Contains(text, "somebody") {
				t.Errorf("%s shows claims with %s: %s", name, format, text)
			}
		}
	}
}

type note struct{}

// TestContextAllocations: one allocation puts a token into a context, none finds it.
func TestContextAllocations(t *testing.T) {
	if race.Enabled {
		t.Skip("allocations cannot be counted with the race detector")
	}
	tok, outer := &verifier.Token{Set: &claims.Set{Subject: "user-1"}}, t.Context()
	put := testing.AllocsPerRun(100, func() { sink = verifier.NewContext(outer, tok) })
	found := testing.AllocsPerRun(100, func() {
		if _, ok := verifier.FromContext(sink); !ok {
			t.Error("the token is gone")
		}
	})
	if put > 1 || found > 0 {
		t.Errorf("NewContext allocates %v times and FromContext %v, want 1 and 0", put, found)
	}
}

var sink context.Context
