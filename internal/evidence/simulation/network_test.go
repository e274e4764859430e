package simulation_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/jwtverify/jwtverify/keys"
)

// A line is the network between one source of a host and its issuer, from the start of
// the host to its end. It tells the model what goes over it.
type line struct {
	w    *world
	host *host
	is   *issuer
	src  *source
	dead chan struct{}

	cur  *exchange
	said int // the lifetime that the last good answer stated; negative: none
}

// An exchange is the requests of one try.
type exchange struct {
	*try
	open, requests, hops int

	wait  time.Duration // the longest Retry-After in seconds
	until time.Time     // and the latest as a date
}

const (
	timeout = 5 * time.Second // of keys.WithTimeout
	givenUp = timeout + 500*time.Millisecond
)

var (
	errRefused = errors.New("connection refused")
	errDied    = errors.New("the host has died")
)

// arrives notes a request. first says that it begins a try.
func (l *line) arrives(first bool) *exchange {
	now := l.w.since()
	l.settle(now)
	if first || l.cur == nil {
		if l.cur != nil && l.cur.pending {
			l.w.violated(4, "host %d asks issuer %d again while a fetch is under way", l.host.n, l.is.n)
		}
		t, wrong := l.src.begins(now)
		if wrong != "" {
			l.w.violated(4, "host %d, issuer %d: %s", l.host.n, l.is.n, wrong)
		}
		l.cur = &exchange{try: t}
		l.w.tries++
	}
	l.cur.open++
	l.cur.requests++
	l.cur.pending = true
	if l.cur.requests > 12 { // two places of the metadata and the set, each with three redirects
		l.w.violated(4, "host %d: %d requests of issuer %d in one fetch", l.host.n, l.cur.requests, l.is.n)
	}
	l.w.logf("request h%d i%d", l.host.n, l.is.n)
	return l.cur
}

// settle ends a try that was given up.
func (l *line) settle(now time.Duration) {
	if l.src == nil {
		return
	}
	if l.cur != nil && l.cur.pending && now >= l.cur.began+givenUp {
		l.src.ends(l.cur.try, l.cur.began+givenUp, nil, 0)
		l.cur.open = 0
	}
}

// A result is what one answer brought: a set, or a failure.
type result struct {
	doc        *document
	said       int
	retryAfter time.Duration
	until      time.Time
}

func (l *line) ended(x *exchange, r result) {
	l.w.mu.Lock()
	defer l.w.mu.Unlock()
	now := l.w.since()
	if x.open == 0 || now >= x.began+givenUp {
		return // it was given up
	}
	x.open--
	if r.doc == nil || !r.doc.good {
		x.wait = max(x.wait, r.retryAfter)
		if x.until.Before(r.until) {
			x.until = r.until
		}
		l.src.ends(x.try, now, nil, max(x.wait, x.until.Sub(l.host.clock.now().Round(0))))
		l.w.logf("failed h%d i%d", l.host.n, l.is.n)
		return
	}
	l.said = r.said
	v := &version{fresh: l.host.fresh(r.said), keys: r.doc.keys}
	l.src.ends(x.try, now, v, 0)
	l.w.logf("fetched h%d i%d %s", l.host.n, l.is.n, r.doc.tag)
	if l.host.Snapshot {
		l.host.snapshots[l.is.n] = &kept{now + l.host.clock.log.offset(now) - l.host.clock.log.least(x.began, now), r.said, r.doc.keys}
	}
}

// pause waits for an answer, unless the request ends before.
func (l *line) pause(ctx context.Context, d time.Duration, heed bool) error {
	done := ctx.Done()
	if !heed {
		done = nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-done:
		return ctx.Err()
	case <-l.dead:
		return errDied
	}
}

const forever = 1000 * time.Hour

// delay returns how long the network takes, and whether the request can be ended.
func (l *line) delay(mode int) (time.Duration, bool) {
	// No two issuers answer at the same instant: Merge takes the first answer.
	own := time.Duration(l.is.n*(50+20*l.is.n)) * time.Microsecond
	switch mode {
	case slow:
		return 1700*time.Millisecond + own, true
	case crawl:
		return 4700*time.Millisecond + own, true
	case hang:
		return forever, true
	case deaf:
		return 7 * time.Second, false
	}
	return l.is.Delay + own, true
}

