package conformance_test

import (
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// sizeAttacks make a verifier work before it has seen a signature.
var sizeAttacks = []attack{
	{id: "CVE-2025-27144", test: attackPeriods(periodsInLocal)},
	{id: "CVE-2025-30204", test: attackPeriods(periodsInByIssuer)},
	{id: "CVE-2025-22868", test: attackPeriods(periodsInHeader)},
	{id: "CVE-2025-61920", test: attackHugeSegment},
	{id: "CVE-2026-48525", test: attackHugeB64},
	{id: "CVE-2025-53864", test: attackNesting},
}

// allocated is how many bytes f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// quick fails the test when f takes 50 ms, each of twenty times: a machine may
// be busy.
func quick(t *testing.T, f func()) {
	t.Helper()
	for range 20 {
		start := time.Now()
		f()
		if time.Since(start) < 50*time.Millisecond {
			return
		}
	}
	t.Error("it takes more than 50 ms")
}

// cheap is what an answer to a token that is refused unread may cost.
func cheap(t *testing.T, f func()) {
	t.Helper()
	f() // the first time fills pools
	if n := allocated(f); n > 64<<10 {
		t.Errorf("%d bytes are allocated, want less than 64 KiB", n)
	}
	quick(t, f)
}

// attackPeriods hands tokens of up to a million periods to what prepare returns.
func attackPeriods(prepare func(t *testing.T, raw string) (verify func())) func(t *testing.T) {
	return func(t *testing.T) {
		for _, n := range []int{1_000, 16_000, 1_000_000} {
			for _, raw := range []string{strings.Repeat(".", n), "Bearer" + strings.Repeat(".", n), b64(`{"alg":"ES256"}`) + strings.Repeat(".", n)} {
				cheap(t, prepare(t, raw))
			}
		}
	}
}

func periodsInLocal(t *testing.T, raw string) func() {
	v := untouched(t)
	return func() { malformed(t, v, raw) }
}

func periodsInByIssuer(t *testing.T, raw string) func() {
	v := verifier.ByIssuer(map[string]verifier.Verifier{"https://a": untouched(t)})
	return func() { malformed(t, v, raw) }
}

func periodsInHeader(t *testing.T, raw string) func() {
	h := httpauth.New(untouched(t)).Handler(http.NotFoundHandler())
	r := &http.Request{Method: http.MethodGet, Header: http.Header{"Authorization": {"Bearer " + raw}}}
	return func() {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		if rec.Code != http.StatusUnauthorized {
			t.Errorf("the answer is %d", rec.Code)
		}
	}
}

func attackHugeSegment(t *testing.T) {
	v, raw := ecVerifier(t), goodEC()
	header, payload, signature := split(raw)
	huge := strings.Repeat("A", 10<<20)
	for _, raw := range []string{huge + "." + payload + "." + signature, header + "." + huge + "." + signature, header + "." + payload + "." + huge} {
		cheap(t, func() { malformed(t, v, raw) })
	}
	long := `{"alg":"ES256","x":"` + strings.Repeat("x", 20<<10) + `"}`
	malformed(t, v, mint(keys.ES256, long, good, p256Key()))
	accepts(t, ecVerifier(t, verifier.WithMaxSize(64<<10)), mint(keys.ES256, long, good, p256Key()))
}

// attackHugeB64: the rules come before the payload is decoded.
func attackHugeB64(t *testing.T) {
	v := untouched(t)
	for _, b64false := range []string{`{"alg":"ES256","b64":false}`, `{"alg":"ES256","b64":false,"crit":["b64"]}`} {
		head := b64(b64false)
		huge := head + "." + strings.Repeat("A", 10<<20) + ".AAAA"
		cheap(t, func() { malformed(t, v, huge) })
		malformed(t, v, head+".$02.AAAA")
		malformed(t, v, mint(keys.ES256, b64false, good, p256Key()))
	}
}

// attackNesting nests arrays and objects in header and payload, genuinely
// signed and with no limit of size: each is decided, and what it costs grows no
// faster than its length.
func attackNesting(t *testing.T) {
	v := ecVerifier(t, verifier.WithMaxSize(64<<20))
	for _, n := range []int{1_000, 9_000, 20_000, 100_000, 1_000_000} {
		for _, deep := range []string{strings.Repeat("[", n) + strings.Repeat("]", n), strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n), strings.Repeat("[", n)} {
			closed := !strings.HasSuffix(deep, "[")
			header := mint(keys.ES256, `{"alg":"ES256","x":`+deep+`}`, good, p256Key())
			payload := mint(keys.ES256, `{"alg":"ES256"}`, strings.TrimSuffix(good, "}")+`,"x":`+deep+`}`, p256Key())
			cost := allocated(func() {
				if closed && n < 10_000 {
					accepts(t, v, header)
					accepts(t, v, payload)
				} else {
					malformed(t, v, header)
					refuses(t, v, payload, claims.ErrMalformed, "claim_malformed")
				}
			})
			if most := uint64(1<<20 + 64*(len(header)+len(payload))); cost > most {
				t.Errorf("%d levels: %d bytes are allocated for tokens of %d", n, cost, len(header)+len(payload))
			}
		}
	}
}
