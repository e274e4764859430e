package conformance_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/httpauth/dpop"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// TestTogether runs the pieces that meet in one service: an issuer by discovery,
// a file and a Set merged, a cache, httpauth and dpop. Many goroutines send
// tokens while keys rotate, the issuer breaks and the file is replaced. Nothing
// forged is accepted, no good token is refused as bad, no proof is good twice,
// and no goroutine is left.
//
// CONFORMANCE_TOGETHER=30s makes it run that long.
func TestTogether(t *testing.T) {
	length := 500 * time.Millisecond
	if set, ok := os.LookupEnv("CONFORMANCE_TOGETHER"); ok {
		var err error
		if length, err = time.ParseDuration(set); err != nil {
			t.Fatalf("CONFORMANCE_TOGETHER: %v", err)
		}
	}
	before := runtime.NumGoroutine()
	t.Run("run", func(t *testing.T) { newTogether(t).run(t, length) })
	if left := settle(before); left > before {
		buf := make([]byte, 1<<16)
		t.Errorf("%d goroutines are left\n%s", left-before, buf[:runtime.Stack(buf, true)])
	}
}

// settle waits up to its limit for the number of goroutines to fall to want.
func settle(want int) int {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		if n := runtime.NumGoroutine(); n <= want || ctx.Err() != nil {
			return n
		}
		<-tick.C
	}
}

const ofFile, ofSet = "https://file.example", "https://set.example"

// together is one service and everyone who signs for it.
type together struct {
	issuer     *verifiertest.Issuer
	remote     *keys.Remote
	path       string
	inFile     *verifiertest.Signer
	set        *keys.Set
	inSet      atomic.Pointer[verifiertest.Signer]
	published  atomic.Pointer[verifiertest.Signer] // by the issuer, for one rotation more at least
	rotations  atomic.Int64
	evil       *verifiertest.Signer
	v          *verifier.Keyed
	server     *httptest.Server
	client     *ecdsa.PrivateKey // of whom the bound tokens are
	thumbprint string

	good, refused, requests, replays atomic.Int64
}

func newTogether(t *testing.T) *together {
	x := &together{
		issuer: verifiertest.NewIssuer(t), path: filepath.Join(t.TempDir(), "keys.json"),
		inFile: verifiertest.NewSigner(t, keys.ES256, "f"), evil: verifiertest.NewSigner(t, keys.ES256, "f"),
		client: must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)),
	}
	sum := must((&jose.JSONWebKey{Key: x.client.Public()}).Thumbprint(crypto.SHA256))
	x.thumbprint = base64.RawURLEncoding.EncodeToString(sum)
	x.published.Store(x.issuer.Signer())
	x.inSet.Store(verifiertest.NewSigner(t, keys.ES256, "s"))
	x.set = keys.NewSet(x.inSet.Load().Key())
	x.write(t, `{"keys":[`+string(x.inFile.JWK())+`]}`)
	x.remote = must(keys.NewOIDC(x.issuer.URL, keys.WithHTTPClient(x.issuer.Client()), keys.WithRefresh(time.Second)))
	if err := x.remote.Refresh(t.Context()); err != nil { // while nothing is broken yet
		t.Fatal(err)
	}
	file := must(keys.NewFile(x.path))
	src := keys.Merge(x.remote, keys.ForIssuer(ofFile, file), keys.ForIssuer(ofSet, x.set))
	x.v = must(verifier.New(src, verifier.WithAnyAudience(), verifier.WithCache(50), verifier.WithPossessionProven()))
	proofs := must(dpop.New(dpop.WithBaseURL("https://api.example")))
	auth := httpauth.New(x.v, httpauth.WithProof(proofs))
	x.server = httptest.NewTLSServer(auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tok, _ := httpauth.FromContext(r.Context())
		io.WriteString(w, tok.Subject)
	})))
	t.Cleanup(x.server.Close)
	return x
}

// write replaces the key file.
func (x *together) write(t *testing.T, doc string) {
	next := x.path + ".next"
	if err := os.WriteFile(next, []byte(doc), 0o600); err != nil {
		t.Error(err)
	}
	if err := os.Rename(next, x.path); err != nil {
		t.Error(err)
	}
}

// run lets everybody work until the time is over, and then ends them all.
func (x *together) run(t *testing.T, length time.Duration) {
	ctx, cancel := context.WithTimeout(t.Context(), length)
	defer cancel()
	var all sync.WaitGroup
	all.Go(func() { keys.Run(ctx, x.remote) })
	each := func(n int, work func(t *testing.T, i int)) {
		for range n {
			all.Go(func() {
				for i := 0; ctx.Err() == nil; i++ {
					work(t, i)
				}
			})
		}
	}
	each(1, x.rotate)
	each(1, x.disturb)
	each(3, x.send)
	each(2, x.forge)
	each(2, x.request)
	all.Wait()
	x.server.CloseClientConnections()
	x.issuer.Client().CloseIdleConnections()
	t.Logf("%d good tokens, %d forged, %d requests with a proof, %d replays, %d rotations",
		x.good.Load(), x.refused.Load(), x.requests.Load(), x.replays.Load(), x.rotations.Load())
	for name, n := range map[string]int64{"good tokens": x.good.Load(), "forged tokens": x.refused.Load(), "requests": x.requests.Load(), "replays": x.replays.Load(), "rotations": x.rotations.Load()} {
		if n == 0 {
			t.Errorf("no %s", name)
		}
	}
}

