package bench

import (
	"context"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

var ours = ContenderOfOurs(Ours)

// ContenderOfOurs is jwtverify with more than the usual options.
func ContenderOfOurs(name string, opts ...verifier.Option) Contender {
	return Contender{
		Name: name,
		Verifier: func(m *Material) (func(string) error, error) {
			v, err := newKeyed(m, opts...)
			return func(raw string) error {
				_, err := v.Verify(context.Background(), raw)
				return err
			}, err
		},
		Decoder: func(m *Material) (func(string) (Profile, error), error) {
			v, err := newKeyed(m, opts...)
			return func(raw string) (Profile, error) {
				tok, err := v.Verify(context.Background(), raw)
				if err != nil {
					return Profile{}, err
				}
				return claims.Decode[Profile](tok.Set)
			}, err
		},
	}
}

func newKeyed(m *Material, opts ...verifier.Option) (*verifier.Keyed, error) {
	k, err := m.Key(KeyID)
	if err != nil {
		return nil, err
	}
	return NewKeyed(keys.Static(k), opts...)
}

// NewKeyed is our verifier as it is compared, with keys from p.
func NewKeyed(p keys.Provider, opts ...verifier.Option) (*verifier.Keyed, error) {
	return NewKeyedOf(Issuer, p, opts...)
}

// NewKeyedOf is NewKeyed for the tokens of another issuer.
func NewKeyedOf(issuer string, p keys.Provider, opts ...verifier.Option) (*verifier.Keyed, error) {
	return verifier.New(p, append([]verifier.Option{
		verifier.WithIssuer(issuer), verifier.WithAudience(audience),
	}, opts...)...)
}

// Key returns the material as a *keys.Key.
func (m *Material) Key(id string) (*keys.Key, error) {
	if m.private == nil {
		return keys.NewSecret(id, m.Algorithm, m.secret)
	}
	return keys.NewPublic(id, m.Algorithm, m.PublicKey())
}
