package diagnose

import (
	"context"
	"errors"
	"net"
	"regexp"
	"slices"
	"strings"

	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/setup"
)

// signature is a token whose key was not found, or did not verify it.
func (s *situation) signature(c verifier.Check) (f Fault, also []string) {
	if c.Skipped {
		return s.unreachable(c), []string{"issuer"}
	}
	want := s.expectedIssuers()
	if len(want) > 0 && s.iss != "" && !slices.Contains(want, s.iss) {
		how, _ := differ(want, s.iss)
		if bound := s.policy != nil && len(s.policy.BoundTo) > 0; bound || how == "" {
			return s.issuer(), []string{"issuer"}
		}
	}
	for _, try := range []func(verifier.Check) (Fault, bool){s.otherFamily, s.secret, s.otherAlgorithm, s.unused, s.manyKeys, s.almostID, s.ownKeys, s.thumbprint} {
		if f, ok := try(c); ok {
			return f, nil
		}
	}
	return s.unknownKey(c), nil
}

// urlAdvice finds a reference that an error of package keys proposes.
var urlAdvice = regexp.MustCompile(`use (oidc:[^\s;,]+)`)

// unreachable are keys that could not be had.
func (s *situation) unreachable(c verifier.Check) Fault {
	text := bare(c.Detail)
	dns, isDNS := errors.AsType[*net.DNSError](s.report.Err)
	switch {
	case s.svc.NoKeys != "" && s.svc.Keys == nil:
		return s.noKeys()
	case errors.Is(s.report.Err, context.Canceled):
		return s.fault("network", "the fetch of the keys was ended by hand", "try again")
	case strings.Contains(text, "authority") || strings.Contains(text, "certificate"):
		return s.fault("certificate", text, "if the endpoint has a CA of its own, give its certificate", s.write("certificate", "FILE"))
	case isConfiguration(s.report.Err):
		f := s.fault("keys", text, "set what the message says; waiting does not help")
		if s.signer() != "" {
			f.Setting, f.Name = "issuers", nameOf(s.svc, "issuers")
		}
		if m := urlAdvice.FindStringSubmatch(text); m != nil {
			f.Write = []string{s.write("keys", m[1])}
			f.Advice = "write the issuer exactly as its metadata names it, if that is the one that you mean"
		} else if s.iss != "" && strings.HasPrefix(s.iss, "https://") && !slices.Contains(s.expectedIssuers(), s.iss) && s.signer() == "" {
			f.Write = []string{s.write("keys", "oidc:"+s.iss)}
		}
		return f
	case isDNS && dns.IsNotFound:
		return s.fault("keys", "the host "+message.Quote(dns.Name)+" cannot be found: the reference has a typo, or this machine cannot resolve it", "check the host in the reference, then DNS")
	case strings.Contains(text, "no such host"):
		return s.fault("keys", "the host of the keys cannot be found: the reference has a typo, or this machine cannot resolve it", "check the host in the reference, then DNS")
	}
	return s.fault("network", "the keys cannot be fetched: "+text, "the token is not at fault. Check that this machine reaches the endpoint: proxy, firewall, or an outage of the issuer; then try again")
}

// noKeys are settings that name no keys.
func (s *situation) noKeys() Fault {
	if known := fromPolicy(s.policy, s.now); len(known) > 0 && s.kid != "" {
		var ids []string
		for _, src := range known {
			ids = append(ids, src.Keys...)
		}
		if !slices.ContainsFunc(ids, func(id string) bool { return strings.Contains(id, message.Quote(s.kid)) }) && len(ids) > 0 {
			return s.fault("keys", "the service has no key with the ID "+message.Quote(s.kid)+"; it has "+strings.Join(ids[:min(len(ids), 4)], ", "), "see whether the issuer has rotated its keys, or whether the token is from another environment")
		}
	}
	advice := "name the source of the keys"
	if s.svc.Keys == nil && s.policy != nil && s.svc.Settings.From == setup.FromPolicy {
		advice = "give them with --keys; the policy holds none"
	}
	f := s.fault("keys", s.svc.NoKeys+", so the signature is not checked", advice)
	if s.iss != "" && strings.HasPrefix(s.iss, "https://") && (len(s.expectedIssuers()) == 0 || slices.Contains(s.expectedIssuers(), s.iss)) {
		f.Write = []string{s.write("keys", "oidc:"+s.iss)}
	}
	return f
}

// atHand are the keys that the sources have now.
func (s *situation) atHand() (all []*keys.Key) {
	if s.svc.Keys == nil {
		return nil
	}
	for _, st := range keys.Statuses(s.svc.Keys) {
		all = append(all, st.Keys...)
	}
	if len(all) == 0 { // a source without a status has its keys at hand
		for _, alg := range append([]keys.Algorithm{keys.Algorithm(s.alg)}, keys.Algorithms()...) {
			ks, err := s.svc.Keys.Find(s.ctx, keys.Hint{Algorithm: alg})
			if err != nil {
				break
			}
			for _, k := range ks {
				if k != nil && !slices.ContainsFunc(all, k.Equal) {
					all = append(all, k)
				}
			}
		}
	}
	return all
}

