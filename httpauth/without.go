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
// so that it cannot be passed on by mistake: every cookie, query parameter,
// element of a list and other header field that holds it, and the proof that
// came with it. Other cookies, parameters and elements stay. The request that
// came in is left as it was.
//
// It works with every [Extractor]. When one still finds a token after all of
// this, such as in the body, the request is refused with 503.
func WithoutCredential() Option { return func(c *config) { c.strip = true } }

var errStays = errors.New("httpauth: WithoutCredential: the extractor still finds a token after it was taken out")

// takeOut changes r, a copy that nobody else has got hold of yet.
func (m *Middleware) takeOut(r *http.Request, c credential) error {
	r.Header = r.Header.Clone()
	if c.via != nil {
		for _, field := range c.via.scheme.Fields {
			r.Header.Del(field)
		}
	}
	carries := func(s string) bool {
		plain, err := url.QueryUnescape(s)
		return strings.Contains(s, c.raw) || err == nil && strings.Contains(plain, c.raw)
	}
	for name, values := range r.Header {
		setField(r.Header, name, leaveOut(name, values, parts, carries))
	}
	if r.URL != nil {
		u := *r.URL
		r.URL = &u
		setQuery(r, leaveOut(query, rawQuery(r), parts, carries))
	}
	if anyValue(r.PostForm, carries) || r.MultipartForm != nil && anyValue(r.MultipartForm.Value, carries) {
		return errStays
	}
	r.Form = maps.Clone(r.Form)
	maps.DeleteFunc(r.Form, func(_ string, values []string) bool { return slices.ContainsFunc(values, carries) })
	if m.isEmpty(r) {
		return nil
	}
	return m.takeOutOtherwise(r, c)
}

func anyValue(form map[string][]string, is func(string) bool) bool {
	for _, values := range form {
		if slices.ContainsFunc(values, is) {
			return true
		}
	}
	return false
}

// maxTrials bounds what a request with very many parts costs.
const maxTrials = 256

// takeOutOtherwise is for an extractor that makes the token out of something
// else, so that nothing holds it as such: it removes every part of the header and
// the query without which another token, or none, is found. Where that is not
// enough, it removes every such field as a whole.
func (m *Middleware) takeOutOtherwise(r *http.Request, c credential) error {
	header, target := r.Header, rawQuery(r)
	for _, split := range []splitter{parts, whole} {
		r.Header = maps.Clone(header)
		setQuery(r, target)
		if m.removeWhatMatters(r, c, split) && m.isEmpty(r) {
			return nil
		}
	}
	return errStays
}

// removeWhatMatters reports whether it had trials enough.
func (m *Middleware) removeWhatMatters(r *http.Request, c credential, split splitter) bool {
	trials := 0
	matters := func(name string, values []string, set func([]string)) []string {
		return leaveOut(name, values, split, func(part string) bool {
			if trials++; trials > maxTrials {
				return false
			}
			set(leaveOut(name, values, split, func(s string) bool { return s == part }))
			found, err := m.find(r)
			set(values)
			return err != nil || found != c
		})
	}
	kept := http.Header{}
	for name, values := range maps.Clone(r.Header) {
		setField(kept, name, matters(name, values, func(v []string) { setField(r.Header, name, v) }))
	}
	target := matters(query, rawQuery(r), func(v []string) { setQuery(r, v) })
	r.Header = kept
	setQuery(r, target)
	return trials <= maxTrials
}

// isEmpty reports whether no token is found in r, nor half of one.
func (m *Middleware) isEmpty(r *http.Request) bool {
	_, err := m.find(r)
	return isNoToken(err)
}
