// Package browser drives the web page of the command in a real Chromium, headless. It
// is a module of its own, so that nothing else needs the library for that.
package browser

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/chromedp/chromedp"
)

// Find returns the path of a Chromium, or "".
func Find() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// Open starts a browser at path. It ends with the function returned.
func Open(ctx context.Context, path string, extra ...chromedp.ExecAllocatorOption) (context.Context, context.CancelFunc) {
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.Flag("disable-component-update", true), chromedp.Flag("no-proxy-server", true))
	ctx, cancel := chromedp.NewExecAllocator(ctx, append(opts, extra...)...)
	ctx, end := chromedp.NewContext(ctx)
	return ctx, func() { end(); cancel() }
}

// Build builds the command of the checkout at root into dir and returns its path.
func Build(ctx context.Context, root, dir string) (string, error) {
	path := filepath.Join(dir, "jwtverify")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", path, "./verifier/jwtverify")
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
}

// Start runs the command, which serves until stop is called, and reads the JSON that
// it writes first into v.
func Start(ctx context.Context, v any, path string, args ...string) (stop func(), err error) {
	ctx, cancel := context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		cancel()
		return nil, err
	}
	stop = func() {
		cancel()
		cmd.Wait()
	}
	if err := json.NewDecoder(bufio.NewReader(out)).Decode(v); err != nil {
		stop()
		return nil, err
	}
	return stop, nil
}
