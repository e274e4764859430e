// Package strictjson walks the members of one JSON object and refuses all that
// two readers could understand differently: duplicate names at any depth, bad
// UTF-8, unpaired surrogates, anything after the object.
//
// It reads plain strings, numbers and literals itself and hands every other
// value to jsontext, so that it accepts exactly the objects that jsontext
// accepts with its default options (RFC 7493).
package strictjson

import (
	"errors"

	"github.com/go-json-experiment/json/jsontext"
)

// Errors of a walk. They never hold any of the text.
var (
	ErrSyntax    = errors.New("not a JSON object")
	ErrDuplicate = errors.New("duplicate JSON member name")
)

// A Member is one name and value of the object.
type Member struct {
	Name string
	Value
}

// A Value is one JSON value.
type Value struct {
	// Kind is the first byte of the value, with '0' for any number.
	Kind jsontext.Kind
	// Text is the value as written; of a string, what it says.
	Text string
}

// An Object walks the members of a JSON object in order:
//
//	for o := strictjson.Walk(text); o.Next(); {
//		o.Name, o.Kind, o.Text
//	}
//
// Nothing that Next showed may be relied on before Err was seen to be nil
// after the last Next.
type Object struct {
	Member
	scan  scanner
	names names
	state state
	err   error
}

type state int

const (
	atStart state = iota
	inside
	atEnd
)

// Walk begins a walk over text. Names and plain strings are substrings of it.
func Walk(text string) Object {
	return Object{scan: scanner{text: text}}
}

// Err is the reason why Next returned false; nil when the object was read to
// its end and nothing follows it.
func (o *Object) Err() error { return o.err }

// Next reads the next member.
func (o *Object) Next() bool {
	switch o.state {
	case atStart:
		if !o.scan.take('{') {
			return o.fail(ErrSyntax)
		}
		o.state = inside
		if o.scan.take('}') {
			return o.finish()
		}
	case inside:
		if !o.scan.take(',') {
			if o.scan.take('}') {
				return o.finish()
			}
			return o.fail(ErrSyntax)
		}
	case atEnd:
		return false
	}
	return o.member()
}

func (o *Object) member() bool {
	if o.scan.peek() != '"' {
		return o.fail(ErrSyntax)
	}
	name, ok := o.scan.str()
	if !ok || !o.scan.take(':') {
		return o.fail(ErrSyntax)
	}
	if !o.names.add(name) {
		return o.fail(ErrDuplicate)
	}
	value, err := o.scan.value()
	if err != nil {
		return o.fail(err)
	}
	o.Member = Member{Name: name, Value: value}
	return true
}

func (o *Object) finish() bool {
	if o.scan.peek() != end {
		return o.fail(ErrSyntax)
	}
	o.state = atEnd
	return false
}

func (o *Object) fail(err error) bool {
	o.state, o.err = atEnd, err
	return false
}

// Strings reads a JSON array of strings, as Walk returned it.
func Strings(array string) ([]string, bool) {
	s := scanner{text: array}
	if !s.take('[') {
		return nil, false
	}
	list := []string{}
	if s.take(']') {
		return list, s.peek() == end
	}
	for {
		if s.peek() != '"' {
			return nil, false
		}
		v, ok := s.str()
		if !ok {
			return nil, false
		}
		list = append(list, v)
		if s.take(',') {
			continue
		}
		return list, s.take(']') && s.peek() == end
	}
}

// names is the set of member names seen. Few names are compared in turn, many
// go to a map, so that no object costs more than its length.
type names struct {
	few  [12]string
	n    int
	many map[string]struct{}
}

func (s *names) add(name string) bool {
	if s.many != nil {
		if _, seen := s.many[name]; seen {
			return false
		}
		s.many[name] = struct{}{}
		return true
	}
	for _, seen := range s.few[:s.n] {
		if seen == name {
			return false
		}
	}
	if s.n < len(s.few) {
		s.few[s.n] = name
		s.n++
		return true
	}
	s.many = make(map[string]struct{}, 4*len(s.few))
	for _, seen := range s.few {
		s.many[seen] = struct{}{}
	}
	s.many[name] = struct{}{}
	return true
}