func isSecret(k *keys.Key) bool { return k.Thumbprint() == "" }

// remote reports whether the keys are fetched from the issuer itself: found by
// discovery, or where a preset knows them to be.
func (s *situation) fromIssuer() bool {
	return s.signer() != "" || s.policy != nil && slices.Contains(s.policy.BoundTo, s.iss)
}

// otherFamily is a shared secret where public keys are, or the other way round.
func (s *situation) otherFamily(verifier.Check) (Fault, bool) {
	all := s.atHand()
	if len(all) == 0 {
		return Fault{}, false
	}
	symmetric := strings.HasPrefix(s.alg, "HS")
	secrets := slices.ContainsFunc(all, isSecret)
	public := slices.ContainsFunc(all, func(k *keys.Key) bool { return !isSecret(k) })
	switch {
	case symmetric && !secrets:
		return s.fault("keys", "it is signed with a shared secret ("+s.alg+"), and the keys are public keys", "if its issuer signs with a secret, give that; otherwise somebody has forged it, perhaps with the public key as the secret", s.write("keys", "env:JWT_SECRET?alg="+s.alg)), true
	case !symmetric && !public:
		f := s.fault("keys", "it is signed with a private key ("+s.alg+"), and the settings have a shared secret", "take the issuer's public keys")
		if strings.HasPrefix(s.iss, "https://") {
			f.Write = []string{s.write("keys", "oidc:"+s.iss)}
		}
		return f, true
	}
	return Fault{}, false
}

// otherAlgorithm is a token whose key is for another algorithm.
func (s *situation) otherAlgorithm(c verifier.Check) (Fault, bool) {
	var of []string
	for _, k := range s.atHand() {
		if s.kid == "" || k.ID() == "" || k.ID() == s.kid {
			if k.Accepts(keys.Algorithm(s.alg)) {
				return Fault{}, false
			}
			of = append(of, string(k.Algorithm()))
		}
	}
	if len(of) == 0 {
		return Fault{}, false
	}
	slices.Sort(of)
	of = slices.Compact(of)
	names := strings.Join(of, ", ")
	rsa := isRSA(s.alg) && slices.ContainsFunc(of, isRSA)
	if rsa && s.svc.Settings.Keys != "" {
		if _, ok := s.with(func(to *setup.Settings) { to.DefaultAlgorithm = keys.Algorithm(s.alg) }); ok {
			return s.fault("default algorithm", "it is signed with "+s.alg+", and its RSA key states no alg, which counts as "+names, "say which algorithm such keys are for, or let the issuer publish alg", s.write("default algorithm", s.alg)), true
		}
	}
	if s.kid == "" {
		return s.fault("keys", "it is signed with "+s.alg+", and the keys are for "+names, "give the key that its signer uses; a key has one algorithm"), true
	}
	return s.fault("published key", "it is signed with "+s.alg+", and its key is for "+names, "let the issuer sign with the algorithm of its key, or publish the key for "+s.alg+"; if the key is yours, write it as a JWK with alg"), true
}

func isRSA(alg string) bool { return strings.HasPrefix(alg, "RS") || strings.HasPrefix(alg, "PS") }

// unused is a key that is published but skipped.
func (s *situation) unused(verifier.Check) (Fault, bool) {
	why, ok := "", false
	if s.svc.Keys != nil {
		why, ok = keys.Unused(s.svc.Keys, s.kid)
	}
	if !ok || s.kid == "" {
		return Fault{}, false
	}
	advice := "let the issuer publish the key in a form that can be used, or sign with another"
	switch {
	case strings.Contains(why, "use is") || strings.Contains(why, "key_ops"):
		advice = "let the issuer publish it with use sig: a key for another use must not verify tokens"
	case strings.Contains(why, "bits") || strings.Contains(why, "short") || strings.Contains(why, "weak"):
		advice = "let the issuer make a stronger key: RSA has at least 2048 bits"
	case strings.Contains(why, "expired"):
		advice = "let the issuer renew the certificate of the key"
	}
	return s.fault("published key", "its key "+message.Quote(s.kid)+" is published but not used: "+why, advice), true
}

// manyKeys are keys that cannot be told apart.
func (s *situation) manyKeys(c verifier.Check) (Fault, bool) {
	if !strings.Contains(c.Detail, "more than") {
		return Fault{}, false
	}
	if s.kid == "" {
		return s.fault("signer", "it has no kid, and there are too many keys to try", "let the signer name its key in kid"), true
	}
	return s.fault("keys", "too many keys fit it, since they have no IDs", "give the keys the IDs that tokens name; for PEM, ?kid=thumbprint", s.write("keys", s.withQuery("kid", "thumbprint"))), true
}

