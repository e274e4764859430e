package httpauth

import (
	"net/http"
	"slices"
	"strings"
)

// query stands for the query of a target among the names of fields.
const query = "?"

// A splitter takes a value apart into what can be removed alone, and says what
// was between.
type splitter func(name, value string) (parts []string, separator string)

// parts are cookies, query parameters, or the elements of a list (RFC 9110
// §5.6.1). Credentials and URLs are whole, whatever commas are in them.
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

// leaveOut is values without their unwanted parts, and without those of which
// nothing is left.
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

// setField sets the values of a field, or removes it where there is none.
func setField(h http.Header, name string, values []string) {
	if h[name] = values; len(values) == 0 {
		delete(h, name)
	}
}

// rawQuery is the query of r as leaveOut takes it.
func rawQuery(r *http.Request) []string {
	if r.URL == nil || r.URL.RawQuery == "" {
		return nil
	}
	return []string{r.URL.RawQuery}
}

// setQuery sets the query of r, whose URL is its own.
func setQuery(r *http.Request, values []string) {
	if r.URL == nil {
		return
	}
	r.URL.RawQuery = strings.Join(values, "&")
	if strings.Contains(r.RequestURI, "?") {
		r.RequestURI = r.URL.RequestURI()
	}
}
