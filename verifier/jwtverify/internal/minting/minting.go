// Package minting is an issuer for development: discovery, keys, tokens with any
// claims, rotation and faults, over HTTP. It signs whatever it is asked to, so it is
// served on loopback alone.
package minting

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jwtverify/jwtverify/internal/issuing"
	"github.com/jwtverify/jwtverify/keys"
)

// An Issuer is an http.Handler. Goroutines share it.
type Issuer struct {
	URL      string // as in "iss"
	Audience string // of tokens that name none; "" for none
	alg      keys.Algorithm
	ring     *issuing.Ring

	mu    sync.Mutex
	fault string // "" for none
}

// New returns an issuer that is served at url.
func New(url, audience string, alg keys.Algorithm) (*Issuer, error) {
	ring, err := issuing.NewRing(nil, alg, new(atomic.Int64), nil)
	if err != nil {
		return nil, err
	}
	return &Issuer{URL: url, Audience: audience, alg: alg, ring: ring}, nil
}

// A Request is what a token is made of. Claims replace the usual ones; null leaves one
// out.
type Request struct {
	Subject string         `json:"sub"`
	TTL     string         `json:"ttl"` // such as 5m; negative: expired
	Claims  map[string]any `json:"claims"`
	Header  map[string]any `json:"header"`
}

// Token signs a token.
func (i *Issuer) Token(r Request, now time.Time) (string, error) {
	ttl := time.Hour
	if r.TTL != "" {
		var err error
		if ttl, err = time.ParseDuration(r.TTL); err != nil {
			return "", errors.New("ttl is not a duration such as 5m")
		}
	}
	if r.Subject == "" {
		r.Subject = "user-123"
	}
	issued := now
	if ttl < 0 {
		issued = now.Add(ttl - time.Minute)
	}
	claims := map[string]any{"iss": i.URL, "sub": r.Subject, "iat": issued.Unix(), "exp": now.Add(ttl).Unix()}
	if i.Audience != "" {
		claims["aud"] = i.Audience
	}
	maps.Copy(claims, r.Claims)
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	return i.ring.Newest().Token(base64.RawURLEncoding, r.Header, claims)
}

// faults are what the issuer can be made to do in place of answering.
var faults = map[string]func(http.ResponseWriter, *http.Request){
	"503":     func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
	"404":     http.NotFound,
	"empty":   func(w http.ResponseWriter, _ *http.Request) { issuing.WriteJSON(w, map[string]any{"keys": []any{}}) },
	"garbage": func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html>sign in</html>") },
	"hang":    func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	"close":   func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
}

// Faults lists the faults by name.
func Faults() []string { return slices.Sorted(maps.Keys(faults)) }

// Break makes the issuer faulty; "" repairs it.
func (i *Issuer) Break(fault string) error {
	if fault != "" && faults[fault] == nil {
		return fmt.Errorf("there is no such fault; use one of %s", strings.Join(Faults(), ", "))
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.fault = fault
	return nil
}

// Rotate makes a new key; the one before stays published.
func (i *Issuer) Rotate() error { return i.ring.Rotate() }

const maxBody = 64 << 10 // bytes

// ServeHTTP serves the documents of the issuer and its controls.
func (i *Issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	i.mu.Lock()
	fault := faults[i.fault]
	i.mu.Unlock()
	switch r.Method + " " + r.URL.Path {
	case "GET /.well-known/openid-configuration":
		if fault != nil {
			fault(w, r)
			return
		}
		issuing.WriteJSON(w, issuing.Metadata(i.URL, i.URL+"/jwks.json", i.alg))
	case "GET /jwks.json":
		if fault != nil {
			fault(w, r)
			return
		}
		w.Header().Set("Cache-Control", "max-age=60")
		issuing.WriteJSON(w, map[string]any{"keys": i.ring.Published()})
	case "POST /token":
		i.serveToken(w, r)
	case "POST /rotate":
		i.done(w, i.Rotate(), "a new key signs")
	case "POST /break":
		i.done(w, i.Break(r.URL.Query().Get("as")), "it is broken; POST /mend repairs it")
	case "POST /mend":
		i.done(w, i.Break(""), "it works")
	case "GET /":
		io.WriteString(w, i.Usage())
	default:
		http.Error(w, "there is nothing here; GET / says what there is", http.StatusNotFound)
	}
}

func (i *Issuer) done(w http.ResponseWriter, err error, text string) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	fmt.Fprintln(w, text)
}

// serveToken answers with a token. The body is a Request, or empty.
func (i *Issuer) serveToken(w http.ResponseWriter, r *http.Request) {
	doc, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var req Request
	if err == nil && len(doc) > 0 {
		err = json.Unmarshal(doc, &req)
	}
	if err != nil {
		http.Error(w, `the body is not JSON such as {"sub":"user-1","ttl":"5m","claims":{"scope":"read"}}`, http.StatusBadRequest)
		return
	}
	token, err := i.Token(req, time.Now())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintln(w, token)
}

// Usage says what there is, with lines to try.
func (i *Issuer) Usage() string {
	names := Faults()
	sort.Strings(names)
	return fmt.Sprintf(`an issuer for development: %[1]s

  a token          curl -X POST %[1]s/token
  with claims      curl %[1]s/token -d '{"sub":"user-1","ttl":"5m","claims":{"scope":"read"}}'
  expired          curl %[1]s/token -d '{"ttl":"-1h"}'
  another header   curl %[1]s/token -d '{"header":{"typ":"at+jwt"}}'
  rotate the key   curl -X POST %[1]s/rotate
  break it         curl -X POST '%[1]s/break?as=503'   (or %[2]s)
  repair it        curl -X POST %[1]s/mend

for the service: JWT_KEYS=oidc:%[1]s
`, i.URL, strings.Join(names, ", "))
}
