package issuers_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/verifier/issuers"
)

const anyGUID = "72f988bf-86f1-41af-91ab-2d7cd011db47"

// TestReferenceErrors: every error names the preset and the parameter, and says what
// to write.
func TestReferenceErrors(t *testing.T) {
	t.Setenv("SHOPIFY_SECRET", "shpss_0123456789abcdef0123456789abcdef")
	for _, test := range []struct {
		name, ref string
		want      []string
	}{
		{"nothing", "", []string{"the reference is empty; write PRESET:ARGUMENT"}},
		{"white space", " \t", []string{"the reference is empty"}},
		{"unknown preset", "gihub:?aud=a", []string{"does not begin with a preset (is it github?); use one of alb, apple"}},
		{"nearest of two", "googl-sa:?aud=a", []string{"(is it google-sa?)"}},
		{"preset in capitals", "GitHub:?aud=a", []string{"(is it github?)"}},
		{"unlike any preset", "https://issuer.example", []string{"does not begin with a preset; use one of"}},
		{"no argument", "cognito?client=a", []string{"cognito: what follows the colon is not the ID of the user pool"}},
		{"wrong shape of the argument", "cognito:pool?client=a", []string{"cognito: what follows the colon is not the ID of the user pool, such as eu-west-1_AbC123xyz"}},
		{"a tenant's domain", "entra:contoso.onmicrosoft.com?client=" + anyGUID, []string{"entra: what follows the colon is not a tenant ID (a GUID, not a domain)"}},
		{"argument not taken", "apple:team?client=a", []string{"apple: takes nothing after the colon"}},
		{"missing need", "auth0:a.auth0.com", []string{"auth0: needs aud: the identifier of your API keeps out tokens for other APIs"}},
		{"missing needs", "github:?ref=refs/heads/main", []string{
			"github: needs aud: GitHub signs for every repository, and the workflow chooses aud",
			"needs repository_id, repository_owner_id or job_workflow_ref: GitHub signs for every repository"}},
		{"a name is no need", "github:?aud=a&sub=repo:octo/shop:ref:refs/heads/main", []string{"github: needs repository_id, repository_owner_id or job_workflow_ref"}},
		{"unknown parameter", "apple:?cliend=a", []string{"apple: it has a parameter that this preset does not know (is it client?); use client, email_verified, claim.NAME, lifetime"}},
		{"parameter in capitals", "apple:?Client=a", []string{"(is it client?)"}},
		{"parameter of another preset", "apple:?client=a&tenant=b", []string{"apple: it has a parameter that this preset does not know; use client"}},
		{"empty parameter", "apple:?client=", []string{"apple: client is empty; is a variable unset?"}},
		{"empty parameter among others", "apple:?client=a&client=", []string{"apple: client is empty"}},
		{"no equals sign", "apple:?client", []string{"apple: client is empty"}},
		{"repeated parameter", "spiffe:example.org?bundle=https://a.example/b&bundle=https://a.example/c&aud=a", []string{"spiffe: bundle is given twice; give it once"}},
		{"wrong shape", "github:?aud=a&repository_id=octo/shop", []string{"github: repository_id is not the ID of the repository, a number"}},
		{"branch for a reference", "github:?aud=a&repository_id=1&ref=main", []string{"github: ref is not the Git reference, such as refs/heads/main"}},
		{"wildcard", "hcp-terraform:?aud=a&organization=*", []string{"hcp-terraform: organization is not the ID of the organization"}},
		{"empty claim name", "apple:?client=a&claim.=x", []string{"apple: it has a parameter that this preset does not know"}},
		{"empty path of a claim", "apple:?client=a&claim./=x", []string{"apple: it has a parameter that this preset does not know"}},
		{"empty part of a path", "apple:?client=a&claim./a//b=x", []string{"apple: it has a parameter that this preset does not know"}},
		{"empty claim", "apple:?client=a&claim.email=", []string{"apple: claim.NAME is empty"}},
		{"lifetime without unit", "apple:?client=a&lifetime=15", []string{"apple: lifetime is not the longest time from iat to exp, such as 15m"}},
		{"lifetime of nothing", "apple:?client=a&lifetime=0m", []string{"apple: lifetime is not"}},
		{"lifetime too long to read", "apple:?client=a&lifetime=" + strings.Repeat("9", 30) + "h", []string{"apple: lifetime is too long to read; give a time such as 15m"}},
		{"space", "apple:?client=a b", []string{"has a space or control character inside"}},
		{"line end", "apple:?client=a\nb", []string{"has a space or control character inside"}},
		{"NUL", "apple:?client=a\x00b", []string{"has a space or control character inside"}},
		{"C1 control", "apple:?client=a\u0085b", []string{"has a space or control character inside"}},
		{"escaped control", "apple:?client=a%0Ab", []string{"apple: client has a control character or is not UTF-8"}},
		{"escaped control in the argument", "auth0:a.auth0.com%0A?aud=a", []string{"auth0: what follows the colon is not the domain"}},
		{"not UTF-8", "apple:?client=%ff", []string{"apple: client has a control character or is not UTF-8"}},
		{"bad escape in the argument", "auth0:%zz?aud=a", []string{"auth0: the part after auth0: has a bad percent escape; write % as %25"}},
		{"bad escape in a value", "apple:?client=%zz", []string{"apple: the parameters cannot be read; write NAME=VALUE&NAME=VALUE, with %26 for &, %3B for ; and %25 for % in a value"}},
		{"semicolon", "apple:?client=a;client=b", []string{"apple: the parameters cannot be read"}},
		{"very long", "apple:?client=" + strings.Repeat("a", 5000), []string{"the reference is longer than 4096 bytes"}},
		{"file in a list", "apple:?client=a,file:/etc/issuers", []string{"reference 2: file: stands alone, not in a list"}},
		{"place in a list", "apple:?client=a,apple:?", []string{"reference 2: apple: needs client"}},
		{"trailing comma", "apple:?client=a,", []string{"reference 2: the reference is empty"}},
		{"every mistake of a list", "gihub:,apple:?client=a,auth0:x", []string{"reference 1: the reference does not begin with a preset", "reference 3: auth0: needs aud"}},
		{"the same twice", "apple:?client=a,apple:?client=a", []string{"reference 2: it is the same as an earlier one; remove it"}},
		{"same issuer", "apple:?client=a,apple:?client=b", []string{"reference 2: apple: its issuer is that of reference 1 too; make a list for each route"}},
		{"same issuer of two presets", "google:?client=a,google-sa:?aud=a&email=a@b", []string{"reference 2: google-sa: its issuer is that of reference 1 too"}},
		{"same tenants", "entra:organizations?client=" + anyGUID + ",entra:common?client=" + anyGUID, []string{"reference 2: entra: its tokens are those of reference 1 too"}},
		{"same shops", "shopify:?key=a&secret=env:SHOPIFY_SECRET,shopify:?key=b&secret=env:SHOPIFY_SECRET", []string{"reference 2: shopify: its tokens are those of reference 1 too"}},
		{"same trust domain", "spiffe:a.org?bundle=https://a.example/1&aud=a,spiffe:a.org?bundle=https://a.example/2&aud=a", []string{"reference 2: spiffe: its tokens are those of reference 1 too"}},
		{"client ID for an API", "auth0:a.auth0.com?aud=AbCdEfGhIjKlMnOpQrStUvWxYz012345", []string{"auth0: aud is a client ID, which ID tokens name"}},
		{"userinfo for an API", "auth0:a.auth0.com?aud=https://a.auth0.com/userinfo", []string{"auth0: aud is that of the userinfo endpoint"}},
		{"audience of every client", "keycloak:https://sso.example/realms/a?aud=account", []string{"keycloak: aud is account, which the tokens of every client of the realm name"}},
		{"audience of every pod", "kubernetes:https://a.example?namespace=a&aud=https://kubernetes.default.svc", []string{"kubernetes: aud is that of the API server"}},
		{"audience of every pod, with a port", "kubernetes:https://a.example?namespace=a&aud=https://kubernetes.default.svc:443", []string{"kubernetes: aud is that of the API server"}},
		{"issuer as audience", "kubernetes:https://a.example?namespace=a&aud=https://a.example", []string{"kubernetes: aud is that of the API server"}},
		{"audience of every job", "nomad:https://a.example?namespace=a&job=b&aud=nomadproject.io", []string{"nomad: aud is nomadproject.io"}},
		{"ID tokens for a resource", "cognito:eu-west-1_A?client=a&use=id&aud=b", []string{"cognito: aud has no meaning with use=id"}},
		{"SPIFFE ID of another domain", "spiffe:a.org?bundle=https://a.example/1&aud=a&id=spiffe://b.org/x", []string{"spiffe: id is not in the trust domain; write it as spiffe://a.org/ and a path"}},
		{"unknown algorithm", "oidc:https://a.example?aud=a&alg=RS257", []string{"oidc: alg is not the algorithm, such as RS256"}},
		{"no algorithm", "oidc:https://a.example?aud=a&alg=none", []string{"oidc: alg is not the algorithm, such as RS256"}},
		{"secret as such", "shopify:?key=a&secret=shpss_0123", []string{"shopify: secret is not env:NAME or file:PATH"}},
		{"http", "oidc:http://issuer.example?aud=a", []string{"oidc: what follows the colon is not the https URL in \"iss\""}},
		{"userinfo in a URL", "oidc:https://user:password@issuer.example?aud=a", []string{"oidc: what follows the colon is not"}},
		{"one audience for everybody", "dex:https://oauth2.sigstore.dev/auth?client=sigstore", []string{"dex: the issuer signs for everybody with one audience"}},
		{"org server of Okta", "okta:https://dev-1.okta.com?aud=a", []string{"okta: what follows the colon is not the issuer URL of a custom authorization server", "only for Okta to read"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := issuers.Open(t.Context(), test.ref)
			if err == nil {
				t.Fatal("it opened")
			}
			oneLine(t, err)
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v\nwant %q", err, want)
				}
			}
		})
	}
}

