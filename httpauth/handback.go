package httpauth

import (
	"net/http"
	"strings"
)

// pass calls next with inner, which is r or a copy of it, and afterwards puts
// into r what next found out about inner, as if it had got r itself.
//
// net/http removes the temporary files of a form only for the request that it
// has made, and would not see those of a copy: they are removed here, since
// others around the Middleware may have copied the request too.
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

// wildcard is the name in a segment of a pattern of http.ServeMux, such as
// "{name}" or "{name...}".
func wildcard(segment string) (name string, ok bool) {
	name, opens := strings.CutPrefix(segment, "{")
	name, closes := strings.CutSuffix(name, "}")
	name = strings.TrimSuffix(name, "...")
	return name, opens && closes && name != "" && name != "$"
}
