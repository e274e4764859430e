package command_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/command"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

func TestDoctor(t *testing.T) {
	w := verifiertest.NewWorld(t)
	iss := w.Issuer("https://sso.example/realms/shop")
	good := iss.Sign(m{"iss": iss.URL, "sub": "u", "aud": []string{"orders-api", "account"}, "azp": "web", "typ": "Bearer", "exp": time.Now().Add(5 * time.Minute).Unix()})
	forged := good[:len(good)-10] + "AAAAAAAAAA"
	for _, test := range []struct {
		name, stdin string
		args        []string
		code        int
		says        string
	}{
		{"good", good, nil, command.Trusted, "JWT_ISSUERS='keycloak:https://sso.example/realms/shop?aud=orders-api&client=web'"},
		{"two lines", good + "\n\n" + good + "\n", nil, command.Trusted, "2. accepted"},
		{"forged", forged, nil, command.Invalid, "not accepted"},
		{"offline", good, []string{"--offline"}, command.Undecided, "NOT verified"},
		{"what no token says", good, []string{"--set", "nonsense=1"}, command.Usage, "--set"},
		{"nothing", "", nil, command.Invalid, "no sample"},
		{"10 MB", strings.Repeat("x", 10<<20), nil, command.Usage, "more than 1024 KiB"},
	} {
		r := run(t, command.Env{Client: w.Client(), Stdin: strings.NewReader(test.stdin)}, append([]string{"doctor"}, test.args...)...)
		if r.code != test.code || !strings.Contains(r.out+r.err, test.says) || strings.Contains(r.out+r.err, good[:50]) {
			t.Errorf("%s: %d, want %d and %q\n%s%s", test.name, r.code, test.code, test.says, r.out, r.err)
		}
	}
	r := run(t, command.Env{Client: w.Client(), Stdin: strings.NewReader(good)}, "doctor", "--json")
	var rx struct{ Reference, Code string }
	if err := json.Unmarshal([]byte(r.out), &rx); err != nil || rx.Reference == "" || !strings.Contains(rx.Code, "issuers.Open") {
		t.Errorf("%v\n%s", err, r.out)
	}
}
