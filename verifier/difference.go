package verifier

import (
	"log/slog"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/keys"
)

// A Difference is a token about which a verifier and its candidate disagree, as
// [WithCandidate] reports it. It holds neither the token nor its signature.
// Everything in it is read-only, and may be kept.
//
// As with an [Event], only what Verified vouches for was written by an issuer.
type Difference struct {
	// Live is what Verify returns: nil if the token is trusted.
	Live error
	// Candidate is what Verify of the candidate would return with the same key: nil
	// if it would trust the token.
	//
	// If the verifier refused the token before its signature was checked, and the
	// candidate would not have, the rest of its answer is unknown. Candidate then
	// wraps [ErrUnavailable], and its [Reason] is not_judged.
	Candidate error
	// Claims are those of the token, shared with its [Token] or with [RefusedClaims].
	// They are nil unless the signature verified and the verifier could read them.
	Claims *claims.Set
	// Verified says that the signature verified.
	Verified bool
	// KeyID and Algorithm are "kid" and "alg" as the token states them, however long;
	// "" if the token could not be read that far, or states none.
	KeyID     string
	Algorithm keys.Algorithm
}

// Issuer returns the verified "iss", or "".
func (d Difference) Issuer() string { return Event{Claims: d.Claims}.Issuer() }

// Subject returns the verified "sub", or "".
func (d Difference) Subject() string { return Event{Claims: d.Claims}.Subject() }

// Client returns the client that the token was issued to, as [Event.Client] does.
func (d Difference) Client() string { return Event{Claims: d.Claims}.Client() }

// LogValue returns a group of all of it: the verdict, reason and error of both, and
// what of the token [Event.LogValue] has. Every text of the token is cut and quoted.
// It leaves out what is empty.
func (d Difference) LogValue() slog.Value {
	attrs := append(answer("live", d.Live), answer("candidate", d.Candidate)...)
	attrs = append(attrs, slog.Bool("verified", d.Verified))
	if d.Claims != nil {
		attrs = append(attrs, d.Claims.LogValue().Group()...)
	}
	return slog.GroupValue(append(attrs, plain(
		"client", d.Client(), "act", Event{Claims: d.Claims}.Actor(), "kid", d.KeyID, "alg", string(d.Algorithm))...)...)
}

// answer returns the verdict of who, with the reason and the error if there is one.
func answer(who string, err error) []slog.Attr {
	attrs := []slog.Attr{slog.String(who, Classify(err).String())}
	if err != nil {
		attrs = append(attrs, slog.String(who+"_reason", Reason(err)), slog.String(who+"_error", err.Error()))
	}
	return attrs
}

// errNotJudged is the answer of a candidate that would not have refused a token as
// early as the live verifier did.
var errNotJudged error = notJudged{}

type notJudged struct{}

func (notJudged) Error() string {
	return "verifier: not judged: the candidate would have gone on to the signature, which was not checked"
}
func (notJudged) Is(target error) bool { return target == ErrUnavailable }
func (notJudged) Verdict() Verdict     { return Undecided }
func (notJudged) Reason() string       { return "not_judged" }
