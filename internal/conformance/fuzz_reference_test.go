package conformance_test

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/keys"
)

// FuzzOpen opens any reference: it makes no request, and an error quotes
// nothing of it but the name of a variable or the path of a file. A secret that
// was put there by mistake must not end up in a log.
func FuzzOpen(f *testing.F) {
	for _, ref := range []string{
		"env:NAME", "env:NAME?alg=HS512", "file:some/path", "file:some/path?alg=HS384", "https://host.example/jwks.json", "http://127.0.0.1:1/", "http://host.example/",
		"oidc:https://issuer.example", "oidc:http://[::1]/a", "oidc:file:x", "env:A,https://a.example/x%2Cy", ",", "", " ", "://", "https:", "oidc:", "env:", "env:%41",
		"https://user:password1234@host.example/?key=password1234", "0123456789abcdef0123456789abcdef", "ENV:NAME", "file://host/path", "env:A#fragment", "vault:secret/data",
		"-----BEGIN PUBLIC KEY-----", `{"keys":[]}`, "https://host.example/%zz", "env:NAME?alg=password1234", "oidc:password1234://x", "https://[::1",
	} {
		f.Add(ref)
	}
	f.Setenv("NAME", string(secret))
	f.Fuzz(func(t *testing.T, ref string) {
		for _, place := range []string{"/proc", "/dev", "/sys"} {
			if strings.Contains(ref, place) {
				t.Skip("a file whose reading may never end")
			}
		}
		asked := 0
		client := &http.Client{Transport: answers(func(*http.Request) (*http.Response, error) {
			asked++
			return nil, errors.New("no request is to be made")
		})}
		p, err := keys.Open(t.Context(), ref, keys.WithHTTPClient(client))
		if (p == nil) != (err != nil) {
			t.Fatalf("Open(%q) = %v, %v", ref, p, err)
		}
		if asked > 0 {
			t.Fatalf("Open(%q) makes %d requests", ref, asked)
		}
		if err != nil {
			checkQuotes(t, ref, err.Error())
		}
	})
}

// checkQuotes fails the test when the message has a word of ref that it may
// not quote. Short words are in any message.
func checkQuotes(t *testing.T, ref, message string) {
	t.Helper()
	rest := knownQuotes.ReplaceAllString(message, "")
	for part := range strings.SplitSeq(ref, ",") {
		for _, word := range quotable(strings.TrimSpace(part)) {
			rest = strings.ReplaceAll(rest, word, "") // with its line breaks: a known bug, see TestOpenQuotes
		}
	}
	if strings.ContainsAny(rest, "\r\n") {
		t.Fatalf("the message is of two lines: %q", message)
	}
	_, usage := keys.Open(t.Context(), "x")
	for word := range strings.FieldsFuncSeq(ref, func(r rune) bool { return !strings.ContainsRune(wordBytes, r) }) {
		if len(word) >= 8 && strings.Contains(rest, word) && !strings.Contains(usage.Error(), word) && !strings.Contains(fixedWords, word) {
			t.Fatalf("the message quotes %q of %q: %s", word, ref, message)
		}
	}
}

// knownQuotes is what a message quotes and need not: see TestOpenQuotes.
var knownQuotes = regexp.MustCompile(`(WithSecretAlgorithm: |has the scheme )"(\\.|[^"\\])*"`)

const (
	wordBytes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/=_-"
	// fixedWords are the longer words of the messages themselves.
	fixedWords = "environment variable reference parameter absolute loopback fragment WithInsecureHTTP WithSecretAlgorithm keys-on-the-path directory " +
		"permission query issuer metadata anybody document certificate base64url regular argument algorithm"
)

// quotable are the words of one reference that a message may quote: the name
// of a variable or the path of a file.
func quotable(part string) []string {
	u, err := url.Parse(strings.NewReplacer("%2C", ",", "%2c", ",").Replace(part))
	if err != nil || u.Scheme != "env" && u.Scheme != "file" {
		return nil
	}
	name, _ := url.PathUnescape(u.Opaque)
	return []string{name, u.Path}
}

// TestOpenQuotes: what a message quotes of a reference although it must not.
func TestOpenQuotes(t *testing.T) {
	for _, test := range []struct{ what, ref, quoted string }{
		{"an algorithm that is none", "env:NAME?alg=password1234", "password1234"},
		{"the scheme of an issuer", "oidc:password1234://x", "password1234"},
		{"a line break in the name of a variable", "env:NAME%0d%0aadmin", "\r\n"}, // found by FuzzOpen
		{"a line break in the path of a file", "file:no/such%0afile", "\n"},
	} {
		_, err := keys.Open(t.Context(), test.ref)
		if err == nil {
			t.Fatalf("%s is a reference", test.ref)
		}
		knownBug(t, "the message of Open quotes "+test.what, strings.Contains(err.Error(), test.quoted))
	}
}
