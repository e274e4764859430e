package claims

import (
	"errors"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/jwtverify/jwtverify/internal/strictjson"
)

// Decode reads the whole payload into a T, usually a struct with json tags.
// Names match exactly, unlike in encoding/json. Members that T does not name are
// ignored; fields that the payload does not name stay zero.
//
// If a member does not fit its field, the error is an [*Error] that wraps
// [ErrMalformed], and the T is zero. A Set that was not parsed decodes to the
// zero T.
func Decode[T any](s *Set) (T, error) {
	var v, zero T
	if s.payload == "" {
		return v, nil
	}
	var text []byte
	if readsOnlyCustom[T]() {
		text = s.custom.of(s.payload)
	} else {
		text = []byte(s.payload)
	}
	if err := json.Unmarshal(text, &v); err != nil {
		return zero, misfit(err)
	}
	return v, nil
}

// Value reads one member of the payload, which path leads to:
//
//	roles, ok, err := claims.Value[[]string](set, "realm_access", "roles")
//
// There are three outcomes:
//
//   - the member is there and fits: its value, true and nil;
//   - it is absent or null, or something on the way to it is absent or is not
//     an object: the zero value, false and nil;
//   - it does not fit T: the zero value, false and an [*Error] that wraps
//     [ErrMalformed].
//
// Each element of path is one name, in which a dot has no meaning. Without a
// path, Value is [Decode].
//
// Read a number as int64 or float64; a float64 is exact up to 2^53. A
// json.Number of encoding/json is a string to this package and does not fit a
// number.
func Value[T any](s *Set, path ...string) (v T, ok bool, err error) {
	text := s.payload
	for _, name := range path {
		if text, ok = member(text, name); !ok {
			return v, false, nil
		}
	}
	if text == "" {
		return v, false, nil
	}
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		var zero T
		e := misfit(err)
		e.Claim = strings.Join(path, ".")
		return zero, false, e
	}
	return v, true, nil
}

// member returns the JSON text of one member of the object in text. It is not ok
// if there is none, or if it is null.
func member(text, name string) (value string, ok bool) {
	o := strictjson.Walk(text)
	for o.Next() {
		if o.Name != name {
			continue
		}
		switch o.Kind {
		case jsontext.KindNull:
			return "", false
		case '"': // Walk returns a string unquoted
			quoted, err := jsontext.AppendQuote(nil, o.Text)
			return string(quoted), err == nil
		default:
			return o.Text, true
		}
	}
	return "", false
}

// misfit returns an error that names the member which did not fit. It does not
// wrap err, since an error of the JSON package may quote the value.
func misfit(err error) *Error {
	e := &Error{Err: malformed{errors.New("does not fit the Go type asked for")}}
	var semantic *json.SemanticError
	if errors.As(err, &semantic) {
		var path []string
		for name := range semantic.JSONPointer.Tokens() {
			path = append(path, name)
		}
		e.Claim = strings.Join(path, ".")
	}
	return e
}
