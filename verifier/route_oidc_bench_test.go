package verifier_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// BenchmarkRouteOIDC has 10,000 tenants, each an issuer with discovery whose keys are
// fetched over TLS from a server that only the exception of keys.WithPublicAddresses
// makes reachable. 1,000 of them are kept. One good tenant goes on while others send
// 100,000 tokens of issuers that nobody trusts, and then 2,000 forged ones of tenants.
// It takes two minutes:
//
//	go test -run '^$' -bench RouteOIDC -benchtime 1x ./verifier
func BenchmarkRouteOIDC(b *testing.B) {
	const tenants, kept, flood, forged = 10_000, 1_000, 100_000, 2_000
	signer := verifiertest.NewSigner(b, keys.ES256, "key-1")
	world, base, client := publishTenants(b, signer)
	token := func(s *verifiertest.Signer, iss string) string {
		return s.Sign(map[string]any{"iss": iss, "sub": "user-123", "aud": "api", "exp": time.Now().Add(time.Hour).Unix()})
	}
	issuer := func(i int) string { return fmt.Sprint(base, "/tenants/", i) }
	var asked atomic.Int64
	to := func(_ context.Context, iss string) (verifier.Verifier, error) {
		asked.Add(1)
		if !strings.HasPrefix(iss, base+"/tenants/") { // stands for a row of a database
			return nil, nil
		}
		src, err := keys.NewOIDC(iss, keys.WithHTTPClient(client), keys.WithPublicAddresses("localhost"))
		if err != nil {
			return nil, err
		}
		return verifier.New(src, verifier.WithAudience("api"))
	}
	good, attacker := make([]string, tenants), verifiertest.NewSigner(b, keys.ES256, "key-1")
	for i := range good {
		good[i] = token(signer, issuer(i))
	}
	strange, forgeries := make([]string, flood), make([]string, forged)
	for i := range strange {
		strange[i] = token(attacker, fmt.Sprint("https://issuer-", i, ".example"))
	}
	for i := range forgeries {
		forgeries[i] = token(attacker, issuer(i))
	}
	host := strings.TrimPrefix(base, "https://")
	requests := 0
	sent := func() float64 { // requests since the last call
		before := requests
		requests = world.Requests(host)
		return float64(requests - before)
	}

	for b.Loop() {
		before := heap()
		r := verifier.Route(func(s *claims.Set) string { return s.Issuer }, to, kept)
		sent()
		asked.Store(0)
		start := time.Now()
		for _, raw := range good {
			if _, err := r.Verify(context.Background(), raw); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(time.Since(start).Microseconds())/tenants, "µs/first-token")
		client.CloseIdleConnections()
		b.ReportMetric(float64(heap()-before)/kept, "B/kept")
		b.ReportMetric(sent(), "requests-for-tenants")
		b.ReportMetric(float64(asked.Swap(0)), "asked-for-tenants")

		last := good[tenants-1]
		micros := func(name string, took []time.Duration) {
			b.ReportMetric(float64(quantile(took, 0.5).Microseconds()), "µs-p50-"+name)
			b.ReportMetric(float64(quantile(took, 0.99).Microseconds()), "µs-p99-"+name)
		}
		micros("quiet", latencies(b, r, last, nil))
		// The same load on a verifier that shares nothing with the Router shows what is
		// due to the processors alone.
		other, err := verifier.New(keys.Static(signer.Key()), verifier.WithAudience("api"))
		if err != nil {
			b.Fatal(err)
		}
		busy, _ := underLoad(b, r, last, other, strange)
		micros("busy", busy)
		sent()
		took, refused := underLoad(b, r, last, r, strange)
		micros("flood", took)
		b.ReportMetric(float64(refused), "refused-in-flood")
		b.ReportMetric(sent(), "requests-in-flood")
		b.ReportMetric(float64(asked.Swap(0)), "asked-in-flood")
		b.ReportMetric(float64(heap()-before)/kept, "B/kept-after-flood")

		took, refused = underLoad(b, r, last, r, forgeries)
		micros("forged", took)
		b.ReportMetric(float64(refused), "refused-forged")
		b.ReportMetric(sent(), "requests-for-forged")
		b.ReportMetric(float64(heap()-before)/kept, "B/kept-after-forged")
		runtime.KeepAlive(r)
	}
}

// publishTenants serves metadata and keys of every issuer https://localhost:PORT/PATH.
// It returns the part before the path, and a client that dials and resolves names as
// any other does.
func publishTenants(b *testing.B, signer *verifiertest.Signer) (w *verifiertest.World, base string, client *http.Client) {
	w = verifiertest.NewWorld(b)
	w.Handle("port.example", http.NotFoundHandler())
	var at net.Addr // of the World
	ctx := httptrace.WithClientTrace(b.Context(), &httptrace.ClientTrace{GotConn: func(c httptrace.GotConnInfo) { at = c.Conn.RemoteAddr() }})
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://port.example/", nil)
	if err != nil {
		b.Fatal(err)
	}
	resp, err := w.Client().Do(req)
	if err != nil {
		b.Fatal(err)
	}
	resp.Body.Close()
	_, port, err := net.SplitHostPort(at.String())
	if err != nil {
		b.Fatal(err)
	}
	base = "https://localhost:" + port
	set := append(append([]byte(`{"keys":[`), signer.JWK()...), "]}"...)
	w.Handle("localhost:"+port, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		iss, isMetadata := strings.CutSuffix(r.URL.Path, "/.well-known/openid-configuration")
		if !isMetadata {
			rw.Write(set)
			return
		}
		json.NewEncoder(rw).Encode(map[string]string{"issuer": base + iss, "jwks_uri": base + iss + "/jwks.json"})
	}))
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(w.CA())
	return w, base, &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
}
