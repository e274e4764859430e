package claims_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/claims"
)

// TestActorIsTheOutermost: RFC 8693 §4.1 lets nobody but the current actor count.
func TestActorIsTheOutermost(t *testing.T) {
	for _, test := range []struct {
		name, payload string
		want          claims.Actor
		ok            bool
		err           error
	}{
		{"none", `{"sub":"user"}`, claims.Actor{}, false, nil},
		{"only in a value", `{"sub":"act","x":{"act":{"sub":"other"}}}`, claims.Actor{}, false, nil},
		{"one", `{"sub":"user","act":{"sub":"admin"}}`, claims.Actor{Subject: "admin"}, true, nil},
		{"all three", `{"act":{"sub":"s","iss":"https://i.example","client_id":"c","x":1}}`,
			claims.Actor{Subject: "s", Issuer: "https://i.example", ClientID: "c"}, true, nil},
		{"the example of RFC 8693 §4.1", `{"sub":"user@example.com","act":{"sub":"https://service16.example.com","act":{"sub":"https://service77.example.com"}}}`,
			claims.Actor{Subject: "https://service16.example.com"}, true, nil},
		{"the nested one first", `{"act":{"act":{"sub":"inner","iss":"i"},"sub":"outer"}}`, claims.Actor{Subject: "outer"}, true, nil},
		{"nothing of the nested one", `{"act":{"act":{"sub":"inner"},"email":"a@b"}}`, claims.Actor{}, true, nil},
		{"escaped name", `{"\u0061ct":{"s\u0075b":"a\u0064min"}}`, claims.Actor{Subject: "admin"}, true, nil},
		{"another case", `{"Act":{"sub":"admin"}}`, claims.Actor{}, false, nil},
		{"null", `{"act":null}`, claims.Actor{}, false, claims.ErrMalformed},
		{"string", `{"act":"admin"}`, claims.Actor{}, false, claims.ErrMalformed},
		{"array", `{"act":[{"sub":"admin"}]}`, claims.Actor{}, false, claims.ErrMalformed},
		{"empty object", `{"act":{}}`, claims.Actor{}, false, claims.ErrMalformed},
		{"sub is a number", `{"act":{"sub":7}}`, claims.Actor{}, false, claims.ErrMalformed},
		{"iss is null", `{"act":{"sub":"a","iss":null}}`, claims.Actor{}, false, claims.ErrMalformed},
		{"client_id is an array", `{"act":{"client_id":["a"]}}`, claims.Actor{}, false, claims.ErrMalformed},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, ok, err := parse(t, test.payload).Actor()
			if got != test.want || ok != test.ok || !errors.Is(err, test.err) {
				t.Errorf("got %+v %v %v, want %+v %v %v", got, ok, err, test.want, test.ok, test.err)
			}
		})
	}
}

// chain nests n actors.
func chain(n int) string {
	return strings.Repeat(`{"sub":"a","act":`, n-1) + `{"sub":"first"}` + strings.Repeat("}", n-1)
}

// TestActorChainIsBounded: a chain that is too deep, or is broken at any level, is
// refused, although only the outermost actor counts.
func TestActorChainIsBounded(t *testing.T) {
	for _, test := range []struct {
		name    string
		most    int
		payload string
		want    *refusal
	}{
		{"none", 0, `{"sub":"user"}`, nil},
		{"none allowed", 0, `{"act":{"sub":"a"}}`, &refusal{"act", claims.ErrMismatch}},
		{"one", 1, `{"act":` + chain(1) + `}`, nil},
		{"five of five", 5, `{"act":` + chain(5) + `}`, nil},
		{"six of five", 5, `{"act":` + chain(6) + `}`, &refusal{"act", claims.ErrMismatch}},
		{"thousands", 5, `{"act":` + chain(3000) + `}`, &refusal{"act", claims.ErrMismatch}},
		{"null", 5, `{"act":null}`, &refusal{"act", claims.ErrMalformed}},
		{"a string at the second level", 5, `{"act":{"sub":"a","act":"b"}}`, &refusal{"act", claims.ErrMalformed}},
		{"null at the third level", 5, `{"act":{"sub":"a","act":{"sub":"b","act":null}}}`, &refusal{"act", claims.ErrMalformed}},
		{"nobody at the second level", 5, `{"act":{"sub":"a","act":{}}}`, &refusal{"act", claims.ErrMalformed}},
		{"a number as sub at the second level", 5, `{"act":{"sub":"a","act":{"sub":1}}}`, &refusal{"act", claims.ErrMalformed}},
		{"broken beyond the bound", 2, `{"act":{"sub":"a","act":{"sub":"b","act":0}}}`, &refusal{"act", claims.ErrMismatch}},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := claims.MaxActors(test.most).Validate(t.Context(), parse(t, test.payload), time.Time{})
			if diff := cmp.Diff(test.want, refusalOf(t, err), sameError); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMaxActorsPanics(t *testing.T) {
	defer func() {
		if got, want := recover(), "claims: MaxActors: -1 is negative"; got != want {
			t.Errorf("got %v, want %v", got, want)
		}
	}()
	claims.MaxActors(-1)
}

func TestClientID(t *testing.T) {
	for payload, want := range map[string]string{
		`{}`:                                       "",
		`{"azp":"a","client_id":"b","cid":"c"}`:    "a",
		`{"cid":"c","client_id":"b"}`:              "b",
		`{"cid":"c"}`:                              "c",
		`{"azp":null,"client_id":"b"}`:             "b",
		`{"azp":1,"client_id":"b"}`:                "",
		`{"x":{"azp":"a"},"y":"cid"}`:              "",
		`{"\u0061zp":"a"}`:                         "a",
		`{"AZP":"a"}`:                              "",
		`{"client_id":"","cid":"c"}`:               "",
		`{"act":{"client_id":"b"},"sub":"azp"}`:    "",
		`{"client_id":["b"],"azp":"\u0061\u0062"}`: "ab",
	} {
		if got := parse(t, payload).ClientID(); got != want {
			t.Errorf("%s: %q, want %q", payload, got, want)
		}
	}
}
