package conformance_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// TestPeerShapes sends raw requests to a real server. The suite has what five
// other servers say to each, and what ours said once: it still does, but for
// what the reviewed list names.
func TestPeerShapes(t *testing.T) {
	peerFiles(t)
	type answer struct {
		Status int    `json:"status"`
		Error  string `json:"error"` // "-": a challenge without one
	}
	var suite struct {
		Secret   string `json:"secret"`
		Issuer   string `json:"issuer"`
		Audience string `json:"audience"`
		Now      int64  `json:"now"`
		Cases    []struct {
			Name   string   `json:"name"`
			Method string   `json:"method"`
			Path   string   `json:"path"`
			Lines  []string `json:"lines"`
			Ours   answer   `json:"ours"`
		} `json:"cases"`
	}
	readShared(t, "peers/"+shapesFile, &suite)
	v := newVerifier(t, keys.Static(secretKey(t, keys.HS256, "", []byte(suite.Secret))), verifier.WithIssuer(suite.Issuer), verifier.WithAudience(suite.Audience),
		verifier.WithClock(func() time.Time { return time.Unix(suite.Now, 0) }))
	srv := httptest.NewServer(httpauth.New(v).Handler(http.HandlerFunc(page)))
	t.Cleanup(srv.Close)

	y := &tally{file: "peers/" + shapesFile}
	for _, c := range suite.Cases {
		status, challenge := exchange(t, srv.Listener.Addr().String(), c.Method+" "+c.Path+" HTTP/1.1\r\nHost: api.example\r\nConnection: close\r\n"+
			strings.Join(append(c.Lines, "", ""), "\r\n"), c.Method)
		got := answer{status, "no challenge"}
		if challenge != "" {
			got.Error = "-"
			if m := regexp.MustCompile(`error="([^"]*)"`).FindStringSubmatch(challenge); m != nil {
				got.Error = m[1]
			}
		}
		j := judgement{name: c.Name, accepted: status == 200, reason: fmt.Sprintf("%d %s for %d %s", got.Status, got.Error, c.Ours.Status, c.Ours.Error)}
		want := c.Ours.Status == 200
		if j.accepted == want && got != c.Ours {
			y.cases++
			y.otherwise = append(y.otherwise, j)
			continue
		}
		y.settle(due{&want, j})
	}
	y.report(t)
}

// exchange sends a request as it stands, and reads the answer.
func exchange(t *testing.T, addr, request, method string) (status int, challenge string) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte(request)); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode, strings.Join(res.Header["Www-Authenticate"], ", ")
}