// oneLine checks what holds for the text of every error of Open.
func oneLine(t *testing.T, err error) {
	t.Helper()
	text := err.Error()
	if !strings.HasPrefix(text, "issuers: ") || strings.Count(text, "issuers: ") != 1 || strings.ContainsFunc(text, func(c rune) bool { return c < ' ' || c == 0x7f }) {
		t.Errorf("not one line with one package name: %q", text)
	}
}

// TestEverybodysIssuers: presets that check only what one's own issuer needs refuse
// issuers that sign for everybody. Else anybody could get a token for them.
func TestEverybodysIssuers(t *testing.T) {
	ask := map[string]string{
		"oidc": "?aud=a", "hydra": "?aud=a", "authelia": "?aud=a", "dex": "?client=a", "vault": "?client=a", "zitadel": "?project=a&client=b",
		"kubernetes": "?aud=a&namespace=b", "nomad": "?aud=a&namespace=b&job=c",
	}
	for issuer, want := range map[string]string{
		"https://token.actions.githubusercontent.com":                "use github",
		"https://token.actions.githubusercontent.com/octo":           "use github",
		"https://gitlab.com":                                         "use gitlab",
		"https://agent.buildkite.com":                                "use buildkite",
		"https://app.terraform.io":                                   "use hcp-terraform",
		"https://oidc.circleci.com/org/" + anyGUID:                   "use circleci",
		"https://accounts.google.com":                                "use google or google-sa",
		"https://" + anyGUID + ".tokens.sts.global.api.aws":          "use aws-sts",
		"https://token.actions.githubusercontent.com/enterprise-two": "use github",
	} {
		for preset, params := range ask {
			if preset == "zitadel" && strings.Count(issuer, "/") > 2 {
				continue // it takes no path
			}
			for _, ref := range []string{preset + ":" + issuer + params, preset + ":" + url.PathEscape(issuer) + params, preset + ":" + issuer + params + "&metadata=https://elsewhere.example/metadata"} {
				_, err := issuers.Open(t.Context(), ref)
				if err == nil || !strings.Contains(err.Error(), preset+": the issuer signs for everybody") || !strings.Contains(err.Error(), want) {
					t.Errorf("%s: %v; want %q", ref, err, want)
				}
			}
		}
	}
}

