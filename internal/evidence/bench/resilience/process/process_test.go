package process_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/internal/evidence/bench/resilience"
	"github.com/jwtverify/jwtverify/internal/evidence/bench/resilience/process"
)

// stub cannot be set up for two issuers, and does not start for one.
var stub = resilience.Adapter{Called: "stub", Set: func(_ context.Context, s resilience.Setting) (v resilience.Verifier, err error) {
	if len(s.Issuers) == 2 {
		return v, resilience.ErrCannot
	}
	return v, errors.New("no start")
}}

// TestMain serves when the test has started itself as a process.
func TestMain(m *testing.M) {
	if os.Getenv("RESILIENCE_SERVE") == "" {
		os.Exit(m.Run())
	}
	if err := process.Serve(context.Background(), stub, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// TestProcess: figures and errors come back from the process.
func TestProcess(t *testing.T) {
	t.Setenv("RESILIENCE_SERVE", "1")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p, err := process.Start(t.Context(), self)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(process.Hello{Name: "stub"}, p.Hello); diff != "" {
		t.Errorf("hello (-want +got)\n%s", diff)
	}
	f, err := p.Run("two-refused")
	if diff := cmp.Diff(resilience.Figures{Cannot: true}, f); diff != "" || err != nil {
		t.Errorf("%v, (-want +got)\n%s", err, diff)
	}
	if _, err := p.Run("cold-cache"); err == nil || !strings.Contains(err.Error(), "no start") {
		t.Errorf("the error of a scenario: %v", err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

func TestServeRefuses(t *testing.T) {
	var out bytes.Buffer
	if err := process.Serve(t.Context(), stub, strings.NewReader("flod\n"), &out); err == nil || !strings.Contains(err.Error(), "flod") {
		t.Errorf("a misspelt scenario: %v", err)
	}
}
