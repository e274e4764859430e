package claims

import (
	"math"
	"reflect"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
)

// customSpans marks where in a payload the claims are that are not registered, so
// that Decode need not read the others a second time.
type customSpans struct {
	spans [4]span
	n     int // beyond len(spans) the claims are too scattered to be marked
}

// A span is a stretch of the payload, from the first name to the last value.
type span struct{ from, to int32 }

// add marks the member that is at from to to. It begins a new span when a claim
// that is not marked precedes it.
func (c *customSpans) add(from, to int, apart bool) {
	if apart {
		c.n++
	}
	switch s := (span{int32(from), int32(to)}); {
	case c.n > len(c.spans):
	case to > math.MaxInt32:
		c.n = len(c.spans) + 1
	case apart:
		c.spans[c.n-1] = s
	default:
		c.spans[c.n-1].to = s.to
	}
}

// of returns the marked claims of payload as an object, or else all of payload.
func (c *customSpans) of(payload string) []byte {
	if c.n > len(c.spans) {
		return []byte(payload)
	}
	text := append(make([]byte, 0, c.size()), '{')
	for i, s := range c.spans[:c.n] {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(text, payload[s.from:s.to]...)
	}
	return append(text, '}')
}

func (c *customSpans) size() int {
	size := len("{}")
	for _, s := range c.spans[:c.n] {
		size += len(",") + int(s.to-s.from)
	}
	return size
}

// readsOnlyCustom reports whether a T reads the same out of the spans as out of
// the payload: a struct that is read field by field, none of which can take a
// registered claim.
func readsOnlyCustom[T any]() bool {
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
