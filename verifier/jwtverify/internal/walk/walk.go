// Package walk looks at the endpoints of an issuer step by step, for people who want
// to see what happens: each URL, redirect, cache header and certificate. It decides
// nothing: the keys that verify are those of package keys.
package walk

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/jwtverify/jwtverify/internal/fetch"
	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/keys"
)

// A Step is one request.
type Step struct {
	What    string   `json:"what"` // metadata or keys
	URL     string   `json:"url"`  // without query, user and password
	Status  int      `json:"status,omitempty"`
	To      string   `json:"redirects_to,omitempty"`
	Type    string   `json:"content_type,omitempty"`
	Cache   string   `json:"cache,omitempty"` // the header fields that bound its life
	Size    int      `json:"bytes,omitempty"`
	Took    string   `json:"took"`
	TLS     string   `json:"tls,omitempty"`
	Found   string   `json:"found,omitempty"`    // what it holds
	Unused  []string `json:"not_used,omitempty"` // keys in it, and why
	Problem string   `json:"problem,omitempty"`  // in words
}

// A Start says where to begin.
type Start struct {
	Issuer   string // with OpenID discovery; "" where the set is at URL
	Metadata string // the URL of the metadata, where it does not follow from Issuer
	URL      string // of the JWK Set
	CA       string // a file
	Insecure bool   // plain http is fine
	Client   *http.Client
	Timeout  time.Duration
}

const maxRedirects = 3

// Steps makes the requests, one after another.
func (s Start) Steps(ctx context.Context) []Step {
	client, err := s.client()
	if err != nil {
		return []Step{{What: "certificate", Problem: err.Error()}}
	}
	var all []Step
	get := func(what, at string) (body []byte) {
		for range maxRedirects + 1 {
			step, doc, next := s.get(ctx, client, what, at)
			all = append(all, step)
			if next == "" || ctx.Err() != nil {
				return doc
			}
			at = next
		}
		all[len(all)-1].Problem = fmt.Sprintf("more than %d redirects", maxRedirects)
		return nil
	}
	at := s.URL
	if s.Issuer != "" {
		at = s.discover(ctx, get, &all)
	}
	if at == "" || strings.Contains(at, "{kid}") {
		return all
	}
	if doc := get("keys", at); doc != nil {
		describeKeys(&all[len(all)-1], doc)
	}
	return all
}

// discover returns the URL of the JWK Set, or "".
func (s Start) discover(ctx context.Context, get func(string, string) []byte, all *[]Step) string {
	for _, at := range s.places() {
		doc := get("metadata", at)
		if ctx.Err() != nil {
			return ""
		}
		if doc == nil {
			continue
		}
		last := &(*all)[len(*all)-1]
		var m struct {
			Issuer string `json:"issuer"`
			JWKS   string `json:"jwks_uri"`
		}
		if err := json.Unmarshal(doc, &m); err != nil {
			last.Problem = "it is not JSON: " + kindOf(doc)
			continue
		}
		last.Found = "issuer " + message.Whole(m.Issuer) + ", jwks_uri " + message.Whole(fetch.Redacted(m.JWKS))
		switch {
		case m.Issuer != s.Issuer:
			last.Problem = "it is the metadata of issuer " + message.Whole(m.Issuer) + ", and not of " + message.Whole(s.Issuer)
			continue
		case m.JWKS == "":
			last.Problem = "it names no jwks_uri: the issuer publishes no keys"
			continue
		}
		if err := fetch.CheckURL("jwks_uri", m.JWKS, s.Insecure); err != nil {
			last.Problem = message.Bare(err)
			return ""
		}
		return m.JWKS
	}
	return ""
}

// places are the URLs where metadata may be, in the order of package keys.
func (s Start) places() []string {
	if s.Metadata != "" {
		return []string{s.Metadata}
	}
	iss := strings.TrimSuffix(s.Issuer, "/")
	all := []string{iss + "/.well-known/openid-configuration"}
	if u, err := url.Parse(iss); err == nil {
		host := u.Scheme + "://" + u.Host
		all = append(all, host+"/.well-known/oauth-authorization-server"+u.EscapedPath())
		if u.EscapedPath() != "" {
			all = append(all, host+"/.well-known/openid-configuration"+u.EscapedPath())
		}
	}
	return all
}