// TestNaturalReferences: what people write and copy opens.
func TestNaturalReferences(t *testing.T) {
	upper := strings.ToUpper(anyGUID)
	for _, ref := range []string{
		"entra:" + upper + "?client=" + upper + "&azp=" + upper,
		"entra:" + upper + ";9188040d-6c67-4c5b-b112-36a304b66dad?client=" + anyGUID,
		"entra-v1:" + upper + "?aud=api://orders&client=" + upper,
		"entra-b2c:Contoso/" + upper + "?policy=B2C_1_signin&client=" + upper + "&use=id",
		"auth0:https://My-Domain.eu.auth0.com/?aud=https://api.example",
		"okta:https://dev-1.okta.com/oauth2/default/?aud=api://default",
		"keycloak:https://sso.example:8443/auth/realms/shop/?aud=orders-api",
		"keycloak:https://sso.example/realms/My%2520Realm?aud=orders-api",
		"keycloak:http://localhost:8080/realms/shop?aud=orders-api",
		"authentik:https://authentik.company/application/o/shop?client=a",
		"authentik:http://127.0.0.1:9000/application/o/shop/?client=a",
		"zitadel:https://my.zitadel.cloud/?project=1&client=2",
		"oidc:http://[::1]:5556/dex?aud=a",
		"oidc:https://[2001:db8::1]:8443/?aud=a",
		"dex:http://127.0.0.1:5556/dex?client=a",
		"clerk:https://clerk.example.com/?origin=https://app.example:3000",
		"clerk:clerk.example.com?origin=http://localhost:3000",
		"cloudflare:team.cloudflareaccess.com?aud=" + strings.Repeat("AB", 32),
		"cloudflare:https://team.cloudflareaccess.com/?aud=" + strings.Repeat("ab", 32),
		"firebase:example.com:my-project",
		"github:https://github.example/_services/token?aud=a&repository_id=1",
		"github:?aud=sts.amazonaws.com&repository_id=1&repository_id=2",
		"oidc:https://issuer.example?aud=a&typ=at+jwt",
		"google-sa:?aud=a&email=a+b@project.iam.gserviceaccount.com",
		"  apple:?client=a  ",
		"apple?client=a",
		"apple:?client=a&",
		"apple:?client=a%2Cb,auth0:a.auth0.com?aud=a",
		"spiffe:example.org?bundle=https://spire.example:8443&aud=spiffe://example.org/api",
		"nomad:https://10.0.0.1:4646?aud=a&namespace=b&job=c&iss=none",
		"vault:https://vault.example:8200/v1/team-a/identity/oidc/provider/default?client=a",
		"kubernetes:https://oidc.eks.eu-west-1.amazonaws.com/id/ABC?aud=a&sub=system:serviceaccount:shop:web",
		"kubernetes:https://container.googleapis.com/v1/projects/p/locations/l/clusters/c?aud=a&namespace=shop",
	} {
		if _, err := issuers.Open(t.Context(), ref); err != nil {
			t.Errorf("%s: %v", ref, err)
		}
	}
}

