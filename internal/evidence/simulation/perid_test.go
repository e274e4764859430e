package simulation_test

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A singleLine is the network to an issuer that publishes its keys one by one.
type singleLine struct {
	*line
	each *perKey
}

// RoundTrip implements http.RoundTripper.
func (l singleLine) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	kid, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/keys/k"))
	if err != nil {
		panic("not the URL of a key: " + r.URL.Path)
	}
	l.w.mu.Lock()
	mode := l.is.faults[l.host.n]
	req, wrong := l.each.begins(kid, l.w.since())
	if wrong != "" {
		l.w.violated(4, "host %d, issuer %d: %s", l.host.n, l.is.n, wrong)
	}
	l.w.tries++
	l.w.logf("request h%d i%d kid %d", l.host.n, l.is.n, kid)
	doc, age := l.is.served(l.w)
	a := &http.Response{StatusCode: http.StatusNotFound, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, ContentLength: -1}
	text := ""
	there := false
	for _, e := range doc.keys {
		if e.kid == kid {
			a.StatusCode, text, there, req.entry = http.StatusOK, material().jwk(e), true, e
		}
	}
	req.fresh = l.host.fresh(l.headers(a, age))
	l.w.mu.Unlock()
	failed := true
	defer func() {
		l.w.mu.Lock()
		defer l.w.mu.Unlock()
		req.pending, req.ended, req.failed, req.there = false, l.w.since(), failed, there && !failed
		if req.ended >= req.began+givenUp {
			req.failed, req.there = true, false
		}
		l.w.logf("answer for h%d i%d kid %d: %v", l.host.n, l.is.n, kid, !req.failed)
	}()
	d, heed := l.delay(mode)
	if err := l.pause(r.Context(), d, heed); err != nil {
		return nil, err
	}
	a.Request = r
	switch mode {
	case fine, slow, crawl, deaf, unmodified, hops:
		failed = false
	case cut:
		if there {
			text = text[:len(text)/2]
		}
		failed = there
	case panics:
		panic("the transport panics")
	case refused, stall, loop:
		return nil, errRefused
	case html:
		a.StatusCode, text = http.StatusOK, "<html>please log in"
	default:
		a.StatusCode, text = http.StatusInternalServerError, ""
	}
	a.Body = io.NopCloser(strings.NewReader(text))
	return a, nil
}

// sweep forgets requests that are too long ago to matter.
func (p *perKey) sweep(now time.Duration) {
	if len(p.asked) < 200 {
		return
	}
	var left []*request
	for _, r := range p.asked {
		if r.pending || r.ended > now-time.Hour || p.last(r.kid, now+1) == r {
			left = append(left, r)
		}
	}
	p.asked = left
}
