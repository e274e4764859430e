package setup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/jwtverify/jwtverify/internal/fetch"
	"github.com/jwtverify/jwtverify/internal/files"
	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// ReadPolicy reads a policy as httpauth.PolicyHandler serves it, from a URL or file.
func ReadPolicy(ctx context.Context, from string, insecure bool, client *http.Client) (*verifier.Policy, error) {
	var doc []byte
	if strings.HasPrefix(from, "http://") || strings.HasPrefix(from, "https://") {
		if err := fetch.CheckURL("the URL of the policy", from, insecure); err != nil {
			return nil, errors.New(strings.ReplaceAll(err.Error(), "WithInsecureHTTP", "--insecure-http"))
		}
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		resp, err := fetch.NewClient(fetch.Settings{Client: client}).Get(ctx, from, "")
		if err != nil {
			return nil, fmt.Errorf("the policy: %w", err)
		}
		doc = resp.Body
	} else {
		var err error
		if doc, _, err = files.Read(from, fetch.MaxBody, nil); err != nil {
			return nil, fmt.Errorf("the policy: %w", files.Bare(err))
		}
	}
	p := new(verifier.Policy)
	if err := json.Unmarshal(doc, p); err != nil {
		return nil, errors.New("the policy is not the JSON that httpauth.PolicyHandler serves")
	}
	if p.MaxSize == 0 && len(p.Routes) == 0 && p.Reference == "" {
		return nil, errors.New("the JSON is not a policy: it has neither max_size_bytes nor routes; give what httpauth.PolicyHandler serves")
	}
	return p, nil
}

// openPolicy makes a verifier that decides as the one that exported the policy, as
// far as the policy says. Keys are opened again where it names their source.
func (s *Settings) openPolicy(ctx context.Context, to *Service) {
	to.Policy = s.Policy
	refs := references(s.Policy)
	if refs != "" && s.Keys == "" && s.openIssuers(ctx, to, refs) {
		return
	}
	to.Faults = nil
	if len(s.Policy.Routes) == 0 {
		to.Verifier = s.rebuilt(ctx, to, s.Policy)
		return
	}
	routes := map[string]verifier.Verifier{}
	var sources []keys.Provider
	for _, choice := range slices.Sorted(maps.Keys(s.Policy.Routes)) {
		sub := &Service{}
		v := s.rebuilt(ctx, sub, s.Policy.Routes[choice])
		to.Faults, to.Remote = append(to.Faults, sub.Faults...), append(to.Remote, sub.Remote...)
		if v == nil {
			continue
		}
		routes[choice] = v
		if sub.Keys != nil {
			sources = append(sources, sub.Keys)
		}
		for _, iss := range s.Policy.Routes[choice].Issuers {
			routes[iss] = v
		}
	}
	to.Verifier = verifier.ByIssuer(routes)
	if len(sources) > 0 {
		to.Keys = keys.Merge(sources...)
	}
}

// references joins the references of a policy; "" unless every part has one.
func references(p *verifier.Policy) string {
	if p.Reference != "" {
		return strings.ReplaceAll(p.Reference, ",", "%2C")
	}
	var all []string
	for _, choice := range slices.Sorted(maps.Keys(p.Routes)) {
		if p.Routes[choice] == nil || p.Routes[choice].Reference == "" {
			return ""
		}
		all = append(all, strings.ReplaceAll(p.Routes[choice].Reference, ",", "%2C"))
	}
	return strings.Join(all, ",")
}

// rebuilt makes the verifier of one policy.
func (s *Settings) rebuilt(ctx context.Context, to *Service, p *verifier.Policy) verifier.Verifier {
	if p == nil {
		return nil
	}
	one := *s
	one.Issuer, one.Audience = p.Issuers, p.Audiences
	one.AnyIssuer, one.AnyAudience = p.AnyIssuer, p.AnyAud
	leeway := time.Duration(p.Leeway * float64(time.Second))
	one.Leeway, one.MaxSize = &leeway, p.MaxSize
	has := func(option string) bool { return slices.Contains(p.Options, option) }
	one.OptionalSubject, one.OptionalExpiry = has("WithOptionalSubject"), has("WithOptionalExpiry")
	one.IntegerSubject, one.AccessToken = has("WithIntegerSubject"), has("AccessToken")
	one.Events, one.Padded = has("WithEvents"), has("WithPaddedBase64")
	one.Proven = one.Proven || has("WithPossessionProven")
	if p.NeedsType && !one.AccessToken {
		one.Type = p.Types
	}
	if len(p.Algorithms) < len(keys.Algorithms()) {
		for _, a := range p.Algorithms {
			one.Algorithm = append(one.Algorithm, string(a))
		}
	}
	to.Remote = append(to.Remote, p.Checks...)
	if one.Keys == "" {
		one.Keys = keysOf(p)
	}
	src, err := one.source(ctx)
	switch {
	case err != nil:
		to.NoKeys = "the keys of the service cannot be opened here: " + message.Bare(err)
		src = nil
	case src == nil:
		to.NoKeys = "the policy does not say how to open the keys of the service; give them with --keys"
	}
	one.verifierOf(src, to)
	return to.Verifier
}

// keysOf returns a reference for the sources of a policy that can be opened here, or
// "": a policy names sources, and holds no query, user or password.
func keysOf(p *verifier.Policy) string {
	var refs []string
	for _, src := range p.Sources {
		name := strings.ReplaceAll(src.Source, ",", "%2C")
		switch {
		case slices.Contains(p.BoundTo, src.Source):
			refs = append(refs, "oidc:"+name)
		case strings.HasPrefix(name, "https://"), strings.HasPrefix(name, "http://"):
			refs = append(refs, name)
		default:
			if _, err := os.Stat(src.Source); err != nil {
				return ""
			}
			refs = append(refs, "file:"+name)
		}
	}
	return strings.Join(refs, ",")
}
