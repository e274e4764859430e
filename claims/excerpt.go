package claims

import (
	"math"
	"reflect"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
)

// An excerpt marks where in a payload the claims are that are not registered,
// so that Decode need not read the others a second time.
type excerpt struct {
	parts [4]part
	n     int // beyond len(parts) the claims are too scattered to be marked
}

// A part is a stretch of the payload, from the first name to the last value.
type part struct{ from, to int32 }

// add marks the member that is at from to to. It begins a new part when a claim
// that is not marked precedes it.
func (e *excerpt) add(from, to int, apart bool) {
	if apart {
		e.n++
	}
	switch p := (part{int32(from), int32(to)}); {
	case e.n > len(e.parts):
	case to > math.MaxInt32:
		e.n = len(e.parts) + 1
	case apart:
		e.parts[e.n-1] = p
	default:
		e.parts[e.n-1].to = p.to
	}
}

// of returns the marked claims of payload as an object, or else all of payload.
func (e *excerpt) of(payload string) []byte {
	if e.n > len(e.parts) {
		return []byte(payload)
	}
	text := append(make([]byte, 0, e.size()), '{')
	for i, p := range e.parts[:e.n] {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(text, payload[p.from:p.to]...)
	}
	return append(text, '}')
}

func (e *excerpt) size() int {
	size := len("{}")
	for _, p := range e.parts[:e.n] {
		size += len(",") + int(p.to-p.from)
	}
	return size
}

// excerptServes reports whether a T reads the same out of the excerpt as out of
// the payload: a struct that is read field by field, none of which can take a
// registered claim.
func excerptServes[T any]() bool {
	t := reflect.TypeFor[T]()
	if known, ok := servedTypes.Load(t); ok {
		return known.(bool)
	}
	ptr := reflect.PointerTo(t)
	yes := t.Kind() == reflect.Struct && !ptr.Implements(unmarshaler) && !ptr.Implements(unmarshalerFrom)
	for i := 0; yes && i < t.NumField(); i++ {
		yes = isCustom(t.Field(i))
	}
	servedTypes.Store(t, yes)
	return yes
}

var (
	servedTypes     sync.Map // of reflect.Type to bool
	unmarshaler     = reflect.TypeFor[json.Unmarshaler]()
	unmarshalerFrom = reflect.TypeFor[json.UnmarshalerFrom]()
)

// isCustom reports whether no registered claim can reach f. It is false in
// doubt: for an embedded field, and for a tag with options that may widen what
// the field takes.
func isCustom(f reflect.StructField) bool {
	name, options, _ := strings.Cut(f.Tag.Get("json"), ",") // without a tag, a name begins with a capital
	if f.Anonymous || registeredClaim(name) != 0 || strings.HasPrefix(name, "'") {
		return false
	}
	for option := range strings.SplitSeq(options, ",") {
		switch option {
		case "", "omitempty", "omitzero", "string":
		default:
			return false
		}
	}
	return true
}