// RoundTrip implements http.RoundTripper.
func (l *line) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err // as http.Transport does
	}
	l.w.mu.Lock()
	mode := l.is.faults[l.host.n]
	x := l.arrives(r.URL.Path == "/.well-known/openid-configuration" || l.is.Form == overJWKS && r.URL.Path == "/jwks")
	if !strings.Contains(r.URL.Path, "/.well-known/") {
		x.wait, x.until = 0, time.Time{} // what discovery said counts no more
	}
	a, res := l.answer(r, mode, x)
	l.w.mu.Unlock()
	d, heed := l.delay(mode)
	if err := l.pause(r.Context(), d, heed); err != nil {
		l.ended(x, result{})
		return nil, err
	}
	switch {
	case mode == panics:
		l.ended(x, result{})
		panic("the transport panics")
	case a == nil:
		l.ended(x, result{})
		return nil, errRefused
	}
	if res.retryAfter < 0 { // as a date, by the clock of the host
		res.retryAfter, res.until = 0, l.host.clock.now().Round(0).Add(300*time.Second).Truncate(time.Second)
		a.Header.Set("Retry-After", res.until.UTC().Format(http.TimeFormat))
	}
	a.Request = r
	text := a.Body.(*body)
	text.l, text.x, text.res, text.ctx = l, x, res, r.Context()
	switch {
	case mode == cut && a.StatusCode == http.StatusOK:
		text.cut = true
	case mode == stall && a.StatusCode == http.StatusOK:
		text.stall = true
	}
	return a, nil
}

