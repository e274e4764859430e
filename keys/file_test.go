package keys_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/keys"
)

// pipe makes a named pipe that nobody writes to.
func pipe(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A keyFile is a file that a test rewrites.
type keyFile struct {
	t     *testing.T
	path  string
	clock *setClock
	log   *journal
	*keys.File
}

func newKeyFile(t *testing.T, doc string, opts ...keys.FileOption) *keyFile {
	t.Helper()
	k := &keyFile{t: t, path: filepath.Join(t.TempDir(), "keys"), clock: newClock(), log: new(journal)}
	k.write(doc)
	k.open(opts...)
	return k
}

func (k *keyFile) open(opts ...keys.FileOption) {
	k.t.Helper()
	var err error
	if k.File, err = keys.NewFile(k.path, append(opts, keys.WithClock(k.clock.read), k.log.option())...); err != nil {
		k.t.Fatal(err)
	}
}

func (k *keyFile) write(doc string) {
	k.t.Helper()
	if err := os.WriteFile(k.path, []byte(doc), 0o600); err != nil {
		k.t.Fatal(err)
	}
}

// has demands that these are the keys now, a second later.
func (k *keyFile) has(when string, want ...string) {
	k.t.Helper()
	k.clock.advance(time.Second)
	mustFind(k.t, k, hint("x"))
	if diff := cmp.Diff(want, ids(k.Status().Keys)); diff != "" {
		k.t.Errorf("%s: keys (-want +got)\n%s", when, diff)
	}
}

func (k *keyFile) logged(when string, want ...string) {
	k.t.Helper()
	if diff := cmp.Diff(want, k.log.take()); diff != "" {
		k.t.Errorf("%s: log (-want +got)\n%s", when, diff)
	}
}

const (
	logFileRead = "INFO keys: the file was read"
	logFileBad  = "WARN keys: the file is not used; the last good keys serve"
)

func TestFileIsReadWhenItChanges(t *testing.T) {
	a, b := string(edSigner(t, "a").JWK()), string(edSigner(t, "b").JWK())
	k := newKeyFile(t, set(a))
	k.has("at first", "a")
	k.logged("at first")
	k.write(set(b)) // of the same length
	k.has("rewritten", "b")
	k.logged("rewritten", logFileRead)
	k.write(set(b, a, `{"kid":"odd"}`))
	k.has("rewritten longer", "b", "a")
	if skipped := k.Status().Skipped; len(skipped) != 1 || skipped[0].KeyID != "odd" {
		t.Errorf("Skipped = %v", skipped)
	}
	next := k.path + ".next"
	if err := os.WriteFile(next, []byte(set(a)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(next, k.path); err != nil {
		t.Fatal(err)
	}
	k.has("renamed into place", "a")
	k.logged("since", logFileRead, logFileRead)
	for range 10 {
		k.has("unchanged", "a")
	}
	k.write(set(a))
	k.has("rewritten with the same", "a")
	k.logged("unchanged")
}

// TestFileChangesTwiceWithinATick: the clock of a file system may be coarse, so
// time and size alone do not tell that a young file is the one that was read.
func TestFileChangesTwiceWithinATick(t *testing.T) {
	a, b := set(string(edSigner(t, "a").JWK())), set(string(edSigner(t, "b").JWK()))
	k := newKeyFile(t, a)
	info, err := os.Stat(k.path)
	if err != nil {
		t.Fatal(err)
	}
	k.has("at first", "a")
	k.write(b)
	if err := os.Chtimes(k.path, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	k.has("rewritten within the tick", "b")
}

// TestFileOfKubernetes swaps the link that a mounted secret is behind.
func TestFileOfKubernetes(t *testing.T) {
	a, b := set(string(edSigner(t, "a").JWK())), set(string(edSigner(t, "b").JWK()))
	dir := t.TempDir()
	version := func(name, doc string) {
		t.Helper()
		if err := errors.Join(
			os.Mkdir(filepath.Join(dir, name), 0o700),
			os.WriteFile(filepath.Join(dir, name, "keys"), []byte(doc), 0o600),
			os.Symlink(name, filepath.Join(dir, "..data_tmp")),
			os.Rename(filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data")),
		); err != nil {
			t.Fatal(err)
		}
	}
	version("..one", a)
	k := &keyFile{t: t, path: filepath.Join(dir, "keys"), clock: newClock(), log: new(journal)}
	if err := os.Symlink(filepath.Join("..data", "keys"), k.path); err != nil {
		t.Fatal(err)
	}
	k.open()
	k.has("at first", "a")
	version("..two", b)
	if err := os.RemoveAll(filepath.Join(dir, "..one")); err != nil {
		t.Fatal(err)
	}
	k.has("swapped", "b")
	version("..three", a)
	k.has("swapped again", "a")
	if err := k.Status().Err; err != nil {
		t.Error(err)
	}
}

// TestFileThatBreaks keeps the last good keys and says so.
func TestFileThatBreaks(t *testing.T) {
	good := set(string(edSigner(t, "a").JWK()))
	for _, test := range []struct {
		name string
		do   func(path string) error
		want string
	}{
		{"half written", rewrite(good[:len(good)/2]), "not valid JSON"},
		{"emptied", rewrite(""), "not a JWK Set"},
		{"without keys", rewrite(`{"keys":[]}`), "no key in it"},
		{"only odd keys", rewrite(set(`{"kty":"XYZ"}`)), "none of its 1 key"},
		{"a raw secret", rewrite(string(secret)), "not a JWK Set"},
		{"PEM cut off", rewrite("-----BEGIN PUBLIC KEY-----\nMCow"), "cut off"},
		{"too large", rewrite(good + strings.Repeat(" ", 1<<20)), "larger than 1048576 bytes"},
		{"removed", os.Remove, "no such file"},
		{"a directory", func(path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o700)) }, "not a regular file"},
		{"a pipe", func(path string) error { return errors.Join(os.Remove(path), syscall.Mkfifo(path, 0o600)) }, "not a regular file"},
		{"a link to nowhere", func(path string) error { return errors.Join(os.Remove(path), os.Symlink("nowhere", path)) }, "no such file"},
		{"a link to itself", func(path string) error { return errors.Join(os.Remove(path), os.Symlink(path, path)) }, "too many"},
	} {
		t.Run(test.name, func(t *testing.T) {
			k := newKeyFile(t, good)
			k.has("at first", "a")
			if err := test.do(k.path); err != nil {
				t.Fatal(err)
			}
			for range 5 {
				k.has("broken", "a")
			}
			s := k.Status()
			if !errors.Is(s.Err, keys.ErrUnavailable) || !strings.Contains(s.Err.Error(), test.want) || !strings.Contains(s.Err.Error(), k.path) || !s.Stale || s.Source != k.path {
				t.Errorf("Status = %+v; want %q", s, test.want)
			}
			if err := k.Refresh(t.Context()); !errors.Is(err, keys.ErrUnavailable) {
				t.Errorf("Refresh: %v", err)
			}
			k.logged("broken", logFileBad)
			if err := os.RemoveAll(k.path); err != nil {
				t.Fatal(err)
			}
			k.write(good)
			k.has("mended", "a")
			if s := k.Status(); s.Err != nil || s.Stale {
				t.Errorf("mended: Status = %+v", s)
			}
			k.logged("mended", logFileRead)
		})
	}
}

func rewrite(doc string) func(string) error {
	return func(path string) error { return os.WriteFile(path, []byte(doc), 0o600) }
}

// TestFileWithSecret is a raw secret, and never turns into a document.
func TestFileWithSecret(t *testing.T) {
	other := bytes.Repeat([]byte("other"), 10)
	k := newKeyFile(t, string(secret)+"\r\n")
	is := func(when string, want []byte) {
		t.Helper()
		k.clock.advance(time.Second)
		same, err := keys.NewSecret("", keys.HS256, want)
		if err != nil {
			t.Fatal(err)
		}
		if ks := mustFind(t, k, keys.Hint{Algorithm: keys.HS256}); len(ks) != 1 || !ks[0].Equal(same) {
			t.Errorf("%s: Find = %v", when, ks)
		}
	}
	is("at first", secret)
	for name, doc := range map[string]string{
		"a JWK Set":          set(string(edSigner(t, "a").JWK())),
		"a JWK Set with BOM": "\ufeff" + set(string(edSigner(t, "a").JWK())),
		"broken JSON":        `  {"keys":[ and enough more to be a secret of thirty-two bytes`,
		"PEM":                "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n",
		"a short secret":     "short",
		"nothing":            "",
	} {
		k.write(doc)
		is(name, secret)
		if err := k.Status().Err; !errors.Is(err, keys.ErrUnavailable) || strings.Contains(err.Error(), "MCow") {
			t.Errorf("%s: Status tells %v", name, err)
		}
	}
	k.write(string(other) + "\n")
	is("another secret", other)
	if err := k.Status().Err; err != nil {
		t.Error(err)
	}
	if s := k.log.String(); strings.Contains(s, string(secret[:16])) || strings.Contains(s, string(other[:16])) {
		t.Errorf("the log holds a secret: %s", s)
	}
}

// TestFileIsLookedAtOnceASecond, also when the clock is set back.
func TestFileIsLookedAtOnceASecond(t *testing.T) {
	a, b := set(string(edSigner(t, "a").JWK())), set(string(edSigner(t, "b").JWK()))
	k := newKeyFile(t, a)
	k.has("at first", "a")
	find := func(when, want string) {
		t.Helper()
		mustFind(t, k, hint("x"))
		if got := ids(k.Status().Keys); got[0] != want {
			t.Errorf("%s: keys %v, want %s", when, got, want)
		}
	}
	k.write(b)
	find("within the second", "a")
	k.clock.advance(time.Second - 1)
	find("within the second", "a")
	if next := k.Status().NextRefresh; !next.Equal(k.clock.read().Add(1)) {
		t.Errorf("NextRefresh = %v", next)
	}
	k.clock.advance(1)
	find("after the second", "b")
	k.write(a)
	k.clock.advance(-time.Hour)
	find("the clock was set back", "a")
	k.write(b)
	if err := k.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := ids(k.Status().Keys); got[0] != "b" {
		t.Errorf("Refresh does not read the file: %v", got)
	}
	if fetched := k.Status().FetchedAt; !fetched.Equal(k.clock.read()) {
		t.Errorf("FetchedAt = %v", fetched)
	}
}

func TestFileUnderLoad(t *testing.T) {
	a, b := set(string(edSigner(t, "a").JWK())), set(string(edSigner(t, "b").JWK()))
	k := newKeyFile(t, a)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 500 {
				k.clock.advance(time.Millisecond)
				if ks := mustFind(t, k, keys.Hint{Algorithm: keys.EdDSA}); len(ks) != 1 {
					t.Errorf("Find = %v", ks)
				}
			}
		})
	}
	next := k.path + ".next"
	for i := range 50 {
		doc := a
		if i%2 == 0 {
			doc = b
		}
		if err := errors.Join(os.WriteFile(next, []byte(doc), 0o600), os.Rename(next, k.path)); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
	k.has("in the end", "a")
	if err := k.Status().Err; err != nil {
		t.Error(err)
	}
}

// TestFileWithSlowLogger: it is told when nothing waits for it.
func TestFileWithSlowLogger(t *testing.T) {
	a, b := set(string(edSigner(t, "a").JWK())), set(string(edSigner(t, "b").JWK()))
	synctest.Test(t, func(t *testing.T) {
		k := newKeyFile(t, a)
		release := make(chan struct{})
		k.log.hook = func() { k.Status(); <-release }
		k.write(b)
		k.clock.advance(time.Second)
		go k.Find(t.Context(), hint("b"))
		synctest.Wait()
		if ks := mustFind(t, k, hint("b")); len(ks) != 1 {
			t.Errorf("Find = %v", ks)
		}
		close(release)
	})
}

func TestNewFileRefuses(t *testing.T) {
	dir := t.TempDir()
	file := func(name, doc string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(doc), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, test := range []struct{ path, want string }{
		{filepath.Join(dir, "absent"), "no such file"},
		{dir, "not a regular file"},
		{pipe(t), "not a regular file"},
		{file("empty", ""), "0 bytes"},
		{file("short", "secret"), "6 bytes"},
		{file("broken", "{"), "not valid JSON"},
		{file("none", `{"keys":[]}`), "no key in it"},
		{file("large", strings.Repeat("x", 1<<20+1)), "larger than"},
	} {
		f, err := keys.NewFile(test.path)
		if f != nil || err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "keys: file "+test.path+": ") || strings.Count(err.Error(), "keys: ") != 1 {
			t.Errorf("NewFile(%s) = %v, %v; want %q", test.path, f, err, test.want)
		}
	}
	if f, err := keys.NewFile(file("good", string(secret)), nil); f != nil || err == nil {
		t.Errorf("NewFile with a nil option = %v, %v", f, err)
	}
	f, err := keys.NewFile(file("good", string(secret)), keys.WithSecretAlgorithm(keys.HS512))
	if err != nil {
		t.Fatal(err)
	}
	if ks := f.Status().Keys; len(ks) != 1 || ks[0].Algorithm() != keys.HS512 {
		t.Errorf("keys %v", ks)
	}
}
