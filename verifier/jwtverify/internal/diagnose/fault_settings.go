package diagnose

import (
	"strings"

	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/presets"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/setup"
)

// nothingSet is the fault of a command without settings.
func (s *situation) nothingSet() Fault {
	f := fault(&setup.Service{}, "settings", "nothing says which tokens to trust: the token is shown, and nothing is verified", "say whose tokens you expect")
	f.Name = "--issuers or --keys"
	if exp := dates(s.d.Claims).Expires; exp != nil && exp.Before(s.at) {
		f.Cause += "; by its date it expired " + Relative(*exp, s.at)
	}
	if k := presets.Of(s.d); k != nil {
		ref := referenceOf(k, s.d).String()
		f.Write = append(f.Write, "--issuers "+setup.Shell(ref)+"   # only if this is your issuer")
	} else if s.iss != "" {
		f.Write = append(f.Write, "--keys "+setup.Shell("oidc:"+s.iss)+"   # only if this is your issuer")
	}
	return f
}

// badSetting is a mistake in the settings themselves.
func (s *situation) badSetting(bad setup.Fault) Fault {
	text := bare(bad.Err.Error())
	switch {
	case bad.Setting == "keys" && (strings.Contains(text, "key or certificate") || strings.Contains(text, "public")):
		return s.fault("keys", "the secret is a public key, a certificate or another text that everybody may know: "+text, "give the public key as PEM or a JWK, without ?alg=HS256: it is then read as one", s.withoutAlg())
	case bad.Setting == "options":
		return s.fault("settings", text, "write the options so that they do not contradict each other")
	case bad.Setting == "issuers":
		return s.fault("issuers", strings.TrimPrefix(text, "issuers: "), "run jwtverify doctor on a token: it writes a whole reference")
	}
	return s.fault("keys", text, s.adviceForKeys(bad.Err))
}

func (s *situation) adviceForKeys(err error) string {
	text := err.Error()
	switch {
	case strings.Contains(text, "raw secret"):
		return "add ?alg=" + algOr(s.alg, "HS256") + " to the reference if it is a raw secret"
	case strings.Contains(text, "not set"):
		return "set the variable, or give its name and not its value"
	case strings.Contains(text, "bytes"):
		return "use a secret at least as long as the hash of the algorithm: 32 bytes for HS256, from a random generator"
	}
	return "write env:NAME, file:PATH, https://host/jwks.json or oidc:https://issuer"
}

func algOr(alg, otherwise string) string {
	if strings.HasPrefix(alg, "HS") {
		return alg
	}
	return otherwise
}

// withoutAlg is the reference to the keys without ?alg=.
func (s *situation) withoutAlg() string {
	before, _, _ := strings.Cut(s.svc.Settings.Keys, "?")
	return s.write("keys", before)
}
