package keys_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/keys"
)

const logFileGone = "ERROR keys: the file is not used, and its last good keys are too old"

// TestS07R18FileIsBounded: the keys of a file are used for WithMaxStale at most after
// the file is removed or breaks.
func TestS07R18FileIsBounded(t *testing.T) {
	good := set(string(edSigner(t, "a").JWK()))
	breaks := map[string]func(path string) error{
		"emptied":        rewrite(""),
		"removed":        os.Remove,
		"broken":         rewrite(good[:len(good)/2]),
		"all odd":        rewrite(set(`{"kid":"a","kty":"XYZ"}`)),
		"a directory":    func(path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o700)) },
		"a pipe":         func(path string) error { return errors.Join(os.Remove(path), mkfifo(path)) },
		"folder removed": func(path string) error { return os.RemoveAll(filepath.Dir(path)) },
		"not to be read": func(path string) error { return os.Chmod(path, 0) },
	}
	for name, broken := range breaks {
		for _, test := range []struct {
			name  string
			opts  []keys.Option
			limit time.Duration
		}{
			{"by default", nil, time.Hour},
			{"a minute", []keys.Option{keys.WithMaxStale(time.Minute)}, time.Minute},
			{"immediately", []keys.Option{keys.WithMaxStale(0)}, 0},
		} {
			t.Run(name+" "+test.name, func(t *testing.T) {
				if name == "not to be read" && os.Geteuid() == 0 {
					t.Skip("root reads everything")
				}
				k := newKeyFile(t, good, test.opts...)
				k.clock.advance(10 * time.Hour) // idle
				k.has("at first", "a")          // the last good reading
				if err := broken(k.path); err != nil {
					t.Fatal(err)
				}
				if test.limit > 0 {
					k.clock.advance(test.limit / 2)
					k.finds("half way")
					k.clock.advance(test.limit - test.limit/2 - 1)
					k.finds("before the limit")
					k.clock.advance(1)
				} else {
					k.clock.advance(time.Second)
				}
				k.fails("at the limit")
				k.clock.advance(-24 * time.Hour) // setting the clock back revives nothing
				k.fails("set back")
				k.clock.advance(72 * time.Hour)
				k.fails("long after")
				want := []string{logFileBad, logFileGone}
				if test.limit == 0 {
					want = want[1:]
				}
				k.logged("since", want...)
				if err := errors.Join(os.RemoveAll(k.path), os.MkdirAll(filepath.Dir(k.path), 0o700)); err != nil {
					t.Fatal(err)
				}
				k.write(good)
				k.has("back", "a")
				k.finds("back")
				k.logged("back", logFileRead)
			})
		}
	}
}

func (k *keyFile) finds(when string) {
	k.t.Helper()
	if ks := mustFind(k.t, k, hint("a")); len(ks) != 1 {
		k.t.Errorf("%s: Find = %v", when, ks)
	}
}

// fails fails the test unless both Find and Status are unavailable.
func (k *keyFile) fails(when string) {
	k.t.Helper()
	for _, p := range []keys.Provider{k.File, keys.Merge(k.File, keys.Static(edKey(k.t, "b"))), keys.ForIssuer("https://one", k.File)} {
		ks, err := p.Find(k.t.Context(), hint("a"))
		if len(ks) > 0 || !errors.Is(err, keys.ErrUnavailable) || !strings.Contains(err.Error(), "too old") {
			k.t.Errorf("%s: Find = %v, %v", when, ks, err)
		}
	}
	if s := k.Status(); len(s.Keys) > 0 || !s.Stale || !errors.Is(s.Err, keys.ErrUnavailable) {
		k.t.Errorf("%s: Status = %v", when, s)
	}
}

// TestS07R18SecretFileIsBounded: a file with a raw secret is bounded in the same way.
func TestS07R18SecretFileIsBounded(t *testing.T) {
	k := newKeyFile(t, string(secret), keys.WithSecretAlgorithm(keys.HS256))
	k.write("short")
	k.clock.advance(time.Hour)
	if ks, err := k.Find(t.Context(), keys.Hint{Algorithm: keys.HS256}); len(ks) > 0 || !errors.Is(err, keys.ErrUnavailable) {
		t.Errorf("Find = %v, %v", ks, err)
	}
}

// TestS07R18FileThatIsLeftAlone: an unchanged file stays good however long no lookup
// comes, also for a lookup during another one's check of the file.
func TestS07R18FileThatIsLeftAlone(t *testing.T) {
	k := newKeyFile(t, set(string(edSigner(t, "a").JWK())))
	for range 20 {
		k.clock.advance(100 * time.Hour)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if ks, err := k.Find(t.Context(), hint("a")); err != nil || len(ks) != 1 {
					t.Errorf("Find = %v, %v", ks, err)
				}
			})
		}
		wg.Wait()
	}
	if diff := cmp.Diff([]string(nil), k.log.take()); diff != "" {
		t.Errorf("log (-want +got)\n%s", diff)
	}
	if s := k.Status(); !s.FetchedAt.Equal(k.clock.read()) || s.Stale {
		t.Errorf("Status = %v", s)
	}
}

// TestFileThatIsGone: all lookups fail, also those that come during another one's
// check of the file.
func TestFileThatIsGone(t *testing.T) {
	for range 50 {
		k := newKeyFile(t, set(edJWK+`,"kid":"a"}`))
		if err := os.Remove(k.path); err != nil {
			t.Fatal(err)
		}
		k.clock.advance(100 * time.Hour)
		start := make(chan struct{})
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				<-start
				if ks, err := k.Find(t.Context(), hint("a")); len(ks) > 0 || !errors.Is(err, keys.ErrUnavailable) {
					t.Errorf("Find = %v, %v", ks, err)
				}
			})
		}
		close(start)
		wg.Wait()
	}
}

// TestS25PipeInPlaceOfFile: opening a pipe that replaced the file after it was checked
// does not wait for a writer.
func TestS25PipeInPlaceOfFile(t *testing.T) {
	if err := keys.OpenRegular(pipe(t)); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("opened: %v", err)
	}
}
