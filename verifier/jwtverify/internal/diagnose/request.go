package diagnose

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/jwtverify/jwtverify/httpauth/dpop"
	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/found"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/setup"
)

// A carried token is one that a request carries.
type carried struct {
	token, where, scheme string
}

// Request diagnoses a whole HTTP request: which token it carries and how, and if the
// token is bound to a key of its sender, the DPoP proof, member by member. base is the
// URL under which clients reach the service, or "".
func Request(ctx context.Context, svc *setup.Service, text, base string, o Options) *Diagnosis {
	d := &Diagnosis{Verdict: "invalid", Reason: "bad_request"}
	refuse := func(reason, cause, advice string) *Diagnosis {
		d.Reason, d.Cause = reason, cause
		d.Faults = append(d.Faults, fault(svc, "client", cause, advice))
		return d
	}
	if len(text) > found.MaxInput {
		return refuse("bad_request", fmt.Sprintf("the request has more than %d KiB", found.MaxInput>>10), "give its line and its header fields")
	}
	r, err := readRequest(text)
	if err != nil {
		return refuse("bad_request", "this is not an HTTP request: it begins with a line such as GET /orders HTTP/1.1, then fields", "copy the request with its header fields, as curl -v shows them")
	}
	all := tokensOf(r)
	if len(all) == 0 {
		if word, _, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok || r.Header.Get("Authorization") != "" {
			return refuse("no_token", "the Authorization field has the scheme "+message.Quote(word)+" and no token that is a JWT", "send Authorization: Bearer TOKEN")
		}
		return refuse("no_token", "the request carries no token", "send Authorization: Bearer TOKEN")
	}
	places := make([]string, len(all))
	for i, c := range all {
		places[i] = c.where
	}
	credentials := slices.DeleteFunc(slices.Clone(all), func(c carried) bool { return !strings.HasPrefix(c.where, "the Authorization") })
	one := all[0]
	if len(credentials) > 0 {
		one = credentials[0]
	}
	proven := false
	checks, proofFault := proofOf(ctx, svc, r, one, base, o)
	if proofFault == nil && len(checks) > 0 {
		proven = true
	}
	settings := svc.Settings
	if proven {
		settings.Proven = true
		svc = settings.Open(ctx)
	}
	d = Explain(ctx, svc, one.token, o)
	d.Notes = append([]string{"the token is in " + one.where}, d.Notes...)
	d.Checks = append(d.Checks, checks...)
	if proofFault != nil {
		d.Faults = append([]Fault{*proofFault}, d.Faults...)
		d.Verdict, d.Reason = "invalid", "unproven"
	}
	switch {
	case len(credentials) > 1:
		d.Faults = append([]Fault{fault(svc, "client", "there are "+fmt.Sprint(len(credentials))+" Authorization fields", "send one")}, d.Faults...)
		d.Verdict, d.Reason = "invalid", "bad_request"
	case len(all) > 1:
		d.Notes = append(d.Notes, fmt.Sprintf("the request carries %d tokens, in %s: a service that looks in several of these places refuses it (400)", len(all), strings.Join(places, " and ")))
	case strings.HasPrefix(one.where, "the query"):
		d.Notes = append(d.Notes, "a token in a URL ends up in logs and histories; no extractor of httpauth reads it there")
	case strings.HasPrefix(one.where, "the cookie"), strings.HasPrefix(one.where, "the field"):
		d.Notes = append(d.Notes, "httpauth reads "+one.where+" only where an extractor says so: httpauth.Cookie, httpauth.Header or WithLocation")
	}
	if len(d.Faults) > 0 {
		d.Cause = d.Faults[0].Cause
	}
	return d
}