const marker = "s3cr3t.M4RKER"

// TestErrorsQuoteNoValue puts a secret into every position of every example, as
// happens by mistake, and looks for it in the error.
func TestErrorsQuoteNoValue(t *testing.T) {
	t.Setenv("SHOPIFY_SECRET", "shpss_0123456789abcdef0123456789abcdef")
	errors := 0
	for _, p := range issuers.Presets() {
		for _, ref := range marked(p.Example) {
			if strings.HasPrefix(ref, "file:") {
				continue // OpenFile, whose errors name the path
			}
			for _, list := range []string{ref, ref + ",apple:?client=a", p.Example + "," + ref} {
				_, err := issuers.Open(t.Context(), list)
				if err == nil {
					continue // a value that it may have
				}
				errors++
				oneLine(t, err)
				if text := err.Error(); strings.Contains(strings.ToLower(text), strings.ToLower(marker)) || strings.Contains(text, "M4RKER") {
					t.Errorf("%s\nshows the value: %s", list, text)
				}
			}
		}
	}
	if errors < 1000 {
		t.Errorf("only %d errors were seen", errors)
	}
}

// marked returns ref with the marker in each of its positions, alone and beside
// what cannot be there.
func marked(ref string) (refs []string) {
	head, query, _ := strings.Cut(ref, "?")
	name, arg, _ := strings.Cut(head, ":")
	for _, m := range []string{marker, "%zz" + marker, "%0A" + marker, "\x00" + marker, "https://" + marker + "/x?y", "env:" + marker, "file:/nowhere/" + marker, marker + strings.Repeat("a", 5000), url.QueryEscape("\xff" + marker)} {
		refs = append(refs, m, m+ref, name+m+":"+arg+"?"+query, name+":"+m+"?"+query, name+":"+arg+m+"?"+query, ref+m, ref+"&"+m, ref+"&"+m+"=x", ref+"&claim."+m+"=", ref+"&claim./"+m+"//=x", ref+"#"+m, ref+"&lifetime="+m)
		pairs := strings.Split(query, "&")
		for i, pair := range pairs {
			key, value, _ := strings.Cut(pair, "=")
			for _, other := range []string{key + "=" + m, key + "=" + value + m, key + m + "=" + value, pair + "&" + key + "=" + m, pair + "&ca=" + m + "&metadata=" + m + "&token=" + m} {
				changed := append([]string(nil), pairs...)
				changed[i] = other
				refs = append(refs, head+"?"+strings.Join(changed, "&"))
			}
		}
	}
	return refs
}

