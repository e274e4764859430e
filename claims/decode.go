package claims

import (
	"errors"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/jwtverify/jwtverify/internal/strictjson"
)

// Decode reads the whole payload into a T, usually a struct with json tags.
// Members that T does not name are left out; names match exactly.
//
// A member that does not fit its field is an [*Error] that wraps
// [ErrMalformed], and the T is then zero. A Set that was not parsed decodes to
// the zero T.
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
		return zero, undecodable(err)
	}
	return v, nil
}

// Value reads one member of the payload, found by the names on the way to it:
//
//	roles, ok, err := claims.Value[[]string](set, "realm_access", "roles")
//
// ok is false and v zero when a name on the path is absent or is no object; a
// null there counts as absent. A value that does not fit T is an [*Error]
// that wraps [ErrMalformed], with ok false and v zero. Without a path, Value
// is [Decode].
//
// Read a number as int64 or float64. A float64 is exact up to 2^53; a
// json.Number of encoding/json is a string to this package, and does not fit.
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
		e := undecodable(err)
		e.Claim = strings.Join(path, ".")
		return zero, false, e
	}
	return v, true, nil
}

// member returns the JSON text of one member of the object in text.
func member(text, name string) (value string, ok bool) {
	o := strictjson.Walk(text)
	for o.Next() {
		if o.Name != name {
			continue
		}
		switch o.Kind {
		case jsontext.KindNull:
			return "", false
		case '"':
			quoted, err := jsontext.AppendQuote(nil, o.Text)
			return string(quoted), err == nil
		default:
			return o.Text, true
		}
	}
	return "", false
}

// undecodable names the member that did not fit. The error of the JSON package
// is not kept: it may quote the value.
func undecodable(err error) *Error {
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
