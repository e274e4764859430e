package conformance_test

import (
	"bytes"
	"encoding/json"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/jwtverify/jwtverify/claims"
)

// FuzzPayload compares what claims.Parse reads with encoding/json, member by
// member. What it refuses, jsontext refuses too, or a registered claim is of
// the wrong type.
func FuzzPayload(f *testing.F) {
	for _, raw := range seedTokens(f) {
		if parts := strings.Split(raw, "."); len(parts) == 3 {
			if payload, err := base64url.DecodeString(parts[1]); err == nil {
				f.Add(payload)
			}
		}
	}
	for _, payload := range []string{
		good, good + "\x00", `{}`, `{"a":{"a":[1,{"a":2}]},"b":null,"":0}`, `{"aud":["a","b"],"exp":-1.5e3}`, `{"\u0065xp":1,"EXP":"x"}`, "{\"a\":\"\xff\"}", `{"a":1,"a":2}`, `{"x":"\ud83d\ude00"}`,
	} {
		f.Add([]byte(payload))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		s, err := claims.Parse(payload)
		members, otherErr := decodeObject(payload)
		if err != nil {
			if otherErr == nil && jsontext.Value(payload).IsValid() && registeredFit(members) {
				t.Fatalf("%q is refused (%v), and nothing is wrong with it", payload, err)
			}
			return
		}
		if otherErr != nil {
			t.Fatalf("%q is read, and encoding/json says %v", payload, otherErr)
		}
		if !registeredFit(members) || !bytes.Equal(s.Raw(), payload) {
			t.Fatalf("%q is read as %+v", payload, s)
		}
		for name, want := range members {
			got, ok, err := claims.Value[any](s, name)
			if err != nil && tooLarge(want) {
				continue
			}
			if err != nil || ok != (want != nil) || !reflect.DeepEqual(got, plain(want)) {
				t.Fatalf("%q: Value(%q) = %v, %v, %v; by encoding/json %v", payload, name, got, ok, err, want)
			}
		}
	})
}

// decodeObject reads one JSON object and nothing after it, with its numbers as
// they are written.
func decodeObject(payload []byte) (members map[string]any, err error) {
	d := json.NewDecoder(bytes.NewReader(payload))
	d.UseNumber()
	if err := d.Decode(&members); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF || members == nil {
		return nil, io.ErrUnexpectedEOF
	}
	return members, nil
}

// registeredFit reports whether the registered claims have their types, dates
// being finite and in the years 1 to 9999.
func registeredFit(members map[string]any) bool {
	for name, v := range members {
		switch name {
		case "iss", "sub", "jti":
			if _, ok := v.(string); !ok {
				return false
			}
		case "aud":
			list, ok := v.([]any)
			if !ok {
				list = []any{v}
			}
			for _, a := range list {
				if _, ok := a.(string); !ok {
					return false
				}
			}
		case "exp", "nbf", "iat":
			n, ok := v.(json.Number)
			seconds, err := n.Float64()
			if !ok || err != nil || seconds < -62135596800 || seconds >= 253402300800 {
				return false
			}
		}
	}
	return true
}

// plain is v with its numbers as encoding/json gives them without being asked.
func plain(v any) any {
	switch v := v.(type) {
	case json.Number:
		f, _ := v.Float64()
		return f
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = plain(v[i])
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(v))
		for name := range v {
			object[name] = plain(v[name])
		}
		return object
	}
	return v
}

// tooLarge: no float64 holds every number that JSON can write.
func tooLarge(v any) bool {
	doc, err := json.Marshal(v)
	return err == nil && json.Unmarshal(doc, new(any)) != nil
}
