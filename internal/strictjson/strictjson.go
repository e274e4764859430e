// Package strictjson walks the members of one JSON object and refuses everything
// that two readers could understand differently: duplicate names at any depth, bad
// UTF-8, unpaired surrogates, and anything after the object (RFC 7493).
//
// It accepts exactly the objects that jsontext accepts with its default options,
// and reads them in the same way; FuzzWalk holds it to that. It exists because it
// is several times faster: it allocates only for strings with escapes, which it
// leaves to jsontext, and for objects with many names.
package strictjson

import (
	"errors"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// Errors of a walk. They do not repeat any of the text.
var (
	ErrSyntax    = errors.New("not a JSON object")
	ErrDuplicate = errors.New("duplicate JSON member name")
	ErrUTF8      = errors.New("a string that is not UTF-8 (RFC 8259 §8.1)")
	ErrSurrogate = errors.New("a string with half of a surrogate pair (RFC 7493 §2.1)")
)

// A Member is one name of the object with its value.
type Member struct {
	Name string
	Value
}

// A Value is one JSON value.
type Value struct {
	// Kind is the first byte of the value, with '0' for any number.
	Kind jsontext.Kind
	// Text is the value as written, except that a string is unquoted.
	Text string
	// Integer is the value of a number that is written with at most 18 digits and
	// nothing else. It is -1 for every other value.
	Integer int64
}

// An Object walks the members of a JSON object in order:
//
//	for o := strictjson.Walk(text); o.Next(); {
//		o.Name, o.Kind, o.Text
//	}
//
// Do not rely on any member before the last Next has returned false and Err has
// returned nil: the object may be malformed further on.
type Object struct {
	Member
	Start, End int // where in the text the member begins and ends, in bytes

	text  text
	pos   int
	names names // to find duplicates
	state state
	err   error // why the walk ended early
}

// A state says where a walk is.
type state int

const (
	atStart state = iota // before the opening brace
	inside               // between members
	atEnd                // after the closing brace, or after an error
)

// Walk begins a walk over s. Names and values are substrings of s, unless they are
// strings with escapes, so they keep s in memory.
func Walk(s string) Object { return Object{text: text(s)} }

// Err returns why the walk ended early. It is nil if the object was read to its end
// and nothing but white space follows it.
func (o *Object) Err() error { return o.err }

// Next reads the next member. It returns false at the end and after an error.
func (o *Object) Next() bool {
	t := o.text
	c, i := t.peek(o.pos)
	switch {
	case o.state == inside && c == ',':
		c, i = t.peek(i + 1)
	case o.state == inside && c == '}':
		return o.finish(i + 1)
	case o.state == atStart && c == '{':
		o.state = inside
		if c, i = t.peek(i + 1); c == '}' {
			return o.finish(i + 1)
		}
	case o.state == atEnd:
		return false
	default:
		return o.fail(ErrSyntax)
	}
	if c != '"' {
		return o.fail(ErrSyntax)
	}
	start := i
	var err error
	if i++; t.three(i) {
		o.Name, i = string(t[i:i+3]), i+4
	} else if o.Name, i, err = t.str(i); err != nil {
		return o.fail(err)
	}
	if c, i = t.peek(i); c != ':' {
		return o.fail(ErrSyntax)
	}
	// The mark settles most names with one test. Only if two names share a mark do
	// they have to be compared.
	if mark := markOf(o.Name); o.names.marks&mark == 0 {
		o.names.marks |= mark
	} else if o.names.has(o.Name) { // RFC 7493 §2.3
		return o.fail(ErrDuplicate)
	}
	if o.names.n < few {
		o.names.few[o.names.n] = o.Name
		o.names.n++
	} else {
		o.names.addToMany(o.Name)
	}
	if c, i = t.peek(i + 1); c == '"' {
		o.Kind, o.Integer = '"', -1
		o.Text, i, err = t.str(i + 1)
	} else {
		o.Value, i, err = t.value(i)
	}
	if err != nil {
		return o.fail(err)
	}
	o.Start, o.End, o.pos = start, i, i
	return true
}

// finish makes sure that nothing follows the object (RFC 8259 §2).
func (o *Object) finish(i int) bool {
	if c, _ := o.text.peek(i); c != end {
		return o.fail(ErrSyntax)
	}
	o.state = atEnd
	return false
}

// fail ends the walk. It returns false for Next to return.
func (o *Object) fail(err error) bool {
	o.state, o.err = atEnd, err
	return false
}

// Strings reads a JSON array of strings, such as the Text of a Value. ok is false
// if it is anything else. An empty array gives an empty slice that is not nil.
func Strings(array string) (list []string, ok bool) {
	t := text(array)
	c, i := t.peek(0)
	if c != '[' {
		return nil, false
	}
	i++
	list = []string{}
	// An escape in a string was checked when Walk read the array, so errors here
	// mean that an element is not a string.
	for first := true; ; first = false {
		next, more, err := t.more(i, first, ']')
		if !more {
			c, _ := t.peek(next)
			return list, err == nil && c == end
		}
		c, at := t.peek(next)
		if c != '"' {
			return nil, false
		}
		var s string
		if s, i, err = t.str(at + 1); err != nil {
			return nil, false
		}
		list = append(list, s)
	}
}

// few is the number of names in an object that are compared one by one, which is
// faster than a map. Further names go to a map, so that the cost of an object stays
// proportional to its length.
const few = 12

// names is the set of names seen in the outermost object.
type names struct {
	marks uint64 // a bit for each name seen; a name whose bit is not set is new
	few   [few]string
	n     int
	many  map[string]struct{}
}

// addToMany adds a name that is not among the first few: of an attacker, or of a token
// with very many claims.
func (s *names) addToMany(name string) {
	if s.many == nil {
		s.many = make(map[string]struct{}, 4*few)
	}
	s.many[name] = struct{}{}
}

// has reports whether name was added. It does not look at the marks.
func (s *names) has(name string) bool {
	if slices.Contains(s.few[:s.n], name) {
		return true
	}
	_, seen := s.many[name]
	return seen
}

// markOf returns one bit, which differs between most names that occur in tokens.
// With these factors the registered claims of RFC 7519 have a bit each.
func markOf(name string) uint64 {
	if name == "" {
		return 1
	}
	return 1 << ((2*uint(name[0]) + 25*uint(name[len(name)-1]) + 5*uint(len(name))) % 64)
}
