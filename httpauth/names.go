package httpauth

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
)

// isToken reports whether s is a token of RFC 9110 §5.6.2, as names of fields,
// cookies, schemes and parameters are. It is ASCII then, so that comparing it
// without case folds no other letters.
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool {
		return c <= ' ' || c > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, c)
	})
}

// isScopeToken reports whether s can be one word of a scope (RFC 6749 §3.3).
func isScopeToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool {
		return c <= ' ' || c > '~' || c == '"' || c == '\\'
	})
}

func mustBeScopes(caller string, scopes []string) {
	if len(scopes) == 0 {
		panic("httpauth: " + caller + ": no scope is given; a route that needs none is for Handler")
	}
	for _, s := range scopes {
		mustBeScope(caller, s)
	}
}

func mustBeScope(caller, scope string) {
	if !isScopeToken(scope) {
		panic(fmt.Sprintf("httpauth: %s: %q is not a scope; give each as one word without spaces (RFC 6749 §3.3)", caller, scope))
	}
}

// mustBeMade panics where a Middleware is used that could only fail later.
func (m *Middleware) mustBeMade(caller string) {
	if m == nil || m.v == nil {
		panic("httpauth: " + caller + ": the Middleware is empty; make it with New")
	}
}

func mustProtect(caller string, next http.Handler) {
	if isNil(next) {
		panic("httpauth: " + caller + ": the handler is nil; give the one to protect")
	}
}

// isNil reports whether v is nil, or a nil pointer or function as an interface.
func isNil(v any) bool {
	if v == nil {
		return true
	}
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.Pointer, reflect.Func:
		return r.IsNil()
	}
	return false
}
