package fetch

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/jwtverify/jwtverify/internal/ascii"
)

// MaxBody is the largest document that is read, in bytes, after any gzip encoding
// is undone. The largest real JWK Sets have a tenth of that.
const MaxBody = 1 << 20

const (
	maxETag  = 1 << 10 // bytes; a longer one is not sent back
	maxAfter = 64      // bytes of Retry-After; a longer one is ignored
)

// A Response is a good answer of an endpoint: 200 or 304.
type Response struct {
	Body      []byte        // nil when unchanged
	Unchanged bool          // the answer was 304: the document is as it was
	ETag      string        // for the next request, or ""
	Fresh     time.Duration // how long it may be kept; negative: not said
}

// A statusError is an answer other than 200 and 304.
type statusError struct {
	code  int
	after string // the Retry-After field, or ""
}

// Error leaves out the body and the reason phrase, which the endpoint chooses.
func (e *statusError) Error() string {
	return strings.TrimSpace(fmt.Sprintf("the endpoint answered %d %s", e.code, http.StatusText(e.code)))
}

// Status returns the status code of the answer that err is about, or 0 when err is
// not about an answer.
func Status(err error) int {
	if answer, ok := errors.AsType[*statusError](err); ok {
		return answer.code
	}
	return 0
}

// IsUnknownAuthority reports whether err is about a certificate that no trusted
// authority has signed.
func IsUnknownAuthority(err error) bool {
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	return unknown
}

// RetryAfter returns how long the endpoint asks to wait before the next request,
// in the Retry-After field of the answer that err is about: a number of seconds or
// a date (RFC 9110 §10.2.3). Of several answers the longest counts. It is 0 when
// err is not about an answer, or the answer does not say.
func RetryAfter(err error, now time.Time) (after time.Duration) {
	switch e := err.(type) {
	case *statusError:
		if s, ok := delta(e.after); ok {
			return s
		}
		if date, err := http.ParseTime(e.after); err == nil {
			return max(0, date.Sub(now))
		}
	// Errors of several metadata URLs come joined.
	case interface{ Unwrap() []error }:
		for _, err := range e.Unwrap() {
			after = max(after, RetryAfter(err, now))
		}
	case interface{ Unwrap() error }:
		return RetryAfter(e.Unwrap(), now)
	}
	return after
}

// delta reads delta-seconds. A number that is too large counts as a very large one
// (RFC 9111 §1.2.2).
func delta(text string) (time.Duration, bool) {
	s, err := strconv.ParseUint(text, 10, 31)
	return Seconds(s), err == nil || errors.Is(err, strconv.ErrRange)
}

// Seconds returns s seconds, or 2^31 of them where s is larger, so that it does not
// overflow.
func Seconds(s uint64) time.Duration { return time.Duration(min(s, 1<<31)) * time.Second }

// Get fetches url; a non-empty etag makes the request conditional (RFC 9110
// §13.1.2). It ends when ctx does, if the transport heeds ctx. A panic of the
// transport is an error like any other.
func (c *Client) Get(ctx context.Context, url, etag string) (answer *Response, err error) {
	token := ""
	defer func() {
		if p := recover(); p != nil {
			err = fromClient(fmt.Errorf("the fetch panicked: %v", p), url, token)
		}
	}()
	client := c.client
	if c.settings.CAFile != "" {
		if client, err = c.trusting(url); err != nil {
			return nil, err
		}
	}
	if c.settings.TokenFile != "" {
		if token, err = c.token(url); err != nil {
			return nil, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, errors.New("the URL cannot be requested")
	}
	req.Close = true // for a transport of another type, which has no DisableKeepAlives
	// The first is registered for JWK Sets (RFC 7517 §8.5.2); most endpoints send
	// the second.
	req.Header.Set("Accept", "application/jwk-set+json, application/json, */*;q=0.1")
	req.Header.Set("User-Agent", "jwtverify")
	if etag != "" {
		req.Header.Set("If-None-Match", etag)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, fromClient(err, url, token)
	}
	defer resp.Body.Close()
	answer = &Response{ETag: resp.Header.Get("ETag"), Fresh: freshness(resp.Header)}
	if len(answer.ETag) > maxETag {
		answer.ETag = ""
	}
	switch {
	case resp.StatusCode == http.StatusNotModified && etag != "": // only when asked for
		answer.Unchanged = true
		if answer.ETag == "" { // RFC 9110 §15.4.5 requires it, but not all send it
			answer.ETag = etag
		}
		return answer, nil
	// Other 2xx answers have no document, or a part of one.
	case resp.StatusCode != http.StatusOK:
		failed := &statusError{code: resp.StatusCode}
		if after := resp.Header.Get("Retry-After"); len(after) <= maxAfter {
			failed.after = after
		}
		return nil, failed
	}
	// One byte more than the limit shows that there is more.
	answer.Body, err = io.ReadAll(io.LimitReader(resp.Body, MaxBody+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("response truncated: %w", fromClient(err, url, token))
	case len(answer.Body) > MaxBody:
		return nil, fmt.Errorf("the response is larger than %d bytes", MaxBody)
	}
	return answer, nil
}

// freshness returns how long an answer may be kept: max-age less Age (RFC 9111
// §4.2.1, §4.2.3), and 0 for no-store and no-cache, which the caller raises to its
// minimum. It is negative without these: the answer does not say. Expires is not
// read, since it depends on the clock of the endpoint.
func freshness(h http.Header) time.Duration {
	fresh := time.Duration(-1)
	for directive := range strings.SplitSeq(strings.Join(h.Values("Cache-Control"), ","), ",") {
		name, value, valued := strings.Cut(strings.TrimSpace(directive), "=")
		switch {
		case !valued && (ascii.EqualFold(name, "no-store") || ascii.EqualFold(name, "no-cache")):
			return 0
		case ascii.EqualFold(name, "max-age") && fresh < 0:
			if s, ok := delta(strings.Trim(value, `"`)); ok {
				age, _ := delta(h.Get("Age"))
				fresh = max(0, s-age)
			}
		}
	}
	return fresh
}
