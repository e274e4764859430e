package httpauth_test

import (
	"net/http"
	"testing"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/internal/race"
	"github.com/jwtverify/jwtverify/verifier"
)

// A sink is an http.ResponseWriter that allocates nothing.
type sink struct {
	fields http.Header
	status int
}

func (s *sink) Header() http.Header         { return s.fields }
func (s *sink) Write(p []byte) (int, error) { return len(p), nil }
func (s *sink) WriteHeader(status int)      { s.status = status }

// TestHandlerAllocations: a Handler allocates one request together with its context, and
// does not copy the token.
func TestHandlerAllocations(t *testing.T) {
	if race.Enabled {
		t.Skip("allocations cannot be counted with the race detector")
	}
	const most = 1
	s := newSite(t)
	raw := s.Sign(with(map[string]any{"scope": "read"}))
	tok, err := s.Verify(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+raw)
	reached := 0
	next := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if _, ok := httpauth.FromContext(r.Context()); ok {
			reached++
		}
	})
	for name, v := range map[string]verifier.Verifier{
		"Keyed":                      s.Keyed,
		"one that allocates nothing": says(tok, nil),
	} {
		t.Run(name, func(t *testing.T) {
			ctx, w, h := t.Context(), &sink{fields: http.Header{}}, httpauth.New(v).Handler(next)
			alone := testing.AllocsPerRun(500, func() {
				if _, err := v.Verify(ctx, raw); err != nil {
					t.Fatal(err)
				}
			})
			reached = 0
			handled := testing.AllocsPerRun(500, func() { h.ServeHTTP(w, r) })
			if reached != 501 || w.status != 0 {
				t.Fatalf("%d requests of 501 came through, status %d", reached, w.status)
			}
			if added := handled - alone; added > most {
				t.Errorf("Handler allocates %v times, Verify %v: that adds %v, want at most %d", handled, alone, added, most)
			}
			t.Logf("Handler allocates %v times, Verify alone %v", handled, alone)
		})
	}
}
