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

	"github.com/jwtverify/jwtverify/internal/absent"
	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/internal/signature"
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
// variable or file holds a JWK Set, a JWK or PEM. These follow its name:
//
//	?alg=HS256            it may hold a raw secret; also HS384, HS512
//	?encoding=base64      which is decoded first; also base64url, hex
//	?kid=thumbprint       public keys without ID get one ([WithThumbprintIDs])
//
// as in env:JWT_SECRET?alg=HS256&encoding=base64. A raw secret is never
// guessed.
//
// Open makes no request. Its errors name a reference by its place in the list
// and its scheme, and quote nothing of what follows: that may be the secret
// itself, put there by mistake or by a shell.
func Open(ctx context.Context, ref string, opts ...Option) (Provider, error) {
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
	openers map[string]OpenerFunc // a function: no verb of fmt prints what an opener holds
}

// NewMux returns a Mux with the schemes of [Open], which use opts.
func NewMux(opts ...Option) *Mux {
	m := &Mux{openers: map[string]OpenerFunc{}}
	o := openers{append(slices.Clone(opts), passedOn())}
	m.Handle("env", OpenerFunc(o.env))
	m.Handle("file", OpenerFunc(o.file))
	m.Handle("https", OpenerFunc(o.remote))
	m.Handle("http", OpenerFunc(o.remote))
	m.Handle("oidc", OpenerFunc(o.oidc))
	return m
}

// Handle adds a scheme. It panics when scheme is not one, when the Mux has it
// already, or when o is nil or holds a nil function or pointer. The zero Mux has
// no schemes.
func (m *Mux) Handle(scheme string, o Opener) {
	u, err := url.Parse(scheme + ":x")
	switch {
	case err != nil || u.Scheme != scheme:
		panic(fmt.Sprintf("keys: Mux.Handle: %q is not a lower-case URL scheme", scheme))
	case absent.Is(o):
		panic(fmt.Sprintf("keys: Mux.Handle: the opener for %q is nil", scheme))
	case m.openers[scheme] != nil:
		panic(fmt.Sprintf("keys: Mux.Handle: %q is there already", scheme))
	}
	if m.openers == nil {
		m.openers = map[string]OpenerFunc{}
	}
	m.openers[scheme] = o.OpenKeys
}

// Open is the function [Open] with the schemes of m. It reports what is wrong
// with every part of the list in one error.
func (m *Mux) Open(ctx context.Context, ref string) (Provider, error) {
	switch {
	case m == nil || len(m.openers) == 0:
		return nil, errors.New("keys: the Mux has no schemes; make it with NewMux")
	case strings.TrimSpace(ref) == "":
		return nil, fmt.Errorf("keys: the key reference is empty; use %s", m.usage())
	}
	parts := strings.Split(ref, ",")
	if len(parts) == 1 {
		return m.open(ctx, ref)
	}
	ps, errs := make([]Provider, len(parts)), make([]error, len(parts))
	for i, part := range parts {
		p, err := m.open(ctx, part)
		ps[i], errs[i] = p, message.Join(fmt.Sprintf("key reference %d: ", i+1), message.OneLine(err))
	}
	if err := message.Join("keys: ", errs...); err != nil {
		return nil, err
	}
	return Merge(ps...), nil
}

var comma = strings.NewReplacer("%2C", ",", "%2c", ",")

