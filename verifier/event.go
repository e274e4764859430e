package verifier

import (
	"log/slog"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/keys"
)

// An Event is one decision about one token, as [WithObserver] reports it. Its
// methods compute what they return when they are called. It holds neither the token
// nor its signature. Everything in it is read-only, and may be kept.
//
// Only what Verified vouches for was written by an issuer: of any other token, the
// sender chose KeyID and Algorithm. Do not make a label of a metric of them.
type Event struct {
	// Err is what Verify returns: nil if the token is trusted.
	Err error
	// Claims are those of the token, shared with its [Token] or with [RefusedClaims].
	// They are nil unless the signature verified and the claims could be read.
	Claims *claims.Set
	// Verified says that the signature verified, whether the token was accepted or not.
	Verified bool
	// Cached says that [WithCache] knew the signature.
	Cached bool
	// KeyID and Algorithm are "kid" and "alg" as the token states them, however long;
	// "" if the token could not be read that far, or states none.
	KeyID     string
	Algorithm keys.Algorithm
	// Duration is how long the decision took, with the lookup of the key and all
	// validators.
	Duration time.Duration
}

// Verdict returns [Classify] of e.Err.
func (e Event) Verdict() Verdict { return Classify(e.Err) }

// Reason returns [Reason] of e.Err: "" if the token is trusted.
func (e Event) Reason() string { return Reason(e.Err) }

// Issuer returns the verified "iss", or "".
func (e Event) Issuer() string {
	if e.Claims == nil {
		return ""
	}
	return e.Claims.Issuer
}

// Subject returns the verified "sub", or "".
func (e Event) Subject() string {
	if e.Claims == nil {
		return ""
	}
	return e.Claims.Subject
}

// Client returns the client that the token was issued to, as [claims.Set.ClientID]
// reads it from the verified claims, or "".
func (e Event) Client() string {
	if e.Claims == nil {
		return ""
	}
	return e.Claims.ClientID()
}

// Actor returns the "sub" of who acts for the subject now (RFC 8693 §4.1), or "". It
// is of the issuer of the token unless [claims.Set.Actor] says otherwise.
func (e Event) Actor() string {
	if e.Claims == nil {
		return ""
	}
	a, _, _ := e.Claims.Actor()
	return a.Subject
}

// LogValue returns a group of all of it, in which every text of the token is cut and
// quoted as in [Token.LogValue]. It leaves out what is empty.
func (e Event) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("verdict", e.Verdict().String())}
	if e.Err != nil {
		attrs = append(attrs, slog.String("reason", e.Reason()), slog.String("error", e.Err.Error()))
	}
	attrs = append(attrs, slog.Duration("duration", e.Duration), slog.Bool("verified", e.Verified), slog.Bool("cached", e.Cached))
	if e.Claims != nil {
		attrs = append(attrs, e.Claims.LogValue().Group()...)
	}
	return slog.GroupValue(append(attrs, plain(
		"client", e.Client(), "act", e.Actor(), "kid", e.KeyID, "alg", string(e.Algorithm))...)...)
}
