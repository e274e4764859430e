package httpauth

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// WithoutCredential removes the token from the request that the handler sees,
// so that a handler such as a reverse proxy cannot pass it on by mistake. It
// removes every cookie, query parameter, list element and other header field
// that holds the token, and the proof that came with it. Other cookies,
// parameters and elements stay. The request outside the Middleware keeps its
// token.
//
// It works with every [Extractor]. If one still finds a token after all of this,
// such as in the body, the request is refused with 503.
func WithoutCredential() Option { return func(c *config) { c.strip = true } }

var errStays = errors.New("httpauth: WithoutCredential: the extractor still finds a token after it was removed")

// stripFrom removes c from r, a copy that nobody else has seen yet.
//
// It deletes by content, not by place, since an Extractor is a function and does
// not report where it looked. What that buys: it works with a caller's own
// Extractor, and it also removes copies that no Extractor reads, such as one that
// a proxy has put into another field.
func (m *Middleware) stripFrom(r *http.Request, c credential) error {
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
	// The handler would read a body that was parsed already from these maps. r
	// shares them with the request outside, which must keep its token.
	if anyValue(r.PostForm, carries) || r.MultipartForm != nil && anyValue(r.MultipartForm.Value, carries) {
		return errStays
	}
	r.Form = maps.Clone(r.Form)
	maps.DeleteFunc(r.Form, func(_ string, values []string) bool { return slices.ContainsFunc(values, carries) })
	if m.isEmpty(r) {
		return nil
	}
	return m.stripByTrial(r, c)
}

func anyValue(form map[string][]string, is func(string) bool) bool {
	for _, values := range form {
		if slices.ContainsFunc(values, is) {
			return true
		}
	}
	return false
}

// maxTrials bounds what a request with very many parts costs: each trial runs
// every Extractor.
const maxTrials = 256

// stripByTrial is for an Extractor that builds the token from something else,
// such as an encoded cookie, so that no part of the request contains it. It
// removes every part of the header and the query that changes what is found. If
// that is not enough, it removes such fields as a whole.
func (m *Middleware) stripByTrial(r *http.Request, c credential) error {
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

// removeWhatMatters removes each part without which c is not found. It reports
// whether maxTrials were enough to try them all.
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

// isEmpty reports whether r carries no token, and nothing that looks like part
// of one.
func (m *Middleware) isEmpty(r *http.Request) bool {
	_, err := m.find(r)
	return isNoToken(err)
}

// query is the name by which a splitter knows the query of the request. No
// field can have it.
const query = "?"

// A splitter splits a value into the parts that can be removed one by one. It
// also returns the separator to join the others with.
type splitter func(name, value string) (parts []string, separator string)

// parts splits cookies, query parameters, and the elements of a list (RFC 9110
// §5.6.1). Credentials and URLs stay whole, since commas in them separate
// nothing.
func parts(name, value string) ([]string, string) {
	switch {
	case name == "Cookie":
		return strings.Split(value, ";"), ";"
	case name == query:
		return strings.Split(value, "&"), "&"
	case strings.HasSuffix(name, "Authorization") || strings.Contains(value, "?"):
		return whole(name, value)
	}
	return splitList(value), ","
}

func whole(_, value string) ([]string, string) { return []string{value}, "" }

// leaveOut returns values without their unwanted parts. A value with nothing
// left is dropped; one that loses nothing keeps its exact spelling.
func leaveOut(name string, values []string, split splitter, unwanted func(part string) bool) (kept []string) {
	for _, value := range values {
		list, separator := split(name, value)
		before := len(list)
		if list = slices.DeleteFunc(list, unwanted); len(list) < before {
			value = strings.TrimSpace(strings.Join(list, separator))
		}
		if value != "" {
			kept = append(kept, value)
		}
	}
	return kept
}

// setField sets the values of a field, and removes a field without any.
func setField(h http.Header, name string, values []string) {
	if h[name] = values; len(values) == 0 {
		delete(h, name)
	}
}

// rawQuery returns the query of r in the form that leaveOut takes.
func rawQuery(r *http.Request) []string {
	if r.URL == nil || r.URL.RawQuery == "" {
		return nil
	}
	return []string{r.URL.RawQuery}
}

// setQuery sets the query of r, in its URL, which r must not share, and in the
// target as the client sent it.
func setQuery(r *http.Request, values []string) {
	if r.URL == nil {
		return
	}
	r.URL.RawQuery = strings.Join(values, "&")
	if strings.Contains(r.RequestURI, "?") {
		r.RequestURI = r.URL.RequestURI()
	}
}
