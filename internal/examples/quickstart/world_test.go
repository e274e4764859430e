package main_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/jwtverify/jwtverify/internal/evidence/providers"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// reach returns the settings with which a program reaches the hosts of w under their
// real names: a proxy, which connects to them, and a file with the CA.
func reach(t *testing.T, w *verifiertest.World) []string {
	t.Helper()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, w.CA(), 0o600); err != nil {
		t.Fatal(err)
	}
	dial := w.Client().Transport.(*http.Transport).DialContext
	proxy := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		there, err := dial(r.Context(), "tcp", r.Host)
		if r.Method != http.MethodConnect || err != nil {
			http.Error(rw, "no such host", http.StatusBadGateway)
			return
		}
		here, _, err := http.NewResponseController(rw).Hijack()
		if err != nil {
			there.Close()
			return
		}
		io.WriteString(here, "HTTP/1.1 200 OK\r\n\r\n")
		go pipe(there, here)
		pipe(here, there)
	}))
	t.Cleanup(proxy.Close)
	return []string{"HTTPS_PROXY=" + proxy.URL, "NO_PROXY=", "SSL_CERT_FILE=" + ca}
}

// pipe copies until either side ends, and then ends both.
func pipe(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	io.Copy(to, from) // its error is the end of a connection
}

// provider starts the first simulated provider of a preset in w.
func provider(t *testing.T, w *verifiertest.World, preset string) *providers.Running {
	t.Helper()
	for _, p := range providers.All() {
		if p.Preset == preset {
			return p.Start(t, w)
		}
	}
	t.Fatalf("no provider for %s", preset)
	return nil
}
