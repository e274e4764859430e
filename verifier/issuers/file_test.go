package issuers_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/issuers"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// A clock is set by hand.
type clock struct{ nanoseconds atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.nanoseconds.Store(time.Now().UnixNano())
	return c
}

func (c *clock) now() time.Time          { return time.Unix(0, c.nanoseconds.Load()) }
func (c *clock) advance(d time.Duration) { c.nanoseconds.Add(int64(d)) }

// A fixture is an Issuer of a file with issuers a, b and c to write into it.
type fixture struct {
	*issuers.Issuer
	path    string
	clock   *clock
	log     *bytes.Buffer
	signers map[string]*verifiertest.Issuer
}

// line is the reference of an issuer of the fixture.
func line(name string) string { return "oidc:https://" + name + ".example?aud=api\n" }

func newFixture(t *testing.T, content string, opts ...issuers.Option) *fixture {
	t.Helper()
	w := verifiertest.NewWorld(t)
	f := &fixture{path: filepath.Join(t.TempDir(), "issuers"), clock: newClock(), log: &bytes.Buffer{}, signers: map[string]*verifiertest.Issuer{}}
	for _, name := range []string{"a", "b", "c"} {
		f.signers[name] = w.Issuer("https://"+name+".example", verifiertest.WithAudience("api"))
	}
	f.write(t, content)
	var err error
	f.Issuer, err = issuers.OpenFile(f.path, append(opts, issuers.WithClock(f.clock.now),
		issuers.WithLogger(slog.New(slog.NewTextHandler(f.log, nil))), issuers.WithKeys(keys.WithHTTPClient(w.Client())))...)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *fixture) write(t *testing.T, content string) {
	t.Helper()
	temporary := f.path + ".new"
	if err := os.WriteFile(temporary, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(temporary, f.path); err != nil {
		t.Fatal(err)
	}
}

// change writes content, and lets the time pass after which the file is looked at.
func (f *fixture) change(t *testing.T, content string) {
	t.Helper()
	f.write(t, content)
	f.clock.advance(time.Second)
}

// accepts checks whose tokens are accepted: those of names, and no others.
func (f *fixture) accepts(t *testing.T, names string) {
	t.Helper()
	for name, signer := range f.signers {
		_, err := f.Verify(t.Context(), signer.Token("u", time.Hour))
		if want := strings.Contains(names, name); (err == nil) != want {
			t.Errorf("a token of %s: %v; want accepted %v", name, err, want)
		}
		if err != nil && verifier.Classify(err) != verifier.Invalid {
			t.Errorf("a token of %s is %v, want invalid: %v", name, verifier.Classify(err), err)
		}
	}
}

// state is the first of the statuses, which is that of the file.
func (f *fixture) state(t *testing.T) keys.Status {
	t.Helper()
	all := keys.Statuses(f.Keys())
	if len(all) == 0 || all[0].Source != f.path {
		t.Fatalf("the statuses do not begin with that of the file: %v", all)
	}
	return all[0]
}

func TestFileChanges(t *testing.T) {
	f := newFixture(t, line("a"))
	f.accepts(t, "a")
	f.write(t, line("b"))
	f.accepts(t, "a") // until the next look
	f.clock.advance(time.Second)
	f.accepts(t, "b")
	f.change(t, "# both\n\n"+line("a")+"  "+line("b"))
	f.accepts(t, "ab")
	f.change(t, line("c")+"\r\n"+strings.TrimSpace(line("b"))+"\r\n")
	f.accepts(t, "bc")
	if s := f.state(t); s.Err != nil || s.Stale || !s.FetchedAt.Equal(f.clock.now()) {
		t.Errorf("the status of the file is %+v", s)
	}
	if n := strings.Count(f.log.String(), "its issuers are in force"); n != 3 {
		t.Errorf("%d changes were logged, want 3:\n%s", n, f.log)
	}
}

// TestFileByteOrderMark: editors of Windows begin a file with one.
func TestFileByteOrderMark(t *testing.T) {
	newFixture(t, "\ufeff"+line("a")).accepts(t, "a")
}

// TestBadFileKeepsTheOldState: a version with any mistake changes nothing, and is
// reported once, with its line.
func TestBadFileKeepsTheOldState(t *testing.T) {
	for _, test := range []struct {
		name  string
		spoil func(t *testing.T, f *fixture)
		want  string
	}{
		{"bad line", func(t *testing.T, f *fixture) { f.write(t, line("b")+"# comment\noidc:"+marker+"\n") }, "line 3: oidc: what follows the colon is not the https URL"},
		{"two bad lines", func(t *testing.T, f *fixture) { f.write(t, marker+"\n"+line("b")+"apple:\n") }, "line 3: apple: needs client"},
		{"list in a line", func(t *testing.T, f *fixture) { f.write(t, strings.TrimSpace(line("b"))+","+line("c")) }, "line 1: it has a comma"},
		{"same issuer", func(t *testing.T, f *fixture) { f.write(t, line("b")+strings.TrimSpace(line("b"))+"&aud=other\n") }, "line 2: oidc: its issuer is that of line 1 too"},
		{"same line", func(t *testing.T, f *fixture) { f.write(t, line("b")+line("b")) }, "line 2: it is the same as an earlier one"},
		{"empty", func(t *testing.T, f *fixture) { f.write(t, "") }, "there is no reference in it"},
		{"only comments", func(t *testing.T, f *fixture) { f.write(t, "# "+line("b")+"\n\n") }, "there is no reference in it"},
		{"truncated", func(t *testing.T, f *fixture) { f.write(t, line("b")+line("c")[:15]) }, "line 2: oidc: needs aud"},
		{"too large", func(t *testing.T, f *fixture) { f.write(t, line("b")+strings.Repeat("#\n", 1<<19)) }, "it is larger than 1048576 bytes"},
		{"gone", func(t *testing.T, f *fixture) { must(t, os.Remove(f.path)) }, "no such file"},
		{"a directory", func(t *testing.T, f *fixture) { must(t, os.Remove(f.path)); must(t, os.Mkdir(f.path, 0o700)) }, "not a regular file"},
		{"binary", func(t *testing.T, f *fixture) { f.write(t, "\x00\xff\n") }, "line 1: the reference has a space or control character"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFixture(t, line("a"))
			f.accepts(t, "a")
			test.spoil(t, f)
			for range 3 {
				f.clock.advance(time.Second)
				f.accepts(t, "a")
			}
			s := f.state(t)
			if s.Err == nil || !s.Stale || !strings.Contains(s.Err.Error(), test.want) || strings.ContainsAny(s.Err.Error(), "\r\n\x00") {
				t.Errorf("the status is %v, stale %v; want %q", s.Err, s.Stale, test.want)
			}
			log := f.log.String()
			if strings.Count(log, "has a mistake") != 1 || !strings.Contains(log, test.want[:10]) || strings.Contains(log, marker) {
				t.Errorf("want it logged once, and no value:\n%s", log)
			}
			// OpenFile reports the same.
			if _, err := issuers.OpenFile(f.path); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("OpenFile = %v, want %q", err, test.want)
			}
			os.RemoveAll(f.path)
			f.change(t, line("b"))
			f.accepts(t, "b")
			if s := f.state(t); s.Err != nil || s.Stale {
				t.Errorf("after the repair the status is %v", s.Err)
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestManyMistakes: a file of mistakes does not fill the log.
func TestManyMistakes(t *testing.T) {
	f := newFixture(t, line("a"))
	f.change(t, strings.Repeat("apple:\n", 10000))
	f.accepts(t, "a")
	if err := f.state(t).Err; err == nil || len(err.Error()) > 2000 || !strings.Contains(err.Error(), "line 20: ") || !strings.HasSuffix(err.Error(), "9980 more") {
		t.Errorf("the status is %.3000v", err)
	}
}

// TestFileRestored: the version in force is no longer reported as stale when it is
// back.
func TestFileRestored(t *testing.T) {
	f := newFixture(t, line("a"))
	f.change(t, "rubbish\n")
	f.accepts(t, "a")
	f.change(t, line("a"))
	f.accepts(t, "a")
	if s := f.state(t); s.Err != nil || s.Stale {
		t.Errorf("the status is %v", s.Err)
	}
}

// TestFileClockSetBack: the file is still looked at.
func TestFileClockSetBack(t *testing.T) {
	f := newFixture(t, line("a"))
	f.write(t, line("b"))
	f.clock.advance(-20 * time.Second)
	f.accepts(t, "b")
}

// TestRemovedIssuerIsForgotten: of an issuer that was removed no cached token is
// accepted, and none comes back when it is added again.
func TestRemovedIssuerIsForgotten(t *testing.T) {
	f := newFixture(t, line("a")+line("b"), issuers.WithVerifier(verifier.WithCache(100)))
	raw := f.signers["a"].Token("u", time.Hour)
	for range 2 { // the second is from the cache
		_, err := f.Verify(t.Context(), raw)
		must(t, err)
	}
	f.change(t, line("b"))
	if _, err := f.Verify(t.Context(), raw); !errors.Is(err, verifier.ErrInvalidToken) {
		t.Errorf("a cached token of a removed issuer: %v", err)
	}
	before := f.signers["a"].Fetches()
	f.signers["a"].Rotate()
	f.change(t, line("a")+line("b"))
	_, err := f.Verify(t.Context(), f.signers["a"].Token("u", time.Hour))
	must(t, err)
	if got := f.signers["a"].Fetches() - before; got != 1 {
		t.Errorf("the keys of an issuer that was added again were fetched %d times, want once", got)
	}
}

// TestChangedIssuerIsForgotten: a line with another audience judges cached tokens
// anew.
func TestChangedIssuerIsForgotten(t *testing.T) {
	f := newFixture(t, line("a")+line("b"), issuers.WithVerifier(verifier.WithCache(100)))
	raw := f.signers["a"].Token("u", time.Hour)
	_, err := f.Verify(t.Context(), raw)
	must(t, err)
	f.change(t, "oidc:https://a.example?aud=other\n"+line("b"))
	if _, err := f.Verify(t.Context(), raw); !errors.Is(err, verifier.ErrInvalidToken) {
		t.Errorf("a cached token for another audience: %v", err)
	}
}

// TestSameLineKeepsItsKeys: a change of other lines triggers no fetch.
func TestSameLineKeepsItsKeys(t *testing.T) {
	f := newFixture(t, line("a"))
	f.accepts(t, "a")
	before := f.signers["a"].Fetches()
	f.change(t, "# new\n"+line("b")+"\t"+line("a"))
	f.accepts(t, "ab")
	if got := f.signers["a"].Fetches() - before; got != 0 {
		t.Errorf("the keys of an unchanged line were fetched %d times", got)
	}
}

// TestOpenFileReference: file:PATH is OpenFile.
func TestOpenFileReference(t *testing.T) {
	path := filepath.Join(t.TempDir(), "issuers")
	must(t, os.WriteFile(path, []byte("apple:?client=a\n"), 0o600))
	iss, err := issuers.Open(t.Context(), " file:"+path)
	must(t, err)
	if got := fmt.Sprint(iss.Names()); got != "[apple]" {
		t.Errorf("Names = %s", got)
	}
}
