package httpauth_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/httpauth"
)

// TestEveryByteOfAToken: a byte is part of a token only if RFC 6750 §2.1 lists it,
// wherever in the token it is and whatever its neighbours are.
func TestEveryByteOfAToken(t *testing.T) {
	const listed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/"
	extract := httpauth.Header("X-Token")
	for _, filler := range []string{"a", "Z", "9", "-", "_", "~"} {
		for length := 1; length <= 26; length++ {
			for at := range length {
				for b := range 256 {
					token := strings.Repeat(filler, at) + string([]byte{byte(b)}) + strings.Repeat(filler, length-at-1)
					if b == '=' && strings.Trim(token[at:], "=") == "" {
						continue // at the end it is padding
					}
					_, err := extract(&http.Request{Header: http.Header{"X-Token": {token}}})
					blank := length == 1 && (b == ' ' || b == '\t')
					switch good := strings.IndexByte(listed, byte(b)) >= 0; {
					case good && err != nil, !good && err == nil, !good && !blank && !errors.Is(err, httpauth.ErrRequest):
						t.Fatalf("%q: %v", token, err)
					}
				}
			}
		}
	}
}
