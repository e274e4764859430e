package claims_test

import (
	"bytes"
	"encoding/json"
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/jwtverify/jwtverify/claims"
)

// FuzzParse compares Parse with encoding/json. What Parse accepts, both read in the
// same way; what encoding/json refuses, Parse refuses too. Apart from that it only
// refuses what jsontext refuses, and a registered claim of the wrong type.
func FuzzParse(f *testing.F) {
	for _, payload := range []string{
		`{}`, `null`, `[]`, ` {"a":1} x`, document, "{\"a\":\"\xff\"}", `{"a":"\ud800"}`, `{"a":1,"a":2}`, `{"x":[{"a":1,"a":2}]}`,
		`{"iss":"i","sub":"s","jti":"j","aud":"a","exp":3,"nbf":2.5,"iat":-1e3}`,
		`{"iss":"\u0069\n","sub":"é","aud":["a","\u0062"],"exp":1700000000.25}`,
		`{"aud":[]}`, `{"aud":["a",1]}`, `{"aud":null}`, `{"iss":1}`, `{"sub":null}`, `{"jti":{}}`, `{"exp":"1"}`, `{"nbf":1e400}`,
		`{"EXP":1,"Exp":"x","exp":253402300799}`, many(20, `"sub":"s"`),
	} {
		f.Add([]byte(payload))
	}
	f.Fuzz(alike)
}

// TestParseDepth checks what FuzzParse checks, at the depth where both readers stop.
// Such deep payloads would slow the fuzzing down.
func TestParseDepth(t *testing.T) {
	for _, n := range []int{9_998, 9_999, 10_000, 10_001} {
		alike(t, []byte(`{"x":`+nested(n)+`}`))
	}
}

func alike(t *testing.T, payload []byte) {
	got, err := claims.Parse(payload)
	want, wantErr := oracle(payload)
	switch {
	case err == nil && wantErr != "":
		t.Fatalf("Parse accepts %.200q, encoding/json says %s", payload, wantErr)
	case err != nil:
		if wantErr == "" && jsontext.Value(payload).IsValid() {
			t.Fatalf("Parse refuses %.200q: %v", payload, err)
		}
		return
	}
	if diff := cmp.Diff(want.set, got, fields, cmpopts.IgnoreTypes(time.Time{})); diff != "" {
		t.Errorf("%q (-encoding/json +Parse)\n%s", payload, diff)
	}
	for claim, date := range dates {
		if number, ok := want.dates[claim]; ok {
			near(t, number, date(got))
		} else if !date(got).IsZero() {
			t.Errorf("%q has no %s, Parse reads %v", payload, claim, date(got))
		}
	}
	if !bytes.Equal(got.Raw(), payload) {
		t.Errorf("Raw() = %q, want %q", got.Raw(), payload)
	}
}

// reading is how encoding/json reads a payload.
type reading struct {
	set   *claims.Set // without its dates
	dates map[string]string
}

// oracle returns why encoding/json refuses the payload, or "".
func oracle(payload []byte) (reading, string) {
	d := json.NewDecoder(bytes.NewReader(payload))
	d.UseNumber()
	var members map[string]any
	switch err := d.Decode(&members); {
	case err != nil:
		return reading{}, err.Error()
	case !json.Valid(payload):
		return reading{}, "more follows"
	case members == nil:
		return reading{}, "null"
	}
	r := reading{&claims.Set{}, map[string]string{}}
	for claim, field := range map[string]*string{"iss": &r.set.Issuer, "sub": &r.set.Subject, "jti": &r.set.ID} {
		if v, ok := members[claim]; ok {
			if *field, ok = v.(string); !ok {
				return r, claim + " is not a string"
			}
		}
	}
	switch aud, ok := members["aud"]; v := aud.(type) {
	case string:
		r.set.Audience = []string{v}
	case []any:
		r.set.Audience = []string{}
		for _, a := range v {
			s, ok := a.(string)
			if !ok {
				return r, "aud has an element that is not a string"
			}
			r.set.Audience = append(r.set.Audience, s)
		}
	default:
		if ok {
			return r, "aud is neither a string nor a list"
		}
	}
	for claim := range dates {
		if v, ok := members[claim]; ok {
			n, ok := v.(json.Number)
			if !ok {
				return r, claim + " is not a number"
			}
			if !inRange(string(n)) {
				return r, claim + " is out of range"
			}
			r.dates[claim] = string(n)
		}
	}
	return r, ""
}

// FuzzDate compares dates with exact decimal arithmetic.
func FuzzDate(f *testing.F) {
	for _, number := range []string{
		"0", "-0", "1700000000", "1700000000.123456789", "-0.5", "-1e-300", "1e-400", "1.7e9", "17E+8", "1700000000000e-3",
		"253402300799", "253402300799.99998", "253402300799.99999", "253402300800", "-62135596800", "-62135596800.0000001",
		"-62135596801", "9223372036854775808", "1e30", "1e309", "01", "1.", ".5", "1e", "--1", "1e+", "0.1e1",
	} {
		f.Add(number)
	}
	f.Fuzz(func(t *testing.T, text string) {
		// Keep only bytes of numbers. Otherwise hardly any input would be a number.
		number := strings.Map(func(r rune) rune {
			if strings.ContainsRune("0123456789+-.eE", r) {
				return r
			}
			return -1
		}, text)
		s, err := claims.Parse([]byte(`{"exp":` + number + `}`))
		if want := json.Valid([]byte(number)) && inRange(number); (err == nil) != want {
			t.Fatalf("Parse of the date %s: %v, want it to be accepted: %v", number, err, want)
		}
		if err == nil {
			near(t, number, s.Expiry)
		}
	})
}

// inRange reports whether number, rounded to a float64 where it is written as
// one, is in the years 1 to 9999.
func inRange(number string) bool {
	if !strings.ContainsAny(number, ".eE") {
		n, ok := new(big.Int).SetString(number, 10)
		return ok && n.Cmp(big.NewInt(-62135596800)) >= 0 && n.Cmp(big.NewInt(253402300799)) <= 0
	}
	rounded, err := strconv.ParseFloat(number, 64)
	return err == nil && rounded >= -62135596800 && rounded < 253402300800
}

// near fails unless got is that number of seconds: exactly if they are whole, else
// within the rounding to a float64 and then to a nanosecond.
func near(t *testing.T, number string, got time.Time) {
	t.Helper()
	exact := decimal(number)
	seen := new(big.Rat).SetFrac64(int64(got.Nanosecond()), 1e9)
	seen.Add(seen, new(big.Rat).SetInt64(got.Unix()))
	off := new(big.Rat).Sub(exact, seen)

	tolerance := new(big.Rat)
	if !exact.IsInt() {
		f, _ := exact.Float64()
		ulp := math.Nextafter(math.Abs(f), math.Inf(1)) - math.Abs(f)
		tolerance.SetFloat64(ulp/2 + 1e-9)
		tolerance.Add(tolerance, big.NewRat(1, 1e15))
	}
	if off.Abs(off).Cmp(tolerance) > 0 {
		t.Errorf("%.100s is %s s, read as %v, which is off by %s s", number, exact.FloatString(12), got, off.FloatString(12))
	}
}

// decimal returns the exact value. It returns 0 for a number that is closer to 0 than
// any float64, whose digits might not fit into memory.
func decimal(number string) *big.Rat {
	if f, err := strconv.ParseFloat(number, 64); err == nil && f == 0 {
		return new(big.Rat)
	}
	exact, ok := new(big.Rat).SetString(number)
	if !ok {
		return new(big.Rat)
	}
	return exact
}
