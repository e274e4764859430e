package claims_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/jwtverify/jwtverify/claims"
)

// fields compares the exported fields of a Set.
var fields = cmpopts.IgnoreUnexported(claims.Set{})

func parse(tb testing.TB, payload string) *claims.Set {
	tb.Helper()
	s, err := claims.Parse([]byte(payload))
	if err != nil {
		tb.Fatalf("Parse(%.200q): %v", payload, err)
	}
	return s
}

// malformed fails unless err is an *Error of that claim that wraps ErrMalformed.
func malformed(tb testing.TB, err error, claim string) {
	tb.Helper()
	var e *claims.Error
	if !errors.As(err, &e) || !errors.Is(err, claims.ErrMalformed) {
		tb.Fatalf("error %v (%T), want a *claims.Error that wraps ErrMalformed", err, err)
	}
	if e.Claim != claim {
		tb.Errorf("the error names the claim %q, want %q", e.Claim, claim)
	}
}

func TestParse(t *testing.T) {
	for _, test := range []struct {
		name, payload string
		want          claims.Set
	}{
		{"no claims", `{}`, claims.Set{}},
		{"white space around", " \t\r\n{ } \n", claims.Set{}},
		{"all registered claims", `{"iss":"i","sub":"s","jti":"j","aud":"a","exp":3,"nbf":2,"iat":1}`, claims.Set{
			Issuer: "i", Subject: "s", ID: "j", Audience: []string{"a"},
			Expiry: time.Unix(3, 0), NotBefore: time.Unix(2, 0), IssuedAt: time.Unix(1, 0),
		}},
		{"empty strings", `{"iss":"","sub":"","jti":"","aud":""}`, claims.Set{Audience: []string{""}}},
		{"escapes", `{"sub":"\u0061\n\"\ud83d\ude00"}`, claims.Set{Subject: "a\n\"😀"}},
		{"escaped name", `{"\u0073ub":"s"}`, claims.Set{Subject: "s"}},
		{"aud is an array", `{"aud":["a","b","a"]}`, claims.Set{Audience: []string{"a", "b", "a"}}},
		{"aud is an empty array", `{"aud":[]}`, claims.Set{Audience: []string{}}},
		{"aud with white space and escapes", `{"aud":[ "a" , "\u0062" ]}`, claims.Set{Audience: []string{"a", "b"}}},
		{"upper case is another name", `{"ISS":1,"Sub":2,"AUD":{},"Exp":"x","nBf":null,"IAT":[],"Jti":false}`, claims.Set{}},
		{"another case next to the claim", `{"SUB":"x","sub":"s","Sub":"y"}`, claims.Set{Subject: "s"}},
		{"a letter that folds to s", `{"ſub":1}`, claims.Set{}},
		{"white space in a name", `{"sub ":1," sub":2}`, claims.Set{}},
		{"unknown members of every kind", `{"a":null,"b":true,"c":false,"d":1e999,"e":-0.5,"f":"x","g":[1,null,{}],"h":{"exp":"never","sub":7},"":0}`, claims.Set{}},
		{"nested registered names are not claims", `{"x":{"exp":null,"sub":[]},"y":[{"aud":1}]}`, claims.Set{}},
		{"many members", many(1000, `"sub":"s"`), claims.Set{Subject: "s"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(&test.want, parse(t, test.payload), fields); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func many(n int, last string) string {
	var b strings.Builder
	b.WriteByte('{')
	for i := range n {
		fmt.Fprintf(&b, `"n%d":%d,`, i, i)
	}
	return b.String() + last + "}"
}

func TestParseWrongType(t *testing.T) {
	text := []string{`null`, `true`, `false`, `0`, `1.5`, `{}`, `{"a":"b"}`, `[]`, `["a"]`}
	date := []string{`null`, `true`, `false`, `""`, `"1700000000"`, `"2030-01-01T00:00:00Z"`, `{}`, `[]`, `[1]`}
	for claim, values := range map[string][]string{
		"iss": text, "sub": text, "jti": text,
		"exp": date, "nbf": date, "iat": date,
		"aud": {`null`, `true`, `false`, `1`, `{}`, `{"a":"b"}`, `[null]`, `["a",1]`, `[1,"a"]`, `["a",null]`, `["a",["b"]]`, `[["a"]]`, `[{}]`},
	} {
		for _, value := range values {
			t.Run(claim+" is "+value, func(t *testing.T) {
				s, err := claims.Parse(fmt.Appendf(nil, `{"first":1,%q:%s,"last":2}`, claim, value))
				malformed(t, err, claim)
				if s != nil {
					t.Errorf("a Set with an error: %+v", s)
				}
			})
		}
	}
}

func nested(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }

func TestParseMalformed(t *testing.T) {
	for _, test := range []struct{ name, payload string }{
		{"nothing", ``},
		{"white space", " \n"},
		{"null", `null`},
		{"true", `true`},
		{"a number", `1700000000`},
		{"a string", `"sub"`},
		{"an array", `[]`},
		{"an object in an array", `[{"sub":"s"}]`},
		{"cut off after the brace", `{`},
		{"cut off in a name", `{"su`},
		{"cut off in a string", `{"sub":"s`},
		{"cut off before the brace", `{"sub":"s"`},
		{"two objects", `{"sub":"s"}{"sub":"t"}`},
		{"text after", `{"sub":"s"} x`},
		{"a comma after", `{"sub":"s"},`},
		{"a NUL after", "{}\x00"},
		{"a NUL before", "\x00{}"},
		{"a byte order mark", "\ufeff{}"},
		{"a comma at the end", `{"sub":"s",}`},
		{"no comma", `{"sub":"s" "jti":"j"}`},
		{"no colon", `{"sub" "s"}`},
		{"no value", `{"sub":}`},
		{"a name without quotes", `{sub:"s"}`},
		{"single quotes", `{'sub':'s'}`},
		{"a comment", `{"sub":"s"/**/}`},
		{"NaN", `{"x":NaN}`},
		{"Infinity", `{"x":Infinity}`},
		{"a leading zero", `{"x":01}`},
		{"a leading plus", `{"x":+1}`},
		{"a hexadecimal number", `{"x":0x10}`},
		{"a number that ends in a point", `{"x":1.}`},
		{"a line break in a string", "{\"x\":\"a\nb\"}"},
		{"an unknown escape", `{"x":"\q"}`},
		{"half a surrogate pair", `{"x":"\ud800"}`},
		{"a surrogate pair in the wrong order", `{"x":"\udc00\ud800"}`},
		{"bad UTF-8 in a claim", "{\"sub\":\"\xff\"}"},
		{"bad UTF-8 in a name", "{\"\xff\":1}"},
		{"bad UTF-8, nested", "{\"x\":[{\"y\":\"\xc3\"}]}"},
		{"an overlong slash", "{\"x\":\"\xc0\xaf\"}"},
		{"a surrogate in UTF-8", "{\"x\":\"\xed\xa0\x80\"}"},
		{"brackets that do not match", `{"x":[}`},
		{"an array that does not end", `{"x":[1,2}`},
		{"too deep", `{"x":` + nested(20_000) + `}`},
		{"duplicate", `{"x":1,"x":2}`},
		{"duplicate with equal values", `{"x":1,"x":1}`},
		{"duplicate claim", `{"sub":"s","sub":"t"}`},
		{"duplicate date", `{"exp":1,"exp":2}`},
		{"duplicate by an escape", `{"sub":"s","\u0073ub":"t"}`},
		{"duplicate of the empty name", `{"":1,"":2}`},
		{"duplicate in an object", `{"x":{"y":1,"y":2}}`},
		{"duplicate in an array", `{"x":[{"y":1,"y":2}]}`},
		{"duplicate five levels down", `{"a":{"b":[[{"c":{"y":1,"z":0,"\u0079":2}}]]}}`},
		{"duplicate among many", many(100, `"n3":0`)},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, err := claims.Parse([]byte(test.payload))
			malformed(t, err, "")
			if s != nil {
				t.Errorf("a Set with an error: %+v", s)
			}
		})
	}
}

func TestHas(t *testing.T) {
	s := parse(t, `{"sub":"","exp":1,"cnf":null,"a":{"inner":1},"\u0071z":2,"":3,"text":"absent"}`)
	for name, want := range map[string]bool{
		"sub": true, "exp": true, "iss": false, "aud": false, "cnf": true, "a": true, "qz": true, "": true,
		"inner": false, "absent": false, "tex": false, "CNF": false, "Sub": false, `\u0071z`: false,
	} {
		if got := s.Has(name); got != want {
			t.Errorf("Has(%q) = %v, want %v", name, got, want)
		}
	}
	for _, s := range []*claims.Set{{}, {Subject: "s"}, parse(t, `{"sub":"s"}`)} {
		if got := s.Has("sub"); got != (s.Subject != "") || s.Has("cnf") || s.Has("") || s.Has("s") {
			t.Errorf("%+v: Has(sub) = %v", s, got)
		}
	}
	if scattered := parse(t, `{"a":1,"sub":"","b":2,"iss":"","c":3,"jti":"","d":4,"exp":1,"e":5,"nbf":1,"f":6}`); !scattered.Has("f") || scattered.Has("g") {
		t.Error("of many claims among the registered ones, f is missed or g made up")
	}
}

// everything compares unexported fields too.
var everything = cmp.Exporter(func(reflect.Type) bool { return true })

func TestParseInto(t *testing.T) {
	const full = `{"iss":"i","sub":"s","jti":"j","aud":["a"],"exp":3,"nbf":2,"iat":1,"x":"y"}`
	var s claims.Set
	if err := claims.ParseInto(&s, []byte(full)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(parse(t, full), &s, everything); diff != "" {
		t.Errorf("not as Parse reads it (-Parse +ParseInto)\n%s", diff)
	}
	if err := claims.ParseInto(&s, []byte(`{"sub":"other"}`)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&claims.Set{Subject: "other"}, &s, fields); diff != "" {
		t.Errorf("something of the first payload is left (-want +got)\n%s", diff)
	}
	if _, ok, _ := claims.Value[string](&s, "x"); ok {
		t.Error("a member of the first payload is left")
	}
	malformed(t, claims.ParseInto(&s, []byte(`{"sub":"s","exp":"x"}`)), "exp")
	if diff := cmp.Diff(&claims.Set{}, &s, everything); diff != "" {
		t.Errorf("not the zero Set after an error (-want +got)\n%s", diff)
	}
}

func TestRaw(t *testing.T) {
	const payload = ` {"sub" : "\u0073", "n":1.50} `
	given := []byte(payload)
	s, err := claims.Parse(given)
	if err != nil {
		t.Fatal(err)
	}
	clear(given)
	raw := s.Raw()
	if string(raw) != payload {
		t.Fatalf("Raw() = %q, want the payload as it was written, %q", raw, payload)
	}
	clear(raw)
	if got := string(s.Raw()); got != payload {
		t.Errorf("Raw() gave its memory away: it is %q now", got)
	}
	for name, s := range map[string]*claims.Set{"zero": {}, "filled by hand": {Subject: "s"}} {
		if raw := s.Raw(); raw != nil {
			t.Errorf("Raw() of a Set that is %s = %q, want nil", name, raw)
		}
	}
}

// TestHasRestrictions: the claims that every verification asks for.
func TestHasRestrictions(t *testing.T) {
	for payload, want := range map[string][2]bool{
		`{"cnf":{}}`: {true, false}, `{"events":null}`: {false, true}, `{"sub":"cnf","x":{"events":1}}`: {false, false},
		`{"\u0063nf":1,"e\u0076ents":2}`: {true, true}, `{"CNF":1,"Events":2}`: {false, false},
	} {
		if s := parse(t, payload); s.Has("cnf") != want[0] || s.Has("events") != want[1] {
			t.Errorf("%s: Has = %v, %v; want %v", payload, s.Has("cnf"), s.Has("events"), want)
		}
	}
}

func TestIntegerSubject(t *testing.T) {
	var s claims.Set
	if err := claims.ParseInto(&s, []byte(`{"sub":7}`), claims.IntegerSubject); err != nil || s.Subject != "7" || !s.Has("sub") {
		t.Errorf("ParseInto = %+v, %v", s, err)
	}
	malformed(t, claims.ParseInto(&s, []byte(`{"sub":7}`)), "sub")
	malformed(t, claims.ParseInto(&s, []byte(`{"sub":-7}`), claims.IntegerSubject), "sub")
	malformed(t, claims.ParseInto(&s, []byte(`{"jti":7}`), claims.IntegerSubject), "jti")
}
