package base64url_test

import (
	"testing"

	"github.com/jwtverify/jwtverify/internal/base64url"
)

// BenchmarkDecode decodes a payload of the usual size.
func BenchmarkDecode(b *testing.B) {
	src := make([]byte, 360)
	for i := range src {
		src[i] = "eyJqdGkiOiI3ZDFjNmMyZS05YTBiLTRmMGUtOGE1NS0wYzZmMWQ4ZjJmMTEiLCJpc3MiOiJodHRwczovL2xvZ2luLmV4YW1wbGUuY29tL3JlYWxtcy9wcm9kdWN0aW9u"[i%128]
	}
	dst := make([]byte, base64url.DecodedLen(len(src))+2)
	for b.Loop() {
		if _, ok := base64url.Decode(dst, src); !ok {
			b.Fatal("refused")
		}
	}
}
