package bench

import (
	"runtime/debug"

	"github.com/jwtverify/jwtverify/keys"
)

// A Contender is one library that verifies tokens.
type Contender struct {
	Name   string
	Module string // "" for jwtverify itself

	// PublicOnly: it has no HS256.
	PublicOnly bool
	// Verifier sets it up for one key: the function says whether a token is
	// good.
	Verifier func(*Material) (func(raw string) error, error)
	// Decoder does too, and the function says what else is in the token.
	Decoder func(*Material) (func(raw string) (Profile, error), error)
}

// Ours and Bare are the names that the others are compared with.
const (
	Ours = "jwtverify"
	Bare = "bare crypto call"
)

// Contenders are all that verify a token, ours first. One more, such as ours
// with another option, is one more in this list.
func Contenders() []Contender {
	return []Contender{ours, golangJWT, goJOSE, jwx, goOIDC, cristalhq, pascaldekloe}
}

// Offers reports whether c verifies alg.
func (c Contender) Offers(alg keys.Algorithm) bool { return !c.PublicOnly || alg != keys.HS256 }

// Gaps returns the names of the probes that c does not pass with every key.
func (c Contender) Gaps(ms []*Material) ([]string, error) {
	var vs []examined
	for _, m := range ms {
		if !c.Offers(m.Algorithm) {
			continue
		}
		verify, err := c.Verifier(m)
		if err != nil {
			return nil, err
		}
		vs = append(vs, examined{m, func(raw string) bool { return verify(raw) == nil }})
	}
	return gaps(vs), nil
}

// Version is the version of a module in this program; "" when it is not known,
// as in a test.
func Version(module string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok || module == "" {
		return ""
	}
	for _, dep := range info.Deps {
		if dep.Path == module {
			return dep.Version
		}
	}
	return ""
}
