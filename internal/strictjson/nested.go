package strictjson

import "slices"

// maxDepth is how many objects and arrays may be open at once inside of the
// outermost object.
const maxDepth = 9_999

// An opened is an object or array whose end is still to come.
type opened struct {
	at    int // where it begins
	names int // where those of an object begin among the names
}

// A member is a name in the object that begins at a place.
type member struct {
	object int
	name   string
}

// nested reads an object or array with all that is in it. It does not call
// itself: how deep a token goes is for its sender to choose, and a stack grows
// by more than a byte for a byte.
func (t text) nested(i int) (next int, err error) {
	var (
		openRoom [4]opened
		nameRoom [few]string
		open     = openRoom[:0]
		names    = nameRoom[:0] // of the open objects, the first few of each
		more     map[member]struct{}
	)
	for {
		c, at := t.peek(i)
		first := c == '{' || c == '['
		switch {
		case !first:
			_, i, err = t.value(at)
		case len(open) == maxDepth:
			err = ErrSyntax
		default:
			open = append(open, opened{at, len(names)})
			i = at + 1
		}
		if err != nil {
			return i, err
		}
		// Leave what ends here, and move on to the next value.
		in := opened{}
		for another := false; !another; first = false {
			if len(open) == 0 {
				return i, nil
			}
			in = open[len(open)-1]
			if i, another, err = t.more(i, first, t[in.at]+2); err != nil { // ']' is '[' + 2, '}' is '{' + 2
				return i, err
			}
			if !another {
				open, names = open[:len(open)-1], names[:in.names]
			}
		}
		if t[in.at] == '{' {
			var name string
			if name, i, err = t.name(i); err != nil {
				return i, err
			}
			m := member{in.at, name}
			if _, known := more[m]; known || slices.Contains(names[in.names:], name) {
				return i, ErrDuplicate
			}
			if len(names)-in.names < few {
				names = append(names, name)
				continue
			}
			if more == nil {
				more = map[member]struct{}{}
			}
			more[m] = struct{}{}
		}
	}
}
