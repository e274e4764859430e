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

// Fetched is what a source of your own has brought: a document or keys, not
// both.
type Fetched struct {
	// Document is a JWK Set, or PEM with public keys and certificates. It is
	// read like one that is published: a key whose private half or secret is in
	// it is not used.
	Document []byte
	// Keys are keys that are ready, taken as they are; they may be secrets. A
	// nil or zero key is a failure.
	Keys []*Key
	// Fresh is how long they may be used before the source is asked again,
	// between a minute and a day. Zero or less: it does not say, and they are
	// fresh for ten minutes.
	Fresh time.Duration
}

// NewSource provides keys from wherever fetch gets them, such as a vault or a
// database, with all the rules of a [Remote]: one fetch for all who wait,
// budgets for unknown keys, backoff, staleness, seed, snapshot, [Status] and
// [Run].
//
// name names the source in Status, log lines and errors; of a URL they show no
// user, password or query. fetch gets a context that ends with [WithTimeout]
// and is never called twice at a time, as long as it heeds it. Its error, its
// panic, no keys, and a document without a usable one are failures, which never
// replace a good set. Wrap the result in [ForIssuer] when the keys are those of
// one issuer.
//
// Options about HTTP and raw secrets mean nothing here and are an error.
// [WithSnapshotFile] keeps documents alone, never keys that are ready. NewSource
// does not call fetch; all that is wrong with its arguments is reported in one
// error.
func NewSource(name string, fetch func(context.Context) (Fetched, error), opts ...Option) (*Remote, error) {
	c, err := newConfig(opts)
	errs := []error{err}
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
	return newRemote(c, &custom{label: name, get: fetch, read: c.published})
}

// A custom origin is a function of the caller's.
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

func (o *custom) id() string { return fmt.Sprintf("source:%x", sha256.Sum256([]byte(o.label))) }

func (o *custom) fetch(ctx context.Context, _ fetchState) (fetched, error) {
	brought, err := o.get(ctx)
	if err != nil {
		return fetched{}, message.Foreign(err)
	}
	got := fetched{fresh: brought.Fresh}
	if got.fresh <= 0 {
		got.fresh = -1
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
	got.body = bytes.Clone(brought.Document)
	if got.keys, got.skipped, err = o.read(got.body); err != nil {
		err = errors.New(message.Bare(err))
	}
	return got, err
}

// published reads a document from elsewhere.
func (c *config) published(doc []byte) ([]*Key, []Skipped, error) {
	switch {
	case !c.pem || isJSON(doc) || !isPEM(doc):
		return c.parser.json(doc)
	case bytes.Contains(doc, []byte("PRIVATE KEY-----")):
		return nil, nil, errors.New("keys: there is a private key in it; give the public half")
	}
	return c.parser.pem(doc)
}
