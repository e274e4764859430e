package dpop

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"time"
)

// nonces are the same for all clients, and new every period. None is stored: a
// nonce is a MAC over the number of its period (RFC 9449 §8 leaves that to the
// server), so that all servers with the secret know it.
type nonces struct {
	period  time.Duration
	secrets [][]byte // the first one makes them, all are accepted
}

// How a nonce stands to the time.
type nonceAge int

const (
	stale   nonceAge = iota // none, foreign, or too old
	old                     // of the period before: good, but there is a newer one
	current                 // good
)

const nonceSize = 16 // bytes: nobody guesses it within a period

// number counts periods.
func (n *nonces) number(at time.Time) int64 { return at.Unix() / int64(n.period/time.Second) }

func nonceOf(secret []byte, number int64) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("jwtverify DPoP-Nonce\x00"))
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(number))
	mac.Write(b[:])
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:nonceSize])
}

// age accepts the period before, and the one after: the clock of the server
// that gave the nonce may be ahead.
func (n *nonces) age(nonce string, at time.Time) nonceAge {
	found, now := stale, n.number(at)
	for i, secret := range n.secrets {
		for _, number := range []int64{now - 1, now, now + 1} {
			if !hmac.Equal([]byte(nonce), []byte(nonceOf(secret, number))) {
				continue
			}
			if found = current; number < now || i > 0 {
				found = old
			}
		}
	}
	return found
}

// offer puts the nonce of now into an answer, which must not be cached (§8.2).
func (n *nonces) offer(answer http.Header, at time.Time) {
	answer.Set("DPoP-Nonce", nonceOf(n.secrets[0], n.number(at)))
	answer.Set("Cache-Control", "no-store")
}
