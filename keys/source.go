package keys

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/jwtverify/jwtverify/internal/fetch"
	"github.com/jwtverify/jwtverify/internal/message"
)

// Fetched is what the function given to [NewSource] returns: a document or keys,
// not both.
type Fetched struct {
	// Document is a JWK Set, or PEM with public keys and certificates, of at most
	// 1 MiB. It is read like a published one: a key whose private half or secret
	// is in it is not used.
	Document []byte
	// Keys are ready-made keys, used as they are; they may be secrets. A nil or
	// zero key is a failure.
	Keys []*Key
	// Fresh is how long the keys may be used before the next fetch. It is
	// limited to one minute at least and one day at most. Zero or less means
	// that the source does not say: they are fresh for ten minutes.
	Fresh time.Duration
}

// NewSource provides the keys that fetch returns, such as from a vault or a
// database, with all the rules of a [Remote]: a single fetch for all waiting
// lookups, a budget for unknown key IDs, backoff, use of the last good keys, seed,
// snapshot, [Status] and [Run]. fetch only has to get the keys.
//
// name identifies the source in Status, log lines and errors; of a URL they show
// no user, password or query. It is also what a snapshot file belongs to, so it
// should not change between releases.
//
// fetch gets a context that ends after [WithTimeout], and it should return by
// then; until it does or is given up half a second later, it is not called again.
// An error, a panic, no keys, and a document without a usable key are failures:
// they are retried with backoff and never replace a good set. Wrap the result in
// [ForIssuer] when the keys belong to one issuer.
//
// NewSource does not call fetch. It fails when name is empty or fetch is nil, and
// for an option that has no meaning here, such as those about HTTP and raw
// secrets; it reports every mistake in one error. [WithSnapshotFile] keeps
// documents only, never ready-made keys, which may be secrets.
func NewSource(name string, fetch func(context.Context) (Fetched, error), opts ...Option) (*Remote, error) {
	c, err := newConfig(opts)
	errs := []error{err} // err may be nil: Join drops it
	refuse := func(wrong bool, what string) {
		if wrong {
			errs = append(errs, errors.New("keys: NewSource: "+what))
		}
	}
	refuse(name == "", "the name is empty")
	refuse(fetch == nil, "fetch is nil")
	errs = append(errs, c.meaningless("a source of your own", forHTTP, forOIDC, forSecret))
	if err := message.Join("keys: ", errs...); err != nil {
		return nil, err
	}
	c.parser.remote, c.pem = true, true
	return newRemote(c, &custom{label: name, get: fetch, read: c.readPublished})
}

// A custom origin is the function given to NewSource.
type custom struct {
	label string
	get   func(context.Context) (Fetched, error)
	read  func(doc []byte) ([]*Key, []Skipped, error)
}

func (o *custom) name() string {
	if u, err := url.Parse(o.label); err == nil && u.Host != "" {
		return fetch.Redacted(o.label)
	}
	return message.Short(o.label)
}

// id is a hash, since the name may be a URL with a secret in its query.
func (o *custom) id() string { return fmt.Sprintf("source:%x", sha256.Sum256([]byte(o.label))) }

// fetch calls the function and checks what it returns.
func (o *custom) fetch(ctx context.Context, _ *attempt) (fetched, error) {
	brought, err := o.get(ctx)
	if err != nil {
		return fetched{}, message.Foreign(err)
	}
	got := fetched{fresh: brought.Fresh}
	if got.fresh <= 0 {
		got.fresh = -1 // not said: zero would mean no longer fresh
	}
	switch {
	case len(brought.Document) > 0 && len(brought.Keys) > 0:
		return got, errors.New("the source gave a document and keys; give one of them")
	case slices.ContainsFunc(brought.Keys, func(k *Key) bool { return k == nil || k.material == nil }):
		return got, errors.New("the source gave a key that is nil or zero")
	case len(brought.Keys) > 0:
		got.keys = slices.Clone(brought.Keys)
		return got, nil
	case len(brought.Document) == 0:
		return got, errors.New("the source gave no key")
	case len(brought.Document) > fetch.MaxBody:
		return got, fmt.Errorf("the document is larger than %d bytes", fetch.MaxBody)
	}
	got.body = bytes.Clone(brought.Document) // the caller may reuse its buffer
	if got.keys, got.skipped, err = o.read(got.body); err != nil {
		err = errors.New(message.Bare(err))
	}
	return got, err
}

// readPublished reads a document that somebody else wrote. Only NewSource takes PEM:
// an endpoint that answers with PEM does not serve a JWK Set.
func (c *config) readPublished(doc []byte) ([]*Key, []Skipped, error) {
	switch {
	case !c.pem || isJSON(doc) || !isPEM(doc):
		return c.parser.json(doc)
	case bytes.Contains(doc, []byte("PRIVATE KEY-----")):
		return nil, nil, errors.New("keys: there is a private key in it; give the public half")
	}
	return c.parser.pem(doc)
}
