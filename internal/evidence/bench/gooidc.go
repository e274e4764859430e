package bench

import (
	"context"
	"crypto"

	"github.com/coreos/go-oidc/v3/oidc"
)

var goOIDC = Contender{
	Name:       "go-oidc",
	Module:     "github.com/coreos/go-oidc/v3",
	PublicOnly: true,
	Verifier: func(m *Material) (func(string) error, error) {
		v := goOIDCVerifier(m)
		return func(raw string) error {
			_, err := v.Verify(context.Background(), raw)
			return err
		}, nil
	},
	Decoder: func(m *Material) (func(string) (Profile, error), error) {
		v := goOIDCVerifier(m)
		return func(raw string) (p Profile, err error) {
			tok, err := v.Verify(context.Background(), raw)
			if err != nil {
				return p, err
			}
			err = tok.Claims(&p)
			return p, err
		}, nil
	},
}

func goOIDCVerifier(m *Material) *oidc.IDTokenVerifier {
	set := &oidc.StaticKeySet{PublicKeys: []crypto.PublicKey{m.PublicKey()}}
	return oidc.NewVerifier(Issuer, set, &oidc.Config{
		ClientID:             audience,
		SupportedSigningAlgs: []string{string(m.Algorithm)},
	})
}
