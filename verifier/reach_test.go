package verifier_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/verifier"
)

// nestedRouters returns a Router of issuers, one of which has tenants of its own.
func nestedRouters(t *testing.T) *verifier.Router {
	tenants := verifier.Route(byTenant, func(_ context.Context, tid string) (verifier.Verifier, error) {
		switch tid {
		case "a":
			return newVerifier(t, hmacKeys(t), verifier.WithIssuer("nested"), isTenant(tid)), nil
		case "down":
			return nil, errors.New("no route to host")
		case "own":
			return returns(t, "own"), nil
		}
		return nil, nil
	}, 10)
	accept := newVerifier(t, hmacKeys(t), verifier.WithAnyIssuer())
	return verifier.ByIssuer(map[string]verifier.Verifier{
		"plain":  newVerifier(t, hmacKeys(t), verifier.WithIssuer("plain")),
		"nested": verifier.NewVar(tenants),
		"own":    verifier.Func(accept.Verify),
		"other":  returns(t, "x"),
		"talks":  talking{returns(t, "x")},
		"mute":   talking{accept},
	})
}

// talking is a Verifier of somebody's own that explains itself, or does not.
type talking struct{ verifier.Verifier }

func (v talking) Explain(context.Context, string) *verifier.Report {
	if _, ok := v.Verifier.(*verifier.Keyed); ok {
		return nil
	}
	return &verifier.Report{Checks: []verifier.Check{{Name: "mine", Passed: true, Detail: "fine"}}}
}

func issuerToken(iss, tid string) string {
	return sign(goodHeader, `{"iss":"`+iss+`","sub":"user-123","exp":1700000060,"tid":"`+tid+`"}`)
}

func TestVerifyAtOfAnyVerifier(t *testing.T) {
	r := nestedRouters(t)
	early, late := now.Add(-time.Hour), now.Add(time.Hour)
	for _, test := range []struct {
		name string
		v    verifier.Verifier
		raw  string
		at   time.Time
		want error
	}{
		{"a Keyed", newVerifier(t, hmacKeys(t)), tenantToken("a"), early, nil},
		{"a Keyed, later", newVerifier(t, hmacKeys(t)), tenantToken("a"), late, claims.ErrExpired},
		{"through one Router", r, issuerToken("plain", ""), early, nil},
		{"through one Router, later", r, issuerToken("plain", ""), late, claims.ErrExpired},
		{"through two Routers and a Var", r, issuerToken("nested", "a"), early, nil},
		{"through two Routers and a Var, later", r, issuerToken("nested", "a"), late, claims.ErrExpired},
		{"a Verifier that has none", r, issuerToken("own", ""), early, verifier.ErrUnavailable},
		{"the zero time, through a Router", r, issuerToken("plain", ""), time.Time{}, verifier.ErrNoTime},
		{"the zero time, of an unknown issuer", r, issuerToken("strange", ""), time.Time{}, verifier.ErrNoTime},
		{"the zero time, through a Var", verifier.NewVar(r), issuerToken("plain", ""), time.Time{}, verifier.ErrNoTime},
		{"the zero time, to a Verifier that has none", returns(t, "x"), issuerToken("plain", ""), time.Time{}, verifier.ErrNoTime},
	} {
		t.Run(test.name, func(t *testing.T) {
			tok, err := verifier.VerifyAt(t.Context(), test.v, test.raw, test.at)
			if !errors.Is(err, test.want) || (tok == nil) != (err != nil) {
				t.Errorf("VerifyAt = %v, %v; want %v", tok, err, test.want)
			}
		})
	}
	if _, err := r.VerifyAt(t.Context(), issuerToken("strange", ""), time.Time{}); !errors.Is(err, verifier.ErrNoTime) {
		t.Errorf("the zero time, of an unknown issuer: %v, want ErrNoTime", err)
	}
	_, err := r.VerifyAt(t.Context(), issuerToken("own", ""), early)
	if got, want := err.Error(), "verifier: cannot decide now: verifier.Func has no VerifyAt: it verifies only as of now"; got != want {
		t.Errorf("the message reads %q, want %q", got, want)
	}
	if verifier.Classify(err) != verifier.Undecided {
		t.Errorf("the verdict is %v, want undecided", verifier.Classify(err))
	}
}

