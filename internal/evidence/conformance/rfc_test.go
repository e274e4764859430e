package conformance_test

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// TestRFC verifies the examples of RFC 7515, RFC 8037 and RFC 9449 and refuses
// those of RFC 7797, whose unencoded payloads a JWT must not have. Each case
// names its section and the Reason that is due; "" is accepted.
func TestRFC(t *testing.T) {
	doc, err := os.ReadFile("testdata/rfc.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Keys  map[string]json.RawMessage `json:"keys"`
		Cases []struct {
			Name    string   `json:"name"`
			Section string   `json:"section"`
			Key     string   `json:"key"`
			Token   string   `json:"token"`
			Now     int64    `json:"now"`
			Types   []string `json:"typ"`
			Reason  string   `json:"reason"`
		} `json:"cases"`
	}
	if err := json.Unmarshal(doc, &file); err != nil {
		t.Fatal(err)
	}
	for _, c := range file.Cases {
		t.Run(c.Section+"/"+c.Name, func(t *testing.T) {
			ks, _, err := keys.Parse(file.Keys[c.Key])
			if err != nil {
				t.Fatal(err)
			}
			opts := []verifier.Option{
				verifier.WithClock(func() time.Time { return time.Unix(c.Now, 0) }), verifier.WithLeeway(0),
				verifier.WithAnyIssuer(), verifier.WithOptionalSubject(),
			}
			if c.Types != nil { // a DPoP proof has neither exp nor sub
				opts = append(opts, verifier.WithType(c.Types...), verifier.WithOptionalExpiry())
			}
			v, err := verifier.New(keys.Static(ks...), opts...)
			if err != nil {
				t.Fatal(err)
			}
			tok, err := v.Verify(t.Context(), c.Token)
			if got := verifier.Reason(err); got != c.Reason || (tok == nil) != (err != nil) {
				t.Errorf("Verify = %v, %v (%q); want the reason %q", tok, err, got, c.Reason)
			}
		})
	}
}

// TestRFCThumbprint is RFC 8037 appendix A.3.
func TestRFCThumbprint(t *testing.T) {
	ks, _, err := keys.Parse([]byte(`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := ks[0].Thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"; got != want {
		t.Errorf("Thumbprint = %s, want %s", got, want)
	}
}
