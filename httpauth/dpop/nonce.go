package dpop

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"time"
)

// nonces are the same for all clients, and change every period (RFC 9449 §8
// leaves that to the server). None is stored: a nonce is a MAC over the number
// of its period, so every server with the secret can check it.
type nonces struct {
	period  time.Duration // whole seconds
	secrets [][]byte      // the first makes nonces, all are accepted
}

// A nonceAge is how the nonce of a proof relates to the current one.
type nonceAge int

const (
	stale   nonceAge = iota // missing, foreign, or too old
	old                     // accepted, but the client should switch to a newer one
	current                 // accepted
)

// nonceSize is in bytes. Nobody can guess 128 bits within a period.
const nonceSize = 16

// number returns the number of the period that contains at.
func (n *nonces) number(at time.Time) int64 { return at.Unix() / int64(n.period/time.Second) }

// nonceOf returns the nonce of one period. The label keeps apart what else a
// program may compute with the same secret.
func nonceOf(secret []byte, number int64) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("jwtverify DPoP-Nonce\x00"))
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(number))
	mac.Write(b[:])
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:nonceSize])
}

// age accepts the current period, the one before, since a client may have asked
// just before the change, and the one after, since another server's clock may be
// ahead. It compares with all of them in constant time.
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

// offer puts the current nonce into an answer, which must not be cached (RFC
// 9449 §8.2).
func (n *nonces) offer(answer http.Header, at time.Time) {
	answer.Set("DPoP-Nonce", nonceOf(n.secrets[0], n.number(at)))
	answer.Set("Cache-Control", "no-store")
}