// readRequest reads a request as people save it: with bare line feeds, and without
// the empty line at its end.
func readRequest(text string) (*http.Request, error) {
	text = strings.TrimLeft(strings.ReplaceAll(text, "\r\n", "\n"), "\n \t")
	head, _, _ := strings.Cut(text, "\n\n")
	var lines []string
	for line := range strings.SplitSeq(strings.TrimRight(head, "\n"), "\n") {
		line = strings.TrimRight(strings.TrimPrefix(strings.TrimPrefix(line, "> "), "* "), " ")
		name, _, _ := strings.Cut(strings.ToLower(line), ":")
		if name == "content-length" || name == "transfer-encoding" || line == "" || line == ">" {
			continue
		}
		lines = append(lines, line)
	}
	if len(lines) == 0 {
		return nil, errors.New("empty")
	}
	if strings.HasSuffix(lines[0], " HTTP/2") || strings.HasSuffix(lines[0], " HTTP/3") {
		lines[0] = lines[0][:strings.LastIndex(lines[0], " ")] + " HTTP/1.1"
	} else if !strings.Contains(lines[0], " HTTP/") {
		lines[0] += " HTTP/1.1"
	}
	return http.ReadRequest(bufio.NewReader(strings.NewReader(strings.Join(lines, "\r\n") + "\r\n\r\n")))
}

// tokensOf lists the tokens that a request carries.
func tokensOf(r *http.Request) (all []carried) {
	add := func(text, where, scheme string) {
		if in := found.In(text); in.Token != "" {
			all = append(all, carried{text, where, scheme})
		}
	}
	for _, field := range r.Header.Values("Authorization") {
		word, rest, _ := strings.Cut(field, " ")
		rest = strings.TrimLeft(rest, " ")
		if rest == "" {
			word, rest = "", field
		}
		add(rest, "the Authorization field, with the scheme "+message.Quote(word), word)
	}
	for _, c := range r.Cookies() {
		add(c.Value, "the cookie "+message.Quote(c.Name), "")
	}
	for name, values := range r.Header {
		switch name {
		case "Authorization", "Cookie", "Dpop", "Referer":
			continue
		}
		for _, v := range values {
			add(v, "the field "+message.Quote(name), "")
		}
	}
	for _, name := range []string{"access_token", "token", "jwt"} {
		for _, v := range r.URL.Query()[name] {
			add(v, "the query parameter "+name, "")
		}
	}
	return all
}

// proofOf explains the DPoP proof of a request: one check for each of its members (RFC 9449
// §4.3). Without a proof, and for a token that needs none, there are no checks.
func proofOf(ctx context.Context, svc *setup.Service, r *http.Request, c carried, base string, o Options) ([]Check, *Fault) {
	proofs := r.Header.Values("Dpop")
	token := found.Read(found.In(c.token).Token)
	thumbprint := token.Claims.Text("cnf", "jkt")
	bound := thumbprint != ""
	if len(proofs) == 0 && !bound && !strings.EqualFold(c.scheme, "DPoP") {
		return nil, nil
	}
	p := &proof{svc: svc, o: o, token: found.In(c.token).Token, now: time.Now()}
	if svc.Settings.Now != nil {
		p.now = svc.Settings.Now()
	}
	switch {
	case len(proofs) == 0:
		p.fail("proof", "one DPoP field", "none", "the request has no DPoP field", "let the client send a proof with each request; it needs the key that the token is bound to")
		return p.checks, p.fault
	case len(proofs) > 1:
		p.fail("proof", "one DPoP field", fmt.Sprint(len(proofs)), "the request has several DPoP fields", "send one proof")
		return p.checks, p.fault
	}
	p.is("scheme", "DPoP", c.scheme, strings.EqualFold(c.scheme, "DPoP") || !bound, "let the client send the token with the scheme DPoP")
	raw := found.In(proofs[0]).Token
	p.d = found.Read(raw)
	p.header(raw, thumbprint, bound)
	p.claims(r, base)
	_ = ctx
	return p.checks, p.fault
}

// A proof is a DPoP proof that is explained.
type proof struct {
	svc    *setup.Service
	o      Options
	token  string
	d      found.Decoded
	now    time.Time
	checks []Check
	fault  *Fault
}

func (p *proof) is(name, expected, got string, ok bool, advice string) {
	if ok {
		p.checks = append(p.checks, Check{Name: "DPoP " + name, State: "ok", Expected: expected, Got: message.Short(got)})
		return
	}
	p.fail(name, expected, got, "the "+name+" of the DPoP proof is "+orNone(got)+", and "+expected+" is expected", advice)
}

func (p *proof) fail(name, expected, got, cause, advice string) {
	p.checks = append(p.checks, Check{Name: "DPoP " + name, State: "fail", Expected: expected, Got: message.Short(got), Detail: cause})
	if p.fault == nil {
		f := fault(p.svc, "client", cause, advice)
		p.fault = &f
	}
}

