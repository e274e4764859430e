package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/jwtverify/jwtverify/internal/ascii"
)

// MaxBody is the size of a document in bytes beyond which it is refused.
const MaxBody = 1 << 20

const (
	maxETag  = 1 << 10
	maxAfter = 64 // bytes of Retry-After
)

// A Response is a good answer of an endpoint.
type Response struct {
	Body      []byte
	Unchanged bool // 304: as it was
	ETag      string
	Fresh     time.Duration // how long it may be kept; negative: it does not say
}

// A statusError is an answer other than 200.
type statusError struct {
	code  int
	after string // Retry-After
}

func (e *statusError) Error() string {
	return strings.TrimSpace(fmt.Sprintf("the endpoint answered %d %s", e.code, http.StatusText(e.code)))
}

// RetryAfter is when the endpoints that err is of want to be asked again: in
// seconds or at a date (RFC 9110 §10.2.3).
func RetryAfter(err error, now time.Time) (after time.Duration) {
	switch e := err.(type) {
	case *statusError:
		if s, ok := delta(e.after); ok {
			return s
		}
		if date, err := http.ParseTime(e.after); err == nil {
			return max(0, date.Sub(now))
		}
	case interface{ Unwrap() []error }:
		for _, err := range e.Unwrap() {
			after = max(after, RetryAfter(err, now))
		}
	case interface{ Unwrap() error }:
		return RetryAfter(e.Unwrap(), now)
	}
	return after
}

// delta reads delta-seconds, of which there may be too many to count
// (RFC 9111 §1.2.2).
func delta(text string) (time.Duration, bool) {
	s, err := strconv.ParseUint(text, 10, 31)
	return Seconds(s), err == nil || errors.Is(err, strconv.ErrRange)
}

// Seconds is a number of seconds, of which there may be too many to count.
func Seconds(s uint64) time.Duration { return time.Duration(min(s, 1<<31)) * time.Second }

// Get fetches url; a non-empty etag makes the request conditional. A transport
// that panics has failed, no more.
func (c *Client) Get(ctx context.Context, url, etag string) (answer *Response, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fromClient(fmt.Errorf("the fetch panicked: %v", p), url)
		}
	}()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, errors.New("the URL cannot be requested")
	}
	req.Close = true // also where the transport is not ours to change
	req.Header.Set("Accept", "application/jwk-set+json, application/json, */*;q=0.1")
	req.Header.Set("User-Agent", "jwtverify")
	if etag != "" {
		req.Header.Set("If-None-Match", etag)
	}
	resp, err := c.client.Do(req)
	if err != nil {
		return nil, fromClient(err, url)
	}
	defer resp.Body.Close()
	answer = &Response{ETag: resp.Header.Get("ETag"), Fresh: freshness(resp.Header)}
	if len(answer.ETag) > maxETag {
		answer.ETag = ""
	}
	switch {
	case resp.StatusCode == http.StatusNotModified && etag != "":
		answer.Unchanged = true
		if answer.ETag == "" {
			answer.ETag = etag
		}
		return answer, nil
	case resp.StatusCode != http.StatusOK:
		failed := &statusError{code: resp.StatusCode}
		if after := resp.Header.Get("Retry-After"); len(after) <= maxAfter {
			failed.after = after
		}
		return nil, failed
	}
	answer.Body, err = io.ReadAll(io.LimitReader(resp.Body, MaxBody+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("response truncated: %w", fromClient(err, url))
	case len(answer.Body) > MaxBody:
		return nil, fmt.Errorf("the response is larger than %d bytes", MaxBody)
	}
	return answer, nil
}

// freshness is max-age less Age (RFC 9111 §4.2); negative without max-age.
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
