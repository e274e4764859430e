package browser_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/jwtverify/jwtverify/internal/evidence/browser"
)

// A site is the page, an issuer for development that it trusts, and a browser.
type site struct {
	url, issuer string
	ctx         context.Context // of the browser

	mu       sync.Mutex
	requests []string
	statuses map[string]int64
}

// open starts everything, or skips the test where there is no Chromium.
func open(t *testing.T, extra ...chromedp.ExecAllocatorOption) *site {
	t.Helper()
	path := browser.Find()
	if path == "" {
		t.Skip("skipped: there is no Chromium; install Debian's package chromium")
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	command, err := browser.Build(ctx, "../../..", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var minted struct{ Issuer, Keys string }
	stop, err := browser.Start(ctx, &minted, command, "mint", "--json", "--audience", "orders-api")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	var served struct{ URL string }
	if stop, err = browser.Start(ctx, &served, command, "serve", "--json", "--keys", minted.Keys, "--audience", "orders-api"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	s := &site{url: served.URL, issuer: minted.Issuer, statuses: map[string]int64{}}
	var end context.CancelFunc
	s.ctx, end = browser.Open(ctx, path, extra...)
	t.Cleanup(end)
	chromedp.ListenTarget(s.ctx, func(event any) {
		s.mu.Lock()
		defer s.mu.Unlock()
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			s.requests = append(s.requests, e.Request.URL)
		case *network.EventResponseReceived:
			s.statuses[e.Response.URL] = e.Response.Status
		}
	})
	s.do(t, network.Enable())
	return s
}

func (s *site) do(t *testing.T, actions ...chromedp.Action) {
	t.Helper()
	if err := chromedp.Run(s.ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

// eval returns what an expression is in the page.
func eval[T any](t *testing.T, s *site, expression string) (v T) {
	t.Helper()
	s.do(t, chromedp.Evaluate(expression, &v))
	return v
}

// token has the issuer sign one.
func (s *site) token(t *testing.T, body string) string {
	t.Helper()
	resp, err := http.Post(s.issuer+"/token", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

func (s *site) screenshot(t *testing.T, name string) {
	t.Helper()
	dir := os.Getenv("SCREENSHOTS")
	if dir == "" {
		return
	}
	var png []byte
	s.do(t, chromedp.FullScreenshot(&png, 100))
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600); err != nil {
		t.Fatal(err)
	}
}

// explain pastes text and asks for its report.
func (s *site) explain(t *testing.T, text string) {
	t.Helper()
	s.do(t, chromedp.Navigate(s.url), chromedp.WaitReady("#choice option", chromedp.ByQuery),
		chromedp.SetValue("#text", text, chromedp.ByID), chromedp.Click("button[type=submit]", chromedp.ByQuery), chromedp.WaitVisible("#verdict", chromedp.ByID))
}

// TestPage: paste, report, and nothing that leaves the machine or stays behind.
func TestPage(t *testing.T) {
	s := open(t)
	for _, test := range []struct{ name, body, verdict, setting string }{
		{"good", `{}`, "Trusted", ""},
		{"other audience", `{"claims":{"aud":"https://other.example"}}`, "Not to be trusted (aud_mismatch)", "audience"},
		{"expired", `{"ttl":"-1h"}`, "Not to be trusted (expired)", "token"},
		{"markup in a claim", `{"claims":{"name":"<img src=x onerror=document.title='owned'>","aud":"x"}}`, "Not to be trusted (aud_mismatch)", "audience"},
	} {
		token := s.token(t, test.body)
		s.explain(t, token)
		if got := eval[string](t, s, `document.getElementById("verdict").textContent`); got != test.verdict {
			t.Errorf("%s: %q, want %q", test.name, got, test.verdict)
		}
		if got := eval[string](t, s, `(document.querySelector(".setting")||{textContent:""}).textContent`); !strings.HasPrefix(got, test.setting) {
			t.Errorf("%s: setting %q, want %q", test.name, got, test.setting)
		}
		if n := eval[int](t, s, `document.querySelectorAll(".checks li").length`); n < 9 {
			t.Errorf("%s: %d checks", test.name, n)
		}
		if n := eval[int](t, s, `document.querySelectorAll(".track .mark").length`); n != 3 {
			t.Errorf("%s: %d marks on the timeline", test.name, n)
		}
		if kept := eval[string](t, s, `JSON.stringify([location.href, history.length > 50, localStorage.length, sessionStorage.length, document.cookie])`); kept != fmt.Sprintf(`["%s",false,0,0,""]`, s.url) {
			t.Errorf("%s: it kept %s", test.name, kept)
		}
		if title := eval[string](t, s, `document.title`); title == "owned" || eval[int](t, s, `document.images.length`) > 0 {
			t.Errorf("%s: a claim became markup", test.name)
		}
		for _, at := range s.requests {
			if strings.Contains(at, token[:30]) {
				t.Errorf("%s: the token is in a URL", test.name)
			}
		}
	}
	s.screenshot(t, "light")
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, at := range s.requests {
		if !strings.HasPrefix(at, s.url) {
			t.Errorf("a request left for %s", at)
		}
	}
	if len(s.requests) < 10 {
		t.Errorf("the log of the browser has %d requests", len(s.requests))
	}
}

// contrast returns the text whose contrast is below WCAG AA, with the ratio.
const contrast = `(() => {
  const parse = (c) => c.match(/[\d.]+/g).map(Number);
  const over = (top, back) => { const a = top[3] === undefined ? 1 : top[3]; return [0, 1, 2].map((i) => top[i] * a + back[i] * (1 - a)); };
  const light = (c) => { const [r, g, b] = c.map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const back = (e) => { const stack = []; for (; e; e = e.parentElement) stack.unshift(parse(getComputedStyle(e).backgroundColor)); return stack.reduce((under, c) => over(c, under), [255, 255, 255]); };
  const bad = [];
  for (const e of document.querySelectorAll("body *")) {
    if (![...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()) || !e.checkVisibility()) continue;
    const under = back(e), [a, b] = [light(over(parse(getComputedStyle(e).color), under)), light(under)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) bad.push(e.tagName + "." + e.className + " " + ratio.toFixed(2));
  }
  return bad;
})()`

// TestPageLooks: light and dark with WCAG AA contrast, and nothing is cut off at 360 px.
func TestPageLooks(t *testing.T) {
	s := open(t)
	token := s.token(t, `{"claims":{"aud":"https://other.example","groups":["`+strings.Repeat("long-group-name", 10)+`"]}}`)
	var backs []string
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{1100, 360} {
			s.do(t, emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
				emulation.SetDeviceMetricsOverride(width, 800, 1, width < 500))
			s.explain(t, token)
			if bad := eval[[]string](t, s, contrast); len(bad) > 0 {
				t.Errorf("%s, %d px: low contrast: %q", scheme, width, bad)
			}
			if got := eval[int64](t, s, `document.documentElement.scrollWidth`); got > width {
				t.Errorf("%s: the page is %d px wide in a window of %d", scheme, got, width)
			}
			s.screenshot(t, fmt.Sprintf("%s-%d", scheme, width))
		}
		backs = append(backs, eval[string](t, s, `getComputedStyle(document.body).backgroundColor`))
	}
	if backs[0] == backs[1] {
		t.Errorf("light and dark have the same background %s", backs[0])
	}
}

// TestPageKeyboard: everything can be done without a mouse, and one sees where one is.
func TestPageKeyboard(t *testing.T) {
	s := open(t)
	active := func() string {
		return eval[string](t, s, `document.activeElement.id || document.activeElement.className`)
	}
	s.do(t, chromedp.Navigate(s.url), chromedp.WaitReady("#choice option", chromedp.ByQuery))
	if got := active(); got != "text" {
		t.Errorf("the focus begins at %q", got)
	}
	s.do(t, input.InsertText(s.token(t, `{"claims":{"aud":"https://other.example"}}`)), chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(input.ModifierCtrl)), chromedp.WaitVisible("#verdict", chromedp.ByID))
	s.do(t, chromedp.Poll(`document.activeElement.id === "verdict"`, nil))
	s.do(t, chromedp.KeyEvent(kb.Tab))
	if got := active(); got != "quiet copy" {
		t.Errorf("after the verdict comes %q", got)
	}
	if outline := eval[string](t, s, `getComputedStyle(document.activeElement).outlineStyle`); outline != "solid" {
		t.Errorf("the focus is not seen: outline %s", outline)
	}
	s.do(t, chromedp.Focus("#text", chromedp.ByID))
	var order []string
	for range 5 {
		s.do(t, chromedp.KeyEvent(kb.Tab))
		order = append(order, active())
	}
	if want := "choice at  clear quiet copy"; strings.Join(order, " ") != want {
		t.Errorf("tab goes to %q, want %q", strings.Join(order, " "), want)
	}
	s.do(t, chromedp.Focus("#clear", chromedp.ByID), chromedp.KeyEvent(kb.Enter))
	if got := eval[string](t, s, `document.getElementById("text").value`) + active(); got != "text" {
		t.Errorf("after Clear: %q", got)
	}
}

// TestPageForeign: a rebound name is not answered, and another page cannot post.
func TestPageForeign(t *testing.T) {
	s := open(t, chromedp.Flag("host-resolver-rules", "MAP evil.example 127.0.0.1"))
	rebound := strings.Replace(s.url, "127.0.0.1", "evil.example", 1)
	s.do(t, chromedp.Navigate(rebound))
	if got := eval[string](t, s, `document.body.textContent`); s.statuses[rebound] != http.StatusMisdirectedRequest || strings.Contains(got, "refused?") {
		t.Errorf("a rebound name: %d, %q", s.statuses[rebound], got)
	}
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<title>other</title>") }))
	defer other.Close()
	s.do(t, chromedp.Navigate(other.URL))
	var done string
	s.do(t, chromedp.Evaluate(`fetch("`+s.url+`api/explain", {method: "POST", mode: "no-cors", body: "{}"}).then(() => "sent", (e) => String(e))`, &done, chromedp.EvalAsValue, awaited))
	s.mu.Lock()
	defer s.mu.Unlock()
	if status := s.statuses[s.url+"api/explain"]; status != http.StatusForbidden && !strings.Contains(done, "TypeError") {
		t.Errorf("the post of another page: %s, %d", done, status)
	}
}