// header checks how the proof is signed, and by whose key.
func (p *proof) header(raw, thumbprint string, bound bool) {
	h := p.d.Header
	typ := strings.TrimPrefix(strings.ToLower(h.Text("typ")), "application/")
	p.is("typ", "dpop+jwt", h.Text("typ"), typ == "dpop+jwt", "let the client write it")
	alg := h.Text("alg")
	p.is("alg", "a signature algorithm with a public key", alg, slices.Contains(keys.Algorithms(), keys.Algorithm(alg)) && !strings.HasPrefix(alg, "HS"), "sign with ES256 or the like")
	jwk, ok := h.At("jwk")
	doc, _ := json.Marshal(jwk)
	if m, is := jwk.(map[string]any); is {
		delete(m, "use")
		delete(m, "key_ops")
		if _, private := m["d"]; private {
			p.fail("jwk", "a public key", "a private key", "the jwk of the DPoP proof holds the private key: it is known now", "make a new key, and publish its public half only")
			return
		}
		m["alg"] = alg
		doc, _ = json.Marshal(m)
	}
	ks, _, err := keys.Parse(doc)
	if !ok || err != nil || len(ks) != 1 || isSecret(ks[0]) {
		p.fail("jwk", "one public key", "none that can be read", "the DPoP proof has no public key in jwk", "let the client write its public key")
		return
	}
	p.is("jwk", "one public key", "thumbprint "+ks[0].Thumbprint(), true, "")
	verifies := ks[0].Verify([]byte(p.d.Signed), p.d.Signature) == nil
	p.is("signature", "made with its jwk", map[bool]string{true: "verifies", false: "does not verify"}[verifies], verifies, "sign the proof with the private half of its jwk, and do not change it afterwards")
	if bound {
		p.is("key", "that of the token's cnf, "+thumbprint, ks[0].Thumbprint(), ks[0].Thumbprint() == thumbprint, "use the key that the token was requested with; a new key needs a new token")
	} else {
		p.checks = append(p.checks, Check{Name: "DPoP key", State: "ok", Detail: "the token is bound to no key"})
	}
}

// claims checks what the proof was made for.
func (p *proof) claims(r *http.Request, base string) {
	c := p.d.Claims
	p.is("htm", r.Method, c.Text("htm"), c.Text("htm") == r.Method, "let the client make a proof for each request, with its method")
	target, known := "", base != ""
	if base == "" {
		base = "https://" + r.Host
	}
	target = strings.TrimRight(base, "/") + r.URL.EscapedPath()
	if _, err := dpop.New(dpop.WithBaseURL(base)); err != nil {
		p.fail("htu", "a URL of the service", base, "the base URL is not one: "+message.Bare(err), "give --base-url https://host")
	} else if got := c.Text("htu"); known || r.Host != "" {
		cut, _, _ := strings.Cut(got, "?")
		how := difference(target, cut)
		if how != "" {
			how = "; " + how
		}
		p.is("htu", target+how, got, cut == target, "let the client write the URL of the request, without query; a proxy in front may change scheme or host: see dpop.WithBaseURL and --base-url")
	}
	iat, ok := c.Date("iat")
	at := p.now
	if !p.o.At.IsZero() {
		at = p.o.At
	}
	age := float64(at.Unix()) - iat
	p.is("iat", "at most a minute ago", dateOr(iat, ok, at), ok && age <= 90 && age >= -30, "make a proof for each request, and keep the clock right; a saved request is explained as of its time with --at")
	jti, _ := c.Word("jti")
	p.is("jti", "an ID of its own", map[bool]string{true: "present", false: ""}[jti != ""], jti != "", "let the client write a random ID")
	sum := sha256.Sum256([]byte(p.token))
	p.is("ath", "the SHA-256 of the token", c.Text("ath"), c.Text("ath") == base64.RawURLEncoding.EncodeToString(sum[:]), "let the client hash the token that it sends")
}

func dateOr(seconds float64, ok bool, now time.Time) string {
	at, in := date(seconds)
	if !ok || !in {
		return ""
	}
	return at.UTC().Format(time.RFC3339) + ", " + Relative(at, now)
}
