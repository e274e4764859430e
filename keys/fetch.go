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
	maxETag      = 1 << 10
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

// retryAfter is when the endpoints that err is of want to be asked again: in
// seconds or at a date (RFC 9110 §10.2.3).
func retryAfter(err error, now time.Time) (after time.Duration) {
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
			after = max(after, retryAfter(err, now))
		}
	case interface{ Unwrap() error }:
		return retryAfter(e.Unwrap(), now)
	}
	return after
}

// delta reads delta-seconds, of which there may be too many to count
// (RFC 9111 §1.2.2).
func delta(text string) (time.Duration, bool) {
	s, err := strconv.ParseUint(text, 10, 31)
	return seconds(s), err == nil || errors.Is(err, strconv.ErrRange)
}

func seconds(s uint64) time.Duration { return time.Duration(min(s, 1<<31)) * time.Second }

// get asks url, which etag was the last answer of if it is not "".
func get(ctx context.Context, client *http.Client, url, etag string) (*response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, errors.New("the URL cannot be requested")
	}
	req.Close = true // between two fetches lie minutes: an idle connection only costs
	req.Header.Set("Accept", "application/jwk-set+json, application/json, */*;q=0.1")
	req.Header.Set("User-Agent", "jwtverify")
	if etag != "" {
		req.Header.Set("If-None-Match", etag)
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, withoutURL(err, req.URL)
	}
	defer resp.Body.Close()
	answer := &response{etag: resp.Header.Get("ETag"), fresh: freshness(resp.Header)}
	if len(answer.etag) > maxETag {
		answer.etag = ""
	}
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
		return nil, fmt.Errorf("the answer broke off: %w", withoutURL(err, req.URL))
	case len(answer.body) > maxBody:
		return nil, fmt.Errorf("the answer is larger than %d bytes", maxBody)
	}
	return answer, nil
}

// freshness is max-age less Age (RFC 9111 §4.2); negative without max-age.
func freshness(h http.Header) time.Duration {
	fresh := time.Duration(-1)
	for directive := range strings.SplitSeq(strings.Join(h.Values("Cache-Control"), ","), ",") {
		name, value, valued := strings.Cut(strings.TrimSpace(directive), "=")
		switch {
		case !valued && (strings.EqualFold(name, "no-store") || strings.EqualFold(name, "no-cache")):
			return 0
		case strings.EqualFold(name, "max-age") && fresh < 0:
			if s, ok := delta(strings.Trim(value, `"`)); ok {
				age, _ := delta(h.Get("Age"))
				fresh = max(0, s-age)
			}
		}
	}
	return fresh
}

// withoutURL is err without u, as package http and some transports put it in:
// its user, password or query may be secrets.
func withoutURL(err error, u *url.URL) error {
	hide := secretsOf(u)
	for {
		var ue *url.Error
		if !errors.As(err, &ue) {
			break
		}
		if u, parseErr := url.Parse(ue.URL); parseErr == nil {
			hide = append(hide, secretsOf(u)...)
		}
		err = ue.Err
	}
	if strings.Contains(err.Error(), "Location header") {
		return errors.New("redirected to a URL that cannot be read")
	}
	if text := strings.NewReplacer(hide...).Replace(err.Error()); text != err.Error() {
		return &reworded{text, err}
	}
	return err
}

// secretsOf lists what is secret in u, each followed by what may be shown.
func secretsOf(u *url.URL) []string {
	list := []string{u.String(), redacted(u.String()), u.Redacted(), redacted(u.String())}
	if u.RawQuery != "" {
		list = append(list, "?"+u.RawQuery, "", u.RawQuery, "xxxxx")
	}
	if u.User != nil {
		password, _ := u.User.Password()
		list = append(list, u.User.String()+"@", "")
		for _, secret := range []string{password, u.User.Username()} {
			if secret != "" {
				list = append(list, secret, "xxxxx")
			}
		}
	}
	return list
}

// reworded is an error with another text.
type reworded struct {
	text string
	err  error
}

func (r *reworded) Error() string { return r.text }
func (r *reworded) Unwrap() error { return r.err }

// harden returns a copy of client that follows few redirects, and none to
// another host or from https to http.
func harden(client *http.Client) *http.Client {
	hard := &http.Client{}
	if client != nil {
		*hard = *client
	}
	hard.Jar = nil
	hard.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		from := via[len(via)-1].URL
		switch {
		case len(via) > maxRedirects:
			return fmt.Errorf("more than %d redirects", maxRedirects)
		case !strings.EqualFold(req.URL.Host, from.Host):
			return errors.New("redirected to another host; configure the URL that it redirects to")
		case req.URL.Scheme != "https" && req.URL.Scheme != from.Scheme:
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

func isHTTPS(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && u.Scheme == "https"
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
