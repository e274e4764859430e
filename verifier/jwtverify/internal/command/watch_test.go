package command_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/command"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// TestWatch shows what is fresh and what fails.
func TestWatch(t *testing.T) {
	w := verifiertest.NewWorld(t)
	w.Issuer("https://issuer.example")
	w.Issuer("https://down.example").Break(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(503) })
	e := command.Env{Client: w.Client()}
	r := run(t, e, "watch", "--count", "1", "oidc:https://issuer.example")
	if r.code != command.Trusted || !strings.Contains(r.out, "fresh") || !strings.Contains(r.out, "next refresh") || strings.Contains(r.out, "\x1b") {
		t.Errorf("%d\n%s%s", r.code, r.out, r.err)
	}
	r = run(t, e, "watch", "--count", "1", "oidc:https://issuer.example", "oidc:https://down.example")
	if r.code != command.Undecided || !strings.Contains(r.out, "no keys") || !strings.Contains(r.out, "503") {
		t.Errorf("%d\n%s%s", r.code, r.out, r.err)
	}
	live := e
	live.Live = true
	if r = run(t, live, "watch", "--count", "1", "oidc:https://issuer.example"); !strings.HasPrefix(r.out, "\x1b[H\x1b[2J") {
		t.Errorf("%q", r.out)
	}
	r = run(t, e, "watch", "--json", "--count", "1", "oidc:https://issuer.example")
	var look struct{ Sources []struct{ Keys []any } }
	if err := json.Unmarshal([]byte(r.out), &look); err != nil || len(look.Sources) != 1 || len(look.Sources[0].Keys) != 1 || strings.Count(r.out, "\n") != 1 {
		t.Errorf("%v\n%s", err, r.out)
	}
	for _, args := range [][]string{{"watch"}, {"watch", "--every", "1ns", "env:X"}, {"watch", "env:NOWHERE"}} {
		if r := run(t, e, args...); r.code != command.Usage || strings.Count(r.err, "\n") != 1 {
			t.Errorf("%q: %d %s", args, r.code, r.err)
		}
	}
}
