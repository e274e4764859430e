package dpop

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/internal/jws"
	"github.com/jwtverify/jwtverify/keys"
)

// A Checker checks DPoP proofs. It is an httpauth.Proof for the member "jkt" of
// "cnf", with the scheme DPoP. Make one with [New]; a zero Checker decides
// nothing, and every request is answered 503. Goroutines share it.
type Checker struct {
	algorithms []keys.Algorithm
	maxAge     time.Duration
	leeway     time.Duration
	now        func() time.Time
	target     target
	nonces     *nonces // nil: none are asked for
	used       ReplayStore
	parser     *jws.Parser
}

var _ httpauth.SchemeProof = (*Checker)(nil)

// New returns a Checker. It needs [WithBaseURL] or [WithHosts], which say how
// clients call this server.
//
// By default it accepts every asymmetric algorithm of package keys, and proofs
// that are at most one minute old, with a leeway of 30 seconds. It asks for no
// nonces, and remembers used proofs in this process only. Every mistake in the
// options is reported in one error; a nil option is one.
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

// Member returns "jkt" (RFC 9449 §6.1).
func (c *Checker) Member() string { return "jkt" }

// Algorithms returns those that proofs may have, for the DPoPAlgorithms of
// httpauth.Metadata. The caller owns the slice.
func (c *Checker) Algorithms() []string {
	var list []string
	for _, a := range c.algorithms {
		list = append(list, string(a))
	}
	return list
}

// Scheme returns the scheme of RFC 9449 §7.1.
func (c *Checker) Scheme() httpauth.Scheme {
	return httpauth.Scheme{
		Name:       "DPoP",
		Parameters: []httpauth.Parameter{{Name: "algs", Value: strings.Join(c.Algorithms(), " ")}},
		Fields:     []string{"DPoP"},
	}
}

// Format writes the algorithms, for every verb, and none of the secrets.
func (c Checker) Format(f fmt.State, _ rune) { io.WriteString(f, c.text()) }

// LogValue returns what Format writes.
func (c Checker) LogValue() slog.Value { return slog.StringValue(c.text()) }

func (c Checker) text() string {
	return "dpop: a checker of proofs by " + strings.Join(c.Algorithms(), ", ")
}

// Prove checks the proof in r for the token in b, by the list of RFC 9449 §4.3.
// It fails as the package comment says. A proof that holds is used up: the next
// call with the same one is a replay. If nonces are required, answer receives
// the current one with every refusal, and when the proof has that of the period
// before.
//
// httpauth calls it for every request with a bound token. It costs the
// verification of one signature and a call of the replay store.
func (c *Checker) Prove(answer http.Header, r *http.Request, b httpauth.Binding) error {
	if c.used == nil {
		return undecided("the checker", errNotNew)
	}
	at := c.now()
	err := c.prove(answer, r, b, at)
	if err != nil && c.nonces != nil && httpauth.Status(err) == http.StatusUnauthorized {
		c.nonces.offer(answer, at) // §8: with any rejection
	}
	return err
}

var errNotNew = errors.New("it was not made by New")

// prove makes the numbered checks of RFC 9449 §4.3. The cheap ones come first,
// and those that need the signature after it. The nonce comes after everything
// that a new nonce would not fix, so that no client tries again in vain.
func (c *Checker) prove(answer http.Header, r *http.Request, b httpauth.Binding, at time.Time) error {
	fields := r.Header["Dpop"]
	if len(fields) != 1 { // §4.3 (1)
		return invalid(fmt.Errorf("there are %d DPoP fields, not one", len(fields)))
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
	return c.spend(r, p, b, at)
}

var (
	errMissing = errors.New("one of jti, htm, htu and ath is missing")
	errMethod  = errors.New("htm is not the method of the request")
	errHash    = errors.New("ath is not the hash of the token")
)

// matches compares what the proof was made for with the request that carries
// it: method, URI and token.
func (c *Checker) matches(r *http.Request, p *proof, token string) error {
	if p.jti == "" || p.htm == "" || p.htu == "" || p.ath == "" { // §4.2; fresh requires iat
		return invalid(errMissing)
	}
	if p.htm != r.Method {
		return invalid(errMethod)
	}
	if err := c.target.matches(r, p.htu); err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(token))
	if subtle.ConstantTimeCompare([]byte(p.ath), []byte(base64.RawURLEncoding.EncodeToString(sum[:]))) != 1 {
		return invalid(errHash)
	}
	return nil
}

// fresh checks the dates of the proof. It is a JWT, so besides iat it may have
// exp and nbf, which then hold too (RFC 7519 §4.1).
func (c *Checker) fresh(r *http.Request, p *proof, at time.Time) error {
	err := claims.All(
		claims.MaxAge(c.maxAge, c.leeway), // of iat, which it requires
		claims.NotBefore(c.leeway),
		claims.Optional("exp", claims.Expiry(c.leeway)),
	).Validate(r.Context(), p.Set, at)
	if err != nil {
		return invalid(err)
	}
	return nil
}

// spend uses up the proof (RFC 9449 §11.1). The store must keep it until its iat
// is too old even for a clock that is the whole leeway behind.
func (c *Checker) spend(r *http.Request, p *proof, b httpauth.Binding, at time.Time) error {
	first, err := c.used.Spend(r.Context(), Spent{
		Subject: subjectOf(b),
		Key:     sha256.Sum256([]byte(b.Value)),
		ID:      sha256.Sum256([]byte(b.Value + "\x00" + p.jti)),
		At:      at,
		Expiry:  p.IssuedAt.Add(c.maxAge + c.leeway),
	})
	switch {
	case err != nil:
		return undecided("the replay store", err)
	case !first:
		return invalidFor(reasonReplay, ErrReplay)
	}
	return nil
}

// subjectOf hashes issuer and subject of the token, or the key if the token has
// no subject.
func subjectOf(b httpauth.Binding) [sha256.Size]byte {
	if b.Token == nil || b.Token.Set == nil || b.Token.Subject == "" {
		return sha256.Sum256([]byte(b.Value))
	}
	return sha256.Sum256([]byte(b.Token.Issuer + "\x00" + b.Token.Subject))
}
