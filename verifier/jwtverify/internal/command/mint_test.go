package command_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/command"
)

// started starts a command that runs until the test ends, and returns its output.
func started(t *testing.T, args ...string) *bufio.Reader {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	pr, pw := io.Pipe()
	code := make(chan int, 1)
	go func() {
		code <- command.Run(ctx, command.Env{Args: args, Stdin: strings.NewReader(""), Stdout: pw, Stderr: io.Discard, Getenv: variables()})
		pw.Close()
	}()
	t.Cleanup(func() {
		cancel()
		if got := <-code; got != command.Trusted {
			t.Errorf("the command ended with %d", got)
		}
	})
	return bufio.NewReader(pr)
}

// TestMint: tokens, rotation and faults of the issuer for development.
func TestMint(t *testing.T) {
	out := started(t, "mint", "--json", "--audience", "api")
	var is struct{ Issuer, Keys, Token string }
	if err := json.NewDecoder(out).Decode(&is); err != nil {
		t.Fatal(err)
	}
	src, err := keys.Open(t.Context(), is.Keys)
	if err != nil {
		t.Fatal(err)
	}
	v, err := verifier.New(src, verifier.WithAudience("api"))
	if err != nil {
		t.Fatal(err)
	}
	post := func(path, body string) (int, string) {
		resp, err := http.Post(is.Issuer+path, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, strings.TrimSpace(string(text))
	}
	if tok, err := v.Verify(t.Context(), is.Token); err != nil || tok.Subject != "user-123" {
		t.Errorf("the first token: %v", err)
	}
	for body, reason := range map[string]string{
		"": "", `{"sub":"u"}`: "", `{"ttl":"-1h"}`: "expired", `{"claims":{"aud":"other"}}`: "aud_mismatch", `{"claims":{"sub":null}}`: "sub_missing", `{"header":{"typ":"x"}}`: "type",
	} {
		status, token := post("/token", body)
		if _, err := v.Verify(t.Context(), token); status != 200 || verifier.Reason(err) != reason {
			t.Errorf("%s: %d, %v", body, status, err)
		}
	}
	if status, _ := post("/rotate", ""); status != 200 {
		t.Errorf("rotate: %d", status)
	}
	_, token := post("/token", "")
	if _, err := v.Verify(t.Context(), token); err != nil {
		t.Errorf("after a rotation: %v", err)
	}
	if status, _ := post("/break?as=503", ""); status != 200 {
		t.Errorf("break: %d", status)
	}
	if err := keys.Refresh(t.Context(), src); err == nil {
		t.Error("it is broken and answers")
	}
	post("/mend", "")
	if err := keys.Refresh(t.Context(), src); err != nil {
		t.Errorf("after it was repaired: %v", err)
	}
	for _, path := range []string{"/token", "/break?as=nonsense", "/nowhere"} {
		if status, _ := post(path, "{"); status != 400 && status != 404 {
			t.Errorf("%s: %d", path, status)
		}
	}
}

// TestMintBeyondLoopback: an issuer that signs everything is for this machine alone.
func TestMintBeyondLoopback(t *testing.T) {
	for _, addr := range []string{":9000", "0.0.0.0:0", "[::]:0", "example.com:80", "192.0.2.7:0", "nonsense"} {
		r := run(t, command.Env{}, "mint", "--addr", addr)
		if r.code != command.Usage || strings.Count(r.err, "\n") != 1 {
			t.Errorf("%s: %d %s", addr, r.code, r.err)
		}
	}
	if r := run(t, command.Env{}, "mint", "--alg", "HS256"); r.code != command.Usage || !strings.Contains(r.err, "secret") {
		t.Errorf("%d %s", r.code, r.err)
	}
}

// TestMintForeignPages cannot have tokens signed.
func TestMintForeignPages(t *testing.T) {
	out := started(t, "mint", "--json")
	var is struct{ Issuer string }
	if err := json.NewDecoder(out).Decode(&is); err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, is.Issuer+"/token", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", "https://evil.example")
	client := http.Client{Timeout: 10 * time.Second}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusForbidden {
		t.Errorf("%d", resp.StatusCode)
	}
}