// open opens one part of a list.
func (m *Mux) open(ctx context.Context, ref string) (Provider, error) {
	u, err := url.Parse(comma.Replace(strings.TrimSpace(ref)))
	if err != nil || m.openers[u.Scheme] == nil { // what it is may be a secret
		return nil, fmt.Errorf("keys: not a key reference; use %s", m.usage())
	}
	p, err := m.openers[u.Scheme].OpenKeys(ctx, u)
	if err == nil && absent.Is(p) {
		err = fmt.Errorf("keys: the opener for %s returned nothing", message.Quote(u.Scheme))
	}
	if err != nil {
		return nil, err
	}
	return p, nil
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
type openers struct{ opts []Option }

func (o openers) env(_ context.Context, u *url.URL) (Provider, error) {
	name, opts, err := o.local(u)
	if err != nil {
		return nil, err
	}
	c, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	ks, skipped, err := c.parser.variable(name)
	if err != nil {
		return nil, message.Join("keys: env: ", message.OneLine(err))
	}
	return newStatic(ks, skipped), nil
}

// variable reads the keys in an environment variable. The name does not get
// into an error: it may be the secret itself.
func (p parser) variable(name string) ([]*Key, []Skipped, error) {
	value, set := os.LookupEnv(name)
	switch {
	case !set:
		return nil, nil, errors.New("the environment variable is not set; give its name, not its value")
	case value == "":
		return nil, nil, errors.New("the environment variable is empty")
	}
	doc := []byte(value)
	if isJSON(doc) || isPEM(doc) {
		return p.document(doc)
	}
	ks, err := p.rawSecret(doc)
	return ks, nil, err
}

func (o openers) file(_ context.Context, u *url.URL) (Provider, error) {
	path, opts, err := o.local(u)
	if err != nil {
		return nil, err
	}
	if _, err := newConfig(opts); err != nil {
		return nil, err
	}
	f, err := NewFile(path, opts...)
	if err != nil {
		return nil, message.Join("keys: file: ", message.OneLine(withoutPath(err, path)))
	}
	return f, nil
}

// withoutPath is an error of [NewFile] that does not show the path.
func withoutPath(err error, path string) error {
	text, named := strings.CutPrefix(err.Error(), "keys: file "+message.Plain(path)+": ")
	switch cause := errors.Unwrap(err); {
	case cause != nil: // of the file system
		return fmt.Errorf("%w; give the path of a file, not what it holds", cause)
	case named:
		return errors.New(text)
	}
	return errors.New("it cannot be used")
}

func (o openers) remote(_ context.Context, u *url.URL) (Provider, error) {
	return opened(NewRemote(u.String(), o.opts...))
}

func (o openers) oidc(_ context.Context, u *url.URL) (Provider, error) {
	issuer, opts := *u, o.opts
	query, err := url.ParseQuery(u.RawQuery)
	if at := query["metadata"]; err == nil && len(query) == 1 && len(at) == 1 {
		issuer.RawQuery, opts = "", append(slices.Clone(opts), WithMetadataURL(at[0]))
	}
	return opened(NewOIDC(strings.TrimPrefix(issuer.String(), "oidc:"), opts...))
}

func opened(r *Remote, err error) (Provider, error) {
	if err != nil {
		return nil, err
	}
	return r, nil
}

// local takes a reference to a variable or file apart.
func (o openers) local(u *url.URL) (name string, opts []Option, err error) {
	if name = u.Path; u.Opaque != "" {
		name, err = url.PathUnescape(u.Opaque)
	}
	query, qerr := url.ParseQuery(u.RawQuery)
	if err != nil || qerr != nil || name == "" || u.Host != "" || u.Fragment != "" {
		return "", nil, fmt.Errorf("keys: not a key reference; use %s:NAME", u.Scheme)
	}
	opts = slices.Clone(o.opts)
	for parameter, values := range query {
		option, err := localOption(parameter, values)
		if err != nil {
			return "", nil, message.Join("keys: "+u.Scheme+": ", message.OneLine(err))
		}
		opts = append(opts, option)
	}
	return name, opts, nil
}

// localOption is the option that a parameter of a reference stands for. Neither
// name nor value may get into an error: they may be a part of the secret.
func localOption(parameter string, values []string) (Option, error) {
	value := values[0]
	switch {
	case len(values) > 1:
		return nil, errors.New("a parameter of the key reference is there twice")
	case parameter == "alg":
		if !signature.IsHMAC(Algorithm(value)) {
			return nil, errors.New("the alg of a key reference is not HS256, HS384 or HS512")
		}
		return WithSecretAlgorithm(Algorithm(value)), nil
	case parameter == "encoding":
		if !Encoding(value).known() {
			return nil, errors.New("the encoding of a key reference is not base64, base64url or hex")
		}
		return WithSecretEncoding(Encoding(value)), nil
	case parameter == "kid":
		if value != "thumbprint" {
			return nil, errors.New("the kid of a key reference is not thumbprint")
		}
		return WithThumbprintIDs(), nil
	}
	return nil, errors.New("a key reference takes the parameters alg, encoding and kid")
}
