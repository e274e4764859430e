// Package setup makes a verifier of the settings of a service: flags, the variables
// that services read, or the policy that a running service exports. It can make
// another one with a setting changed, which is how a diagnosis tries out its guess.
package setup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/issuers"
)

// Settings are what a verifier is made of. Issuers makes a whole one; otherwise Keys
// and the rest do.
type Settings struct {
	Issuers   string   // a reference for issuers.Open
	Keys      string   // a reference for keys.Open
	Issuer    []string // expected values of "iss"
	Audience  []string
	Type      []string
	Algorithm []string
	Scope     []string // each must be in the token

	Leeway          *time.Duration
	MaxSize         int
	AnyIssuer       bool
	AnyAudience     bool
	OptionalSubject bool
	OptionalExpiry  bool
	IntegerSubject  bool
	AccessToken     bool
	Events          bool
	Padded          bool
	Proven          bool

	DefaultAlgorithm keys.Algorithm // for RSA keys without "alg"
	CA               string         // a file
	InsecureHTTP     bool
	Timeout          time.Duration

	Policy *verifier.Policy // of a running service, or nil
	From   Form             // how the settings were given

	Client *http.Client     // nil: the default one
	Now    func() time.Time // nil: time.Now
}

// A Form is how settings are written.
type Form int

// The forms.
const (
	Flags Form = iota
	Variables
	FromPolicy
)

// A Fault is a mistake in the settings.
type Fault struct {
	Setting string // "issuers", "keys" or "options"
	Err     error
}

// A Service is what the settings make.
type Service struct {
	Settings Settings
	Verifier verifier.Verifier // nil if there are faults, or if nothing is set
	Keys     keys.Provider     // nil if they are not known
	Policy   *verifier.Policy  // what is accepted; nil if nothing is set
	Remote   []string          // names of checks that only the running service can make
	NoKeys   string            // why there are no keys, or ""
	Faults   []Fault
}

// IsZero reports whether nothing is set that says what to trust.
func (s *Settings) IsZero() bool {
	return s.Issuers == "" && s.Keys == "" && s.Policy == nil && len(s.Issuer)+len(s.Audience) == 0
}

// Open makes the service. It makes no request. Mistakes are Faults of the service,
// since they are what somebody may want to have explained.
func (s Settings) Open(ctx context.Context) *Service {
	to := &Service{Settings: s}
	switch {
	case s.Policy != nil:
		s.openPolicy(ctx, to)
	case s.Issuers != "":
		s.openIssuers(ctx, to, s.Issuers)
	case !s.IsZero():
		s.openKeys(ctx, to)
	}
	if to.Verifier != nil && to.Policy == nil {
		to.Policy = verifier.PolicyOf(to.Verifier)
	}
	return to
}

func (t *Service) fault(setting string, err error) {
	t.Faults = append(t.Faults, Fault{setting, err})
}

// keyOptions are those of every source.
func (s *Settings) keyOptions() []keys.Option {
	opts := []keys.Option{keys.WithTimeout(cmp.Or(s.Timeout, 10*time.Second))}
	if s.Client != nil {
		opts = append(opts, keys.WithHTTPClient(s.Client))
	}
	if s.CA != "" {
		opts = append(opts, keys.WithCAFile(s.CA))
	}
	if s.InsecureHTTP {
		opts = append(opts, keys.WithInsecureHTTP())
	}
	if s.DefaultAlgorithm != "" {
		opts = append(opts, keys.WithDefaultAlgorithm(s.DefaultAlgorithm))
	}
	return opts
}

func (s *Settings) openIssuers(ctx context.Context, to *Service, ref string) bool {
	opts := []issuers.Option{issuers.WithKeys(s.keyOptions()...)}
	var own []verifier.Option
	if s.Now != nil {
		opts = append(opts, issuers.WithClock(s.Now))
	}
	if len(s.Scope) > 0 {
		own = append(own, verifier.WithClaims(verifier.Named("scope", claims.Scope(s.Scope...))))
	}
	if s.Proven {
		own = append(own, verifier.WithPossessionProven())
	}
	opts = append(opts, issuers.WithVerifier(own...))
	iss, err := issuers.Open(ctx, ref, opts...)
	if err != nil {
		to.fault("issuers", err)
		return false
	}
	to.Verifier, to.Keys = iss, iss.Keys()
	return true
}

// errNoKeys is the error of a source that nobody named.
type errNoKeys struct{ why string }

func (e errNoKeys) Error() string { return "keys: " + e.why }
func (e errNoKeys) Unwrap() error { return keys.ErrUnavailable }

// absentKeys stands for keys that are not known.
func absentKeys(why string) keys.Provider {
	return keys.ProviderFunc(func(context.Context, keys.Hint) ([]*keys.Key, error) { return nil, errNoKeys{why} })
}

