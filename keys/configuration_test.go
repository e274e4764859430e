package keys_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"crypto/tls"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/keys"
)

const logsFault = "ERROR keys: configuration fault"

// TestConfigurationFault: a setting that can never work is told apart from an
// outage, in errors, in Status and in the log.
func TestConfigurationFault(t *testing.T) {
	good := edSigner(t, "a")
	s := newOIDCSite(t)
	long := s.URL + "/" + strings.Repeat("long", 60)
	for _, test := range []struct {
		name   string
		issuer string
		paths  map[string]http.HandlerFunc
		fault  bool
		want   string
	}{
		{"no metadata", s.URL + "/t", nil, true, "the issuer has no metadata"},
		{"metadata gone", s.URL + "/t", map[string]http.HandlerFunc{"/t" + wellKnownOIDC: status(410, "")}, true, "the issuer has no metadata"},
		{"another issuer", s.URL, map[string]http.HandlerFunc{wellKnownOIDC: s.metadata("https://other.example/t", "/keys")}, true,
			fmt.Sprintf(`is for issuer "https://other.example/t", not %q; use oidc:https://other.example/t`, s.URL)},
		{"another issuer, and HTML at the other place", s.URL, map[string]http.HandlerFunc{wellKnownOIDC: s.metadata("https://other.example", "/keys"), wellKnownOAuth: text("<html>")}, true, "use oidc:https://other.example"},
		{"another issuer, whole", long, map[string]http.HandlerFunc{strings.TrimPrefix(long, s.URL) + wellKnownOIDC: s.metadata("https://other.example/"+strings.Repeat("o", 400), "/keys")}, true,
			fmt.Sprintf(`"https://other.example/%s", not %q; use oidc:https://other.example/%[1]s`, strings.Repeat("o", 400), long)},
		{"a template", s.URL, map[string]http.HandlerFunc{wellKnownOIDC: s.metadata("https://login.example/{tenantid}/v2.0", "/keys")}, true, `"https://login.example/{tenantid}/v2.0"`},
		{"an issuer that is not sound", s.URL, map[string]http.HandlerFunc{wellKnownOIDC: s.metadata("http://other.example", "/keys")}, true, fmt.Sprintf(`"http://other.example", not %q`, s.URL)},
		{"no jwks_uri", s.URL, map[string]http.HandlerFunc{wellKnownOIDC: text(`{"issuer":"` + s.URL + `"}`)}, true, "env:NAME?alg=HS256"},
		{"an empty set", s.URL, map[string]http.HandlerFunc{wellKnownOIDC: s.metadata(s.URL, "/keys"), "/keys": text(`{"keys":[]}`)}, true, "env:NAME?alg=HS256"},
		{"another issuer, and an outage at the other place", s.URL, map[string]http.HandlerFunc{wellKnownOIDC: s.metadata("https://other.example", "/keys"), wellKnownOAuth: status(503, "")}, false, "answered 503"},
		{"no metadata, and a limit at the other place", s.URL, map[string]http.HandlerFunc{wellKnownOAuth: status(429, "")}, false, "answered 429"},
		{"HTML", s.URL, map[string]http.HandlerFunc{wellKnownOIDC: text("<html>")}, false, "not a JSON object"},
		{"metadata that names nobody", s.URL, map[string]http.HandlerFunc{wellKnownOIDC: text("{}")}, false, `for issuer ""`},
		{"a set of odd keys", s.URL, map[string]http.HandlerFunc{wellKnownOIDC: s.metadata(s.URL, "/keys"), "/keys": text(`{"keys":[{}]}`)}, false, "the only key is unusable"},
		{"no set", s.URL, map[string]http.HandlerFunc{wellKnownOIDC: s.metadata(s.URL, "/keys"), "/keys": status(404, "")}, false, "answered 404"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s.serve(test.paths)
			j := new(journal)
			r := newOIDC(t, test.issuer, j.option())
			err := r.Refresh(t.Context())
			_, findErr := r.Find(t.Context(), hint("a"))
			for of, err := range map[string]error{"Refresh": err, "Find": findErr, "Status": r.Status().Err} {
				if !errors.Is(err, keys.ErrUnavailable) || errors.Is(err, keys.ErrConfiguration) != test.fault {
					t.Errorf("%s: %v; want ErrConfiguration %v", of, err, test.fault)
				}
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("%s: %v\nwant %s", of, err, test.want)
				}
				if err != nil {
					isShort(t, of, err.Error(), 4200)
				}
			}
			want := []string{logUnavailable}
			if test.fault {
				want = []string{logsFault}
			}
			if diff := cmp.Diff(want, j.take()); diff != "" {
				t.Errorf("log (-want +got)\n%s", diff)
			}
			if !test.fault {
				return
			}
			// It is fixed without a restart, and from then on the same answer is an outage.
			at := strings.TrimPrefix(test.issuer, s.URL) + wellKnownOIDC
			s.serve(map[string]http.HandlerFunc{at: s.metadata(test.issuer, "/keys"), "/keys": jwks(good)})
			if err := r.Refresh(t.Context()); err != nil {
				t.Fatal(err)
			}
			s.serve(map[string]http.HandlerFunc{at: s.metadata(test.issuer, "/keys"), "/keys": text(`{"keys":[]}`)})
			if err := r.Refresh(t.Context()); err == nil || errors.Is(err, keys.ErrConfiguration) {
				t.Errorf("after a good set: %v; want an outage", err)
			}
			if ks := mustFind(t, r, hint("a")); len(ks) != 1 {
				t.Errorf("the last good set: %v", ks)
			}
		})
	}
}

