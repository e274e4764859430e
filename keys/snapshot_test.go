package keys_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/keys"
)

const (
	logStarting    = "INFO keys: starting from the snapshot"
	logNotUsed     = "WARN keys: the snapshot is not used"
	logTooOld      = "WARN keys: the snapshot is too old"
	logNotWritten  = "WARN keys: the snapshot is not written"
	logChanged     = "INFO keys: the set has changed"
	logUnavailable = "ERROR keys: fetch failed, and there are no keys that may be used"
)

// snapshotOf fetches from url and returns the file that holds the response.
func snapshotOf(t *testing.T, url string, opts ...keys.Option) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "keys.json")
	if err := newRemote(t, url, append(opts, keys.WithSnapshotFile(file))...).Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestSnapshotFile(t *testing.T) {
	clock := newClock()
	s := newSite(t, jwks(edSigner(t, "a")))
	file := snapshotOf(t, s.URL+"/keys?code=secret", keys.WithClock(clock.read))
	info, err := os.Stat(file)
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v, %v; want mode 0600", info.Mode(), err)
	}
	entries, err := os.ReadDir(filepath.Dir(file))
	if err != nil || len(entries) != 1 {
		t.Errorf("beside the file: %v, %v", entries, err)
	}
	doc, err := os.ReadFile(file)
	if err != nil || strings.Contains(string(doc), "secret") {
		t.Errorf("the file holds the query of the URL: %s, %v", doc, err)
	}
	j := new(journal)
	clock.advance(time.Minute)
	s.answers(status(500, ""))
	r := newRemote(t, s.URL+"/keys?code=secret", keys.WithClock(clock.read), keys.WithSnapshotFile(file), j.option())
	st := r.Status()
	if diff := cmp.Diff([]string{"a"}, ids(st.Keys)); diff != "" || !st.Stale || !st.FetchedAt.Equal(clock.read().Add(-time.Minute)) {
		t.Errorf("Status = %+v", st)
	}
	if diff := cmp.Diff([]string{logStarting}, j.take()); diff != "" {
		t.Errorf("log (-want +got)\n%s", diff)
	}
}

// TestSnapshotKeepsUp: a 304 makes it younger, and it contains every change.
func TestSnapshotKeepsUp(t *testing.T) {
	clock := newClock()
	a, b := edSigner(t, "a"), edSigner(t, "b")
	file := filepath.Join(t.TempDir(), "keys.json")
	opts := []keys.Option{keys.WithClock(clock.read), keys.WithSnapshotFile(file)}
	s := newSite(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") != "" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		text(set(jwksOf(a)...), `ETag: "1"`, "Cache-Control: max-age=7200")(w, r)
	})
	r := newRemote(t, s.URL, opts...)
	for range 3 {
		if err := r.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := newRemote(t, s.URL, opts...).Status(); !got.FetchedAt.Equal(clock.read()) || len(got.Keys) != 1 {
			t.Errorf("started from %+v", got)
		}
		clock.advance(time.Hour)
	}
	s.answers(jwks(b))
	if err := r.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"b"}, ids(newRemote(t, s.URL, opts...).Status().Keys)); diff != "" {
		t.Errorf("started from (-want +got)\n%s", diff)
	}
}

// TestSnapshotOfOddSets: regardless of the text of the set.
func TestSnapshotOfOddSets(t *testing.T) {
	good := string(edSigner(t, "a").JWK())
	for name, doc := range map[string]string{
		"byte order mark":   "\ufeff" + set(good),
		"white space":       " \r\n\t" + set(good) + "\n\n",
		"duplicate members": `{"x":1,"x":2,"keys":[` + good + `]}`,
		"invalid UTF-8":     "{\"x\":\"\xff\",\"keys\":[" + good + `]}`,
		"an odd key":        set(good, `{"kid":"odd","kid":7}`),
	} {
		url := serve(t, []byte(doc))
		j := new(journal)
		file := snapshotOf(t, url, j.option())
		if ks := newRemote(t, url, keys.WithSnapshotFile(file)).Status().Keys; len(ks) != 1 {
			t.Errorf("%s: %v\n%s", name, ks, j)
		}
	}
}

