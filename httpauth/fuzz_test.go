package httpauth_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/httpauth"
)

// FuzzAuthorization puts any value into the Authorization field, where GOOD
// stands for the good token. The oracle lists what may pass: that token after
// "Bearer", in any case, and spaces. A blank field and one with another scheme may
// pass as anonymous, if that is allowed.
func FuzzAuthorization(f *testing.F) {
	s := newSite(f)
	good := s.Sign(with(nil))
	for _, value := range []string{
		"", " ", "\t", "Bearer GOOD", "bearer  GOOD", "BEARER GOOD", "Bearer GOOD ", "Bearer\tGOOD", "Bearer GOOD GOOD", "Bearer GOOD, Bearer GOOD",
		"Bearer", "Bearer ", "Bearer =", "Bearer GOOD=", "Bearer GOODGOOD", "Bearer a.b.c", "Bearer eyJhbGciOiJub25lIn0.e30.", "Bearer \"GOOD\"",
		"Basic GOOD", "Bearer:GOOD", "Bearer GOOD\r\nX: y", "Bearer GOOD\x00", "Bearer \xff", "Be\u0430rer GOOD", "Bearer \u00a0GOOD", "\r\nBearer GOOD",
	} {
		f.Add(value)
	}
	strict := httpauth.New(s).Handler(page)
	optional := httpauth.New(s, httpauth.WithOptional()).Handler(page)
	f.Fuzz(func(t *testing.T, value string) {
		value = strings.ReplaceAll(value, "GOOD", good)
		scheme, rest, _ := strings.Cut(value, " ")
		isBearer := strings.EqualFold(scheme, "Bearer")
		isGood := isBearer && strings.TrimLeft(rest, " ") == good

		body := "hello user-1"
		if got := ask(t, strict, value); (got.Status == http.StatusOK) != isGood || isGood && got.Body != body {
			t.Errorf("Authorization %q: %d %s", value, got.Status, got.Body)
		}
		if !isGood {
			body = "hello nobody"
		}
		isAnonymous := strings.Trim(value, " \t") == "" || !isBearer
		switch got := ask(t, optional, value); {
		case got.Status == http.StatusOK && got.Body != body:
			t.Errorf("optional Authorization %q: %s", value, got.Body)
		case got.Status == http.StatusOK && !isGood && !isAnonymous, got.Status != http.StatusOK && isGood:
			t.Errorf("optional Authorization %q: %d %s", value, got.Status, got.Body)
		}
	})
}

// ask fails the test if the answer is not one that this field can get.
func ask(t *testing.T, h http.Handler, authorization string) answer {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header["Authorization"] = []string{authorization}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	got := read(t, rec.Result(), authorization)
	switch summary := got.summary(t); summary {
	case "200", "401", "400 invalid_request", "401 invalid_token":
	default:
		t.Errorf("Authorization %q: the answer is %s", authorization, summary)
	}
	return got
}
