package claims_test

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/claims"
)

// Types with and without fields that can take registered claims.
type (
	custom struct {
		Tenant string         `json:"tenant,omitempty"`
		Roles  []string       `json:"roles,omitzero"`
		N      int64          `json:"n,string"`
		More   map[string]any `json:"more"`
		Name   string
		Unused string `json:"-"`
		hidden string //lint:ignore U1000 a field that JSON cannot reach
	}
	tagged struct {
		Subject string `json:"sub"`
		Tenant  string `json:"tenant"`
	}
	quotedTag struct {
		Subject string `json:"'sub'"`
	}
	anyCase struct {
		Tenant string `json:"tenant"`
		SUB    string `json:",case:ignore"`
	}
	embedding struct {
		tagged
		Roles []string `json:"roles"`
	}
	inlining struct {
		Inner tagged `json:",embed"`
	}
	remainder struct {
		Tenant string         `json:"tenant"`
		Others jsontext.Value `json:",embed"`
	}
	counting struct{ names []string }
	methods  struct {
		Tenant string `json:"tenant"`
	}
)

// UnmarshalJSON gets every claim.
func (c *counting) UnmarshalJSON(b []byte) error {
	var all map[string]jsontext.Value
	if err := json.Unmarshal(b, &all); err != nil {
		return err
	}
	for _, name := range []string{"sub", "exp", "tenant"} {
		if _, ok := all[name]; ok {
			c.names = append(c.names, name)
		}
	}
	return nil
}

func (methods) String() string { return "" }

// whole fails unless Decode gives what the JSON package reads from the whole payload.
func whole[T any](t *testing.T, payload string) {
	t.Helper()
	s, err := claims.Parse([]byte(payload))
	if err != nil {
		return
	}
	var want, zero T
	wantErr := json.Unmarshal([]byte(payload), &want)
	got, err := claims.Decode[T](s)
	if (err == nil) != (wantErr == nil) {
		t.Fatalf("Decode[%T](%s): %v, the JSON package: %v", got, payload, err, wantErr)
	}
	if err != nil {
		want = zero
	}
	if diff := cmp.Diff(want, got, everything); diff != "" {
		t.Errorf("Decode[%T](%s) (-JSON package +Decode)\n%s", got, payload, diff)
	}
}

func wholes(t *testing.T, payload string) {
	t.Helper()
	whole[custom](t, payload)
	whole[tagged](t, payload)
	whole[quotedTag](t, payload)
	whole[anyCase](t, payload)
	whole[embedding](t, payload)
	whole[inlining](t, payload)
	whole[remainder](t, payload)
	whole[counting](t, payload)
	whole[methods](t, payload)
	whole[*custom](t, payload)
	whole[map[string]any](t, payload)
	whole[any](t, payload)
	whole[[]string](t, payload)
}

var payloads = []string{
	`{}`, ` { } `, `{"sub":"s"}`, `{"tenant":"t"}`,
	`{"sub":"s","exp":1,"tenant":"t","roles":["a","b"],"n":"7"}`,
	`{"tenant":"t","roles":["a"],"sub":"s"}`,
	"{ \"tenant\" : \"t\" ,\n\t\"sub\" : \"s\" , \"roles\" : [ \"a\" ] , \"exp\" : 1 , \"Name\" : \"é\" }",
	`{"a":1,"sub":"s","b":2,"exp":3,"c":4,"iat":5,"tenant":"t"}`,
	`{"a":1,"sub":"s","b":2,"exp":3,"c":4,"iat":5,"d":6,"nbf":7,"tenant":"t"}`,
	`{"a":1,"sub":"s","b":2,"exp":3,"c":4,"iat":5,"d":6,"nbf":7,"e":8,"jti":"9","tenant":"t","roles":["r"]}`,
	`{"tenant":"t","sub":"s","more":{"a":"` + strings.Repeat("x", 1<<16) + `"},"roles":["r"]}`,
	`{"more":{"a":"` + strings.Repeat("x", 1<<16) + `"},"sub":"s","tenant":"t","exp":1,"roles":["r"]}`,
	`{"tenant":"t","roles":["r"],"Name":"` + strings.Repeat("x", 1<<16-40) + `"}`,
	`{"tenant":"t","Name":"` + strings.Repeat("x", 1<<16-40) + `","roles":["r"]}`,
	`{"tenant":7,"sub":"s"}`, `{"sub":"s","roles":["a",1]}`, `{"sub":"s","n":7}`,
	`{"s_ub":"other","SUB":"third","sub":"s"}`,
	`{"\u0074enant":"t","su\u0062":"s","more":{"sub":"inner"},"":0}`,
	`{"tenant":"a","more":{"x":{"y":[1,{"z":null}]}},"sub":"s","Name":"n"}`,
}

func TestDecodeReadsTheWholePayload(t *testing.T) {
	for _, payload := range payloads {
		wholes(t, payload)
	}
}

func FuzzDecode(f *testing.F) {
	for _, payload := range payloads {
		f.Add(payload)
	}
	f.Fuzz(wholes)
}
