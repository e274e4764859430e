package httpauth

import (
	"net/http"
	"strings"
)

// pass calls next with inner, which is r or a copy of it. Afterwards it copies
// into r what next found out about inner, as if next had been given r: outer
// handlers, such as one that logs the pattern, read it there.
//
// net/http removes the temporary files of a multipart form only for the request
// that it has made itself, so pass removes those of a copy. It does so for r
// too, since another handler outside the Middleware may have copied the request.
func pass(next http.Handler, w http.ResponseWriter, r, inner *http.Request) {
	hadForm := r.MultipartForm != nil
	defer func() {
		if f := inner.MultipartForm; f != nil && !hadForm {
			f.RemoveAll()
		}
		if inner != r {
			handBack(r, inner)
		}
	}()
	next.ServeHTTP(w, inner)
}

// handBack copies from inner to r the form, and the pattern with its path
// values. It never replaces a form that r has.
func handBack(r, inner *http.Request) {
	if r.Form == nil && inner.Form != nil {
		r.Form, r.PostForm = inner.Form, inner.PostForm
	}
	if r.MultipartForm == nil && inner.MultipartForm != nil {
		r.MultipartForm = inner.MultipartForm
	}
	if inner.Pattern == r.Pattern {
		return
	}
	r.Pattern = inner.Pattern
	for segment := range strings.SplitSeq(inner.Pattern, "/") {
		if name, ok := wildcard(segment); ok {
			r.SetPathValue(name, inner.PathValue(name))
		}
	}
}

// wildcard returns the name in a segment of an http.ServeMux pattern, such as
// "{name}" or "{name...}". "{$}" has none.
func wildcard(segment string) (name string, ok bool) {
	name, opens := strings.CutPrefix(segment, "{")
	name, closes := strings.CutSuffix(name, "}")
	name = strings.TrimSuffix(name, "...")
	return name, opens && closes && name != "" && name != "$"
}
