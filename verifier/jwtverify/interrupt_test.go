//go:build unix

package main_test

import (
	"bytes"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestInterrupt: a key URL that never answers does not keep the process from ending
// with Ctrl-C, at once and with a code that says it.
func TestInterrupt(t *testing.T) {
	p := newPlace(t)
	for _, test := range []struct {
		name   string
		args   []string // followed by the URL
		stdin  string
		code   int
		says   string
		signal os.Signal
	}{
		{"keys", []string{"keys", "--timeout", "50s"}, "", 4, "interrupted", os.Interrupt},
		{"explain", []string{"explain", "--timeout", "50s", "--audience", "api", "--any-issuer", "--keys"}, p.token(nil), 4, "interrupted", os.Interrupt},
		{"explain, the policy", []string{"explain", "--policy"}, p.token(nil), 4, "", os.Interrupt},
		{"doctor", []string{"doctor", "--keys"}, p.token(nil), 4, "interrupted", os.Interrupt},
		{"watch", []string{"watch", "--timeout", "50s"}, "", 0, "", os.Interrupt},
		{"keys, ended by a supervisor", []string{"keys", "--timeout", "50s"}, "", 4, "interrupted", syscall.SIGTERM},
	} {
		t.Run(test.name, func(t *testing.T) {
			silent, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer silent.Close()
			asked := make(chan net.Conn, 1)
			go func() {
				if c, err := silent.Accept(); err == nil {
					asked <- c
				}
			}()
			cmd := program(t, test.stdin, append(test.args, "http://"+silent.Addr().String()+"/jwks.json")...)
			var out bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &out
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			select {
			case c := <-asked:
				defer c.Close()
			case err := <-ended:
				t.Fatalf("it ended before it asked: %v\n%s", err, &out)
			}
			began := time.Now()
			if err := cmd.Process.Signal(test.signal); err != nil {
				t.Fatal(err)
			}
			code := codeOf(t, <-ended)
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("it took %v", took)
			}
			if code != test.code || !strings.Contains(out.String(), test.says) || strings.Count(out.String(), "\n") > 1 {
				t.Errorf("code %d, want %d and %q\n%s", code, test.code, test.says, &out)
			}
		})
	}
}
