package keys_test

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/keys"
)

// pipe makes a named pipe without a writer.
func pipe(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pipe")
	if err := mkfifo(path); err != nil {
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

func newKeyFile(t *testing.T, doc string, opts ...keys.Option) *keyFile {
	t.Helper()
	k := &keyFile{t: t, path: filepath.Join(t.TempDir(), "keys"), clock: newClock(), log: new(journal)}
	k.write(doc)
	k.open(opts...)
	return k
}

func (k *keyFile) open(opts ...keys.Option) {
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

// has fails the test unless these are the keys a second later.
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
	logFileBad  = "WARN keys: the file is not used; using the last good keys"
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

// TestFileChangesTwiceWithinATick: the clock of a file system may be coarse, so the
// time and size of a young file do not show whether it is the one that was read.
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

// TestFileOfKubernetes swaps the symbolic link of a mounted secret.
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

// TestFileIsLookedAtOnceASecond: also when the clock is set back.
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

// TestFileWithSlowLogger: it is called when no lookup waits for it.
func TestFileWithSlowLogger(t *testing.T) {
	a, b := set(string(edSigner(t, "a").JWK())), set(string(edSigner(t, "b").JWK()))
	bubble(t, func(t *testing.T) {
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