// TestR19SnapshotIsChecked: like a fetched set, and it must be of the same source.
func TestR19SnapshotIsChecked(t *testing.T) {
	clock := newClock()
	a := edSigner(t, "a")
	s := newOIDCSite(t)
	s.serve(map[string]http.HandlerFunc{
		"": jwks(a), "/": jwks(a), "/keys": jwks(a), "/other": jwks(a),
		wellKnownOIDC: s.metadata(s.URL, "/keys"),
	})
	url := s.URL + "/keys?p=one"
	edit := func(from, to string) func(string) string {
		return func(doc string) string {
			if !strings.Contains(doc, from) {
				t.Errorf("%q is not in %s", from, doc)
			}
			return strings.Replace(doc, from, to, 1)
		}
	}
	same := func(doc string) string { return doc }
	for _, test := range []struct {
		name string
		of   string // the source of the snapshot
		edit func(string) string
		age  time.Duration
		want string // the log; "" for no line
	}{
		{"its own", url, same, 0, logStarting},
		{"just young enough", url, same, 70*time.Minute - 1, logStarting},
		{"too old", url, same, 70 * time.Minute, logTooOld},
		{"from a clock that is a little ahead", url, same, -time.Minute, logStarting},
		{"from the future", url, same, -time.Minute - 1, logNotUsed},
		{"of another path", s.URL + "/other", same, 0, logNotUsed},
		{"of another query", s.URL + "/keys?p=two", same, 0, logNotUsed},
		{"without the query", s.URL + "/keys", same, 0, logNotUsed},
		{"of another user", strings.Replace(url, "://", "://user@", 1), same, 0, logNotUsed},
		{"damaged", url, func(doc string) string { return doc[:len(doc)/2] }, 0, logNotUsed},
		{"empty", url, func(string) string { return "" }, 0, logNotUsed},
		{"null", url, func(string) string { return "null" }, 0, logNotUsed},
		{"a bare set", url, func(string) string { return set(jwksOf(a)...) }, 0, logNotUsed},
		{"no keys", url, edit(`"keys":[{`, `"keys":[],"were":[{`), 0, logNotUsed},
		{"a private key put in", url, edit(`"crv"`, `"d":"AA","crv"`), 0, logNotUsed},
		{"too large", url, func(doc string) string { return doc + strings.Repeat(" ", 3<<20) }, 0, logNotUsed},
		{"max-age of a century", url, edit(`"jwks"`, `"max_age":3153600000,"jwks"`), 26 * time.Hour, logTooOld},
		{"max-age negative", url, edit(`"jwks"`, `"max_age":-1,"jwks"`), 2 * time.Hour, logTooOld},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := snapshotOf(t, test.of, keys.WithClock(clock.read))
			doc, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(test.edit(string(doc))), 0o600); err != nil {
				t.Fatal(err)
			}
			now := clock.read().Add(test.age)
			j := new(journal)
			r := newRemote(t, url, keys.WithSnapshotFile(file), keys.WithClock(func() time.Time { return now }), j.option())
			if diff := cmp.Diff([]string{test.want}, j.take()); diff != "" {
				t.Errorf("log (-want +got)\n%s%s", diff, j)
			}
			if got, want := len(r.Status().Keys), 1; (got == want) != (test.want == logStarting) {
				t.Errorf("started with %d keys", got)
			}
		})
	}
	t.Run("of JWKS URL that is an issuer", func(t *testing.T) {
		file := snapshotOf(t, s.URL)
		j := new(journal)
		if ks := newOIDC(t, s.URL, keys.WithSnapshotFile(file), j.option()).Status().Keys; len(ks) > 0 {
			t.Errorf("started with %v", ks)
		}
	})
}

