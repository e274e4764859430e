package conformance_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// A flaw of a JSON text, of those that readers differ about.
type flaw uint8

const (
	badSyntax  flaw = 1 << iota // not an object at all
	more                        // something after it
	badUTF8                     // bytes
	surrogate                   // half of a pair, in an escape
	twice                       // a name
	twiceBelow                  // a name in an object or array within
)

// An object is the members of a JSON object, in order and with all that occur twice.
type object []member

type member struct {
	name string
	value
}

// A value is a member's. The zero value stands for none.
type value struct {
	kind jsontext.Kind
	text string // of a string, unquoted; "" for others
	raw  jsontext.Value
}

// A lookup finds a member as one kind of reader does.
type lookup func(name string) (value, bool)

var laxJSON = []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}

// readObject reads doc as far as a lax reader could.
func readObject(doc []byte) (o object, flaws flaw) {
	d := jsontext.NewDecoder(bytes.NewReader(doc), laxJSON...)
	if t, err := d.ReadToken(); err != nil || t.Kind() != '{' {
		return nil, badSyntax
	}
	for d.PeekKind() == '"' {
		name, err := d.ReadToken()
		if err != nil {
			return nil, badSyntax
		}
		n := name.String()
		v, err := d.ReadValue()
		if err != nil {
			return nil, badSyntax
		}
		if _, ok := o.last(n); ok {
			flaws |= twice
		}
		m := member{n, valueOf(v)}
		if (m.kind == '{' || m.kind == '[') && !m.raw.IsValid(jsontext.AllowInvalidUTF8(true)) {
			flaws |= twiceBelow
		}
		o = append(o, m)
	}
	if t, err := d.ReadToken(); err != nil || t.Kind() != '}' {
		return nil, badSyntax
	}
	end := d.InputOffset()
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		flaws |= more
	}
	switch text := jsontext.Value(doc[:end]); {
	case !utf8.Valid(doc):
		flaws |= badUTF8
	case !text.IsValid(jsontext.AllowDuplicateNames(true)):
		flaws |= surrogate
	}
	return o, flaws
}

// readArray reads the elements of an array within an object that readObject has read.
func readArray(array jsontext.Value) (all []value) {
	d := jsontext.NewDecoder(bytes.NewReader(array), laxJSON...)
	d.ReadToken()
	for d.PeekKind() != ']' {
		v, err := d.ReadValue()
		if err != nil {
			return nil
		}
		all = append(all, valueOf(v))
	}
	return all
}

// valueOf copies v.
func valueOf(v jsontext.Value) value {
	c := value{kind: v.Kind(), raw: bytes.Clone(v)}
	if c.kind == '"' {
		text, _ := jsontext.AppendUnquote(nil, v) // an error is bad UTF-8, which readObject finds
		c.text = string(text)
	}
	return c
}

// last is the lookup of most readers.
func (o object) last(name string) (value, bool) {
	for i := len(o) - 1; i >= 0; i-- {
		if o[i].name == name {
			return o[i].value, true
		}
	}
	return value{}, false
}

// first is the lookup of those that stop at the first.
func (o object) first(name string) (value, bool) {
	for _, m := range o {
		if m.name == name {
			return m.value, true
		}
	}
	return value{}, false
}

// lastInAnyCase is the lookup of encoding/json into a struct. A null changes nothing
// there, but it takes back a date, which is a pointer.
func (o object) lastInAnyCase(name string) (found value, ok bool) {
	date := name == "exp" || name == "nbf" || name == "iat"
	for _, m := range o {
		switch {
		case !strings.EqualFold(m.name, name):
		case m.kind != 'n' || !ok && !date:
			found, ok = m.value, true
		case date:
			found, ok = value{}, false
		}
	}
	return found, ok
}
