package keys

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/jwtverify/jwtverify/internal/message"
)

// An origin knows where the JWK Set is.
type origin interface {
	name() string // for people: no user, password or query
	id() string   // two origins have the same only if they are the same
	locate(ctx context.Context, client *http.Client) (jwksURL string, err error)
}

// fixedOrigin is a JWKS URL.
type fixedOrigin string

func (o fixedOrigin) name() string { return redacted(string(o)) }

// id is a hash, since the query of a URL may hold a secret.
func (o fixedOrigin) id() string { return fmt.Sprintf("jwks:%x", sha256.Sum256([]byte(o))) }

func (o fixedOrigin) locate(context.Context, *http.Client) (string, error) { return string(o), nil }

// discovery asks the issuer's metadata (OpenID Connect Discovery 1.0 §4 or
// RFC 8414 §3). While those cannot be had, or are wrong, the JWKS URL last
// found serves.
type discovery struct {
	issuer   string
	insecure bool
	log      *slog.Logger

	mu   sync.Mutex
	last string
	down bool // and last serves
}

func (d *discovery) name() string { return redacted(d.issuer) }
func (d *discovery) id() string   { return "oidc:" + d.issuer }

func (d *discovery) locate(ctx context.Context, client *http.Client) (string, error) {
	d.mu.Lock()
	last, down := d.last, d.down
	d.mu.Unlock()
	asking := ctx
	if deadline, ok := ctx.Deadline(); ok && last != "" { // leave time for the JWK Set
		var cancel context.CancelFunc
		asking, cancel = context.WithTimeout(ctx, time.Until(deadline)/2)
		defer cancel()
	}
	found, err := d.ask(asking, client)
	if err != nil && last == "" {
		return "", err
	}
	if err != nil {
		found = last
	}
	d.mu.Lock()
	d.last, d.down = found, err != nil
	d.mu.Unlock()
	switch {
	case err != nil && !down:
		d.log.Warn("keys: discovery fails; the JWKS URL last found serves", "source", d.name(), "error", message.OneLine(err))
	case err == nil && down:
		d.log.Info("keys: discovery works again", "source", d.name())
	}
	return found, nil
}

// ask tries the location of OpenID Connect, then that of RFC 8414.
func (d *discovery) ask(ctx context.Context, client *http.Client) (string, error) {
	var errs []error
	for _, at := range locations(d.issuer) {
		resp, err := get(ctx, client, at, "")
		if err == nil {
			var found string
			if found, err = d.read(resp.body); err == nil {
				return found, nil
			}
		}
		errs = append(errs, err)
	}
	return "", message.Join("discovery: ", errs...)
}

// locations are the two places: OpenID Connect appends the well-known path to
// the issuer, RFC 8414 §3.1 puts it between host and path.
func locations(issuer string) []string {
	issuer = strings.TrimSuffix(issuer, "/")
	all := []string{issuer + "/.well-known/openid-configuration"}
	if u, err := url.Parse(issuer); err == nil {
		all = append(all, u.Scheme+"://"+u.Host+"/.well-known/oauth-authorization-server"+u.EscapedPath())
	}
	return all
}

func (d *discovery) read(doc []byte) (string, error) {
	var metadata struct {
		Issuer  string `json:"issuer"`
		JWKSURI string `json:"jwks_uri"`
	}
	if err := json.Unmarshal(bytes.TrimPrefix(doc, bom), &metadata); err != nil {
		return "", errors.New("the issuer's metadata is not a JSON object with issuer and jwks_uri")
	}
	if metadata.Issuer != d.issuer { // RFC 8414 §3.3
		return "", fmt.Errorf("the issuer's metadata is for issuer %s, not %s", message.Quote(redacted(metadata.Issuer)), message.Quote(d.issuer))
	}
	if err := checkURL("jwks_uri", metadata.JWKSURI, d.insecure); err != nil {
		return "", fmt.Errorf("the issuer's metadata is wrong: %s", reason(err))
	}
	if !d.insecure && isHTTPS(d.issuer) && !isHTTPS(metadata.JWKSURI) {
		return "", errors.New("the issuer's metadata is wrong: jwks_uri is plain http, the issuer https")
	}
	return metadata.JWKSURI, nil
}

// checkIssuer reports what is wrong with an issuer to discover.
func checkIssuer(issuer string, insecure bool) error {
	if err := checkURL("the issuer", issuer, insecure); err != nil {
		return err
	}
	if u, err := url.Parse(issuer); err != nil || u.User != nil || strings.ContainsAny(issuer, "?#") {
		return errors.New("keys: the issuer has a user, query or fragment (RFC 8414 §2)")
	}
	return nil
}

func joinErrors(errs ...error) error { return message.Join("", errs...) }
