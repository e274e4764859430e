package keys

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	maxBody      = 1 << 20
	maxRedirects = 3
)

// A response is a good answer of an endpoint.
type response struct {
	body      []byte
	unchanged bool // 304: as it was
	etag      string
	fresh     time.Duration // how long it may be kept; negative: it does not say
}

// A statusError is an answer other than 200.
type statusError struct {
	code  int
	after string // Retry-After
}

func (e *statusError) Error() string {
	return fmt.Sprintf("the endpoint answered %d %s", e.code, http.StatusText(e.code))
}

// retryAfter reads Retry-After: seconds or a date (RFC 9110 §10.2.3).
func (e *statusError) retryAfter(now time.Time) time.Duration {
	if s, err := strconv.ParseUint(e.after, 10, 31); err == nil {
		return time.Duration(s) * time.Second
	}
	if date, err := http.ParseTime(e.after); err == nil {
		return max(0, date.Sub(now))
	}
	return 0
}

// get asks url, which etag was the last answer of if it is not "".
func get(ctx context.Context, client *http.Client, url, etag string) (*response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, errors.New("the URL cannot be requested")
	}
	req.Header.Set("Accept", "application/jwk-set+json, application/json")
	req.Header.Set("User-Agent", "jwtverify")
	if etag != "" {
		req.Header.Set("If-None-Match", etag)
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, withoutURL(err)
	}
	defer resp.Body.Close()
	answer := &response{etag: resp.Header.Get("ETag"), fresh: freshness(resp.Header)}
	switch {
	case resp.StatusCode == http.StatusNotModified && etag != "":
		answer.unchanged = true
		if answer.etag == "" {
			answer.etag = etag
		}
		return answer, nil
	case resp.StatusCode != http.StatusOK:
		return nil, &statusError{resp.StatusCode, resp.Header.Get("Retry-After")}
	}
	answer.body, err = io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("the answer broke off: %w", err)
	case len(answer.body) > maxBody:
		return nil, fmt.Errorf("the answer is larger than %d bytes", maxBody)
	}
	return answer, nil
}

// freshness is max-age less Age (RFC 9111 §4.2); negative without max-age.
func freshness(h http.Header) time.Duration {
	for _, line := range h.Values("Cache-Control") {
		for directive := range strings.SplitSeq(line, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
			switch {
			case strings.EqualFold(name, "no-store"), strings.EqualFold(name, "no-cache"):
				return 0
			case strings.EqualFold(name, "max-age"):
				if s, err := strconv.ParseUint(strings.Trim(value, `"`), 10, 31); err == nil {
					age, _ := strconv.ParseUint(h.Get("Age"), 10, 31)
					return max(0, time.Duration(s)-time.Duration(age)) * time.Second
				}
			}
		}
	}
	return -1
}

// withoutURL is err without the URL that package http puts in it: its query
// may hold a secret.
func withoutURL(err error) error {
	var ue *url.Error
	if errors.As(err, &ue) {
		return ue.Err
	}
	return err
}

// harden returns a copy of client that follows few redirects, and none to
// another host or from https to http, and that keeps no connection open.
func harden(client *http.Client) *http.Client {
	hard := &http.Client{}
	if client != nil {
		*hard = *client
	}
	if t, ok := http.DefaultTransport.(*http.Transport); ok && hard.Transport == nil {
		// Between two fetches lie minutes: an idle connection only costs.
		t = t.Clone()
		t.DisableKeepAlives = true
		hard.Transport = t
	}
	hard.Jar = nil
	hard.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		first := via[0].URL
		switch {
		case len(via) > maxRedirects:
			return fmt.Errorf("more than %d redirects", maxRedirects)
		case req.URL.Host != first.Host:
			return errors.New("redirected to another host; configure the URL that it redirects to")
		case req.URL.Scheme != first.Scheme && req.URL.Scheme != "https":
			return errors.New("redirected from https to http")
		}
		return nil
	}
	return hard
}

// checkURL reports what is wrong with a URL to fetch from.
func checkURL(what, raw string, insecure bool) error {
	u, err := url.Parse(raw)
	switch {
	case raw == "":
		return fmt.Errorf("keys: %s is empty", what)
	case err != nil || u.Host == "" || u.Opaque != "":
		return fmt.Errorf("keys: %s is not an absolute https URL", what)
	case u.Fragment != "":
		return fmt.Errorf("keys: %s has a fragment", what)
	case u.Scheme == "https":
		return nil
	case u.Scheme != "http":
		return fmt.Errorf("keys: %s has the scheme %s; use https", what, quoteShort(u.Scheme))
	case insecure || isLoopback(u.Hostname()):
		return nil
	}
	return fmt.Errorf("keys: %s is plain http beyond loopback, where anybody on the path can put in keys; use https, or WithInsecureHTTP", what)
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// redacted is raw without user, password, query and fragment.
func redacted(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "an unreadable URL"
	}
	u.User, u.RawQuery, u.ForceQuery, u.Fragment = nil, "", false, ""
	return u.String()
}
