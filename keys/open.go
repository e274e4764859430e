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

// Open returns the provider that ref names, so that configuration chooses the
// source of the keys. A reference is env:NAME, file:PATH, a JWKS URL such as
// https://host/jwks.json, or oidc:https://issuer, or a comma-separated list of
// these; a URL with {kid} in its path is one for each key ID ([NewPerID]). The
// section References of the package page has the table with all parameters. The sources of a list are merged ([Merge]).
//
// A variable or file holds a JWK Set, a JWK or PEM, or with ?alg=HS256 a raw
// secret, as in env:JWT_SECRET?alg=HS256&encoding=base64. A variable is read once,
// a file again when it changes.
//
// opts apply to every source of the list; those that have no meaning for one are
// ignored there. ctx is for openers of your own schemes ([Mux.Handle]).
//
// Open makes no request: it reads variables and files, and the first Find or
// [Refresh] fetches. It fails when ref is empty, when a reference is malformed or
// has an unknown scheme or parameter, and when a variable or file has no usable
// key, and reports all of this in one error. The error names a reference by its
// place in the list and its scheme, and quotes nothing that follows the scheme:
// that may be the secret itself, put there by mistake.
func Open(ctx context.Context, ref string, opts ...Option) (Provider, error) {
	return NewMux(opts...).Open(ctx, ref)
}

// An Opener opens the references of one URL scheme of a [Mux], such as
// vault:secret/jwt. OpenKeys gets the whole reference. It should make no request;
// the provider that it returns does, when it is asked. Its errors should quote
// nothing of u, which may hold a secret.
type Opener interface {
	OpenKeys(ctx context.Context, u *url.URL) (Provider, error)
}

// OpenerFunc makes a function an [Opener].
type OpenerFunc func(ctx context.Context, u *url.URL) (Provider, error)

// OpenKeys calls f.
func (f OpenerFunc) OpenKeys(ctx context.Context, u *url.URL) (Provider, error) { return f(ctx, u) }

// A Mux opens references by their URL scheme. It is how a program adds its own
// schemes to those of [Open], without a global registry. Call Handle before
// goroutines share the Mux; after that it is read-only. The zero Mux has no
// schemes.
type Mux struct {
	openers map[string]OpenerFunc // functions: package fmt prints nothing inside them
}

// NewMux returns a Mux with the schemes of [Open]: env, file, https, http and
// oidc. Their providers use opts; mistakes in opts are errors of [Mux.Open].
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

// Handle adds a scheme, which is in lower case. It panics when scheme is not a
// URL scheme (RFC 3986 §3.1) or is already registered, and when o is nil or
// holds a nil function or pointer: these are mistakes in the program.
func (m *Mux) Handle(scheme string, o Opener) {
	u, err := url.Parse(scheme + ":x")
	switch {
	case err != nil || u.Scheme != scheme:
		panic(fmt.Sprintf("keys: Mux.Handle: %q is not a lower-case URL scheme", scheme))
	case absent.Is(o):
		panic(fmt.Sprintf("keys: Mux.Handle: the opener for %q is nil", scheme))
	case m.openers[scheme] != nil:
		panic(fmt.Sprintf("keys: Mux.Handle: %q is already registered", scheme))
	}
	if m.openers == nil {
		m.openers = map[string]OpenerFunc{}
	}
	m.openers[scheme] = o.OpenKeys
}

// Open is the function [Open] with the schemes of m. It reports every mistake in
// the list in one error. A nil or zero Mux opens nothing.
func (m *Mux) Open(ctx context.Context, ref string) (Provider, error) {
	switch {
	case m == nil || len(m.openers) == 0:
		return nil, errors.New("keys: the Mux has no schemes; make it with NewMux")
	case strings.TrimSpace(ref) == "":
		return nil, fmt.Errorf("keys: the key reference is empty; use %s", m.usage())
	}
	parts := strings.Split(ref, ",") // a comma inside a reference is %2C
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
	if err != nil || m.openers[u.Scheme] == nil { // ref may be a secret: not quoted
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

// usage lists the forms of reference that m opens, for errors.
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

// openers open the schemes that every Mux of NewMux has, with the same options.
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

// variable reads the keys in an environment variable. Errors leave out the name:
// it may be the secret itself.
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

// withoutPath returns an error of NewFile without the path, which may be a secret.
func withoutPath(err error, path string) error {
	text, named := strings.CutPrefix(err.Error(), "keys: file "+message.Plain(path)+": ")
	switch cause := errors.Unwrap(err); {
	case cause != nil: // of the file system
		return fmt.Errorf("%w; give the path of a file, not what it holds", cause)
	case named:
		return errors.New(text)
	}
	return errors.New("the file cannot be used")
}

func (o openers) remote(_ context.Context, u *url.URL) (Provider, error) {
	if strings.Contains(u.RawPath, kidPlaceholder) { // package url escapes it
		return opened(NewPerID(strings.ReplaceAll(u.String(), "%7Bkid%7D", kidPlaceholder), o.opts...))
	}
	return opened(NewRemote(u.String(), o.opts...))
}

// opened keeps a nil *Remote from becoming a Provider that is not nil.
func opened(r *Remote, err error) (Provider, error) {
	if err != nil {
		return nil, err
	}
	return r, nil
}

// local returns the name and the options in a reference to a variable or file.
func (o openers) local(u *url.URL) (name string, opts []Option, err error) {
	if name = u.Path; u.Opaque != "" { // file:a is opaque, file:/a has a path
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

// localOption returns the option that a parameter of a reference stands for.
// Errors leave out its name and value: they may be a part of the secret.
func localOption(parameter string, values []string) (Option, error) {
	value := values[0]
	switch {
	case len(values) > 1:
		return nil, errors.New("the key reference has a parameter twice")
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
