package strictjson

import "slices"

// maxDepth is the number of objects and arrays that may be open inside the
// outermost object. It is the limit of jsontext.
const maxDepth = 9_999

// An opened is an object or array that has not ended yet.
type opened struct {
	at    int // where it begins in the text
	names int // of an object: where its names begin among all names
}

// A member is a name in the object that begins at that place in the text.
type member struct {
	object int
	name   string
}

// nested reads an object or array with everything in it. It is not recursive: the
// sender of a token chooses how deep it goes, and a stack would grow by far more
// than the byte that a level costs the sender.
func (t text) nested(i int) (next int, err error) {
	// Usual tokens fit into these arrays on the stack.
	var (
		openRoom [4]opened
		nameRoom [few]string
		open     = openRoom[:0]
		names    = nameRoom[:0]      // of each open object the first few
		more     map[member]struct{} // the further names of all objects
	)
	// Each turn reads one value, closes what ends after it, and reads the name of
	// the next member if that is in an object.
	for {
		c, at := t.peek(i)
		first := c == '{' || c == '['
		switch {
		case !first:
			_, i, err = t.value(at)
		case len(open) == maxDepth: // RFC 8259 §9 allows a limit
			err = ErrSyntax
		default:
			open = append(open, opened{at, len(names)})
			i = at + 1
		}
		if err != nil {
			return i, err
		}
		// Close everything that ends here, and move on to the next value.
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
			// All objects share the names and the map. The names of an object that
			// has ended are cut off; its entries in the map stay, but no other
			// object begins at the same place.
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
