package simulation_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing/synctest"
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
	for _, e := range doc.keys {
		if e.kid == kid {
			a.StatusCode, text, req.there, req.entry = http.StatusOK, material().jwk(e), true, e
		}
	}
	req.fresh = l.host.fresh(l.headers(a, age))
	l.w.mu.Unlock()
	failed := true
	defer func() {
		l.w.mu.Lock()
		defer l.w.mu.Unlock()
		req.pending, req.ended, req.failed = false, l.w.since(), failed
		l.w.logf("answer for h%d i%d kid %d: %s", l.host.n, l.is.n, kid, req)
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
		if req.there {
			text = text[:len(text)/2]
		}
		failed = req.there
	case panics:
		panic("the transport panics")
	case refused, stall, loop:
		return nil, errRefused
	case html:
		a.StatusCode, text = http.StatusOK, "<html>please log in"
	case busy:
		a.StatusCode, text = http.StatusServiceUnavailable, ""
		a.Header.Set("Retry-After", "120")
		req.retryAfter = 120 * time.Second
	default:
		a.StatusCode, text = http.StatusInternalServerError, ""
	}
	a.Body = io.NopCloser(strings.NewReader(text))
	return a, nil
}

// queue waits until t can be sent to h so that the run can be repeated. Lookups that wait
// for a fetch for another key ID wake together, and which of them asks next is chance. So
// only those of one ID wait for a fetch for another one, whose lookups end with it.
func (w *world) queue(h *host, t token) {
	c := &call{host: h, feeds: h.feeds, tok: t}
	for _, f := range h.feeds {
		if f.each == nil || !c.concerned(f) {
			continue
		}
		w.until(w.since())
		for o := f.rival(w, c); o != nil; o = f.rival(w, c) {
			<-o.done
			synctest.Wait()
			w.until(w.since())
		}
	}
}

// alone reports whether c reaches one source only.
func (c *call) alone() bool {
	n := 0
	for _, f := range c.feeds {
		if c.concerned(f) {
			n++
		}
	}
	return n == 1
}

// rival returns a lookup that has to end before c begins, or nil.
func (f *feed) rival(w *world, c *call) *call {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.settleEach(c.host, f, w.since())
	if f.settles(w, c) {
		return nil
	}
	for _, o := range f.each.lookups {
		if o.over.Load() || o.tok.kid == c.tok.kid || f.settles(w, o) || f.ends(o) {
			continue
		}
		return o
	}
	return nil
}

// settles reports whether c needs no fetch but one of all known keys, if that: the key that
// has signed its token is known, and still published.
func (f *feed) settles(w *world, c *call) bool {
	doc, _ := f.is.served(w)
	h := f.each.state()
	e, known := h.known[c.tok.kid]
	return c.alone() && !h.doubt && known && e.key == c.tok.signedWith() && slices.Contains(doc.keys, e)
}

// ends reports whether c ends with the fetch that is under way: it is for its ID, and
// brings no other key than that which has signed its token.
func (f *feed) ends(c *call) bool {
	n := len(f.each.fetches)
	if n == 0 || !c.alone() {
		return false
	}
	last := f.each.fetches[n-1]
	r := last.requests[0]
	return last.after == nil && last.judged && last.kind == single && r.kid == c.tok.kid && (!r.there || r.entry.key == c.tok.signedWith())
}

func (r *request) String() string {
	switch {
	case r.failed:
		return "failed"
	case r.there:
		return fmt.Sprintf("key %d", r.entry.key)
	}
	return "gone"
}