// TestConfigurationFaultIsSafe: what the metadata names is quoted, without secrets,
// and offered only where a reference may hold it.
func TestConfigurationFaultIsSafe(t *testing.T) {
	s := newOIDCSite(t)
	for _, issuer := range []string{
		"https://user:s3cr3t@other.example", "https://other.example?s3cr3t", "https://other.example/a,env:A", "https://other.example/\u202e",
		"https://other.example/a b", "https://other.example/\x1b[31m", "http://127.0.0.1", "//other.example", "https://other.example" + wellKnownOIDC,
		"https://other.example/" + strings.Repeat("x", 600<<10),
	} {
		s.serve(map[string]http.HandlerFunc{wellKnownOIDC: s.metadata(issuer, "/keys")})
		err := newOIDC(t, s.URL).Refresh(t.Context())
		if err == nil || strings.Contains(err.Error(), "use oidc:") || strings.Contains(err.Error(), "s3cr3t") || strings.Contains(err.Error(), "\u202e") {
			t.Errorf("%.80q: %.300v", issuer, err)
			continue
		}
		isShort(t, "the message", err.Error(), 4200)
	}
	s.serve(map[string]http.HandlerFunc{"/m": s.metadata("https://other.example", "/keys")})
	err := newOIDC(t, s.URL, keys.WithMetadataURL(s.URL+"/m")).Refresh(t.Context())
	if err == nil || !strings.Contains(err.Error(), "use oidc:https://other.example with the same metadata URL") {
		t.Errorf("with a metadata URL: %v", err)
	}
}

// TestConfigurationFaultOfAuthority: a certificate of an unknown authority is one, an
// expired certificate is not.
func TestConfigurationFaultOfAuthority(t *testing.T) {
	ours, theirs := newAuthority(t), newAuthority(t)
	var cert atomic.Pointer[tls.Certificate]
	s := newTLSSite(t, &cert, jwks(edSigner(t, "a")))
	for name, test := range map[string]struct {
		cert  *tls.Certificate
		fault bool
	}{
		"unknown authority": {theirs.server(time.Now().Add(time.Hour), "keys.example"), true},
		"expired":           {ours.server(time.Now().Add(-time.Hour), "keys.example"), false},
	} {
		cert.Store(test.cert)
		for of, r := range map[string]*keys.Remote{
			"NewRemote": newRemote(t, s.URL, keys.WithHTTPClient(ours.client())),
			"NewOIDC":   newOIDC(t, s.URL, keys.WithHTTPClient(ours.client())),
		} {
			if err := r.Refresh(t.Context()); !errors.Is(err, keys.ErrUnavailable) || errors.Is(err, keys.ErrConfiguration) != test.fault {
				t.Errorf("%s, %s: %v", of, name, err)
			}
		}
	}
}

// TestTemplateIsReadable: the placeholder of a template is shown as it is written.
func TestTemplateIsReadable(t *testing.T) {
	p := keys.ForIssuer("https://login.example/{tenantid}/v2.0", keys.Static(edKey(t, "a")))
	if got := fmt.Sprint(p); got != "keys for issuer https://login.example/{tenantid}/v2.0" {
		t.Error(got)
	}
}
