package main_test

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/internal/evidence/providers"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

var changes = flag.Int("changes", 7, "how often TestIssuersChangeUnderLoad changes the file; each takes up to a second")

// A version is one content of the file of issuers, and which tokens are accepted
// while it is in force. A version with a mistake changes nothing, so it accepts what
// the one before did.
type version struct {
	about, text string
	accepts     map[string]bool // by name of the token
	mistake     bool
	inPlace     bool // written into the file, not renamed into its place

	written, seen time.Time // when it was, and when it was in force for sure
}

// A sample is one request: which token, when, and whether it was accepted.
type sample struct {
	token      string
	start, end time.Time
	code       int
}

// TestIssuersChangeUnderLoad changes the file of issuers while clients send tokens
// without a pause. A version may be in force from the moment when it is written until
// the next one is seen in force. A request must get the answer of a version that may
// be in force while it runs: so a token of an issuer in all of them is never refused,
// one in none never accepted, and an issuer that was removed is refused as soon as
// the change is in force.
func TestIssuersChangeUnderLoad(t *testing.T) {
	w := verifiertest.NewWorld(t)
	github, cognito, cloudflare := provider(t, w, "github"), provider(t, w, "cognito"), provider(t, w, "cloudflare")
	stranger := w.Issuer("https://stranger.example")
	bearer := func(token string) [2]string { return [2]string{"Authorization", "Bearer " + token} }
	good := providers.Variant{}
	tokens := map[string][2]string{ // field and value
		"github":           bearer(github.Token(t, good)),
		"other repository": bearer(github.Token(t, github.Wrong[0])),
		"cognito 1":        bearer(cognito.Token(t, good)),
		"cognito 2":        bearer(cognito.Token(t, providers.Variant{Claims: map[string]any{"client_id": "second"}})),
		"cloudflare":       {"Cf-Access-Jwt-Assertion", cloudflare.Token(t, good)},
		"stranger":         bearer(stranger.Token("user-123", time.Hour)),
	}
	second := cognito.Reference[:strings.Index(cognito.Reference, "client=")] + "client=second"
	all := lines(github.Reference, cognito.Reference, cloudflare.Reference)
	// What the file goes through, again and again. The first is its start, so that the
	// place of Cloudflare's tokens has to be learned later.
	cycle := []version{
		{about: "one issuer, in place", text: lines("# only one", github.Reference), accepts: accepts("github"), inPlace: true},
		{about: "two added", text: all, accepts: accepts("github", "cognito 1", "cloudflare")},
		{about: "one removed", text: lines(github.Reference, cloudflare.Reference), accepts: accepts("github", "cloudflare")},
		{about: "added again, in place", text: all, accepts: accepts("github", "cognito 1", "cloudflare"), inPlace: true},
		{about: "changed", text: lines(github.Reference, second, cloudflare.Reference), accepts: accepts("github", "cognito 2", "cloudflare")},
		{about: "a bad line", text: lines(github.Reference, cognito.Reference, "github:?aud=without"), mistake: true},
		{about: "emptied, in place", text: "", mistake: true, inPlace: true},
	}
	history := make([]*version, *changes+1)
	for i := range history {
		v := cycle[i%len(cycle)]
		if v.mistake {
			v.accepts = history[i-1].accepts
		}
		history[i] = &v
	}

	file := filepath.Join(t.TempDir(), "issuers")
	write(t, file, history[0].text)
	history[0].written = time.Now()
	s := start(t, append(reach(t, w), "JWT_ISSUERS=file:"+file)...)
	for name := range history[0].accepts {
		if code, err := ask(http.DefaultClient, s.url, tokens[name][0], tokens[name][1]); code != http.StatusOK {
			t.Fatalf("%s: %d, %v\n%s", name, code, err, s.stderr)
		}
	}
	history[0].seen = time.Now()

	load := newLoad(s.url, tokens)
	for i, v := range history[1:] {
		mistakes := strings.Count(s.stderr.String(), "the file has a mistake")
		v.written = time.Now()
		if v.inPlace {
			write(t, file, v.text)
		} else {
			write(t, file+".new", v.text)
			if err := os.Rename(file+".new", file); err != nil {
				t.Fatal(err)
			}
		}
		eventually(t, func() (string, bool) {
			if v.mistake {
				return "without a mistake: " + v.about, strings.Count(s.stderr.String(), "the file has a mistake") > mistakes
			}
			return "not in force: " + v.about, isInForce(s.url, tokens, history[i].accepts, v.accepts)
		})
		v.seen = time.Now()
		load.wait(200) // of which every answer must be that of this version
	}
	samples, err := load.end()
	if err != nil {
		t.Fatal(err)
	}
	tally := map[string]int{}
	for _, r := range samples {
		switch got := judge(history, r); {
		case strings.HasPrefix(got, "wrongly"):
			if tally[got]++; tally[got] <= 3 {
				t.Errorf("%s: %s: %d", r.token, got, r.code)
			}
		default:
			tally[got]++
		}
	}
	t.Logf("%d changes, %d requests: %v", *changes, len(samples), tally)
	for _, want := range []string{"accepted by all versions", "refused by all versions", "as one of the versions"} {
		if tally[want] == 0 && *changes > 0 {
			t.Errorf("no request was %s: the test shows less than it should", want)
		}
	}
}

