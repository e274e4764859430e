package httpauth_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/httpauth"
)

// TestAuthLevel checks the answers of RFC 9470 §3.
func TestAuthLevel(t *testing.T) {
	s := newSite(t)
	at := func(d time.Duration) float64 { return float64(today.Add(d).UnixNano()) / 1e9 }
	asks := func(more string) answer {
		return refused(401, "insufficient_user_authentication", "The user must sign in again, or with a stronger method.", more)
	}
	type claims = map[string]any
	type asked = []httpauth.AuthRequirement
	acr := asked{httpauth.ACR("gold", "silver")}
	age := asked{httpauth.MaxAuthAge(5 * time.Minute)}
	both := append(acr, age...)
	const acrs, ages = `, acr_values="gold silver"`, `, max_age="300"`
	for _, test := range []struct {
		name   string
		asked  asked
		claims claims
		want   answer
	}{
		{"acr", acr, claims{"acr": "gold"}, hello},
		{"acr, the second", acr, claims{"acr": "silver"}, hello},
		{"acr, given twice", asked{httpauth.ACR("gold"), httpauth.ACR("silver")}, claims{"acr": "silver"}, hello},
		{"another acr", acr, claims{"acr": "bronze"}, asks(acrs)},
		{"acr in another case", acr, claims{"acr": "Gold"}, asks(acrs)},
		{"both acrs in one string", acr, claims{"acr": "gold silver"}, asks(acrs)},
		{"no acr", acr, nil, asks(acrs)},
		{"empty acr", acr, claims{"acr": ""}, asks(acrs)},
		{"acr of another type", acr, claims{"acr": []string{"gold"}}, badToken},
		{"just now", age, claims{"auth_time": at(0)}, hello},
		{"as old as allowed", age, claims{"auth_time": at(-5 * time.Minute)}, hello},
		{"a second too old", age, claims{"auth_time": at(-5*time.Minute - time.Second)}, asks(ages)},
		{"half a second too old", age, claims{"auth_time": at(-5*time.Minute - time.Second/2)}, asks(ages)},
		{"no auth_time, young token", age, claims{"iat": today.Unix()}, asks(ages)},
		{"auth_time as text", age, claims{"auth_time": "1700000000"}, badToken},
		{"a clock that is ahead", age, claims{"auth_time": at(30 * time.Second)}, hello},
		{"in the future", age, claims{"auth_time": at(31 * time.Second)}, early},
		{"far in the future", age, claims{"auth_time": 1e300}, early},
		{"both", both, claims{"acr": "gold", "auth_time": at(0)}, hello},
		{"both, weak", both, claims{"acr": "bronze", "auth_time": at(0)}, asks(acrs + ages)},
		{"both, old", both, claims{"acr": "gold", "auth_time": at(-time.Hour)}, asks(acrs + ages)},
		{"a bad token is not told the level", both, claims{"exp": 1}, expired},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := httpauth.New(s, httpauth.WithClock(func() time.Time { return today }), httpauth.WithOptional())
			guard, token := m.RequireAuthLevel(test.asked...), s.Sign(with(test.claims))
			for route, h := range map[string]http.Handler{"alone": guard(page), "after Handler": m.Handler(guard(page))} {
				if diff := cmp.Diff(test.want, get(t, serve(t, h), token)); diff != "" {
					t.Errorf("%s (-want +got)\n%s", route, diff)
				}
				if diff := cmp.Diff(noToken, get(t, serve(t, h), "")); diff != "" {
					t.Errorf("%s without a token (-want +got)\n%s", route, diff)
				}
			}
		})
	}
}

// TestAuthLevelByScheme: the challenge of the scheme that was used carries the
// level.
func TestAuthLevelByScheme(t *testing.T) {
	s := newSite(t)
	asked := 0
	m := httpauth.New(s, httpauth.WithProof(fakeScheme{fake{"s", &asked}}))
	token := s.Sign(with(map[string]any{"cnf": map[string]string{"s": "k"}}))
	fields := http.Header{"Authorization": {"Fake " + token}, "X-Key": {"k"}}
	want := []string{
		`Bearer realm="api"`,
		`Fake realm="api", error="insufficient_user_authentication", error_description="The user must sign in again, or with a stronger method.", acr_values="gold", how="in someway"`,
	}
	level := m.RequireAuthLevel(httpauth.ACR("gold"))(page)
	for route, h := range map[string]http.Handler{"alone": level, "after Handler": m.Handler(level)} {
		if diff := cmp.Diff(want, do(t, serve(t, h), http.MethodGet, fields).Challenge); diff != "" {
			t.Errorf("%s (-want +got)\n%s", route, diff)
		}
	}
}
