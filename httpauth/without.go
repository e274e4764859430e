package httpauth

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// WithoutCredential takes the token out of the request that the handler sees,
// so that it cannot be passed on by mistake: every header field, cookie and
// query parameter that holds it, and the proof that came with it. Other cookies
// and parameters stay. The request that came in is left as it was.
//
// It works with every [Extractor]. When one still finds a token after all of
// this, such as in the body, the request is refused with 503.
func WithoutCredential() Option { return func(c *config) { c.strip = true } }

var errStays = errors.New("httpauth: WithoutCredential: the extractor still finds a token after it was taken out")

// without changes r, a copy that nobody else has got hold of yet.
func (m *Middleware) without(r *http.Request, c credential) error {
	r.Header = r.Header.Clone()
	if c.via != nil {
		for _, field := range c.via.scheme.Fields {
			r.Header.Del(field)
		}
	}
	holds := func(s string) bool { return strings.Contains(s, c.raw) }
	for name, values := range r.Header {
		if name == "Cookie" {
			for i, line := range values {
				values[i] = drop(line, ";", holds)
			}
		}
		values = slices.DeleteFunc(values, func(v string) bool { return v == "" || holds(v) })
		if r.Header[name] = values; len(values) == 0 {
			delete(r.Header, name)
		}
	}
	if r.URL != nil {
		u := *r.URL
		r.URL = &u
		u.RawQuery = drop(u.RawQuery, "&", func(pair string) bool {
			plain, _ := url.QueryUnescape(pair)
			return holds(pair) || holds(plain)
		})
		if strings.Contains(r.RequestURI, "?") {
			r.RequestURI = u.RequestURI()
		}
	}
	return m.takeOut(r)
}

// takeOut removes the header field without which no token is found: where an
// extractor makes the token out of something else, no field holds it as such.
func (m *Middleware) takeOut(r *http.Request) error {
	if m.empty(r) {
		return nil
	}
	all := r.Header
	for _, name := range slices.Sorted(maps.Keys(all)) {
		r.Header = maps.Clone(all)
		delete(r.Header, name)
		if m.empty(r) {
			return nil
		}
	}
	return errStays
}

// empty reports whether no token is found in r, nor half of one.
func (m *Middleware) empty(r *http.Request) bool {
	_, err := m.find(r)
	return err != nil && code(err) == ""
}

// drop leaves out the parts of s that are unwanted.
func drop(s, separator string, unwanted func(string) bool) string {
	return strings.TrimSpace(strings.Join(slices.DeleteFunc(strings.Split(s, separator), unwanted), separator))
}