func lines(all ...string) string { return strings.Join(all, "\n") + "\n" }

func accepts(names ...string) map[string]bool {
	all := map[string]bool{}
	for _, name := range names {
		all[name] = true
	}
	return all
}

// isInForce reports whether every token about which before and after differ gets the
// answer of after.
func isInForce(url string, tokens map[string][2]string, before, after map[string]bool) bool {
	for name, token := range tokens {
		if before[name] == after[name] {
			continue
		}
		if code, err := ask(http.DefaultClient, url, token[0], token[1]); err != nil || (code == http.StatusOK) != after[name] {
			return false
		}
	}
	return true
}

// judge says what the answer to a request shows.
func judge(history []*version, r sample) string {
	yes, no := 0, 0
	for i, v := range history {
		until := time.Now()
		if i+1 < len(history) {
			until = history[i+1].seen
		}
		if r.start.After(until) || r.end.Before(v.written) {
			continue
		}
		if v.accepts[r.token] {
			yes++
		} else {
			no++
		}
	}
	accepted := r.code == http.StatusOK
	switch {
	case !accepted && r.code != http.StatusUnauthorized:
		return fmt.Sprintf("wrongly answered %d", r.code)
	case accepted && yes == 0:
		return "wrongly accepted"
	case !accepted && no == 0:
		return "wrongly refused"
	case yes > 0 && no > 0:
		return "as one of the versions"
	case accepted:
		return "accepted by all versions"
	}
	return "refused by all versions"
}

// A load sends tokens without a pause.
type load struct {
	stop chan struct{}
	wg   sync.WaitGroup

	mu      sync.Mutex
	grown   *sync.Cond
	samples []sample
	err     error
}

const clients = 4

// newLoad starts the clients, each of which sends all tokens in turn.
func newLoad(url string, tokens map[string][2]string) *load {
	l := &load{stop: make(chan struct{})}
	l.grown = sync.NewCond(&l.mu)
	var names []string
	for name := range tokens {
		names = append(names, name)
	}
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
	for c := range clients {
		l.wg.Go(func() {
			for i := c; ; i++ {
				select {
				case <-l.stop:
					return
				default:
				}
				r := sample{token: names[i%len(names)], start: time.Now()}
				var err error
				r.code, err = ask(client, url, tokens[r.token][0], tokens[r.token][1])
				r.end = time.Now()
				l.add(r, err)
				if err != nil {
					return
				}
			}
		})
	}
	return l
}

func (l *load) add(r sample, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.samples = append(l.samples, r)
	if err != nil {
		l.err = err
	}
	l.grown.Broadcast()
}

// wait waits for n more answers, or an error.
func (l *load) wait(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for want := len(l.samples) + n; len(l.samples) < want && l.err == nil; {
		l.grown.Wait()
	}
}

// end stops the clients, and returns all requests that were answered.
func (l *load) end() ([]sample, error) {
	close(l.stop)
	l.wg.Wait()
	return l.samples, l.err
}
