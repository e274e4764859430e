package keys

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/jwtverify/jwtverify/internal/ascii"
	"github.com/jwtverify/jwtverify/internal/fetch"
	"github.com/jwtverify/jwtverify/internal/message"
)

// A discovery is a place that finds the JWKS URL in the metadata of an issuer
// (OpenID Connect Discovery 1.0 §4, RFC 8414 §3). While the metadata cannot be
// had or is wrong, the last JWKS URL is used: a provider may break its metadata
// and still publish its keys.
type discovery struct {
	issuer   string
	metadata string // the URL of the metadata; "": it follows from issuer
	insecure bool   // WithInsecureHTTP
	log      func(level slog.Level, message string, args ...any)

	mu   sync.Mutex
	last string // the last JWKS URL; "": none was found yet
	down bool   // the last attempt failed, which was logged
}

func (d *discovery) name() string { return fetch.Redacted(d.issuer) }

// id holds a hash of the metadata URL, since its query may hold a secret.
func (d *discovery) id() string {
	if d.metadata == "" {
		return "oidc:" + d.issuer
	}
	return fmt.Sprintf("oidc:%s %x", d.issuer, sha256.Sum256([]byte(d.metadata)))
}

// locate returns the JWKS URL that the metadata names now, else the last one. It
// fails only when none was ever found.
func (d *discovery) locate(ctx context.Context, client *fetch.Client) (string, error) {
	d.mu.Lock()
	last, down := d.last, d.down
	d.mu.Unlock()
	asking := ctx
	if deadline, ok := ctx.Deadline(); ok && last != "" { // leaves half of the time for the JWK Set
		var cancel context.CancelFunc
		asking, cancel = context.WithTimeout(ctx, time.Until(deadline)/2)
		defer cancel()
	}
	found, err := d.ask(asking, client)
	switch {
	case err != nil && last == "":
		return "", err
	case ctx.Err() != nil: // given up: a later fetch may have found another URL
		return "", ctx.Err()
	}
	if err != nil {
		found = last
	}
	d.mu.Lock()
	d.last, d.down = found, err != nil
	d.mu.Unlock()
	switch {
	case err != nil && !down:
		d.log(slog.LevelWarn, "keys: discovery failed; using the last JWKS URL", "source", d.name(), "error", message.OneLine(err))
	case err == nil && down:
		d.log(slog.LevelInfo, "keys: discovery works again", "source", d.name())
	}
	return found, nil
}

// ask gets the metadata from the first URL that has it. Its error names all URLs
// that were tried, or the one whose answer shows a fault in the configuration.
func (d *discovery) ask(ctx context.Context, client *fetch.Client) (string, error) {
	var errs []error
	places := d.locations()
	for _, at := range places {
		resp, err := client.Get(ctx, at, "")
		if err == nil {
			var found string
			if found, err = d.read(resp.Body); err == nil {
				return found, nil
			}
		}
		errs = append(errs, fmt.Errorf("%s: %w", fetch.Redacted(at), reached(err)))
		if ctx.Err() != nil {
			break // the others would fail with the same error
		}
	}
	switch wrong := faultOf(errs); {
	case wrong != nil: // what the other places say is of no use
		return "", message.Join("discovery: ", wrong)
	case len(errs) == len(places) && noMetadata(errs):
		errs = append(errs, &fault{errors.New("the issuer has no metadata: check the issuer, or say where its metadata is (WithMetadataURL, or ?metadata=URL after oidc:)")})
	default:
		errs = unmarked(errs)
	}
	return "", message.Join("discovery: ", errs...)
}

const (
	openIDConfiguration = "/.well-known/openid-configuration"
	oauthConfiguration  = "/.well-known/oauth-authorization-server"
)

// locations returns the URLs where the metadata may be. OpenID Connect appends the
// well-known path to the issuer (Discovery 1.0 §4); RFC 8414 puts it between host
// and path: its own path (§3.1) or that of OpenID Connect (§5).
func (d *discovery) locations() []string {
	if d.metadata != "" {
		return []string{d.metadata}
	}
	issuer := strings.TrimSuffix(d.issuer, "/")
	all := []string{issuer + openIDConfiguration}
	if u, err := url.Parse(issuer); err == nil {
		host := u.Scheme + "://" + u.Host
		all = append(all, host+oauthConfiguration+u.EscapedPath())
		if u.EscapedPath() != "" { // else it equals the first
			all = append(all, host+openIDConfiguration+u.EscapedPath())
		}
	}
	return all
}

// read returns the JWKS URL in the metadata. Members that are not needed may be
// anything. jwks_uri may be on another host, as with Google, but not without TLS.
func (d *discovery) read(doc []byte) (string, error) {
	var metadata struct {
		Issuer  once `json:"issuer"`
		JWKSURI once `json:"jwks_uri"`
	}
	if err := json.Unmarshal(bytes.TrimPrefix(doc, bom), &metadata, lenient); err != nil {
		return "", &unusable{errors.New("the issuer's metadata is not a JSON object with one issuer and one jwks_uri")}
	}
	issuer, found := metadata.Issuer.text, metadata.JWKSURI.text
	if issuer != d.issuer { // RFC 8414 §3.3
		return "", d.otherIssuer(issuer)
	}
	if found == "" {
		return "", &fault{errors.New("the issuer's metadata is wrong: jwks_uri is empty, so it publishes no keys; give the JWKS URL itself, or env:NAME?alg=HS256 where the issuer signs with HS256")}
	}
	if err := fetch.CheckURL("jwks_uri", found, d.insecure); err != nil {
		return "", fmt.Errorf("the issuer's metadata is wrong: %s", message.Bare(err))
	}
	if fetch.IsHTTPS(d.issuer) && !fetch.IsHTTPS(found) {
		return "", errors.New("the issuer's metadata is wrong: jwks_uri is plain http, the issuer https")
	}
	if u, err := url.Parse(found); err != nil || u.User != nil {
		return "", errors.New("the issuer's metadata is wrong: jwks_uri has a user or password")
	}
	return found, nil
}

// alike describes a difference between two issuers that is easily overlooked.
func alike(a, b string) string {
	switch {
	case strings.TrimSuffix(a, "/") == strings.TrimSuffix(b, "/"):
		return "; only the slash at the end differs"
	case ascii.EqualFold(a, b):
		return "; only the case differs"
	}
	return ""
}

// checkIssuer returns an error for an issuer whose metadata cannot be found, and
// for the URL of the metadata itself, which is a common mistake.
func checkIssuer(issuer string, insecure bool) error {
	if err := fetch.CheckURL("the issuer", issuer, insecure); err != nil {
		return err
	}
	u, err := url.Parse(issuer)
	if err != nil || u.User != nil || strings.ContainsAny(issuer, "?#") {
		return errors.New("keys: the issuer has a user, query or fragment (RFC 8414 §2)")
	}
	for _, known := range []string{openIDConfiguration, oauthConfiguration} {
		if before, after, isMetadata := strings.Cut(issuer, known); isMetadata {
			likely := before + strings.TrimSuffix(after, "/")
			return fmt.Errorf("keys: the issuer is the URL of its metadata; use the issuer that the metadata names, such as %s, with WithMetadataURL if its URL differs",
				message.Plain(likely))
		}
	}
	return nil
}
