package claims

import (
	"reflect"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
)

// of returns an object of the marked claims, or the whole payload if they are
// not marked.
func (c *customSpans) of(payload string) []byte {
	if c.scattered() {
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

// readsOnlyCustom reports whether decoding a T gives the same result from the
// spans as from the whole payload. That holds for a struct that is read field by
// field and has no field that could take a registered claim.
func readsOnlyCustom[T any]() bool {
	t := reflect.TypeFor[T]()
	if yes, ok := onlyCustom.Load(t); ok {
		return yes.(bool)
	}
	ptr := reflect.PointerTo(t)
	yes := t.Kind() == reflect.Struct && !ptr.Implements(unmarshaler) && !ptr.Implements(unmarshalerFrom)
	for i := 0; yes && i < t.NumField(); i++ {
		yes = isCustom(t.Field(i))
	}
	onlyCustom.Store(t, yes)
	return yes
}

var (
	onlyCustom      sync.Map // reflect.Type to bool: what readsOnlyCustom found; bounded by the types in the program
	unmarshaler     = reflect.TypeFor[json.Unmarshaler]()
	unmarshalerFrom = reflect.TypeFor[json.UnmarshalerFrom]()
)

// isCustom reports whether no registered claim can reach f. If in doubt it
// returns false: for an embedded field, and for a tag with options that may
// widen what the field takes.
func isCustom(f reflect.StructField) bool {
	// An untagged field takes its Go name, which begins with a capital letter,
	// so that no registered claim matches it.
	name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
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
