// Command pictures makes the pictures of the README: explain in a terminal, as SVG, and
// the page, as PNG. It runs the command itself and a real Chromium:
//
//	cd internal/evidence/browser && go run ./pictures
package main

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"io"
	"log"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/jwtverify/jwtverify/internal/evidence/browser"
)

const (
	root    = "../../.."
	folder  = root + "/verifier/jwtverify/pictures"
	address = "127.0.0.1:9000"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if err := run(ctx); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "pictures")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	command, err := browser.Build(ctx, root, dir)
	if err != nil {
		return err
	}
	var minted struct{ Issuer, Keys string }
	stop, err := browser.Start(ctx, &minted, command, "mint", "--json", "--addr", address)
	if err != nil {
		return err
	}
	defer stop()
	token, err := sign(minted.Issuer, `{"ttl":"10m","claims":{"aud":"https://api.example/","scope":"read"}}`)
	if err != nil {
		return err
	}
	if err := terminal(ctx, command, minted.Keys, token); err != nil {
		return err
	}
	return page(ctx, command, minted.Keys, token)
}

func sign(issuer, body string) (string, error) {
	resp, err := http.Post(issuer+"/token", "application/json", strings.NewReader(body))
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return strings.TrimSpace(string(text)), err
}

// terminal draws the output of explain.
func terminal(ctx context.Context, command, keys, token string) error {
	cmd := exec.CommandContext(ctx, command, "explain")
	cmd.Env = []string{"JWT_KEYS=" + keys, "JWT_AUDIENCE=https://api.example"}
	cmd.Stdin = strings.NewReader(token)
	out, err := cmd.Output()
	if len(out) == 0 {
		return fmt.Errorf("explain: %w", err)
	}
	lines := append([]string{"$ jwtverify explain < token.txt", ""}, strings.Split(strings.TrimSpace(string(out)), "\n")...)
	var b bytes.Buffer
	const height, width = 18, 940
	fmt.Fprintf(&b, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %[1]d %[2]d\" font-family=\"ui-monospace,Menlo,Consolas,monospace\" font-size=\"13\">\n<rect width=\"100%%\" height=\"100%%\" rx=\"8\" fill=\"#14171a\"/>\n", width, len(lines)*height+32)
	for i, line := range lines {
		if line != "" {
			fmt.Fprintf(&b, "<text x=\"16\" y=\"%d\" xml:space=\"preserve\" fill=\"%s\">%s</text>\n", 28+i*height, colour(line), html.EscapeString(cut(line)))
		}
	}
	b.WriteString("</svg>\n")
	return os.WriteFile(filepath.Join(folder, "explain.svg"), b.Bytes(), 0o644)
}

// cut keeps a line inside the picture.
func cut(line string) string {
	if r := []rune(line); len(r) > 116 {
		return string(r[:115]) + "…"
	}
	return line
}

// colour is that of the command, by line.
func colour(line string) string {
	trimmed := strings.TrimSpace(line)
	switch {
	case strings.HasPrefix(trimmed, "ok "):
		return "#7ddc9a"
	case strings.HasPrefix(trimmed, "FAIL"), strings.HasPrefix(trimmed, "=> invalid"):
		return "#ff9a91"
	case strings.HasPrefix(trimmed, "expected"), strings.HasPrefix(line, "$"):
		return "#b2bac2"
	case strings.HasPrefix(trimmed, "cause:"), strings.HasPrefix(trimmed, "setting:"), strings.HasPrefix(trimmed, "do:"), strings.HasPrefix(trimmed, "write:"):
		return "#ffffff"
	}
	return "#d5dae0"
}

// page takes a picture of the page.
func page(ctx context.Context, command, keys, token string) error {
	path := browser.Find()
	if path == "" {
		return fmt.Errorf("there is no Chromium; install Debian's package chromium")
	}
	var served struct{ URL string }
	stop, err := browser.Start(ctx, &served, command, "serve", "--json", "--keys", keys, "--audience", "https://api.example")
	if err != nil {
		return err
	}
	defer stop()
	tab, end := browser.Open(ctx, path)
	defer end()
	var png []byte
	err = chromedp.Run(tab, chromedp.EmulateViewport(900, 775), chromedp.Navigate(served.URL), chromedp.WaitReady("#choice option", chromedp.ByQuery),
		chromedp.SetValue("#text", token, chromedp.ByID), chromedp.Click("button[type=submit]", chromedp.ByQuery), chromedp.WaitVisible("#verdict", chromedp.ByID),
		chromedp.Evaluate(`document.activeElement.blur(); scrollTo(0, 0)`, nil), chromedp.CaptureScreenshot(&png))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "page.png"), png, 0o644)
}
