package keys

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/internal/signature"
)

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
	ks, skipped, err := c.reading.variable(name)
	if err != nil {
		return nil, prefixed("keys: env: ", err)
	}
	return newStatic(ks, skipped), nil
}

// variable reads the keys in an environment variable. The name does not get
// into an error: it may be the secret itself.
func (r reading) variable(name string) ([]*Key, []Skipped, error) {
	value, set := os.LookupEnv(name)
	switch {
	case !set:
		return nil, nil, errors.New("the environment variable is not set; give its name, not its value")
	case value == "":
		return nil, nil, errors.New("the environment variable is empty")
	}
	doc := []byte(value)
	if isJSON(doc) || isPEM(doc) {
		return r.document(doc)
	}
	ks, err := r.rawSecret(doc)
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
		return nil, prefixed("keys: file: ", withoutPath(err, path))
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
func (o openers) local(u *url.URL) (name string, opts []RemoteOption, err error) {
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
			return "", nil, prefixed("keys: "+u.Scheme+": ", err)
		}
		opts = append(opts, option)
	}
	return name, opts, nil
}

// localOption is the option that a parameter of a reference stands for. Neither
// name nor value may get into an error: they may be a part of the secret.
func localOption(parameter string, values []string) (RemoteOption, error) {
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
