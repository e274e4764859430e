package grpcauth

import (
	"errors"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/verifier"
)

// Domain is that of the ErrorInfo in every refusal.
const Domain = "jwtverify"

// retryAfter is what Unavailable asks for: within five seconds, a fetch of keys has
// either finished or failed.
const retryAfter = 5 * time.Second

// Status returns the status that answers err, an error of a verifier, a validator or
// package httpauth: Unauthenticated, PermissionDenied, InvalidArgument or Unavailable,
// as the package comment lists them, and OK for nil. It follows verifier.Classify; an
// error of unknown kind is Unavailable. A handler that checks more claims answers with
//
//	return nil, grpcauth.Status(err).Err()
//
// The text is fixed. The details are an ErrorInfo and, for Unavailable, a RetryInfo.
func Status(err error) *status.Status {
	if err == nil {
		return status.New(codes.OK, "")
	}
	code, text := answer(err)
	info := &errdetails.ErrorInfo{Reason: verifier.Reason(err), Domain: Domain}
	var d *denial
	if errors.As(err, &d) && code == codes.PermissionDenied && len(d.scopes) > 0 {
		info.Metadata = map[string]string{"scope": strings.Join(d.scopes, " ")}
	}
	details := []protoadapt.MessageV1{info}
	if code == codes.Unavailable {
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(retryAfter)})
	}
	plain := status.New(code, text)
	if s, err := plain.WithDetails(details...); err == nil {
		return s
	}
	return plain
}

// answer returns the code and the sentence for err. The sentence says no more than a
// client can act on.
func answer(err error) (codes.Code, string) {
	switch verifier.Classify(err) {
	case verifier.Forbidden:
		return codes.PermissionDenied, "the token does not grant the required access"
	case verifier.Invalid:
		if errors.Is(err, httpauth.ErrRequest) {
			return codes.InvalidArgument, "the request is malformed or carries more than one token"
		}
		return codes.Unauthenticated, whyInvalid(err)
	default:
		return codes.Unavailable, "the token cannot be checked now; try again later"
	}
}

func whyInvalid(err error) string {
	switch verifier.Reason(err) {
	case "no_token":
		return "a bearer token is required"
	case "expired":
		return "the token has expired"
	case "not_yet_valid":
		return "the token is not valid yet"
	case "aud_missing", "aud_mismatch":
		return "the token is for another audience"
	case "unproven":
		return "proof of possession is missing or invalid"
	}
	return "the token is not valid"
}
