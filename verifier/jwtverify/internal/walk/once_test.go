package walk_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/walk"
)

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestOnce: whatever came of a request is the answer to all of its URL, but for one that
// was given up.
func TestOnce(t *testing.T) {
	asked := map[string]int{}
	once := walk.NewOnce(&http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		asked[r.URL.Path]++
		switch r.URL.Path {
		case "/given-up":
			if asked[r.URL.Path] == 1 {
				return nil, context.Canceled
			}
		case "/refused":
			return nil, errors.New("connection refused")
		case "/cut":
			return &http.Response{StatusCode: 200, Header: http.Header{"Age": {"1"}}, Body: io.NopCloser(io.MultiReader(strings.NewReader("half"), broken{}))}, nil
		}
		return &http.Response{StatusCode: 200, Header: http.Header{"Age": {"1"}}, Body: io.NopCloser(strings.NewReader("whole"))}, nil
	})})
	get := func(path string) string {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://keys.example"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := once.RoundTrip(req)
		if err != nil {
			return err.Error()
		}
		body, err := io.ReadAll(resp.Body)
		if resp.Header.Get("Age") != "1" {
			t.Errorf("%s: a caller has changed the header", path)
		}
		resp.Header["Age"][0] = "2"
		if err != nil {
			return string(body) + ", " + err.Error()
		}
		return string(body)
	}
	for path, want := range map[string][3]string{
		"/good":          {"whole", "whole", "whole"},
		"/good?with=one": {"whole", "whole", "whole"},
		"/given-up":      {"context canceled", "whole", "whole"},
		"/refused":       {"connection refused", "connection refused", "connection refused"},
		"/cut":           {"half, cut", "half, cut", "half, cut"},
	} {
		for i, want := range want {
			if got := get(path); got != want {
				t.Errorf("%s, request %d: %q, want %q", path, i+1, got, want)
			}
		}
	}
	if asked["/good"] != 2 || asked["/given-up"] != 2 || asked["/refused"] != 1 || asked["/cut"] != 1 {
		t.Errorf("asked %v", asked)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("cut") }
