package interop_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// The accounts of the example server.
const (
	userName = "test-user2"
	password = "verysecure"
	userID   = "id2"

	webClient, webSecret         = "web", "secret"
	serviceClient, serviceSecret = "sid1", "verysecret"
)

// redirectURI is where the browser ends up with its code. Nobody listens there:
// the code is in the URL.
const redirectURI = "http://localhost/callback"

// tokens is the answer of the token endpoint.
type tokens struct {
	Access string `json:"access_token"`
	ID     string `json:"id_token"`
}

// endpoints come from the discovery document.
type endpoints struct {
	Authorization string `json:"authorization_endpoint"`
	Token         string `json:"token_endpoint"`
}

func (p *process) endpoints(t *testing.T) (e endpoints) {
	t.Helper()
	resp := send(t, http.MethodGet, p.issuer+"/.well-known/openid-configuration", nil)
	decodeOK(t, resp, &e)
	return e
}

// login is the authorization code flow (RFC 6749 §4.1) as a browser sees it:
// it gets the login form, fills it in, and is sent to redirectURI with a code.
func (p *process) login(t *testing.T, nonce string) tokens {
	t.Helper()
	form := send(t, http.MethodGet, p.endpoints(t).Authorization+"?"+url.Values{
		"response_type": {"code"},
		"client_id":     {webClient},
		"redirect_uri":  {redirectURI},
		"scope":         {"openid profile"},
		"state":         {"state-1"},
		"nonce":         {nonce},
	}.Encode(), nil)
	page, err := io.ReadAll(form.Body)
	if err != nil {
		t.Fatal(err)
	}
	id := hiddenID.FindSubmatch(page)
	if id == nil {
		t.Fatalf("%s: no login form:\n%s", form.Status, page)
	}
	answer := send(t, http.MethodPost, form.Request.URL.String(), url.Values{
		"id": {string(id[1])}, "username": {userName}, "password": {password},
	})
	at, err := answer.Location()
	if err != nil || at.Query().Get("state") != "state-1" {
		t.Fatalf("%s: the login has led to %v, %v", answer.Status, at, err)
	}
	return p.token(t, webClient, webSecret, url.Values{
		"grant_type": {"authorization_code"}, "code": {at.Query().Get("code")}, "redirect_uri": {redirectURI},
	})
}

var hiddenID = regexp.MustCompile(`name="id" value="([^"]+)"`)

// service is the client credentials flow (RFC 6749 §4.4).
func (p *process) service(t *testing.T) string {
	t.Helper()
	return p.token(t, serviceClient, serviceSecret, url.Values{"grant_type": {"client_credentials"}}).Access
}

func (p *process) token(t *testing.T, client, secret string, form url.Values) (got tokens) {
	t.Helper()
	req := newRequest(t, http.MethodPost, p.endpoints(t).Token, form)
	req.SetBasicAuth(client, secret)
	decodeOK(t, do(t, req), &got)
	return got
}

// browser follows redirects within the provider.
var browser = &http.Client{CheckRedirect: func(req *http.Request, _ []*http.Request) error {
	if strings.HasPrefix(req.URL.String(), redirectURI) {
		return http.ErrUseLastResponse
	}
	return nil
}}

func send(t *testing.T, method, at string, form url.Values) *http.Response {
	t.Helper()
	return do(t, newRequest(t, method, at, form))
}

func newRequest(t *testing.T, method, at string, form url.Values) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, at, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return req
}

func do(t *testing.T, req *http.Request) *http.Response {
	t.Helper()
	resp, err := browser.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

func decodeOK(t *testing.T, resp *http.Response, v any) {
	t.Helper()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode == http.StatusOK {
		err = json.Unmarshal(body, v)
	}
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s says %s: %v\n%s", resp.Request.URL, resp.Status, err, body)
	}
}
