package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

var enqueued = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func jobLine(t *testing.T, token string) string {
	t.Helper()
	doc, err := json.Marshal(map[string]any{"token": token, "enqueued_at": enqueued, "payload": map[string]int{"n": 1}})
	if err != nil {
		t.Fatal(err)
	}
	return string(doc)
}

func TestJobsAreVerifiedAsOfTheirTime(t *testing.T) {
	signer := verifiertest.NewSigner(t, keys.HS256, "")
	sign := func(exp time.Time) string { return signer.Sign(map[string]any{"sub": "user-123", "exp": exp.Unix()}) }
	t.Setenv("JWT_KEYS", "env:KEY?alg=HS256")
	t.Setenv("KEY", string(signer.JWK()))
	input := strings.Join([]string{
		jobLine(t, sign(enqueued.Add(time.Minute))), // long expired now
		jobLine(t, sign(enqueued.Add(-time.Minute))),
		"",
		"not a job",
		`{"token":"x"}`,
		jobLine(t, "x"),
		jobLine(t, verifiertest.NewSigner(t, keys.HS256, "").Sign(map[string]any{"sub": "a", "exp": enqueued.Add(time.Minute).Unix()})),
	}, "\n")
	want := `job=1 verdict=trusted sub="user-123"
job=2 verdict=invalid reason=expired
job=4 verdict=invalid reason=bad_job
job=5 verdict=invalid reason=bad_job
job=6 verdict=invalid reason=malformed
job=7 verdict=invalid reason=signature
`
	file := filepath.Join(t.TempDir(), "jobs")
	if err := os.WriteFile(file, []byte(input), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{"standard input": nil, "file": {file}} {
		var stdout, stderr strings.Builder
		code := run(t.Context(), args, strings.NewReader(input), &stdout, &stderr)
		if diff := cmp.Diff(want, stdout.String()); code != 0 || diff != "" || stderr.Len() > 0 {
			t.Errorf("%s: exit %d, %s (-want +got)\n%s", name, code, &stderr, diff)
		}
	}
}

// TestS09JobsWithoutATime: a job that does not say when it was enqueued is bad,
// and is not tried again.
func TestS09JobsWithoutATime(t *testing.T) {
	signer := verifiertest.NewSigner(t, keys.HS256, "")
	t.Setenv("JWT_KEYS", "env:KEY")
	t.Setenv("KEY", string(signer.JWK()))
	token := signer.Sign(map[string]any{"sub": "user-123", "exp": enqueued.Unix()})
	for _, member := range []string{
		"", `,"enqueued_at":null`, `,"enqueued_at":""`, `,"enqueued_at":"0001-01-01T00:00:00Z"`,
		`,"enqueued_at":"0001-01-01T01:00:00+01:00"`, `,"enqueued_at":1767268800`, `,"enqueued-at":"2026-01-01T11:00:00Z"`,
	} {
		var stdout, stderr strings.Builder
		code := run(t.Context(), nil, strings.NewReader(`{"token":"`+token+`"`+member+`}`), &stdout, &stderr)
		if want := "job=1 verdict=invalid reason=bad_job\n"; code != 0 || stdout.String() != want || stderr.Len() > 0 {
			t.Errorf("%s: exit %d, %s, %s", member, code, &stdout, &stderr)
		}
	}
}

// TestUnknownKeysAreReportedApart: they may have been known when the job was
// enqueued.
func TestUnknownKeysAreReportedApart(t *testing.T) {
	signer, gone := verifiertest.NewSigner(t, keys.HS256, "now"), verifiertest.NewSigner(t, keys.HS256, "gone")
	t.Setenv("JWT_KEYS", "env:KEY")
	t.Setenv("KEY", string(signer.JWK()))
	sign := func(s *verifiertest.Signer) string {
		return jobLine(t, s.Sign(map[string]any{"sub": "user-123", "exp": enqueued.Add(time.Minute).Unix()}))
	}
	want := `job=1 verdict=trusted sub="user-123"
job=2 verdict=invalid reason=unknown_key note="the key may have left the set since"
job=3 verdict=invalid reason=unknown_key note="the key may have left the set since"
`
	var stdout, stderr strings.Builder
	code := run(t.Context(), nil, strings.NewReader(sign(signer)+"\n"+sign(gone)+"\n"+sign(gone)), &stdout, &stderr)
	if diff := cmp.Diff(want, stdout.String()); code != 0 || diff != "" || !strings.HasPrefix(stderr.String(), "worker: 2 with an unknown key") {
		t.Errorf("exit %d, %s (-want +got)\n%s", code, &stderr, diff)
	}
}

func TestWrongStart(t *testing.T) {
	for _, test := range []struct {
		name, keys string
		args       []string
		want       string
	}{
		{"no keys", "", nil, "worker: JWT_KEYS: keys: the key reference is empty"},
		{"an issuer without keys", "-", nil, "worker: JWT_KEYS is not set"},
		{"issuers beside keys", "env:KEY?alg=HS256", nil, "worker: JWT_ISSUERS is set together with JWT_KEYS, JWT_ISSUER;"},
		{"two files", "env:KEY?alg=HS256", []string{"a", "b"}, "worker: give one file"},
		{"no such file", "env:KEY?alg=HS256", []string{"/no/such/file"}, "worker: open /no/such/file"},
	} {
		t.Setenv("KEY", "0123456789abcdef0123456789abcdef")
		t.Setenv("JWT_ISSUER", "https://issuer.example")
		if t.Setenv("JWT_ISSUERS", "oidc:https://issuer.example?aud=api"); test.name != "issuers beside keys" {
			os.Unsetenv("JWT_ISSUERS") // until t restores it
		}
		if t.Setenv("JWT_KEYS", test.keys); test.keys == "-" {
			os.Unsetenv("JWT_KEYS") // until t restores it
		}
		var stdout, stderr strings.Builder
		if code := run(t.Context(), test.args, strings.NewReader(""), &stdout, &stderr); code != 2 || !strings.HasPrefix(stderr.String(), test.want) {
			t.Errorf("%s: exit %d, %s", test.name, code, &stderr)
		}
	}
}

// TestIssuersAsOfTheTimeOfTheJob: JWT_ISSUERS judges a token as of the time when its
// job was enqueued, with every check of the preset.
func TestIssuersAsOfTheTimeOfTheJob(t *testing.T) {
	signer := verifiertest.NewSigner(t, keys.HS256, "")
	t.Setenv("SHOPIFY_SECRET", string(signer.JWK()))
	t.Setenv("JWT_ISSUERS", "shopify:?key=app-1&secret=env:SHOPIFY_SECRET,oidc:https://issuer.example?aud=api")
	sign := func(aud string, exp time.Time) string {
		return jobLine(t, signer.Sign(map[string]any{
			"iss": "https://shop-1.myshopify.com/admin", "dest": "https://shop-1.myshopify.com", "aud": aud, "sub": "42",
			"exp": exp.Unix(), "iat": enqueued.Add(-time.Hour).Unix(),
		}))
	}
	input := sign("app-1", enqueued.Add(time.Minute)) + "\n" + sign("app-1", enqueued.Add(-time.Minute)) + "\n" + sign("app-2", enqueued.Add(time.Minute))
	want := `job=1 verdict=trusted sub="42"
job=2 verdict=invalid reason=expired
job=3 verdict=invalid reason=aud_mismatch
`
	var stdout, stderr strings.Builder
	code := run(t.Context(), nil, strings.NewReader(input), &stdout, &stderr)
	if diff := cmp.Diff(want, stdout.String()); code != 0 || diff != "" || stderr.Len() > 0 {
		t.Errorf("exit %d, %s (-want +got)\n%s", code, &stderr, diff)
	}
}

func TestLineTooLong(t *testing.T) {
	t.Setenv("KEY", "0123456789abcdef0123456789abcdef")
	t.Setenv("JWT_KEYS", "env:KEY?alg=HS256")
	var stdout, stderr strings.Builder
	code := run(t.Context(), nil, strings.NewReader("{}\n"+strings.Repeat("x", 2<<20)), &stdout, &stderr)
	if code != 1 || stdout.String() != "job=1 verdict=invalid reason=bad_job\n" || !strings.Contains(stderr.String(), "longer than") {
		t.Errorf("exit %d, %s, %s", code, &stdout, &stderr)
	}
}

// TestUndecidedIsTriedAgain breaks a real issuer, and repairs it during the second
// pause.
func TestUndecidedIsTriedAgain(t *testing.T) {
	now := enqueued.Add(time.Hour)
	iss := verifiertest.NewIssuer(t, verifiertest.WithClock(func() time.Time { return enqueued }))
	src, err := keys.NewRemote(iss.JWKS, keys.WithHTTPClient(iss.Client()), keys.WithClock(func() time.Time { return now }))
	if err != nil {
		t.Fatal(err)
	}
	v, err := verifier.New(src, verifier.WithAnyIssuer())
	if err != nil {
		t.Fatal(err)
	}
	outage := func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "down", http.StatusBadGateway) }
	jobs := func() string { return jobLine(t, iss.Token("user-123", time.Minute)) + "\n" + jobLine(t, "x") + "\n" }

	for _, test := range []struct {
		name        string
		repairAfter int // pauses; 0: never
		want        string
		undecided   int
	}{
		{"repaired", 2, "job=2 verdict=invalid reason=malformed\njob=1 verdict=trusted sub=\"user-123\"\n", 0},
		{"not repaired", 0, "job=2 verdict=invalid reason=malformed\njob=1 verdict=undecided reason=unavailable\n", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			iss.Break(outage)
			now = now.Add(24 * time.Hour) // what was fetched before is too old
			var out strings.Builder
			pauses := 0
			w := &worker{verifier: v, out: &out, pauses: []time.Duration{time.Minute, time.Minute, time.Minute}, wait: func(_ context.Context, d time.Duration) error {
				if pauses++; pauses == test.repairAfter {
					iss.Break(nil)
				}
				now = now.Add(d)
				return nil
			}}
			undecided, err := w.work(t.Context(), strings.NewReader(jobs()))
			if err != nil || undecided != test.undecided || out.String() != test.want {
				t.Errorf("%d undecided, %v:\n%s", undecided, err, &out)
			}
		})
	}
}

// TestUndecidedExits: the exit status says that something is undecided.
func TestUndecidedExits(t *testing.T) {
	iss := verifiertest.NewIssuer(t)
	t.Setenv("JWT_KEYS", iss.JWKS) // its certificate is not trusted, which is a real outage
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // no pauses
	var stdout, stderr strings.Builder
	code := run(ctx, nil, strings.NewReader(jobLine(t, iss.Token("a", time.Minute))), &stdout, &stderr)
	if want := fmt.Sprintln("job=1 verdict=undecided reason=unavailable"); code != 1 || stdout.String() != want {
		t.Errorf("exit %d, %s", code, &stdout)
	}
	if want := "worker: 1 undecided; put them back into the queue; the last one because: verifier: cannot decide now: "; !strings.HasPrefix(stderr.String(), want) || strings.Count(stderr.String(), "\n") != 1 {
		t.Errorf("it says %q, want %q", &stderr, want)
	}
}

func TestWait(t *testing.T) {
	if err := wait(t.Context(), 1); err != nil {
		t.Errorf("wait: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := wait(ctx, time.Hour); err == nil {
		t.Error("wait outlives its context")
	}
}
