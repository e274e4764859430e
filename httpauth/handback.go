package httpauth

import (
	"net/http"
	"strings"
)

// handBack puts into r what a handler found out about inner, the copy of r that
// it got, as if it had got r itself.
//
// net/http removes the temporary files of a form only for the request that it
// has made, and would not see those of a copy: they are removed here, since
// others outside may have copied the request too.
func handBack(r, inner *http.Request) {
	if r.Form == nil && inner.Form != nil {
		r.Form, r.PostForm = inner.Form, inner.PostForm
	}
	if f := inner.MultipartForm; f != nil && r.MultipartForm == nil {
		r.MultipartForm = f
		f.RemoveAll()
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

// wildcard is the name in a segment of a pattern of http.ServeMux, such as
// "{name}" or "{name...}".
func wildcard(segment string) (name string, ok bool) {
	name, opens := strings.CutPrefix(segment, "{")
	name, closes := strings.CutSuffix(name, "}")
	name = strings.TrimSuffix(name, "...")
	return name, opens && closes && name != "" && name != "$"
}
