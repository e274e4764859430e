package keys

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/jwtverify/jwtverify/internal/message"
)

// This file has the members of JSON documents that are stricter than their Go type,
// and says which member of a document is wrong.

// once is a string member that must not be there twice: different readers would
// take different values.
type once struct {
	text string
	seen bool
}

// UnmarshalJSON fails on a second value, and on text that is not UTF-8.
func (o *once) UnmarshalJSON(b []byte) error {
	if o.seen || !utf8.Valid(b) {
		return errors.New("duplicate, or not UTF-8")
	}
	o.seen = true
	return json.Unmarshal(b, &o.text)
}

// memberError returns an error that names the member at fault and not its value,
// which may be a secret.
func memberError(err error) error {
	if syntactic, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		if errors.Is(err, jsontext.ErrDuplicateName) {
			return fmt.Errorf("not a JWK: %s is a duplicate", memberName(syntactic.JSONPointer))
		}
		return fmt.Errorf("not a JWK: %s is not valid JSON in UTF-8", memberName(syntactic.JSONPointer))
	}
	semantic, ok := errors.AsType[*json.SemanticError](err)
	switch {
	case !ok || semantic.JSONPointer == "":
		return errors.New("not a JWK: it is not a JSON object")
	case errors.Is(err, errEmpty):
		return fmt.Errorf("not a JWK: %s is empty", memberName(semantic.JSONPointer))
	}
	return fmt.Errorf("not a JWK: %s has the wrong type", memberName(semantic.JSONPointer))
}

// memberName returns the name of the member that a pointer leads into.
func memberName(p jsontext.Pointer) string {
	for name := range p.Tokens() {
		return message.Plain(name)
	}
	return "a member"
}
