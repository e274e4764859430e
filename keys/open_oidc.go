package keys

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/jwtverify/jwtverify/internal/message"
)

// oidc opens oidc:ISSUER with the parameters metadata, ca and token. An issuer has
// no query of its own (RFC 8414 §2), so all of it is parameters.
func (o openers) oidc(_ context.Context, u *url.URL) (Provider, error) {
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, errors.New("keys: oidc: the parameters cannot be read; write & as %26 and ; as %3B inside a value")
	}
	opts, errs := slices.Clone(o.opts), []error(nil)
	for _, parameter := range slices.Sorted(maps.Keys(query)) {
		option, err := issuerOption(parameter, query[parameter])
		if err != nil {
			errs = append(errs, err)
			continue
		}
		opts = append(opts, option)
	}
	if err := message.Join("keys: oidc: ", errs...); err != nil {
		return nil, err
	}
	issuer := *u
	issuer.RawQuery = ""
	return opened(NewOIDC(strings.TrimPrefix(issuer.String(), "oidc:"), opts...))
}

// issuerOption returns the option that a parameter of an oidc reference stands for.
// Errors name the parameter and not its value, which may be a secret.
func issuerOption(parameter string, values []string) (Option, error) {
	option, known := map[string]func(string) Option{
		"metadata": WithMetadataURL, "ca": WithCAFile, "token": WithTokenFile,
	}[parameter]
	switch {
	case !known:
		return nil, fmt.Errorf("the parameter %s is unknown; use metadata, ca or token, and write & as %%26 inside a value", message.Quote(parameter))
	case len(values) > 1:
		return nil, fmt.Errorf("the parameter %s is there twice", parameter)
	case values[0] == "":
		return nil, fmt.Errorf("the parameter %s is empty", parameter)
	}
	return option(values[0]), nil
}
