package keys

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"

	"github.com/jwtverify/jwtverify/internal/errlist"
)

// An origin knows where the JWK Set is.
type origin interface {
	name() string // for people: no user, password or query
	locate(ctx context.Context, client *http.Client) (jwksURL string, err error)
}

// fixedOrigin is a JWKS URL.
type fixedOrigin string

func (o fixedOrigin) name() string { return redacted(string(o)) }

func (o fixedOrigin) locate(context.Context, *http.Client) (string, error) { return string(o), nil }

// discovery asks the issuer's metadata (OpenID Connect Discovery 1.0 §4 or
// RFC 8414 §3). While those cannot be had, the JWKS URL last found serves.
type discovery struct {
	issuer   string
	insecure bool

	mu   sync.Mutex
	last string
}

func (d *discovery) name() string { return redacted(d.issuer) }

// errMetadata is an answer that is there and says something wrong.
var errMetadata = errors.New("the issuer's metadata is wrong")

func (d *discovery) locate(ctx context.Context, client *http.Client) (string, error) {
	found, err := d.ask(ctx, client)
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case err == nil:
		d.last = found
	case d.last == "" || errors.Is(err, errMetadata):
		return "", err
	}
	return d.last, nil
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
	return "", errlist.Join("discovery: ", errs...)
}

// locations are the two places: OpenID Connect appends the well-known path to
// the issuer, RFC 8414 §3.1 puts it between host and path.
func locations(issuer string) []string {
	trimmed := strings.TrimSuffix(issuer, "/")
	u, err := url.Parse(trimmed)
	if err != nil {
		return nil
	}
	inserted := *u
	inserted.Path = "/.well-known/oauth-authorization-server" + u.Path
	inserted.RawPath = ""
	return []string{trimmed + "/.well-known/openid-configuration", inserted.String()}
}

func (d *discovery) read(doc []byte) (string, error) {
	var metadata struct {
		Issuer  string `json:"issuer"`
		JWKSURI string `json:"jwks_uri"`
	}
	if err := json.Unmarshal(doc, &metadata); err != nil {
		return "", errors.New("the issuer's metadata is not a JSON object with issuer and jwks_uri")
	}
	if metadata.Issuer != d.issuer { // RFC 8414 §3.3
		return "", fmt.Errorf("%w: it is for issuer %s, not %s", errMetadata, quoteShort(metadata.Issuer), quoteShort(d.issuer))
	}
	if err := checkURL("jwks_uri", metadata.JWKSURI, d.insecure); err != nil {
		return "", fmt.Errorf("%w: %s", errMetadata, reason(err))
	}
	return metadata.JWKSURI, nil
}

// checkIssuer reports what is wrong with an issuer to discover.
func checkIssuer(issuer string, insecure bool) error {
	if err := checkURL("the issuer", issuer, insecure); err != nil {
		return err
	}
	if strings.ContainsAny(issuer, "?#@") {
		return errors.New("keys: the issuer has a user, query or fragment (RFC 8414 §2)")
	}
	return nil
}

func joinErrors(errs ...error) error { return errlist.Join("", errs...) }