func (s *Settings) openKeys(ctx context.Context, to *Service) {
	src, err := s.source(ctx)
	if err != nil {
		to.fault("keys", err)
		src = nil
	}
	if src == nil {
		to.NoKeys = "no keys are set"
		if err != nil {
			to.NoKeys = "the keys cannot be opened"
		}
	}
	s.verifierOf(src, to)
}

// source opens Keys, or returns nil if it is not set.
func (s *Settings) source(ctx context.Context) (keys.Provider, error) {
	if s.Keys == "" {
		return nil, nil
	}
	opts := s.keyOptions()
	if s.Now != nil {
		opts = append(opts, keys.WithClock(s.Now))
	}
	return keys.Open(ctx, s.Keys, opts...)
}

// verifierOf makes the verifier of src, which is nil where keys are not known.
func (s *Settings) verifierOf(src keys.Provider, to *Service) {
	provider := src
	if src == nil {
		provider = absentKeys(to.NoKeys)
	}
	v, err := verifier.New(provider, s.options()...)
	if err != nil {
		to.fault("options", err)
		return
	}
	to.Verifier, to.Keys = v, src
}

// options are those of verifier.New.
func (s *Settings) options() []verifier.Option {
	var opts []verifier.Option
	add := func(in bool, o verifier.Option) {
		if in {
			opts = append(opts, o)
		}
	}
	add(len(s.Issuer) > 0, verifier.WithIssuer(s.Issuer...))
	add(len(s.Audience) > 0, verifier.WithAudience(s.Audience...))
	add(len(s.Type) > 0, verifier.WithType(s.Type...))
	var algs []keys.Algorithm
	for _, a := range s.Algorithm {
		algs = append(algs, keys.Algorithm(a))
	}
	add(len(algs) > 0, verifier.WithAlgorithms(algs...))
	if s.Leeway != nil {
		opts = append(opts, verifier.WithLeeway(*s.Leeway))
	}
	add(s.MaxSize > 0, verifier.WithMaxSize(s.MaxSize))
	add(s.AnyIssuer, verifier.WithAnyIssuer())
	add(s.AnyAudience, verifier.WithAnyAudience())
	add(s.OptionalSubject, verifier.WithOptionalSubject())
	add(s.OptionalExpiry, verifier.WithOptionalExpiry())
	add(s.IntegerSubject, verifier.WithIntegerSubject())
	add(s.AccessToken, verifier.AccessToken())
	add(s.Events, verifier.WithEvents())
	add(s.Padded, verifier.WithPaddedBase64())
	add(s.Proven, verifier.WithPossessionProven())
	if len(s.Scope) > 0 {
		opts = append(opts, verifier.WithClaims(verifier.Named("scope", claims.Scope(s.Scope...))))
	}
	if s.Now != nil {
		opts = append(opts, verifier.WithClock(s.Now))
	}
	return opts
}

// Clone returns a copy whose lists can be changed.
func (s Settings) Clone() Settings {
	s.Issuer, s.Audience = slices.Clone(s.Issuer), slices.Clone(s.Audience)
	s.Type, s.Algorithm = slices.Clone(s.Type), slices.Clone(s.Algorithm)
	return s
}

// Check reports settings that contradict each other.
func (s *Settings) Check() error {
	var errs []error
	alone := s.Keys != "" || len(s.Issuer)+len(s.Audience)+len(s.Type)+len(s.Algorithm) > 0
	if s.Issuers != "" && alone {
		errs = append(errs, errors.New("--issuers makes a whole verifier: leave out --keys, --issuer, --audience, --type and --alg"))
	}
	if s.Issuers != "" && (s.AnyIssuer || s.AnyAudience || s.OptionalSubject || s.OptionalExpiry || s.AccessToken || s.Leeway != nil) {
		errs = append(errs, errors.New("--issuers makes a whole verifier: the options of verifier.New do not go with it"))
	}
	if s.Policy != nil && (s.Issuers != "" || len(s.Issuer)+len(s.Audience)+len(s.Type)+len(s.Algorithm) > 0) {
		errs = append(errs, errors.New("--policy is a whole policy: only --keys goes with it"))
	}
	for _, list := range []struct {
		name   string
		values []string
	}{{"--issuer", s.Issuer}, {"--audience", s.Audience}} {
		if slices.Contains(list.values, "") {
			errs = append(errs, fmt.Errorf("%s (or its variable) is empty; is a variable unset?", list.name))
		}
	}
	return message.Join("", errs...)
}

// Shell quotes a value for a POSIX shell, if it needs that.
func Shell(value string) string {
	plain := func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("-_./:@%+=,", c)
	}
	if value != "" && !strings.ContainsFunc(value, func(c rune) bool { return !plain(c) }) {
		return value
	}
	return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}
