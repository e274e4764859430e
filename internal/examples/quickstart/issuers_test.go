package main_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/internal/evidence/providers"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// TestIssuers gives one reference for three issuers under their real names, whose
// tokens are in different places.
func TestIssuers(t *testing.T) {
	w := verifiertest.NewWorld(t)
	github, cognito, cloudflare := provider(t, w, "github"), provider(t, w, "cognito"), provider(t, w, "cloudflare")
	s := start(t, append(reach(t, w), "JWT_ISSUERS="+github.Reference+","+cognito.Reference+","+cloudflare.Reference)...)
	for _, r := range []*providers.Running{github, cognito, cloudflare} {
		field := "Authorization"
		if r == cloudflare {
			field = "Cf-Access-Jwt-Assertion"
		}
		for _, v := range append([]providers.Variant{{Name: "usual token"}}, r.Good...) {
			if code := s.status(t, field, r.Token(t, v)); code != http.StatusOK {
				t.Errorf("%s: %s: %d, want 200\n%s", r.Preset, v.Name, code, s.stderr)
			}
		}
		for _, v := range r.Wrong {
			if code := s.status(t, field, r.Token(t, v)); code != http.StatusUnauthorized {
				t.Errorf("%s: %s: %d, want 401", r.Preset, v.Name, code)
			}
		}
		if code := s.status(t, "X-Other", r.Token(t, providers.Variant{})); code != http.StatusUnauthorized {
			t.Errorf("%s: in another field: %d, want 401", r.Preset, code)
		}
	}
	if got := s.get(t, "/healthz", ""); !strings.HasPrefix(got, "200 ") {
		t.Errorf("/healthz = %s", got)
	}
	for _, want := range []string{
		"preset    github, GitHub Actions: issuer, dates and signature; aud as given; repository_id or repository_owner_id or job_workflow_ref as given\n",
		"preset    cloudflare, Cloudflare Access: issuer, dates and signature; aud as given; type is app; ",
		"tokens in Authorization: Bearer TOKEN, or Cf-Access-Jwt-Assertion: TOKEN, or Cookie: CF_Authorization=TOKEN\n",
	} {
		if !strings.Contains(s.usage, want) {
			t.Errorf("%q is not in\n%s", want, s.usage)
		}
	}
}

// status returns the status of GET /protected with token in a field. In the field
// Authorization its scheme is Bearer.
func (s *server) status(t *testing.T, field, token string) int {
	t.Helper()
	if field == "Authorization" {
		token = "Bearer " + token
	}
	code, err := ask(http.DefaultClient, s.url, field, token)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// ask returns the status of GET /protected with a field of that value.
func ask(client *http.Client, url, field, value string) (int, error) {
	req, err := http.NewRequest(http.MethodGet, url+"/protected", nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set(field, value)
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	return resp.StatusCode, nil
}

// TestIssuersSettings: the settings show no secret and no value of a parameter, and
// the line to paste carries the token where the issuer expects it.
func TestIssuersSettings(t *testing.T) {
	const secret = "shpss_0123456789abcdef0123456789abcdef"
	s := start(t, "S="+secret, "JWT_ISSUERS=shopify:?key=app-1&secret=env:S&claim.plan=pa55word")
	if text := s.usage + s.stderr.String(); strings.Contains(text, secret) || strings.Contains(text, "env:") || strings.Contains(text, "pa55word") {
		t.Errorf("it prints a secret:\n%s", text)
	}
	if !strings.Contains(s.usage, "keys      1 given directly, not shown\n") || !strings.Contains(s.usage, "preset    shopify, ") {
		t.Errorf("it prints\n%s", s.usage)
	}
	s.check(t, "/healthz", "", `200 {"sources":[],"status":"ok"}`)

	alb := start(t, "JWT_ISSUERS=alb:eu-west-1?signer=arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/a/50dc6c495c0c9188&client=1ex&iss=https://login.example")
	if want := `curl -i -H "X-Amzn-Oidc-Data: $TOKEN" ` + alb.url + "/protected\n"; !strings.Contains(alb.usage, want) {
		t.Errorf("%q is not in\n%s", want, alb.usage)
	}
	// Each key is fetched when a token names it, so there is none yet.
	if got := alb.get(t, "/healthz", ""); !strings.HasPrefix(got, "200 ") {
		t.Errorf("alb: /healthz = %s", got)
	}
}

// TestHealthTellsFaultFromOutage: the health page and the log say whether a setting
// is wrong, which waiting does not mend, or the issuer is down.
func TestHealthTellsFaultFromOutage(t *testing.T) {
	w := verifiertest.NewWorld(t)
	w.Issuer("https://right.example/a")
	w.Issuer("https://other.example/a", verifiertest.WithMetadataURL("https://misnamed.example/.well-known/openid-configuration"))
	w.Handle("down.example", http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		http.Error(rw, "down", http.StatusBadGateway)
	}))
	oidc := func(host string) string { return "oidc:https://" + host + "?aud=api" }
	file := filepath.Join(t.TempDir(), "issuers")
	write(t, file, oidc("misnamed.example"))
	for _, test := range []struct {
		name, ref, fault, log string
		ready                 bool
	}{
		{"another issuer in the metadata", oidc("misnamed.example"), "configuration", `level=ERROR msg="keys: configuration fault"`, false},
		{"the same in a file", "file:" + file, "configuration", `level=ERROR msg="keys: configuration fault"`, false},
		{"no metadata", oidc("right.example"), "configuration", `level=ERROR msg="keys: configuration fault"`, false},
		{"an outage", oidc("down.example"), "outage", `level=ERROR msg="keys: fetch failed, and there are no keys that may be used"`, false},
		{"both", oidc("misnamed.example") + "," + oidc("down.example"), "outage", `msg="keys: configuration fault"`, false},
		{"one of two works", oidc("misnamed.example") + "," + oidc("right.example/a"), "", `msg="keys: configuration fault"`, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := start(t, append(reach(t, w), "JWT_ISSUERS="+test.ref)...)
			s.stderr.wait(t, test.log)
			got := eventually(t, func() (string, bool) {
				got := s.get(t, "/healthz", "")
				return got, !strings.Contains(got, "not fetched yet")
			})
			if ready := strings.HasPrefix(got, "200 "); ready != test.ready {
				t.Errorf("/healthz = %s; want ready %v", got, test.ready)
			}
			if want := `"fault":"` + test.fault + `","sources"`; !test.ready && !strings.Contains(got, want) {
				t.Errorf("/healthz = %s; want %s", got, want)
			}
			if !strings.Contains(got, `"error":"keys: `) {
				t.Errorf("/healthz = %s; want the reason", got)
			}
		})
	}
}

// eventually calls f until it reports that its value is there.
func eventually(t *testing.T, f func() (string, bool)) string {
	t.Helper()
	for limit := time.Now().Add(20 * time.Second); ; {
		got, ok := f()
		if ok {
			return got
		}
		if time.Now().After(limit) {
			t.Fatalf("after 20 seconds it is still %s", got)
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
