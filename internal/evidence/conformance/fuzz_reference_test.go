package conformance_test

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
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
	if strings.ContainsAny(message, "\r\n") {
		t.Fatalf("the message is of two lines: %q", message)
	}
	rest := message
	var may []string
	for part := range strings.SplitSeq(ref, ",") {
		may = append(may, quotable(strings.TrimSpace(part))...)
	}
	// The longest first: one may be a part of another.
	slices.SortFunc(may, func(a, b string) int { return len(b) - len(a) })
	for _, word := range may {
		quoted := strings.Trim(strconv.QuoteToASCII(word), `"`)
		rest = strings.ReplaceAll(strings.ReplaceAll(rest, quoted, ""), word, "")
	}
	_, usage := keys.Open(t.Context(), "x")
	for word := range strings.FieldsFuncSeq(ref, func(r rune) bool { return !strings.ContainsRune(wordBytes, r) }) {
		if len(word) >= 8 && strings.Contains(rest, word) && !strings.Contains(usage.Error(), word) && !strings.Contains(fixedWords, word) {
			t.Fatalf("the message quotes %q of %q: %s", word, ref, message)
		}
	}
}

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

// TestOpenQuotesNothing: what messages once quoted of a reference.
func TestOpenQuotesNothing(t *testing.T) {
	for _, test := range []struct{ ref, quoted string }{
		{"env:NAME?alg=password1234", "password1234"},
		{"file:no/such?alg=password1234", "password1234"},
		{"oidc:password1234://x", "password1234"},
		{"env:NAME%0d%0aadmin", "\n"}, // found by FuzzOpen
		{"file:no/such%0afile", "\n"},
	} {
		p, err := keys.Open(t.Context(), test.ref)
		if p != nil || err == nil || strings.Contains(err.Error(), test.quoted) {
			t.Errorf("Open(%q) = %v, %v", test.ref, p, err)
		}
	}
}
