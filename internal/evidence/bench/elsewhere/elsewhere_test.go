package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/internal/evidence/bench"
)

// started runs the script of a language. It skips the test if something is not
// installed.
func started(t *testing.T, l language, all *exam) *script {
	t.Helper()
	s, err := l.start(".", all)
	if err != nil {
		t.Skipf("skipped: %v", err)
	}
	t.Cleanup(s.close)
	return s
}

// TestScripts: every library of another language accepts the good tokens, finds the
// claims, and refuses other algorithms, changed signatures, and tokens that are
// expired, not valid yet, for somebody else or without a claim that is required.
func TestScripts(t *testing.T) {
	all, err := newExam()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range languages {
		t.Run(l.name, func(t *testing.T) {
			s := started(t, l, all)
			for _, missing := range s.Missing {
				t.Logf("left out: %s", missing)
			}
			for _, c := range s.Contenders {
				for _, e := range all.Cases {
					if !slices.Contains(c.Cases, e.Name) {
						continue
					}
					t.Run(c.ID+"/"+e.Name, func(t *testing.T) { examine(t, s, c, e) })
				}
			}
		})
	}
}

func examine(t *testing.T, s *script, c contender, e examCase) {
	for range 2 { // the second time from its cache, if it has one
		claims, refused, err := s.check(c.ID, e.Name, e.Token)
		if err != nil || refused != "" {
			t.Fatalf("a good token: %s, %v", refused, err)
		}
		want := map[string]any{"iss": bench.Issuer, "aud": bench.Audience()}
		if e.group == custom {
			p := bench.Want()
			want["tenant"], want["admin"], want["roles"] = p.Tenant, p.Admin, []any{p.Roles[0]}
		}
		for name, value := range want {
			if diff := cmp.Diff(value, claims[name]); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
	}
	refuses := func(what, raw string) {
		t.Helper()
		for range 2 {
			if claims, refused, err := s.check(c.ID, e.Name, raw); err != nil || refused == "" || claims != nil {
				t.Errorf("%s: it says %v, %q, %v; want a refusal", what, claims, refused, err)
			}
		}
	}
	// Those that every library in the table offers, and is set up for.
	checked := []string{"alg", "signature", "exp", "nbf", "iss", "aud", "exp required", "sub required", "iss required", "aud required"}
	for _, p := range bench.Probes() {
		if !slices.Contains(checked, p.Name) {
			continue
		}
		for _, raw := range p.Tokens(e.material) {
			refuses(p.Refuses, raw)
		}
	}
	other, err := bench.NewMaterial(e.material.Algorithm)
	if err != nil {
		t.Fatal(err)
	}
	refuses("a token signed with another key", other.Registered())
}

// TestRun takes the shortest of runs: all that is installed has a row.
func TestRun(t *testing.T) {
	all, err := newExam()
	if err != nil {
		t.Fatal(err)
	}
	page := filepath.Join(t.TempDir(), "README.md")
	if err := os.WriteFile(page, []byte("<!-- begin elsewhere -->\n<!-- end elsewhere -->\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	p := plan{rounds: 1, slice: time.Millisecond, warm: time.Millisecond, dir: ".", err: t.Output()}
	var out bytes.Buffer
	if err := p.run(&out, page); err != nil {
		t.Fatal(err)
	}
	wanted := []string{"\n| " + bench.Ours + " |", "\n| " + bench.Cached + " |"}
	for _, l := range languages {
		if s, err := l.start(".", all); err == nil {
			for _, c := range s.Contenders {
				wanted = append(wanted, "\n| "+l.name+": "+c.Library+" "+c.Version)
			}
			s.close()
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range wanted {
		if strings.Count(string(got), want) < len(all.groups()) || !strings.Contains(out.String(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

// TestMissing: what is not installed is named in one line, with what to install, and
// nothing fails.
func TestMissing(t *testing.T) {
	all, err := newExam()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("skipped: sh is not installed")
	}
	for _, command := range []string{"jwtverify-no-such-command", "sh"} { // absent, and one that cannot run the script
		l := language{"Elsewhere", "verify.mjs", "install it", []string{command, command}}
		_, err := l.start(".", all)
		if err == nil || !strings.HasPrefix(err.Error(), "Elsewhere is left out: ") || !strings.HasSuffix(err.Error(), "; install it") ||
			strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", command, err)
		}
	}
}
