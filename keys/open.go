package keys

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/jwtverify/jwtverify/internal/message"
)

// Open returns the provider that a reference names, so that the source of keys
// is a matter of configuration:
//
//	env:NAME                      the environment variable NAME
//	file:PATH                     a file, read again when it changes ([NewFile])
//	https://host/jwks.json        a JWKS URL ([NewRemote]); http:// on loopback
//	oidc:https://issuer           OpenID discovery ([NewOIDC]); with
//	                              ?metadata=URL, [WithMetadataURL]
//
// or a comma list of these, merged ([Merge]); a comma inside of one is %2C. A
// variable or file holds a JWK Set, a JWK, PEM, or a raw secret, which is for
// HS256 unless ?alg=HS384 or ?alg=HS512 follows.
//
// Open makes no request. Its errors name the reference by its place in the
// list and never quote it, since it may be a secret that was put there by
// mistake.
func Open(ctx context.Context, ref string, opts ...RemoteOption) (Provider, error) {
	return NewMux(opts...).Open(ctx, ref)
}

// An Opener opens the references of one URL scheme.
type Opener interface {
	OpenKeys(ctx context.Context, u *url.URL) (Provider, error)
}

// OpenerFunc is a function as an [Opener].
type OpenerFunc func(ctx context.Context, u *url.URL) (Provider, error)

// OpenKeys calls f.
func (f OpenerFunc) OpenKeys(ctx context.Context, u *url.URL) (Provider, error) { return f(ctx, u) }

// A Mux opens references by their URL scheme. Configure it before it is
// shared.
type Mux struct {
	openers map[string]OpenerFunc // of package fmt nothing prints what is in a function
}

// NewMux returns a Mux with the schemes of [Open], which use opts.
func NewMux(opts ...RemoteOption) *Mux {
	m := &Mux{openers: map[string]OpenerFunc{}}
	o := openers{opts}
	m.Handle("env", OpenerFunc(o.env))
	m.Handle("file", OpenerFunc(o.file))
	m.Handle("https", OpenerFunc(o.remote))
	m.Handle("http", OpenerFunc(o.remote))
	m.Handle("oidc", OpenerFunc(o.oidc))
	return m
}

// Handle adds a scheme. It panics when scheme is not one, when the Mux has it
// already, or when o is nil.
func (m *Mux) Handle(scheme string, o Opener) {
	u, err := url.Parse(scheme + ":x")
	switch {
	case err != nil || u.Scheme != scheme:
		panic(fmt.Sprintf("keys: Mux.Handle: %q is not a lower-case URL scheme", scheme))
	case isNil(o):
		panic(fmt.Sprintf("keys: Mux.Handle: the opener for %q is nil", scheme))
	case m.openers[scheme] != nil:
		panic(fmt.Sprintf("keys: Mux.Handle: %q is there already", scheme))
	}
	m.openers[scheme] = o.OpenKeys
}

// Open is the function [Open] with the schemes of m. What is wrong with any
// part of the list is told at once.
func (m *Mux) Open(ctx context.Context, ref string) (Provider, error) {
	if strings.TrimSpace(ref) == "" {
		return nil, fmt.Errorf("keys: the key reference is empty; use %s", m.usage())
	}
	parts := strings.Split(ref, ",")
	ps, errs := make([]Provider, len(parts)), make([]error, len(parts))
	for i, part := range parts {
		p, err := m.open(ctx, comma.Replace(strings.TrimSpace(part)))
		if err != nil && len(parts) > 1 {
			err = fmt.Errorf("key reference %d: %w", i+1, err)
		}
		ps[i], errs[i] = p, err
	}
	if err := message.Join("", errs...); err != nil {
		return nil, err
	}
	return Merge(ps...), nil
}

var comma = strings.NewReplacer("%2C", ",", "%2c", ",")

func (m *Mux) open(ctx context.Context, ref string) (Provider, error) {
	u, err := url.Parse(ref)
	if err != nil || m.openers[u.Scheme] == nil {
		return nil, fmt.Errorf("keys: not a key reference; use %s", m.usage())
	}
	p, err := m.openers[u.Scheme].OpenKeys(ctx, u)
	if err == nil && isNil(p) {
		err = fmt.Errorf("keys: the opener for %q returned nothing", u.Scheme)
	}
	return p, err
}

func (m *Mux) usage() string {
	examples := map[string]string{"env": "env:NAME", "file": "file:PATH", "https": "https://host/jwks.json", "oidc": "oidc:https://issuer"}
	var forms []string
	for _, scheme := range slices.Sorted(maps.Keys(m.openers)) {
		switch form, ok := examples[scheme]; {
		case ok:
			forms = append(forms, form)
		case scheme != "http":
			forms = append(forms, scheme+":…")
		}
	}
	return strings.Join(forms, ", ")
}

// openers are those of the schemes that every Mux has.
type openers struct{ opts []RemoteOption }

func (o openers) env(_ context.Context, u *url.URL) (Provider, error) {
	name, opts, err := o.local(u)
	if err != nil {
		return nil, err
	}
	c, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	value, set := os.LookupEnv(name)
	switch {
	case !set:
		return nil, fmt.Errorf("keys: the environment variable %s is not set", message.Plain(name))
	case value == "":
		return nil, fmt.Errorf("keys: the environment variable %s is empty", message.Plain(name))
	}
	doc := []byte(value)
	var ks []*Key
	var skipped []Skipped
	if isJSON(doc) || isPEM(doc) {
		ks, skipped, err = c.reading.document(doc)
	} else {
		ks, err = c.reading.rawSecret(doc)
	}
	if err != nil {
		return nil, fmt.Errorf("keys: the environment variable %s: %s", message.Plain(name), reason(err))
	}
	return newStatic(ks, skipped), nil
}

func (o openers) file(_ context.Context, u *url.URL) (Provider, error) {
	path, opts, err := o.local(u)
	if err != nil {
		return nil, err
	}
	return NewFile(path, opts...)
}

func (o openers) remote(_ context.Context, u *url.URL) (Provider, error) {
	return NewRemote(u.String(), o.opts...)
}

func (o openers) oidc(_ context.Context, u *url.URL) (Provider, error) {
	issuer, opts := *u, o.opts
	query, err := url.ParseQuery(u.RawQuery)
	if at := query["metadata"]; err == nil && len(query) == 1 && len(at) == 1 {
		issuer.RawQuery, opts = "", append(slices.Clone(opts), WithMetadataURL(at[0]))
	}
	return NewOIDC(strings.TrimPrefix(issuer.String(), "oidc:"), opts...)
}

// local takes a reference apart whose one parameter is alg.
func (o openers) local(u *url.URL) (name string, opts []RemoteOption, err error) {
	if name = u.Path; u.Opaque != "" {
		name, err = url.PathUnescape(u.Opaque)
	}
	query, qerr := url.ParseQuery(u.RawQuery)
	opts = o.opts
	for parameter, values := range query {
		if parameter != "alg" || len(values) != 1 {
			return "", nil, fmt.Errorf("keys: a key reference with %s: takes one parameter, alg", u.Scheme)
		}
		alg := Algorithm(values[0])
		if f, _ := scheme(alg); f != familyHMAC {
			return "", nil, errors.New("keys: the alg of a key reference is not HS256, HS384 or HS512")
		}
		opts = append(slices.Clone(opts), WithSecretAlgorithm(alg))
	}
	if err != nil || qerr != nil || name == "" || u.Host != "" || u.Fragment != "" {
		return "", nil, fmt.Errorf("keys: not a key reference; use %s:NAME", u.Scheme)
	}
	return name, opts, nil
}