// answer returns the answer to r as of now, nil for no connection, and what it brings if
// it is read to its end.
func (l *line) answer(r *http.Request, mode int, x *exchange) (a *http.Response, res result) {
	reply := func(status int, text string) *http.Response {
		return &http.Response{
			StatusCode: status, Status: http.StatusText(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
			Header: http.Header{}, Body: &body{rest: text}, ContentLength: -1,
		}
	}
	redirect := func(to string) (*http.Response, result) {
		a := reply(http.StatusFound, "")
		a.Header.Set("Location", to)
		x.hops++
		return a, result{}
	}
	path := r.URL.Path
	switch {
	case mode == refused:
		return nil, result{}
	case mode == broken:
		return reply(http.StatusInternalServerError, "oops"), result{}
	case mode == busy:
		a := reply(http.StatusServiceUnavailable, "")
		a.Header.Set("Retry-After", "120")
		return a, result{retryAfter: 120 * time.Second}
	case mode == busyDate:
		return reply(http.StatusServiceUnavailable, ""), result{retryAfter: -1}
	case mode == html:
		return reply(http.StatusOK, "<html>please log in"), result{}
	case mode == noContent:
		return reply(http.StatusNoContent, ""), result{}
	case mode == elsewhere:
		return redirect("https://other.example/jwks")
	case mode == plainHTTP:
		return redirect("http://" + r.URL.Host + path)
	case mode == hops && x.hops < 2, mode == loop:
		return redirect("https://" + r.URL.Host + "/hop" + strconv.Itoa(x.hops) + path)
	case strings.HasSuffix(path, "/.well-known/openid-configuration"):
		x.hops = 0
		return l.metadata(reply), result{}
	case strings.Contains(path, "/.well-known/"):
		return reply(http.StatusNotFound, ""), result{}
	}
	x.hops = 0
	doc, age := l.is.served(l.w)
	tag := r.Header.Get("If-None-Match")
	a = reply(http.StatusOK, doc.body)
	if tag != "" && (tag == doc.tag || mode == unmodified) || mode == unmodified {
		a = reply(http.StatusNotModified, "")
		doc = nil
		if tag != "" {
			doc = l.is.tagged(tag)
		}
	}
	if doc != nil && l.is.ETags {
		a.Header.Set("ETag", doc.tag)
	}
	res = result{doc: doc, said: l.headers(a, age)}
	if a.StatusCode == http.StatusNotModified && res.said < 0 {
		res.said = l.said
	}
	return a, res
}

// metadata answers discovery.
func (l *line) metadata(reply func(int, string) *http.Response) *http.Response {
	name, uri := l.is.name, l.is.name+"/jwks"
	switch l.is.meta {
	case metaBroken:
		return reply(http.StatusBadGateway, "")
	case metaOther:
		name = "https://evil.example"
	case metaMoved:
		uri = l.is.name + "/moved/jwks"
	case metaHTTP:
		uri = "http://" + strings.TrimPrefix(uri, "https://")
	case metaHang:
		a := reply(http.StatusOK, "{ and then nothing more")
		a.Body.(*body).stall = true
		return a
	}
	doc, _ := json.Marshal(map[string]string{"issuer": name, "jwks_uri": uri})
	return reply(http.StatusOK, string(doc))
}

// headers sets what the issuer says about caching, and returns the lifetime that this
// states; negative: none.
func (l *line) headers(a *http.Response, age int) (said int) {
	age += l.is.age
	if l.is.MaxAge >= 0 {
		a.Header.Set("Cache-Control", fmt.Sprintf("public, max-age=%d", l.is.MaxAge))
	}
	if age > 0 {
		a.Header.Set("Age", strconv.Itoa(age))
	}
	// The clock of the issuer is wrong, which must not matter.
	switch now := time.Now(); l.is.other {
	case 1:
		a.Header.Set("Date", now.Add(-48*time.Hour).UTC().Format(http.TimeFormat))
		a.Header.Set("Expires", now.Add(-47*time.Hour).UTC().Format(http.TimeFormat))
	case 2:
		a.Header.Set("Date", now.Add(48*time.Hour).UTC().Format(http.TimeFormat))
		a.Header.Set("Expires", now.Add(1000*time.Hour).UTC().Format(http.TimeFormat))
	case 3:
		a.Header.Add("Cache-Control", "no-cache")
		return 0
	}
	if l.is.MaxAge < 0 {
		return -1
	}
	return max(0, min(l.is.MaxAge, 1<<31-1)-age)
}

// A body is that of an answer. The try has what it brings once it was read to its end.
type body struct {
	l          *line
	x          *exchange
	res        result
	ctx        context.Context
	rest       string
	cut, stall bool
	over       bool
}

func (b *body) Read(p []byte) (int, error) {
	if (b.cut || b.stall) && !b.over {
		half := len(b.rest) / 2
		if n := copy(p, b.rest[:half]); n > 0 {
			b.rest = b.rest[n:]
			if len(b.rest) > 1 {
				return n, nil
			}
		}
		if b.stall {
			b.l.pause(b.ctx, forever, true)
			b.end(result{})
			return 0, b.ctx.Err()
		}
		b.end(result{})
		return 0, io.ErrUnexpectedEOF
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	if b.rest == "" {
		b.end(b.res)
		return n, io.EOF
	}
	return n, nil
}

func (b *body) Close() error {
	if b.res.doc != nil && b.rest == "" || b.res.doc == nil {
		b.end(b.res) // no body is expected
	}
	b.end(result{})
	return nil
}

func (b *body) end(r result) {
	if !b.over {
		b.over = true
		b.l.ended(b.x, r)
	}
}

// fetch is the line to an issuer over a function.
func (l *line) fetch(ctx context.Context) (keys.Fetched, error) {
	l.w.mu.Lock()
	mode := l.is.faults[l.host.n]
	x := l.arrives(true)
	doc, _ := l.is.served(l.w)
	res := result{said: min(l.is.MaxAge, 1<<31-1)}
	if res.said == 0 {
		res.said = -1 // zero means that it does not say
	}
	fresh := time.Duration(res.said) * time.Second
	l.w.mu.Unlock()
	d, heed := l.delay(mode)
	if err := l.pause(ctx, d, heed); err != nil {
		l.ended(x, result{})
		return keys.Fetched{}, err
	}
	switch mode {
	case fine, slow, crawl, deaf, unmodified, hops:
	case panics:
		l.ended(x, result{})
		panic("the function panics")
	default:
		l.ended(x, result{})
		return keys.Fetched{}, errRefused
	}
	res.doc = doc
	l.ended(x, res)
	return keys.Fetched{Document: []byte(doc.body), Fresh: fresh}, nil
}
