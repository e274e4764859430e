package dpop

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/internal/jws"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// A Checker checks DPoP proofs. It is an httpauth.Proof for the member "jkt" of
// "cnf", with the scheme DPoP. Goroutines share it.
type Checker struct {
	algorithms []keys.Algorithm
	maxAge     time.Duration
	leeway     time.Duration
	now        func() time.Time
	target     target
	nonces     *nonces // nil: none
	used       ReplayStore
	parser     *jws.Parser
}

var _ httpauth.SchemeProof = (*Checker)(nil)

// New returns a Checker. Without options it accepts every asymmetric algorithm
// of package keys, proofs that are at most one minute old, with a leeway of 30
// seconds, for the URI that the connection says, without nonces, and remembers
// used proofs in this process only. Options that make no sense are all told in
// one error.
func New(opts ...Option) (*Checker, error) {
	c, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	return &Checker{
		algorithms: c.algorithms,
		maxAge:     c.maxAge,
		leeway:     c.leeway,
		now:        c.now,
		target:     c.target,
		nonces:     c.nonces,
		used:       c.used,
		parser:     &jws.Parser{MaxSize: jws.DefaultMaxSize},
	}, nil
}

// Member is "jkt" (RFC 9449 §6.1).
func (c *Checker) Member() string { return "jkt" }

// Algorithms are those that proofs may have, for httpauth.Metadata.
func (c *Checker) Algorithms() []string {
	var list []string
	for _, a := range c.algorithms {
		list = append(list, string(a))
	}
	return list
}

// Scheme is that of RFC 9449 §7.1.
func (c *Checker) Scheme() httpauth.Scheme {
	return httpauth.Scheme{
		Name:       "DPoP",
		Parameters: []httpauth.Parameter{{Name: "algs", Value: strings.Join(c.Algorithms(), " ")}},
		Fields:     []string{"DPoP"},
	}
}

// Prove makes the checks of RFC 9449 §4.3, in an order in which what is cheap
// or proves the most comes first.
func (c *Checker) Prove(answer http.Header, r *http.Request, b httpauth.Binding) error {
	at := c.now()
	err := c.prove(answer, r, b, at)
	if err != nil && c.nonces != nil && httpauth.Status(err) == http.StatusUnauthorized {
		c.nonces.offer(answer, at) // §8: with any rejection
	}
	return err
}

func (c *Checker) prove(answer http.Header, r *http.Request, b httpauth.Binding, at time.Time) error {
	fields := r.Header["Dpop"]
	if len(fields) != 1 { // §4.3 (1)
		return invalid("there are %d DPoP fields, not one", len(fields))
	}
	p, err := c.open(fields[0], b.Value) // (2), (4) to (7), (12b)
	if err != nil {
		return err
	}
	if err := c.matches(r, p, b.Raw); err != nil { // (3), (8), (9), (12a)
		return err
	}
	if err := c.fresh(r, p, at); err != nil { // (11)
		return err
	}
	if c.nonces != nil { // (10)
		switch c.nonces.age(p.nonce, at) {
		case stale:
			return staleNonce()
		case old:
			c.nonces.offer(answer, at) // §8.2
		}
	}
	return c.spend(r, p, b.Value, at)
}

// matches compares what the proof is for with what it came with.
func (c *Checker) matches(r *http.Request, p *proof, token string) error {
	if p.jti == "" || p.htm == "" || p.htu == "" || p.ath == "" { // §4.2, and iat by fresh
		return invalid("one of jti, htm, htu and ath is missing")
	}
	if p.htm != r.Method {
		return invalid("htm is not the method of the request")
	}
	want, err := c.target.of(r)
	if err != nil {
		return invalid("the URI of the request: %w", err)
	}
	if got, err := normalize(p.htu); err != nil || got != want {
		return invalid("htu is not the URI of the request, %.200q", want)
	}
	sum := sha256.Sum256([]byte(token))
	if subtle.ConstantTimeCompare([]byte(p.ath), []byte(base64.RawURLEncoding.EncodeToString(sum[:]))) != 1 {
		return invalid("ath is not the hash of the token")
	}
	return nil
}

// fresh compares the dates of the proof, which is a JWT too: beyond iat it may
// have others (RFC 7519 §4.1).
func (c *Checker) fresh(r *http.Request, p *proof, at time.Time) error {
	err := claims.All(
		claims.MaxAge(c.maxAge, c.leeway), // of iat, which has to be there
		claims.NotBefore(c.leeway),
		claims.Optional("exp", claims.Expiry(c.leeway)),
	).Validate(r.Context(), p.Set, at)
	if err != nil {
		return invalid("%w", err)
	}
	return nil
}

// spend uses the proof up (RFC 9449 §11.1).
func (c *Checker) spend(r *http.Request, p *proof, jkt string, at time.Time) error {
	first, err := c.used.Spend(r.Context(), Spent{
		Key:    sha256.Sum256([]byte(jkt)),
		ID:     sha256.Sum256([]byte(jkt + "\x00" + p.jti)),
		At:     at,
		Expiry: p.IssuedAt.Add(c.maxAge + c.leeway),
	})
	switch {
	case err != nil:
		return fmt.Errorf("%w: the replay store: %w", verifier.ErrUnavailable, err)
	case !first:
		return invalid("%w", ErrReplay)
	}
	return nil
}