// client follows no redirect by itself.
func (s Start) client() (*http.Client, error) {
	c := &http.Client{Transport: http.DefaultTransport}
	if s.Client != nil {
		*c = *s.Client
	}
	c.Jar, c.Timeout = nil, s.Timeout
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if s.CA == "" {
		return c, nil
	}
	doc, err := os.ReadFile(s.CA)
	if err != nil {
		return nil, errors.New("the file of the CA cannot be read")
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(doc) {
		return nil, errors.New("the file of the CA has no certificate in PEM")
	}
	t := &http.Transport{Proxy: http.ProxyFromEnvironment}
	if own, ok := c.Transport.(*http.Transport); ok {
		t = own.Clone()
	}
	t.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	c.Transport = t
	return c, nil
}

// get makes one request. next is where it redirects to, or "".
func (s Start) get(ctx context.Context, client *http.Client, what, at string) (step Step, doc []byte, next string) {
	step = Step{What: what, URL: message.Short(fetch.Redacted(at))}
	if err := fetch.CheckURL("the URL", at, s.Insecure); err != nil {
		step.Problem = message.Bare(err)
		return step, nil, ""
	}
	began := time.Now()
	defer func() { step.Took = time.Since(began).Round(time.Millisecond).String() }()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		step.Problem = "it cannot be requested"
		return step, nil, ""
	}
	req.Header.Set("Accept", "application/jwk-set+json, application/json, */*;q=0.1")
	req.Header.Set("User-Agent", "jwtverify")
	resp, err := client.Do(req)
	if err != nil {
		step.Problem = inWords(err)
		return step, nil, ""
	}
	defer resp.Body.Close()
	step.Status = resp.StatusCode
	step.Type = message.Short(resp.Header.Get("Content-Type"))
	step.Cache = cache(resp.Header)
	if resp.TLS != nil && len(resp.TLS.PeerCertificates) > 0 {
		leaf := resp.TLS.PeerCertificates[0]
		step.TLS = fmt.Sprintf("%s, certificate of %s until %s", tls.VersionName(resp.TLS.Version), authority(leaf), leaf.NotAfter.UTC().Format("2006-01-02"))
	}
	if to := resp.Header.Get("Location"); resp.StatusCode >= 300 && resp.StatusCode < 400 && to != "" {
		return redirected(step, at, to)
	}
	doc, err = io.ReadAll(io.LimitReader(resp.Body, fetch.MaxBody+1))
	step.Size = len(doc)
	switch {
	case err != nil:
		step.Problem = "the answer broke off: " + inWords(err)
	case len(doc) > fetch.MaxBody:
		step.Problem = "it has more than 1 MiB, which is not read"
	case resp.StatusCode != http.StatusOK:
		step.Problem = strings.TrimSpace(fmt.Sprintf("it answers %d %s", resp.StatusCode, http.StatusText(resp.StatusCode)))
	default:
		return step, doc, ""
	}
	return step, nil, ""
}

// redirected follows a redirect as package keys does: on the same host, never to http.
func redirected(step Step, at, location string) (Step, []byte, string) {
	from, err1 := url.Parse(at)
	to, err2 := from.Parse(location)
	if err1 != nil || err2 != nil {
		step.Problem = "it redirects to something that is not a URL"
		return step, nil, ""
	}
	step.To = message.Short(fetch.Redacted(to.String()))
	switch {
	case !strings.EqualFold(to.Hostname(), from.Hostname()):
		step.Problem = "it redirects to another host, which is not followed: configure that URL itself"
		return step, nil, ""
	case from.Scheme == "https" && to.Scheme != "https":
		step.Problem = "it redirects from https to http, which is not followed"
		return step, nil, ""
	}
	return step, nil, to.String()
}

func cache(h http.Header) string {
	var all []string
	for _, name := range []string{"Cache-Control", "Age", "Expires", "ETag", "Retry-After"} {
		if v := h.Get(name); v != "" {
			all = append(all, name+": "+message.Short(v))
		}
	}
	return strings.Join(all, "; ")
}

func authority(c *x509.Certificate) string {
	if len(c.Issuer.Organization) > 0 {
		return message.Plain(c.Issuer.Organization[0])
	}
	return message.Plain(c.Issuer.CommonName)
}

func describeKeys(step *Step, doc []byte) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	switch err := json.Unmarshal(doc, &set); {
	case err != nil:
		step.Problem = "it is not JSON: " + kindOf(doc)
	case set.Keys == nil:
		step.Found = "JSON without keys"
	default:
		step.Found = "1 key"
		if len(set.Keys) != 1 {
			step.Found = fmt.Sprintf("%d keys", len(set.Keys))
		}
	}
	_, skipped, _ := keys.Parse(doc)
	for _, k := range skipped[:min(len(skipped), maxListed)] {
		step.Unused = append(step.Unused, message.Quote(k.KeyID)+": "+k.Reason)
	}
}

// maxListed bounds how many keys are listed that are not used.
const maxListed = 50

// kindOf says what a document is that should be JSON.
func kindOf(doc []byte) string {
	text := strings.ToLower(strings.TrimSpace(string(doc[:min(len(doc), 200)])))
	switch {
	case text == "":
		return "it is empty"
	case strings.HasPrefix(text, "<"):
		return "it is HTML or XML, perhaps a sign-in page or that of a proxy"
	case strings.HasPrefix(text, "-----begin"):
		return "it is PEM"
	}
	return "it is something else"
}

// inWords says why a request failed.
func inWords(err error) string {
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		if dns.IsNotFound {
			return "the host cannot be found (DNS)"
		}
		return "the host cannot be looked up (DNS): no answer"
	}
	if host, ok := errors.AsType[x509.HostnameError](err); ok {
		return "its certificate is for " + message.List(host.Certificate.DNSNames...) + ", and not for this host"
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		return fmt.Sprintf("its certificate has expired, or this machine's clock is off: it holds from %s to %s", invalid.Cert.NotBefore.Format("2006-01-02"), invalid.Cert.NotAfter.Format("2006-01-02"))
	}
	if unknown, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		by := "an authority"
		if unknown.Cert != nil {
			by = authority(unknown.Cert)
		}
		return "its certificate is of " + by + ", which this machine does not trust: give the CA with --ca FILE, or see whether a proxy reads along"
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return "it does not speak TLS there: is it plain http, or another port?"
	}
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(err, context.Canceled):
		return "interrupted"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "no answer in time: a firewall may drop the packets"
	case strings.Contains(err.Error(), "connection refused"):
		return "the connection was refused: nothing listens there"
	case strings.Contains(err.Error(), "HTTP response to HTTPS"):
		return "it does not speak TLS there: is it plain http, or another port?"
	case errors.Is(err, io.EOF) || strings.Contains(err.Error(), "connection reset"):
		return "the connection was closed before an answer came"
	}
	return message.Foreign(err).Error()
}
