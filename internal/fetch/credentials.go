package fetch

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/jwtverify/jwtverify/internal/files"
	"github.com/jwtverify/jwtverify/internal/message"
)

const maxToken = 16 << 10 // bytes of a token file

// An unusableFile is why a file of the settings cannot be used.
type unusableFile struct{ error }

func (u *unusableFile) Unwrap() error { return u.error }

// IsUnusableFile reports whether err is about a file that the settings name.
func IsUnusableFile(err error) bool {
	_, is := errors.AsType[*unusableFile](err)
	return is
}

// trusting returns a client for a request to target that trusts the authorities in
// the CA file as it is now, and no others.
func (c *Client) trusting(target string) (*http.Client, error) {
	if !IsHTTPS(target) { // as metadata may name it
		return nil, errors.New("the endpoint is on plain http, and so has no certificate of the CA file")
	}
	doc, _, err := files.Read(c.settings.CAFile, MaxBody, nil)
	if err != nil {
		return nil, c.caError(files.Bare(err))
	}
	sum := sha256.Sum256(doc)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.trusted != nil && c.sum == sum {
		return c.trusted, nil
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(doc) {
		return nil, c.caError(errors.New("there is no certificate in PEM in it"))
	}
	t := c.own.Clone() // c.own itself makes no request then
	t.TLSClientConfig.RootCAs = roots
	trusted := *c.client
	trusted.Transport = t
	if c.trusted != nil {
		c.trusted.CloseIdleConnections()
	}
	c.trusted, c.sum = &trusted, sum
	return c.trusted, nil
}

func (c *Client) caError(err error) error {
	return &unusableFile{fmt.Errorf("the CA file %s cannot be used: %w", message.Plain(c.settings.CAFile), message.Foreign(err))}
}

// token returns what the token file holds, for a request to target, or "" if target
// must not get it. Errors leave out the path: it may be the token, put there by
// mistake.
func (c *Client) token(target string) (string, error) {
	if !c.mayHaveToken(target) {
		return "", nil
	}
	doc, _, err := files.Read(c.settings.TokenFile, maxToken, nil)
	if err != nil {
		return "", &unusableFile{fmt.Errorf("the token file cannot be read: %w; give its path, not the token", message.Foreign(files.Bare(err)))}
	}
	doc = bytes.TrimSuffix(bytes.TrimSuffix(doc, []byte("\n")), []byte("\r"))
	if !isToken(doc) {
		return "", &unusableFile{errors.New("the token file does not hold one bearer token (RFC 6750 §2.1)")}
	}
	return string(doc), nil
}

// mayHaveToken reports whether a request to target may carry the token: to the host
// of the configured URL, and to another one only where the certificate of the CA
// file identifies it. Metadata names hosts freely, so without that check whoever
// writes it would get the token.
func (c *Client) mayHaveToken(target string) bool {
	to, err := url.Parse(target)
	if err != nil || to.User != nil {
		return false
	}
	home, err := url.Parse(c.settings.Home)
	if err != nil {
		return false
	}
	if to.Scheme == "https" {
		return c.settings.CAFile != "" || sameHost(to, home)
	}
	return home.Scheme == "http" && isLoopback(to.Hostname()) && sameHost(to, home)
}

// isToken reports whether b is a b64token (RFC 6750 §2.1), which an Authorization
// field can hold as it is.
func isToken(b []byte) bool {
	b = bytes.TrimRight(b, "=")
	for _, c := range b {
		if !('0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' || bytes.IndexByte([]byte("-._~+/"), c) >= 0) {
			return false
		}
	}
	return len(b) > 0
}