func TestRouterExplain(t *testing.T) {
	r := nestedRouters(t)
	for _, test := range []struct{ name, raw, want string }{
		{"its own verifier", issuerToken("plain", ""), `as of 2023-11-14T22:13:20Z, leeway 30s
ok    route        "plain" has a verifier
ok    shape        159 bytes
ok    algorithm    "HS256"
ok    type         "JWT"
ok    signature    by key "" (HS256)
ok    claims       read
ok    issuer       "plain"
ok    audience     ""
ok    expiry       2023-11-14T22:14:20Z
ok    not before   none
ok    issued at    none
ok    subject      "user-123"
=> trusted
`},
		{"unknown", issuerToken("strange", ""), `FAIL  route        verifier: invalid token: iss: not the expected value: it has no verifier; the token names "strange"
=> invalid (iss_mismatch): verifier: invalid token: iss: not the expected value: it has no verifier
`},
		{"none", tenantToken("a"), `FAIL  route        verifier: invalid token: iss: missing
=> invalid (iss_missing): verifier: invalid token: iss: missing
`},
		{"an outage", issuerToken("nested", "down"), `ok    route        "nested" has a verifier
?     route        verifier: cannot decide now: Route got no verifier: no route to host; the token names "down"
=> undecided (unavailable): verifier: cannot decide now: Route got no verifier: no route to host
`},
		{"an unknown tenant", issuerToken("nested", "b"), `ok    route        "nested" has a verifier
FAIL  route        verifier: invalid token: not the expected value: it has no verifier; the token names "b"
=> invalid (claim_mismatch): verifier: invalid token: not the expected value: it has no verifier
`},
		{"a verifier that explains nothing", issuerToken("own", ""), `ok    route        "own" has a verifier
ok    verdict      accepted by a verifier that does not explain itself
=> trusted
`},
		{"one whose report is nil", issuerToken("mute", ""), `ok    route        "mute" has a verifier
ok    verdict      accepted by a verifier that does not explain itself
=> trusted
`},
		{"a token of another issuer", issuerToken("other", ""), `ok    route        "other" has a verifier
FAIL  verdict      verifier: invalid token: iss: not the expected value: its verifier returned a token that belongs to another
=> invalid (iss_mismatch): verifier: invalid token: iss: not the expected value: its verifier returned a token that belongs to another
`},
		{"a token of another issuer, explained", issuerToken("talks", ""), `ok    route        "talks" has a verifier
ok    mine         fine
FAIL  verdict      verifier: invalid token: iss: not the expected value: its verifier returned a token that belongs to another
=> invalid (iss_mismatch): verifier: invalid token: iss: not the expected value: its verifier returned a token that belongs to another
`},
		{"a token of another issuer, nested", issuerToken("nested", "own"), `ok    route        "nested" has a verifier
ok    route        "own" has a verifier
ok    verdict      accepted by a verifier that does not explain itself
FAIL  verdict      verifier: invalid token: iss: not the expected value: its verifier returned a token that belongs to another
=> invalid (iss_mismatch): verifier: invalid token: iss: not the expected value: its verifier returned a token that belongs to another
`},
		{"malformed", "hello", `FAIL  route        verifier: malformed token: it has 1 parts, not 3
=> invalid (malformed): verifier: malformed token: it has 1 parts, not 3
`},
		{"malformed claims", sign(goodHeader, `{"iss":1}`), `FAIL  route        verifier: invalid token: iss: malformed: it is not a string
=> invalid (iss_malformed): verifier: invalid token: iss: malformed: it is not a string
`},
	} {
		t.Run(test.name, func(t *testing.T) {
			report := r.Explain(t.Context(), test.raw)
			if diff := cmp.Diff(test.want, report.String()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if _, err := r.Verify(t.Context(), test.raw); (err == nil) != (report.Err == nil) || err != nil && err.Error() != report.Err.Error() {
				t.Errorf("Verify says %v, Explain %v", err, report.Err)
			}
			if diff := cmp.Diff(test.want, verifier.Explain(t.Context(), verifier.NewVar(r), test.raw).String()); diff != "" {
				t.Errorf("through a Var (-want +got)\n%s", diff)
			}
		})
	}
	large := r.Explain(t.Context(), strings.Repeat("x", 20_000))
	if c := large.Checks[0]; c.Passed || c.Setting != "WithMaxSize" {
		t.Errorf("of a large token: %+v, want a failed check with WithMaxSize", c)
	}
}

// TestRouterExplainProvesNothing: a report does not make a verifier a kept one.
func TestRouterExplainProvesNothing(t *testing.T) {
	r, _ := recording(t, 2)
	if err := r.Explain(t.Context(), tenantToken("a")).Err; err != nil {
		t.Error(err)
	}
	if kept, trial, _, _ := r.Held(); kept != 0 || trial != 1 {
		t.Errorf("%d kept, %d on trial; want 0, 1", kept, trial)
	}
	for i := range 2 * verifier.MaxIdle {
		r.Explain(t.Context(), tenantToken(fmt.Sprint(i)))
	}
	if _, trial, _, _ := r.Held(); trial != verifier.MaxIdle {
		t.Errorf("%d on trial, want %d", trial, verifier.MaxIdle)
	}
}

func TestExplainOfAnyVerifier(t *testing.T) {
	refuse := verifier.Func(func(context.Context, string) (*verifier.Token, error) {
		return nil, verifier.ErrInvalidToken
	})
	report := verifier.Explain(t.Context(), refuse, "x")
	if !errors.Is(report.Err, verifier.ErrInvalidToken) || len(report.Checks) != 1 || report.Checks[0].Passed {
		t.Errorf("the report reads %s", report)
	}
}
