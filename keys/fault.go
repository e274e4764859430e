package keys

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/jwtverify/jwtverify/internal/fetch"
	"github.com/jwtverify/jwtverify/internal/message"
)

// ErrConfiguration is returned when the setting of a source can never work: the
// issuer has no metadata, or metadata of another issuer or without keys, the key set
// is empty, the certificate of the endpoint is of an authority that is not trusted,
// or the file of [WithCAFile] or [WithTokenFile] cannot be used. The message says
// what to set instead. Waiting does not help, as it does in an outage.
//
// It is about a source that never worked. One that worked before has an outage,
// whatever its answers are now, and its last good keys are used.
//
// It wraps ErrUnavailable, so a token is undecided all the same.
var ErrConfiguration = fmt.Errorf("%w: configuration fault", ErrUnavailable)

// A fault is a failed fetch that shows a mistake in the configuration, unless an
// earlier fetch has worked.
type fault struct{ error }

func (f *fault) Unwrap() error { return f.error }

// A misconfiguration is a fault of a source that has never worked.
type misconfiguration struct{ error }

func (m *misconfiguration) Unwrap() []error { return []error{ErrConfiguration, m.error} }

// neverWorked returns the error of a source that has never worked: a fault of it is a
// mistake in the configuration.
func neverWorked(err error) error {
	if isFault(err) {
		return &misconfiguration{err}
	}
	return err
}

// isFault reports whether err has a fault in it.
func isFault(err error) bool {
	_, is := errors.AsType[*fault](err)
	return is
}

// shortened puts the error of a fetch on one line. A fault may have values to copy, so
// that its line is longer.
func shortened(err error) error {
	if isFault(err) {
		return message.LongLine(err)
	}
	return message.OneLine(err)
}

// reached marks an error of a request as a fault when no attempt would do better:
// the certificate of the endpoint is of an unknown authority, or a file that the
// request needs cannot be used.
func reached(err error) error {
	switch {
	case err == nil, isFault(err):
	case fetch.IsUnusableFile(err):
		return &fault{err}
	case fetch.IsUnknownAuthority(err):
		return &fault{message.Reword(err, err.Error()+"; if the endpoint has a CA of its own, give its certificate: WithCAFile, or ?ca=FILE after oidc:")}
	}
	return err
}

// mayPass reports whether err may be gone at the next attempt: all but an answer
// that is a client's mistake, or a document.
func mayPass(err error) bool {
	switch code := fetch.Status(err); {
	case isFault(err):
		return false
	case code == http.StatusRequestTimeout, code == http.StatusTooEarly, code == http.StatusTooManyRequests:
		return true
	default:
		_, document := errors.AsType[*unusable](err)
		return !document && (code < 400 || code >= 500)
	}
}

// An unusable error is about a document that arrived and is not metadata.
type unusable struct{ error }

// noMetadata reports whether every error says that there is nothing at its place.
func noMetadata(errs []error) bool {
	for _, err := range errs {
		if code := fetch.Status(err); code != http.StatusNotFound && code != http.StatusGone {
			return false
		}
	}
	return len(errs) > 0
}

// faultOf returns the fault among the errors of all places of an issuer's metadata.
// It is nil where there is none, and where another place may yet have the metadata.
func faultOf(errs []error) error {
	var first error
	for _, err := range errs {
		if mayPass(err) {
			return nil
		}
		if first == nil && isFault(err) {
			first = err
		}
	}
	return first
}

// unmarked returns errs as they read, with no fault among them: what one place says
// does not count while another may yet say otherwise.
func unmarked(errs []error) []error {
	for i, err := range errs {
		if isFault(err) {
			errs[i] = errors.New(err.Error())
		}
	}
	return errs
}

// otherIssuer is the fault that metadata names found and not wanted.
func (d *discovery) otherIssuer(found string) error {
	text := "the issuer's metadata is for issuer " + message.Whole(fetch.Public(found)) + ", not " + message.Whole(d.issuer) + alike(found, d.issuer)
	switch {
	case found == "":
		return &unusable{errors.New(text)} // it names none: hardly metadata
	case strings.ContainsAny(found, "{}"):
		text += "; that is a template: use the issuer that your tokens name, with this metadata URL"
	case isSound(found) && d.metadata != "":
		text += "; use oidc:" + found + " with the same metadata URL"
	case isSound(found):
		text += "; use oidc:" + found
	}
	return &fault{errors.New(text)}
}

// isSound reports whether a reference may name issuer as it is.
func isSound(issuer string) bool {
	return len(issuer) <= 512 && fetch.IsHTTPS(issuer) && checkIssuer(issuer, false) == nil &&
		!strings.ContainsFunc(issuer, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`,"'\<>{}`, r) })
}

// errNothingPublished is the fault of an endpoint that publishes no key at all.
var errNothingPublished = &fault{errors.New("there is no key in it; the issuer may sign with HS256 and a shared secret: give that as env:NAME?alg=HS256")}
