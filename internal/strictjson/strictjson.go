// Package strictjson walks the members of one JSON object and refuses all that
// two readers could understand differently: duplicate names at any depth, bad
// UTF-8, unpaired surrogates, anything after the object.
//
// It accepts exactly the objects that jsontext accepts with its default options
// (RFC 7493), which FuzzWalk holds it to, and reads them as jsontext does. Only
// the escapes in a string are left to jsontext.
package strictjson

import (
	"errors"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// Errors of a walk. They never hold any of the text.
var (
	ErrSyntax    = errors.New("not a JSON object")
	ErrDuplicate = errors.New("duplicate JSON member name")
	ErrUTF8      = errors.New("a string that is not UTF-8 (RFC 8259 §8.1)")
	ErrSurrogate = errors.New("a string with half of a surrogate pair (RFC 7493 §2.1)")
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
	Start, End int // where in the text the member begins and ends

	text  text
	pos   int
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

// Walk begins a walk over s. Names and plain strings are substrings of it.
func Walk(s string) Object { return Object{text: text(s)} }

// Err is the reason why Next returned false; nil when the object was read to
// its end and nothing follows it.
func (o *Object) Err() error { return o.err }

// Next reads the next member.
func (o *Object) Next() bool {
	i, first := o.pos, o.state == atStart
	switch o.state {
	case atEnd:
		return false
	case atStart:
		c, at := o.text.peek(i)
		if c != '{' {
			return o.fail(ErrSyntax)
		}
		o.state, i = inside, at+1
	}
	i, more, err := o.text.more(i, first, '}')
	switch {
	case err != nil:
		return o.fail(err)
	case !more:
		return o.finish(i)
	}
	return o.member(i)
}

func (o *Object) member(i int) bool {
	_, start := o.text.peek(i)
	name, i, err := o.text.name(start)
	if err != nil {
		return o.fail(err)
	}
	if !o.names.add(name) {
		return o.fail(ErrDuplicate)
	}
	value, i, err := o.text.value(i)
	if err != nil {
		return o.fail(err)
	}
	o.Name, o.Value = name, value
	o.Start, o.End, o.pos = start, i, i
	return true
}

func (o *Object) finish(i int) bool {
	if c, _ := o.text.peek(i); c != end {
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
	t := text(array)
	c, i := t.peek(0)
	if c != '[' {
		return nil, false
	}
	i++
	list := []string{}
	for first := true; ; first = false {
		next, more, err := t.more(i, first, ']')
		if !more {
			c, _ := t.peek(next)
			return list, err == nil && c == end
		}
		var s string
		if s, i, err = t.str(next); err != nil {
			return nil, false
		}
		list = append(list, s)
	}
}

// few is how many names of an object are compared in turn. More go to a map, so
// that no object costs more than its length.
const few = 12

// names is the set of member names seen in the outermost object.
type names struct {
	marks uint64 // of all names seen; a name without its mark is new
	few   [few]string
	n     int
	many  map[string]struct{}
}

func (s *names) add(name string) bool {
	mark := markOf(name)
	marked := s.marks&mark != 0
	s.marks |= mark
	if marked && s.has(name) {
		return false
	}
	switch {
	case s.n < len(s.few):
		s.few[s.n] = name
		s.n++
		return true
	case s.many == nil:
		s.many = make(map[string]struct{}, 4*len(s.few))
	}
	s.many[name] = struct{}{}
	return true
}

func (s *names) has(name string) bool {
	if slices.Contains(s.few[:s.n], name) {
		return true
	}
	_, seen := s.many[name]
	return seen
}

// markOf is one bit, which differs between most names.
func markOf(name string) uint64 {
	if name == "" {
		return 1
	}
	return 1 << ((7*uint(name[0]) + 3*uint(name[len(name)-1]) + uint(len(name))) % 64)
}
