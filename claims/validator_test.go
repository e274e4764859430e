package claims_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/claims"
)

// refusal is what an error of this package says.
type refusal struct {
	Claim string
	Kind  error
}

var kinds = []error{
	claims.ErrMissing, claims.ErrExpired, claims.ErrNotYetValid, claims.ErrMismatch,
	claims.ErrMalformed, claims.ErrInsufficientScope, claims.ErrUnavailable,
}

// refusalOf is nil for a nil error.
func refusalOf(tb testing.TB, err error) *refusal {
	tb.Helper()
	if err == nil {
		return nil
	}
	var e *claims.Error
	if !errors.As(err, &e) {
		tb.Fatalf("%v is a %T, want a *claims.Error", err, err)
	}
	got := &refusal{Claim: e.Claim}
	for _, kind := range kinds {
		if !errors.Is(err, kind) {
			continue
		}
		if got.Kind != nil {
			tb.Errorf("%v is both %v and %v", err, got.Kind, kind)
		}
		got.Kind = kind
	}
	return got
}

var sameError = cmp.Comparer(func(a, b error) bool { return a == b })

func TestStandardValidators(t *testing.T) {
	const me, you = "https://issuer.example", "https://api.example"
	missing := func(claim string) *refusal { return &refusal{claim, claims.ErrMissing} }
	mismatch := func(claim string) *refusal { return &refusal{claim, claims.ErrMismatch} }
	for _, test := range []struct {
		name    string
		v       claims.Validator
		payload string
		want    *refusal
	}{
		{"sub", claims.Subject(), `{"sub":"user-1"}`, nil},
		{"sub is absent", claims.Subject(), `{}`, missing("sub")},
		{"sub is empty", claims.Subject(), `{"sub":""}`, missing("sub")},
		{"sub is white space, which is something", claims.Subject(), `{"sub":" "}`, nil},
		{"sub in another case", claims.Subject(), `{"Sub":"user-1"}`, missing("sub")},

		{"iss", claims.Issuer(me), `{"iss":"https://issuer.example"}`, nil},
		{"iss is one of two", claims.Issuer("https://other.example", me), `{"iss":"https://issuer.example"}`, nil},
		{"iss is absent", claims.Issuer(me), `{}`, missing("iss")},
		{"iss is empty", claims.Issuer(me), `{"iss":""}`, mismatch("iss")},
		{"iss is another", claims.Issuer(me), `{"iss":"https://other.example"}`, mismatch("iss")},
		{"iss is in another case", claims.Issuer(me), `{"iss":"https://ISSUER.example"}`, mismatch("iss")},
		{"iss has a slash more", claims.Issuer(me), `{"iss":"https://issuer.example/"}`, mismatch("iss")},
		{"iss has a slash less", claims.Issuer(me + "/"), `{"iss":"https://issuer.example"}`, mismatch("iss")},
		{"iss is a prefix", claims.Issuer(me), `{"iss":"https://issuer.exampl"}`, mismatch("iss")},
		{"iss has the expected one as prefix", claims.Issuer(me), `{"iss":"https://issuer.example.attacker.example"}`, mismatch("iss")},
		{"iss has white space around", claims.Issuer(me), `{"iss":" https://issuer.example "}`, mismatch("iss")},
		{"iss is canonically equivalent, not equal", claims.Issuer("caf\u00e9"), `{"iss":"cafe\u0301"}`, mismatch("iss")},
		{"no iss is expected", claims.Issuer(), `{"iss":"https://issuer.example"}`, mismatch("iss")},
		{"no iss is expected and none there", claims.Issuer(), `{}`, missing("iss")},

		{"aud", claims.Audience(you), `{"aud":"https://api.example"}`, nil},
		{"aud is a list of one", claims.Audience(you), `{"aud":["https://api.example"]}`, nil},
		{"aud names it last", claims.Audience(you), `{"aud":["a","b","https://api.example"]}`, nil},
		{"aud names one of two", claims.Audience("x", you), `{"aud":["a","https://api.example"]}`, nil},
		{"aud is absent", claims.Audience(you), `{}`, missing("aud")},
		{"aud is an empty list", claims.Audience(you), `{"aud":[]}`, mismatch("aud")},
		{"aud is empty", claims.Audience(you), `{"aud":""}`, mismatch("aud")},
		{"aud is another", claims.Audience(you), `{"aud":"https://other.example"}`, mismatch("aud")},
		{"aud is in another case", claims.Audience(you), `{"aud":"https://API.example"}`, mismatch("aud")},
		{"aud is a list in a string", claims.Audience(you), `{"aud":"a https://api.example"}`, mismatch("aud")},
		{"aud has a slash more", claims.Audience(you), `{"aud":["https://api.example/"]}`, mismatch("aud")},
		{"no aud is expected", claims.Audience(), `{"aud":"https://api.example"}`, mismatch("aud")},
		{"no aud is expected and none there", claims.Audience(), `{}`, missing("aud")},

		{"nothing is required", claims.Required(), `{}`, nil},
		{"required", claims.Required("tenant", "sub"), `{"sub":"","tenant":{}}`, nil},
		{"required with any value", claims.Required("a", "b", "c", "d", "e"), `{"a":false,"b":0,"c":"","d":[],"e":{}}`, nil},
		{"required is absent", claims.Required("sub", "tenant"), `{"sub":"s"}`, missing("tenant")},
		{"required is null", claims.Required("tenant"), `{"tenant":null}`, missing("tenant")},
		{"required is in another case", claims.Required("tenant"), `{"Tenant":1}`, missing("tenant")},
		{"required is nested", claims.Required("tenant"), `{"x":{"tenant":1}}`, missing("tenant")},
		{"two required are absent: the first is named", claims.Required("b", "a"), `{}`, missing("b")},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := refusalOf(t, test.v.Validate(t.Context(), parse(t, test.payload), time.Now()))
			if diff := cmp.Diff(test.want, got, sameError); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestScope(t *testing.T) {
	lacking := &refusal{"scope", claims.ErrInsufficientScope}
	notScope, notScp := &refusal{"scope", claims.ErrMalformed}, &refusal{"scp", claims.ErrMalformed}
	for _, test := range []struct {
		name    string
		all     []string
		payload string
		want    *refusal
	}{
		{"one", []string{"read"}, `{"scope":"read"}`, nil},
		{"two in another order", []string{"read", "write"}, `{"scope":"write other read"}`, nil},
		{"several spaces", []string{"read", "write"}, `{"scope":"  write   read "}`, nil},
		{"scp is a string", []string{"read", "write"}, `{"scp":"write read"}`, nil},
		{"scp is a list", []string{"read", "write"}, `{"scp":["write","read"]}`, nil},
		{"none is needed", nil, `{}`, nil},
		{"none is needed, some are granted", nil, `{"scope":"read"}`, nil},
		{"absent", []string{"read"}, `{}`, lacking},
		{"empty", []string{"read"}, `{"scope":""}`, lacking},
		{"only spaces", []string{"read"}, `{"scope":"   "}`, lacking},
		{"an empty list", []string{"read"}, `{"scp":[]}`, lacking},
		{"one of two lacks", []string{"read", "write"}, `{"scope":"read"}`, lacking},
		{"another case", []string{"read"}, `{"scope":"Read READ"}`, lacking},
		{"a prefix", []string{"read:all"}, `{"scope":"read read:al"}`, lacking},
		{"a longer one", []string{"read"}, `{"scope":"read:all xread readx"}`, lacking},
		{"a tab is not a space", []string{"read"}, `{"scope":"read\twrite"}`, lacking},
		{"a no-break space is not a space", []string{"read"}, `{"scope":"read\u00a0write"}`, lacking},
		{"a comma is not a space", []string{"read"}, `{"scope":"read,write"}`, lacking},
		{"scope in another case", []string{"read"}, `{"Scope":"read","SCP":"read"}`, lacking},
		{"scope is nested", []string{"read"}, `{"x":{"scope":"read"}}`, lacking},
		{"scope goes before scp", []string{"read"}, `{"scp":["read"],"scope":"write"}`, lacking},
		{"an empty scope goes before scp", []string{"read"}, `{"scp":["read"],"scope":""}`, lacking},
		{"scope is good, whatever scp is", []string{"read"}, `{"scp":7,"scope":"read"}`, nil},
		{"scope is null", []string{"read"}, `{"scope":null}`, notScope},
		{"scope is null, scp good", []string{"read"}, `{"scope":null,"scp":"read"}`, notScope},
		{"scope is a mixed list", []string{"read"}, `{"scope":["read",1]}`, notScope},
		{"scope is a number", []string{"read"}, `{"scope":1}`, notScope},
		{"scope is an object", []string{"read"}, `{"scope":{"read":true}}`, notScope},
		{"scope is malformed, none is needed", nil, `{"scope":true}`, notScope},
		{"scp is null", []string{"read"}, `{"scp":null}`, notScp},
		{"scp is an object", []string{"read"}, `{"scp":{"read":true}}`, notScp},
		{"scp is a mixed list", []string{"read"}, `{"scp":["read",1]}`, notScp},
		{"scp is a list in a list", []string{"read"}, `{"scp":[["read"]]}`, notScp},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := claims.Scope(test.all...).Validate(t.Context(), parse(t, test.payload), time.Time{})
			if diff := cmp.Diff(test.want, refusalOf(t, err), sameError); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestH15ScopeMayBeAnArray: Spring Authorization Server and IdentityServer write it
// like that.
func TestH15ScopeMayBeAnArray(t *testing.T) {
	lacking, malformed := &refusal{"scope", claims.ErrInsufficientScope}, &refusal{"scope", claims.ErrMalformed}
	for payload, want := range map[string]*refusal{
		`{"scope":["read","write"]}`:         nil,
		`{"scope":["write","x","read"]}`:     nil,
		`{"scope":["read write"]}`:           lacking, // an element is one scope
		`{"scope":["read"]}`:                 lacking,
		`{"scope":[]}`:                       lacking,
		`{"scope":[],"scp":"read write"}`:    lacking, // an empty one is there
		`{"scope":["read",null]}`:            malformed,
		`{"scope":[["read"],["write"]]}`:     malformed,
		`{"scope":{"0":"read","1":"write"}}`: malformed,
	} {
		err := claims.Scope("read", "write").Validate(t.Context(), parse(t, payload), time.Time{})
		if diff := cmp.Diff(want, refusalOf(t, err), sameError); diff != "" {
			t.Errorf("%s (-want +got)\n%s", payload, diff)
		}
	}
}

// TestFilledByHand: a Set in a test of a validator of your own is not parsed.
func TestFilledByHand(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	s := &claims.Set{
		Issuer: "i", Subject: "s", ID: "j", Audience: []string{"a"},
		Expiry: now.Add(time.Hour), NotBefore: now, IssuedAt: now,
	}
	refuse := claims.ValidatorFunc(reached)
	for _, test := range []struct {
		name string
		v    claims.Validator
		s    *claims.Set
		want error
	}{
		{"the whole chain", claims.All(
			claims.Issuer("i"), claims.Audience("a"), claims.Subject(), claims.Expiry(0),
			claims.NotBefore(0), claims.IssuedAt(0), claims.MaxAge(time.Hour, 0),
		), s, nil},
		{"another issuer", claims.Issuer("x"), s, claims.ErrMismatch},
		{"another audience", claims.Audience("x"), s, claims.ErrMismatch},
		{"an empty audience", claims.Audience("x"), &claims.Set{Audience: []string{}}, claims.ErrMismatch},
		{"expired", claims.Expiry(0), &claims.Set{Expiry: now}, claims.ErrExpired},
		{"in the future", claims.NotBefore(0), &claims.Set{NotBefore: now.Add(1)}, claims.ErrNotYetValid},
		{"optional iss is there", claims.Optional("iss", refuse), s, errReached},
		{"optional sub is there", claims.Optional("sub", refuse), s, errReached},
		{"optional jti is there", claims.Optional("jti", refuse), s, errReached},
		{"optional aud is there", claims.Optional("aud", refuse), s, errReached},
		{"optional exp is there", claims.Optional("exp", refuse), s, errReached},
		{"optional nbf is there", claims.Optional("nbf", refuse), s, errReached},
		{"optional iat is there", claims.Optional("iat", refuse), s, errReached},
		{"scope is not", claims.Scope("read"), s, claims.ErrInsufficientScope},
	} {
		t.Run(test.name, func(t *testing.T) {
			if err := test.v.Validate(t.Context(), test.s, now); !errors.Is(err, test.want) {
				t.Errorf("Validate = %v, want %v", err, test.want)
			}
		})
	}
}
