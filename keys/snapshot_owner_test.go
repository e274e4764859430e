//go:build unix

package keys_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/keys"
)

// TestS08R19SnapshotOfAnotherUser: a file that another user may have written is not
// used, and the log says why.
func TestS08R19SnapshotOfAnotherUser(t *testing.T) {
	clock := newClock()
	s := newSite(t, jwks(edSigner(t, "a")))
	ahead := newClock()
	ahead.set(time.Date(9026, 1, 1, 0, 0, 0, 0, time.UTC))
	for _, test := range []struct {
		name string
		do   func(file string) error
		want string // in the log; "": it is used
	}{
		{"its own", func(string) error { return nil }, ""},
		{"read by everybody", func(file string) error { return os.Chmod(file, 0o644) }, ""},
		{"in a folder of everybody with the sticky bit", func(file string) error { return os.Chmod(filepath.Dir(file), 0o777|os.ModeSticky) }, ""},
		{"behind a link to the folder", func(file string) error {
			dir := filepath.Dir(file)
			return errors.Join(os.Rename(dir, dir+".real"), os.Symlink(dir+".real", dir))
		}, ""},
		{"written by everybody", func(file string) error { return os.Chmod(file, 0o666) }, "its mode is 0666"},
		{"written by the group", func(file string) error { return os.Chmod(file, 0o660) }, "its mode is 0660"},
		{"in a folder of everybody", func(file string) error { return os.Chmod(filepath.Dir(file), 0o777) }, "everybody may replace it"},
		{"of another user", func(file string) error { return os.Chown(file, 12345, -1) }, "belongs to another user"},
		{"a link", func(file string) error {
			return errors.Join(os.Rename(file, file+".real"), os.Symlink(file+".real", file))
		}, "it is a link"},
		{"a link to nowhere", func(file string) error { return errors.Join(os.Remove(file), os.Symlink("nowhere", file)) }, "it is a link"},
		{"a second name", func(file string) error { return os.Link(file, file+".second") }, ""},
		{"a pipe", func(file string) error { return errors.Join(os.Remove(file), mkfifo(file)) }, "not a regular file"},
		{"of the year 9026", func(file string) error {
			return newRemote(t, s.URL, keys.WithClock(ahead.read), keys.WithSnapshotFile(file)).Refresh(t.Context())
		}, "from the future"},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := snapshotOf(t, s.URL, keys.WithClock(clock.read))
			if err := test.do(file); errors.Is(err, os.ErrPermission) {
				t.Skip(err)
			} else if err != nil {
				t.Fatal(err)
			}
			j := new(journal)
			r := newRemote(t, s.URL, keys.WithClock(clock.read), keys.WithSnapshotFile(file), j.option())
			line, n := logStarting, 1
			if test.want != "" {
				line, n = logNotUsed, 0
			}
			if diff := cmp.Diff([]string{line}, j.take()); diff != "" || !strings.Contains(j.String(), test.want) {
				t.Errorf("log (-want +got)\n%s%s", diff, j)
			}
			if st := r.Status(); len(st.Keys) != n || test.want != "" && !st.FetchedAt.IsZero() {
				t.Errorf("Status = %v", st)
			}
			if err := r.Refresh(t.Context()); err != nil { // writes a good one
				t.Fatal(err)
			}
			if test.want == "" || test.name == "in a folder of everybody" {
				return
			}
			if ks := newRemote(t, s.URL, keys.WithClock(clock.read), keys.WithSnapshotFile(file)).Status().Keys; len(ks) != 1 {
				t.Errorf("written anew, it is not used")
			}
		})
	}
}

// TestS08R19SnapshotKey: a MAC binds a file that others may write.
func TestS08R19SnapshotKey(t *testing.T) {
	clock := newClock()
	s := newSite(t, jwks(edSigner(t, "a")))
	key, other := []byte("a secret of thirty-two bytes, 01"), []byte("a secret of thirty-two bytes, 02")
	edit := func(from, to string) func(string) string {
		return func(doc string) string { return strings.Replace(doc, from, to, 1) }
	}
	same := edit("", "")
	for _, test := range []struct {
		name            string
		written, reader []byte // nil: without a key
		edit            func(string) string
		want            string // in the log; "": it is used
	}{
		{"the same key", key, key, same, ""},
		{"another key", key, other, same, "another key"},
		{"written without a key", nil, key, same, "without WithSnapshotKey"},
		{"read without a key", key, nil, same, "mode is 0666"},
		{"changed", key, key, edit(`"kid":"a"`, `"kid":"b"`), "another key"},
		{"another time", key, key, edit(`"fetched_at":"2026`, `"fetched_at":"2027`), "another key"},
		{"the MAC cut off", key, key, edit(`{"mac":"`, `{"mac":"","was":"`), "damaged"},
		{"the MAC cut short", key, key, edit(`{"mac":"`, `{"mac":"00","was":"`), "another key"},
		{"no MAC", key, key, edit(`"mac"`, `"was"`), "damaged"},
	} {
		t.Run(test.name, func(t *testing.T) {
			bind := func(key []byte) keys.Option {
				if key == nil {
					return keys.WithTimeout(time.Second)
				}
				return keys.WithSnapshotKey(key)
			}
			file := snapshotOf(t, s.URL, keys.WithClock(clock.read), bind(test.written))
			doc, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(os.WriteFile(file, []byte(test.edit(string(doc))), 0o600), os.Chmod(file, 0o666)); err != nil {
				t.Fatal(err)
			}
			j := new(journal)
			r := newRemote(t, s.URL, keys.WithClock(clock.read), keys.WithSnapshotFile(file), j.option(), bind(test.reader))
			if n := len(r.Status().Keys); (n == 1) != (test.want == "") || !strings.Contains(j.String(), test.want) {
				t.Errorf("started with %d keys\n%s", n, j)
			}
			if strings.Contains(j.String(), "thirty-two") {
				t.Errorf("the log holds the secret: %s", j)
			}
		})
	}
	if err := remoteError(s.URL, keys.WithSnapshotKey(key[:31])); err == nil || !strings.Contains(err.Error(), "31 bytes") {
		t.Errorf("a short secret: %v", err)
	}
}
