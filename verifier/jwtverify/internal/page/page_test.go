package page_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/page"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/setup"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// newPage serves a page whose one choice trusts the issuer.
func newPage(t *testing.T) (*httptest.Server, *verifiertest.Issuer) {
	t.Helper()
	w := verifiertest.NewWorld(t)
	iss := w.Issuer("https://issuer.example", verifiertest.WithAudience("api"))
	s := setup.Settings{Keys: "oidc:https://issuer.example", Audience: []string{"api"}, Client: w.Client()}
	server := httptest.NewServer(page.New([]page.Choice{{Name: "api", Service: s.Open(t.Context())}}, setup.Settings{Client: w.Client()}))
	t.Cleanup(server.Close)
	return server, iss
}

func post(t *testing.T, url string, body any) (int, string) {
	t.Helper()
	doc, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(url+"/api/explain", "application/json", strings.NewReader(string(doc)))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

type m = map[string]any

func TestPageExplains(t *testing.T) {
	server, iss := newPage(t)
	good := iss.Token("u", time.Hour)
	for _, test := range []struct {
		name   string
		ask    m
		status int
		says   string
	}{
		{"good", m{"text": good}, 200, `"verdict":"trusted"`},
		{"expired", m{"text": iss.Token("u", -time.Hour)}, 200, `"setting":"token"`},
		{"as of later", m{"text": good, "at": "2099-01-01T00:00:00Z"}, 200, `"verdict":"invalid"`},
		{"a time that is none", m{"text": good, "at": "tomorrow"}, 400, "the time"},
		{"a request", m{"request": true, "text": "GET / HTTP/1.1\nHost: a\nAuthorization: Bearer " + good}, 200, `"verdict":"trusted"`},
		{"another reference", m{"text": good, "choice": -1, "reference": "oidc:https://issuer.example?aud=api"}, 200, `"verdict":"trusted"`},
		{"keys and an audience", m{"text": good, "choice": -1, "reference": "oidc:https://issuer.example", "audience": "api"}, 200, `"verdict":"trusted"`},
		{"no reference", m{"text": good, "choice": -1}, 200, `"verdict":"undecided"`},
		{"a choice that is none", m{"text": good, "choice": 7}, 200, `"verdict":"undecided"`},
		{"too much", m{"text": strings.Repeat("x", 3<<20)}, 413, "1 MiB"},
		{"nothing", m{}, 200, "empty"},
	} {
		if status, text := post(t, server.URL, test.ask); status != test.status || !strings.Contains(text, test.says) || strings.Contains(text, good[:40]) {
			t.Errorf("%s: %d %s", test.name, status, text)
		}
	}
}

// TestPageHeaders: no other origin is asked, and nothing is stored.
func TestPageHeaders(t *testing.T) {
	server, _ := newPage(t)
	inline := regexp.MustCompile(`(?i)<script>|<style|\sstyle=|\son[a-z]+=|https?://[^"]*"|javascript:`)
	for _, path := range []string{"/", "/page.js", "/page.css", "/icon.svg", "/api/choices", "/nowhere"} {
		resp, err := http.Get(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		h := resp.Header
		if !strings.HasPrefix(h.Get("Content-Security-Policy"), "default-src 'self'; ") || path != "/nowhere" && h.Get("Cache-Control") != "no-store" || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: %v", path, h)
		}
		if path == "/" && inline.Match(regexp.MustCompile(`placeholder="[^"]*"`).ReplaceAll(text, nil)) {
			t.Errorf("%s: something inline or foreign: %q", path, inline.FindAll(text, -1))
		}
		for _, word := range []string{"localStorage", "sessionStorage", "indexedDB", "document.cookie", "innerHTML", "eval("} {
			if strings.Contains(string(text), word) {
				t.Errorf("%s uses %s", path, word)
			}
		}
	}
	for path, status := range map[string]int{"/?token=x": 400, "/api/explain": 404} {
		resp, err := http.Get(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != status {
			t.Errorf("%s: %d, want %d", path, resp.StatusCode, status)
		}
	}
	resp, err := http.Post(server.URL+"/api/explain", "text/plain", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusUnsupportedMediaType {
		t.Errorf("a simple post of a form: %d", resp.StatusCode)
	}
}