// almostID is a key ID that is only spelled otherwise.
func (s *situation) almostID(verifier.Check) (Fault, bool) {
	var ids []string
	for _, k := range s.atHand() {
		ids = append(ids, k.ID())
	}
	how, id := differ(ids, s.kid)
	if how == "" || slices.Contains(ids, s.kid) {
		return Fault{}, false
	}
	return s.fault("published key", "its kid is "+message.Quote(s.kid)+", and a key has the ID "+message.Quote(id)+": "+how, "write both the same: key IDs are compared byte for byte"), true
}

// thumbprint is a kid that is the thumbprint of a key under another ID.
func (s *situation) thumbprint(verifier.Check) (Fault, bool) {
	for _, k := range s.atHand() {
		if s.kid != "" && k.Thumbprint() == s.kid && k.ID() != s.kid {
			return s.fault("published key", "its kid is the thumbprint of a key that has the ID "+message.Quote(k.ID()), "let the signer name the ID that is published, or publish the thumbprint as kid"), true
		}
	}
	return Fault{}, false
}

// ownKeys tries the keys that the issuer itself publishes, where the settings trust
// the issuer but take keys from elsewhere.
func (s *situation) ownKeys(verifier.Check) (Fault, bool) {
	if s.o.Offline || s.fromIssuer() || s.signer() != "" || !slices.Contains(s.expectedIssuers(), s.iss) || !strings.HasPrefix(s.iss, "http") {
		return Fault{}, false
	}
	if _, ok := s.with(func(to *setup.Settings) { to.Keys, to.Policy = "oidc:"+s.iss, nil; s.keepPolicy(to) }); !ok {
		return Fault{}, false
	}
	return s.fault("keys", "the keys are those of another environment: the issuer "+message.Quote(s.iss)+" itself publishes the key", "take the keys from the issuer", s.write("keys", "oidc:"+s.iss)), true
}

// keepPolicy carries the issuers of a policy over to settings without one.
func (s *situation) keepPolicy(to *setup.Settings) {
	if s.policy != nil {
		to.Issuers, to.Issuer, to.Audience, to.AnyAudience = "", s.policy.Issuers, s.policy.Audiences, s.policy.AnyAud
	}
}

// unknownKey is a key that is nowhere, or a signature that no key verifies.
func (s *situation) unknownKey(verifier.Check) Fault {
	missing := verifier.Reason(s.report.Err) == "unknown_key"
	own := s.kid
	var failing string
	fetched := false
	if s.svc.Keys != nil {
		for _, st := range keys.Statuses(s.svc.Keys) {
			fetched = fetched || strings.HasPrefix(st.Source, "http")
			if st.Err != nil {
				failing = bare(st.Err.Error())
			}
		}
	}
	oidc := []string{}
	if strings.HasPrefix(s.iss, "https://") && slices.Contains(s.expectedIssuers(), s.iss) && !s.fromIssuer() {
		oidc = []string{s.write("keys", "oidc:"+s.iss)}
	}
	switch {
	case missing && failing != "":
		return s.fault("network", "no key has the ID "+message.Quote(own)+", and the last fetch of the keys failed: "+failing, "see why the endpoint fails: the issuer may have rotated its keys since")
	case missing && own == "":
		return s.fault("keys", "it has no kid, and no key is for "+s.alg, "give the key that its signer uses", oidc...)
	case missing && s.fromIssuer():
		return s.fault("token", "its issuer does not publish the key "+message.Quote(own)+" now: it was rotated out, or another environment signed the token under the same name", "get a new token. For background jobs, verify when the job is enqueued, or keep the keys")
	case missing && fetched:
		return s.fault("keys", "the source has no key with the ID "+message.Quote(own)+": it is that of another environment or issuer, or the key was rotated out", "take the keys from the issuer that the token names; if they are, get a new token", oidc...)
	case missing:
		return s.fault("keys", "the keys in the settings have none with the ID "+message.Quote(own)+": they are of another environment, or the issuer has rotated its keys", "take the keys from the issuer, which follows rotations", oidc...)
	case strings.HasPrefix(s.alg, "HS"):
		return s.fault("secret", "the signature does not verify with the secret, nor with it decoded or trimmed: the signer has another secret, or the token was changed", "compare the secrets by their hash: echo -n \"$JWT_SECRET\" | sha256sum on both sides")
	case s.fromIssuer():
		return s.fault("token", "the signature does not verify with the issuer's own key: the token was changed after it was signed, or somebody else made it", "get a new token from the issuer; if it was edited by hand, its signature is void")
	}
	return s.fault("keys", "the signature does not verify with the key: the key is that of another environment, or the token was changed", "take the keys from the issuer that the token names", oidc...)
}
