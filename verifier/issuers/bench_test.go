package issuers_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/issuers"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// references returns n references of different issuers; the first is of first.example.
func references(n int) string {
	var b strings.Builder
	b.WriteString("oidc:https://first.example?aud=api\n")
	for i := range n - 1 {
		fmt.Fprintf(&b, "oidc:https://tenant-%d.example/realms/%d?aud=api\n", i, i)
	}
	return b.String()
}

// BenchmarkOpen opens a file of 1,000 references, and one that is already open with
// one line changed.
func BenchmarkOpen(b *testing.B) {
	path := filepath.Join(b.TempDir(), "issuers")
	content := references(1000)
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("file of 1000", func(b *testing.B) {
		write(content)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := issuers.OpenFile(path); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("one line of 1000 changed", func(b *testing.B) {
		write(content)
		now := newClock()
		iss, err := issuers.OpenFile(path, issuers.WithClock(now.now))
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			write(content + fmt.Sprintf("apple:?client=app-%d\n", i))
			now.advance(time.Second)
			if _, err := iss.Verify(b.Context(), "rubbish"); err == nil {
				b.Fatal("accepted")
			}
		}
	})
}

// BenchmarkVerify compares an Issuer of one reference and of a hundred, also of a
// file, with a verifier made by hand.
func BenchmarkVerify(b *testing.B) {
	w := verifiertest.NewWorld(b)
	signer := w.Issuer("https://first.example", verifiertest.WithAudience("api"))
	raw := signer.Token("user", time.Hour)
	src, err := keys.NewOIDC("https://first.example", keys.WithHTTPClient(w.Client()))
	if err != nil {
		b.Fatal(err)
	}
	keyed, err := verifier.New(src, verifier.WithIssuer("https://first.example"), verifier.WithAudience("api"))
	if err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(b.TempDir(), "issuers")
	if err := os.WriteFile(path, []byte(references(100)), 0o600); err != nil {
		b.Fatal(err)
	}
	opened := func(ref string) verifier.Verifier {
		iss, err := issuers.Open(b.Context(), ref, issuers.WithKeys(keys.WithHTTPClient(w.Client())))
		if err != nil {
			b.Fatal(err)
		}
		return iss
	}
	list := func(n int) string { return strings.ReplaceAll(strings.TrimSpace(references(n)), "\n", ",") }
	for _, bench := range []struct {
		name string
		v    verifier.Verifier
	}{{"Keyed", keyed}, {"1 reference", opened(list(1))}, {"100 references", opened(list(100))}, {"file of 100", opened("file:" + path)}} {
		b.Run(bench.name, func(b *testing.B) {
			if _, err := bench.v.Verify(b.Context(), raw); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := bench.v.Verify(b.Context(), raw); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
