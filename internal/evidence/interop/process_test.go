package interop_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/keys"
)

// buildProvider compiles the command in provider and returns its path.
func buildProvider(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "provider")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", bin, "./provider").CombinedOutput()
	if err != nil {
		t.Fatalf("go build ./provider: %v\n%s", err, out)
	}
	return bin
}

// A process is a running provider.
type process struct {
	issuer string

	command *exec.Cmd
	stdin   io.Writer
	stdout  *bufio.Scanner
}

// startProvider runs bin until the test ends. One that hangs is killed, so that
// whoever waits for a line of it reads the end of its output.
func startProvider(t *testing.T, bin string) *process {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	p := &process{command: exec.CommandContext(ctx, bin, redirectURI)}
	p.command.Stderr = t.Output()
	stdin, err := p.command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := p.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.kill()
		cancel()
	})
	p.stdin, p.stdout = stdin, bufio.NewScanner(stdout)
	p.issuer = p.line(t)
	return p
}

// kill ends the process and waits for its end. It may be called again.
func (p *process) kill() {
	p.command.Process.Kill()
	p.command.Wait()
}

func (p *process) line(t *testing.T) string {
	t.Helper()
	if !p.stdout.Scan() {
		t.Fatalf("the provider says no more: %v", p.stdout.Err())
	}
	return p.stdout.Text()
}

// do has the provider change its keys. It returns the ID of the one that signs
// then.
func (p *process) do(t *testing.T, command ...string) (kid string) {
	t.Helper()
	if _, err := fmt.Fprintln(p.stdin, strings.Join(command, " ")); err != nil {
		t.Fatal(err)
	}
	return p.line(t)
}

func (p *process) rotate(t *testing.T, alg keys.Algorithm) (kid string) {
	t.Helper()
	return p.do(t, "rotate", string(alg))
}
