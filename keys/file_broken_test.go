package keys_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/keys"
)

// TestFileThatBreaks: the last good keys are kept, and the log says so.
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
		{"only odd keys", rewrite(set(`{"kty":"XYZ"}`)), "the only key is unusable"},
		{"a raw secret", rewrite(string(secret)), "not a JWK Set"},
		{"PEM cut off", rewrite("-----BEGIN PUBLIC KEY-----\nMCow"), "cut off"},
		{"too large", rewrite(good + strings.Repeat(" ", 1<<20)), "larger than 1048576 bytes"},
		{"removed", os.Remove, "no such file"},
		{"a directory", func(path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o700)) }, "not a regular file"},
		{"a pipe", func(path string) error { return errors.Join(os.Remove(path), mkfifo(path)) }, "not a regular file"},
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
			k.has("fixed", "a")
			if s := k.Status(); s.Err != nil || s.Stale {
				t.Errorf("fixed: Status = %+v", s)
			}
			k.logged("fixed", logFileRead)
		})
	}
}

func rewrite(doc string) func(string) error {
	return func(path string) error { return os.WriteFile(path, []byte(doc), 0o600) }
}

// TestFileWithSecret: a raw secret is never read as a document.
func TestFileWithSecret(t *testing.T) {
	other := bytes.Repeat([]byte("other"), 10)
	k := newKeyFile(t, string(secret)+"\r\n", keys.WithSecretAlgorithm(keys.HS256))
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
			t.Errorf("%s: Status reports %v", name, err)
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
		f, err := keys.NewFile(test.path, keys.WithSecretAlgorithm(keys.HS256))
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