// rotate lets the issuer and the Set change their keys.
func (x *together) rotate(t *testing.T, i int) {
	if x.published.Load() == x.issuer.Signer() {
		next := verifiertest.NewSigner(t, keys.ES256, fmt.Sprintf("s%d", i))
		x.set.Rotate(next.Key(), time.Hour)
		x.inSet.Store(next)
		x.rotations.Add(1)
		x.issuer.Rotate()
	}
	// No further rotation before everybody can know of this one.
	if x.remote.Refresh(t.Context()) == nil {
		x.published.Store(x.issuer.Signer())
	}
}

// disturb breaks the issuer and the file, and fixes both.
func (x *together) disturb(t *testing.T, i int) {
	x.issuer.Break(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	x.write(t, []string{"", "{", `{"keys":[]}`}[i%3])
	x.v.Verify(t.Context(), x.inFile.Sign(x.claims(ofFile)))
	x.write(t, `{"keys":[`+string(x.inFile.JWK())+`]}`)
	x.issuer.Break(nil)
	for range 20 {
		x.send(t, i)
	}
}

func (x *together) claims(iss string) map[string]any {
	return map[string]any{"iss": iss, "sub": "user-1", "exp": time.Now().Add(time.Hour).Unix()}
}

// send sends tokens that are good, some of them twice.
func (x *together) send(t *testing.T, _ int) {
	rotations := x.rotations.Load()
	for iss, signer := range map[string]*verifiertest.Signer{x.issuer.URL: x.published.Load(), ofFile: x.inFile, ofSet: x.inSet.Load()} {
		raw := signer.Sign(x.claims(iss))
		for range 2 {
			tok, err := x.v.Verify(t.Context(), raw)
			switch {
			case err == nil && tok.Issuer == iss && tok.Subject == "user-1":
				x.good.Add(1)
			case err == nil:
				t.Errorf("the token of %s became %+v", iss, tok)
			case iss == x.issuer.URL && x.rotations.Load()-rotations > 0: // its key may have left the set by now
			default:
				t.Errorf("a good token of %s: %v", iss, err)
			}
		}
	}
}

// forge signs for every issuer with a key of its own, and for each with the key
// of another.
func (x *together) forge(t *testing.T, i int) {
	flood := verifiertest.NewSigner(t, keys.ES256, fmt.Sprintf("unknown-%d", i))
	for _, iss := range []string{x.issuer.URL, ofFile, ofSet, "https://evil.example"} {
		for _, signer := range []*verifiertest.Signer{x.evil, flood, x.inFile, x.inSet.Load()} {
			if iss == ofFile && signer == x.inFile || iss == ofSet && signer != x.evil && signer != flood && signer != x.inFile {
				continue
			}
			if tok, err := x.v.Verify(t.Context(), signer.Sign(x.claims(iss))); tok != nil || err == nil {
				t.Errorf("a forged token of %s is accepted: %+v, %v", iss, tok, err)
			}
			x.refused.Add(1)
		}
	}
}

// request sends a bound token with a proof, and then the same proof again.
func (x *together) request(t *testing.T, _ int) {
	bound := x.claims(ofFile)
	bound["cnf"] = map[string]any{"jkt": x.thumbprint}
	raw := x.inFile.Sign(bound)
	proof := x.proof(t, raw)
	for i, want := range []int{http.StatusOK, http.StatusUnauthorized} {
		r := must(http.NewRequestWithContext(t.Context(), http.MethodGet, x.server.URL+"/items", nil))
		r.Host = "api.example"
		r.Header.Set("Authorization", "DPoP "+raw)
		r.Header.Set("DPoP", proof)
		res, err := x.server.Client().Do(r)
		if err != nil {
			t.Error(err)
			return
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("use %d of a proof: %d %s, want %d", i+1, res.StatusCode, body, want)
		}
		if i == 0 {
			x.requests.Add(1)
		} else {
			x.replays.Add(1)
		}
	}
}

// proof is one of the client's for GET /items (RFC 9449 §4.2).
func (x *together) proof(t *testing.T, token string) string {
	signer := must(jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: x.client}, (&jose.SignerOptions{EmbedJWK: true}).WithType("dpop+jwt")))
	hash := sha256.Sum256([]byte(token))
	payload := must(json.Marshal(map[string]any{
		"jti": rand.Text(), "htm": "GET", "htu": "https://api.example/items", "iat": time.Now().Unix(),
		"ath": base64.RawURLEncoding.EncodeToString(hash[:]),
	}))
	return must(must(signer.Sign(payload)).CompactSerialize())
}
