// Package absent finds nil arguments, including those that an interface hides.
package absent

import "reflect"

// Is reports whether v is nil, or an interface that holds a nil pointer, function,
// map, slice or channel. It is for constructors: v == nil misses the latter, and
// the first call would panic instead.
func Is(v any) bool {
	if v == nil {
		return true
	}
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.Pointer, reflect.Func, reflect.Map, reflect.Slice, reflect.Chan, reflect.UnsafePointer:
		return r.IsNil()
	}
	return false
}
