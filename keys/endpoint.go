package keys

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/jwtverify/jwtverify/internal/fetch"
)

// An endpoint is an origin that answers over HTTP.
type endpoint struct {
	place
	client  *fetch.Client
	reading reading
}

// A place knows where the JWK Set is.
type place interface {
	name() string
	id() string
	locate(ctx context.Context, client *fetch.Client) (jwksURL string, err error)
}

// fixedURL is a JWKS URL.
type fixedURL string

func (u fixedURL) name() string { return fetch.Redacted(string(u)) }

// id is a hash, since the query of a URL may hold a secret.
func (u fixedURL) id() string { return fmt.Sprintf("jwks:%x", sha256.Sum256([]byte(u))) }

func (u fixedURL) locate(context.Context, *fetch.Client) (string, error) { return string(u), nil }

func (e *endpoint) fetch(ctx context.Context, last outcome) (got fetched, err error) {
	defer e.client.Abandon()
	if got.jwksURL, err = e.locate(ctx, e.client); err != nil {
		return got, err
	}
	etag := ""
	if got.jwksURL == last.jwksURL {
		etag = last.etag
	}
	resp, err := e.client.Get(ctx, got.jwksURL, etag)
	if err != nil {
		return got, err
	}
	got.etag, got.fresh, got.body, got.unchanged = resp.ETag, resp.Fresh, resp.Body, resp.Unchanged
	if got.unchanged {
		return got, nil
	}
	if got.keys, got.skipped, err = e.reading.json(got.body); err != nil {
		err = errors.New(reason(err))
	}
	return got, err
}
