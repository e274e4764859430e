package httpauth_test

import (
	"fmt"
	"io"
	"log"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/jwtverify/jwtverify/httpauth"
)

// upload sends a form with a file of size bytes.
func upload(t *testing.T, srv *httptest.Server, token string, size int64) (status int) {
	t.Helper()
	body, w := io.Pipe()
	form := multipart.NewWriter(w)
	go func() {
		file, err := form.CreateFormFile("file", "big")
		if err == nil {
			_, err = io.CopyN(file, zeros{}, size)
		}
		if err == nil {
			err = form.Close()
		}
		w.CloseWithError(err)
	}()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+"/upload/7", body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", form.FormDataContentType())
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := srv.Client().Do(r)
	if err != nil {
		return 0 // the handler has panicked
	}
	defer res.Body.Close()
	io.Copy(io.Discard, res.Body)
	return res.StatusCode
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestH01UploadsAreRemoved: no temporary file of an upload is left behind,
// however the Middleware is used and whatever surrounds it.
func TestH01UploadsAreRemoved(t *testing.T) {
	s := newSite(t)
	good := s.Sign(with(map[string]any{"scope": "write"}))
	old := s.Sign(with(map[string]any{"exp": 1}))
	m := httpauth.New(s, httpauth.WithExpiredAsAnonymous())
	strip := httpauth.New(s, httpauth.WithoutCredential(), httpauth.WithExpiredAsAnonymous())
	receive := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, _, err := r.FormFile("file")
		if err != nil {
			t.Errorf("FormFile: %v", err)
			return
		}
		defer f.Close()
		if _, ok := f.(*os.File); !ok {
			t.Errorf("the upload is a %T, not a temporary file", f)
		}
		fmt.Fprint(w, "received")
	})
	breakDown := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		receive(w, r)
		panic(http.ErrAbortHandler)
	})
	for name, test := range map[string]struct {
		h      http.Handler
		token  string
		status int
	}{
		"Handler":                   {m.Handler(receive), good, 200},
		"WithoutCredential":         {strip.Handler(receive), good, 200},
		"RequireScope":              {m.RequireScope("write")(receive), good, 200},
		"RequireScope in Handler":   {m.Handler(m.RequireScope("write")(receive)), good, 200},
		"two Middlewares":           {m.Handler(strip.Optional(receive)), good, 200},
		"Optional":                  {m.Optional(receive), "", 200},
		"Optional, expired":         {strip.Optional(receive), old, 200},
		"a value around":            {annotated(m.Handler(receive)), good, 200},
		"MaxBytesHandler between":   {m.Handler(http.MaxBytesHandler(m.RequireScope("write")(receive), 1<<30)), good, 200},
		"a handler that panics":     {m.Handler(breakDown), good, 0},
		"one that panics, stripped": {strip.Handler(m.Optional(breakDown)), good, 0},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("TMPDIR", dir)
			srv := httptest.NewUnstartedServer(test.h)
			srv.Config.ErrorLog = log.New(io.Discard, "", 0)
			srv.Start()
			if status := upload(t, srv, test.token, 33<<20); status != test.status {
				t.Errorf("the status is %d, want %d", status, test.status)
			}
			srv.Close() // waits for the end of the request
			left, err := filepath.Glob(filepath.Join(dir, "*"))
			if err != nil {
				t.Fatal(err)
			}
			if len(left) > 0 {
				t.Errorf("%d temporary files are left", len(left))
			}
		})
	}
}

// TestH01PatternReachesLoggers: outer handlers see what an inner mux finds out
// about a request, as they do without a Middleware.
func TestH01PatternReachesLoggers(t *testing.T) {
	s := newSite(t)
	good := s.Sign(with(nil))
	mux := http.NewServeMux()
	mux.Handle("/items/{id}/parts/{rest...}", page)
	mux.Handle("POST /form/{$}", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { r.ParseForm() }))
	strip := httpauth.New(s, httpauth.WithoutCredential())
	for name, h := range map[string]http.Handler{
		"no Middleware":     mux,
		"Handler":           httpauth.New(s).Handler(mux),
		"WithoutCredential": strip.Handler(mux),
		"two":               httpauth.New(s).Handler(strip.Handler(mux)),
	} {
		r := httptest.NewRequest(http.MethodGet, "/items/7/parts/a/b", nil)
		r.Header.Set("Authorization", "Bearer "+good)
		h.ServeHTTP(httptest.NewRecorder(), r)
		if got, want := r.Pattern, "/items/{id}/parts/{rest...}"; got != want {
			t.Errorf("%s: Pattern is %q, want %q", name, got, want)
		}
		if r.PathValue("id") != "7" || r.PathValue("rest") != "a/b" {
			t.Errorf("%s: the path values are %q and %q", name, r.PathValue("id"), r.PathValue("rest"))
		}
		if r.Header.Get("Authorization") == "" {
			t.Errorf("%s: the Authorization field is gone", name)
		}
		if _, ok := httpauth.FromContext(r.Context()); ok {
			t.Errorf("%s: the token is in the context of the request that came in", name)
		}

		r = httptest.NewRequest(http.MethodPost, "/form/?a=b", nil)
		r.Header.Set("Authorization", "Bearer "+good)
		h.ServeHTTP(httptest.NewRecorder(), r)
		if r.Form.Get("a") != "b" || r.Pattern != "POST /form/{$}" {
			t.Errorf("%s: Form is %v, Pattern %q", name, r.Form, r.Pattern)
		}
	}
}