// FuzzOpen: no reference panics, has an error of several lines, or opens with a
// parameter that its preset does not have.
func FuzzOpen(f *testing.F) {
	for _, p := range issuers.Presets() {
		f.Add(p.Example, "client", "x")
		f.Add(p.Example, "claim.a", marker)
	}
	f.Add("oidc:https://[::1]/?aud=a,apple:?client=b", "typ", "at+jwt")
	known := map[string]map[string]bool{}
	for _, p := range issuers.Presets() {
		known[p.Name] = map[string]bool{}
		for _, q := range p.Parameters {
			known[p.Name][q.Name] = true
		}
	}
	f.Fuzz(func(t *testing.T, ref, name, value string) {
		if strings.HasPrefix(strings.TrimSpace(ref), "file:") || strings.Contains(ref, "file:") {
			t.Skip("it would read files")
		}
		ref += "&" + name + "=" + value + marker
		iss, err := issuers.Open(t.Context(), ref)
		if err != nil {
			oneLine(t, err)
			if strings.Contains(err.Error(), marker) {
				t.Fatalf("%q: the error shows a value: %v", ref, err)
			}
			return
		}
		if fmt.Sprintf("%v%+v%#v%s", iss, iss, iss, iss) != strings.Repeat("issuers.Issuer", 4) {
			t.Errorf("%q: printing shows more than the type", ref)
		}
		for i, one := range strings.Split(ref, ",") {
			_, query, _ := strings.Cut(one, "?")
			params, err := url.ParseQuery(query)
			if err != nil {
				t.Fatalf("%q opened: %v", ref, err)
			}
			for name := range params {
				if !known[iss.Names()[i]][name] && !(strings.HasPrefix(name, "claim.") && len(name) > 6) {
					t.Errorf("%q opened with the parameter %q", ref, name)
				}
			}
		}
	})
}
