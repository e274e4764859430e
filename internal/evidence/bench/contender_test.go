package bench_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/internal/evidence/bench"
)

func materials(t testing.TB) (ms []*bench.Material) {
	t.Helper()
	for _, alg := range bench.Algorithms() {
		m, err := bench.NewMaterial(alg)
		if err != nil {
			t.Fatal(err)
		}
		ms = append(ms, m)
	}
	return ms
}

// TestContenders: everyone accepts the good tokens and refuses the bad ones, so
// that the benchmark measures verifying.
func TestContenders(t *testing.T) {
	for _, m := range materials(t) {
		for _, c := range bench.Contenders() {
			if !c.Offers(m.Algorithm) {
				continue
			}
			t.Run(string(m.Algorithm)+"/"+c.Name, func(t *testing.T) {
				verify, err := c.Verifier(m)
				if err != nil {
					t.Fatal(err)
				}
				decode, err := c.Decoder(m)
				if err != nil {
					t.Fatal(err)
				}
				for _, raw := range []string{m.Registered(), m.Custom()} {
					if err := verify(raw); err != nil {
						t.Errorf("refuses a good token: %v", err)
					}
				}
				got, err := decode(m.Custom())
				if err != nil {
					t.Errorf("decodes no good token: %v", err)
				}
				if diff := cmp.Diff(bench.Want(), got); diff != "" {
					t.Errorf("decodes something else (-want +got):\n%s", diff)
				}
				for _, p := range vital() {
					for _, raw := range p.Tokens(m) {
						if verify(raw) == nil {
							t.Errorf("accepts %s", p.Refuses)
						}
						if _, err := decode(raw); err == nil {
							t.Errorf("decodes %s", p.Refuses)
						}
					}
				}
			})
		}
	}
}

func TestMiddlewares(t *testing.T) {
	for _, m := range materials(t) {
		for _, w := range bench.Middlewares() {
			t.Run(string(m.Algorithm)+"/"+w.Name, func(t *testing.T) {
				serve := func(raw string) error {
					t.Helper()
					run, err := w.Request(m, raw)
					if err != nil {
						t.Fatal(err)
					}
					return run()
				}
				if err := serve(m.Registered()); err != nil {
					t.Errorf("a good token: %v", err)
				}
				for _, p := range vital() {
					for _, raw := range p.Tokens(m) {
						if serve(raw) == nil {
							t.Errorf("lets %s pass", p.Refuses)
						}
					}
				}
			})
		}
	}
}

func vital() (ps []bench.Probe) {
	for _, p := range bench.Probes() {
		if p.Vital {
			ps = append(ps, p)
		}
	}
	return ps
}

// TestTokenSizes: everyone gets the same token, of about 500 bytes.
func TestTokenSizes(t *testing.T) {
	m := materials(t)[0]
	if n := len(m.Registered()); n < 450 || n > 550 {
		t.Errorf("the token with registered claims has %d bytes", n)
	}
	if n := len(m.Custom()); n < 450 || n > 560 {
		t.Errorf("the token with custom claims has %d bytes", n)
	}
}