// TestSnapshotThatCannotBeWritten: it is logged once, and again after a success.
func TestSnapshotThatCannotBeWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "later")
	j := new(journal)
	r := newRemote(t, serve(t, []byte(set(string(edSigner(t, "a").JWK())))), keys.WithSnapshotFile(filepath.Join(dir, "keys.json")), j.option())
	refresh := func(want ...string) {
		t.Helper()
		for range 3 {
			if err := r.Refresh(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(want, j.take()); diff != "" {
			t.Errorf("log (-want +got)\n%s", diff)
		}
	}
	refresh(logChanged, logNotWritten)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	refresh()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	refresh(logNotWritten)
	if err := os.MkdirAll(filepath.Join(dir, "keys.json", "x"), 0o700); err != nil { // a directory takes its place
		t.Fatal(err)
	}
	refresh()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestR12SnapshotAndSeed(t *testing.T) {
	a, b := edSigner(t, "a"), edSigner(t, "b")
	s := newSite(t, jwks(a))
	file := snapshotOf(t, s.URL)
	s.answers(status(500, ""))
	seed := keys.WithSeed([]byte(set(string(b.JWK()), `{"kid":"odd"}`)))
	absent := filepath.Join(t.TempDir(), "absent.json")
	for _, test := range []struct {
		name, want string
		opts       []keys.Option
	}{
		{"snapshot before seed", "a", []keys.Option{keys.WithSnapshotFile(file), seed}},
		{"seed without a snapshot", "b", []keys.Option{keys.WithSnapshotFile(absent), seed}},
		{"seed instead of a snapshot of another source", "b", []keys.Option{keys.WithSnapshotFile(snapshotOf(t, serve(t, []byte(set(jwksOf(a)...))))), seed}},
	} {
		r := newRemote(t, s.URL, test.opts...)
		if got := ids(r.Status().Keys); len(got) != 1 || got[0] != test.want {
			t.Errorf("%s: started with %v, want %s", test.name, got, test.want)
		}
		if ks := mustFind(t, r, hint(test.want)); len(ks) != 1 {
			t.Errorf("%s: Find = %v", test.name, ks)
		}
		if skipped := r.Status().Skipped; (len(skipped) == 1) != (test.want == "b") {
			t.Errorf("%s: Skipped = %v", test.name, skipped)
		}
	}
	for _, doc := range []string{"{}", "x", `{"keys":[]}`, set(`{"kty":"oct","k":"c2VjcmV0","alg":"HS256"}`), string(a.JWK())} {
		if r, err := keys.NewRemote(s.URL, keys.WithSeed([]byte(doc))); r != nil || err == nil || !strings.HasPrefix(err.Error(), "keys: WithSeed: ") {
			t.Errorf("WithSeed(%s): %v, %v", doc, r, err)
		}
	}
}

// TestSnapshotOfManyRemotes: several that share a file leave it whole.
func TestSnapshotOfManyRemotes(t *testing.T) {
	s := newSite(t, jwks(edSigner(t, "a")))
	file := filepath.Join(t.TempDir(), "keys.json")
	var wg sync.WaitGroup
	for range 8 {
		r := newRemote(t, s.URL, keys.WithSnapshotFile(file))
		wg.Go(func() {
			for range 10 {
				if err := r.Refresh(t.Context()); err != nil {
					t.Error(err)
				}
				doc, err := os.ReadFile(file)
				if err != nil || !json.Valid(doc) {
					t.Errorf("the file: %q, %v", doc, err)
				}
			}
		})
	}
	wg.Wait()
	if entries, err := os.ReadDir(filepath.Dir(file)); err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

// TestSnapshotIsAPipe: opening it would block forever.
func TestSnapshotIsAPipe(t *testing.T) {
	file := pipe(t)
	j := new(journal)
	s := newSite(t, status(500, ""))
	r := newRemote(t, s.URL, keys.WithSnapshotFile(file), j.option())
	if err := r.Refresh(t.Context()); !errors.Is(err, keys.ErrUnavailable) {
		t.Errorf("Refresh: %v", err)
	}
	if diff := cmp.Diff([]string{logNotUsed, logUnavailable}, j.take()); diff != "" {
		t.Errorf("log (-want +got)\n%s", diff)
	}
}
