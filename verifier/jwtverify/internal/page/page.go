// Package page is the local web page of the command: the same as explain, as a picture.
// It stores nothing, its pages ask nobody but this server, and a token is only ever in
// the body of a request. Serve it on loopback, behind loopback.Guard.
package page

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/diagnose"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/found"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/setup"
)

//go:embed assets
var assets embed.FS

// A Choice is a set of settings that the page offers.
type Choice struct {
	Name    string
	Service *setup.Service
}

// A Page is an http.Handler. Goroutines share it.
type Page struct {
	choices []Choice
	base    setup.Settings // of references that are typed in
	mux     *http.ServeMux
}

// New returns the page. base has what is not a matter of trust: client and clock.
func New(choices []Choice, base setup.Settings) *Page {
	p := &Page{choices: choices, base: base, mux: http.NewServeMux()}
	files, err := fs.Sub(assets, "assets")
	if err != nil {
		panic(err) // the folder is embedded
	}
	p.mux.Handle("GET /", http.FileServerFS(files))
	p.mux.HandleFunc("GET /api/choices", p.serveChoices)
	p.mux.HandleFunc("POST /api/explain", p.serveExplain)
	return p
}

// ServeHTTP serves the page and its two calls.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	if r.URL.RawQuery != "" { // a token in a URL would be in the history
		http.Error(w, "no query is taken", http.StatusBadRequest)
		return
	}
	p.mux.ServeHTTP(w, r)
}

func (p *Page) serveChoices(w http.ResponseWriter, _ *http.Request) {
	names := []string{}
	for _, c := range p.choices {
		names = append(names, c.Name)
	}
	writeJSON(w, map[string]any{"choices": names})
}

// A question is what the page asks.
type question struct {
	Text    string `json:"text"`
	Request bool   `json:"request"` // text is a whole HTTP request
	Choice  int    `json:"choice"`  // of the choices; -1: Reference
	// Reference makes a verifier for this question: of an issuer, or of keys.
	Reference string `json:"reference"`
	Audience  string `json:"audience"` // with a reference of keys
	At        string `json:"at"`       // RFC 3339; "" for now
	BaseURL   string `json:"base_url"` // for DPoP
}

const (
	maxBody = found.MaxInput + 64<<10
	maxTime = 30 * time.Second
)

func (p *Page) serveExplain(w http.ResponseWriter, r *http.Request) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		http.Error(w, "the body is not application/json", http.StatusUnsupportedMediaType)
		return
	}
	doc, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, "the text has more than 1 MiB: it is not a token, which has at most 16 KiB", http.StatusRequestEntityTooLarge)
		return
	}
	var q question
	if err := json.Unmarshal(doc, &q); err != nil {
		http.Error(w, "the body is not the JSON of a question", http.StatusBadRequest)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), maxTime)
	defer cancel()
	d, err := p.explain(ctx, q)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	writeJSON(w, d)
}

func (p *Page) explain(ctx context.Context, q question) (*diagnose.Diagnosis, error) {
	svc, err := p.service(ctx, q)
	if err != nil {
		return nil, err
	}
	var o diagnose.Options
	if q.At != "" {
		if o.At, err = time.Parse(time.RFC3339, q.At); err != nil {
			return nil, errors.New("the time is not one such as 2026-11-25T08:00:00Z")
		}
	}
	if q.Request {
		return diagnose.Request(ctx, svc, q.Text, q.BaseURL, o), nil
	}
	return diagnose.Explain(ctx, svc, q.Text, o), nil
}

// service is the one chosen, or one made of a reference that was typed in.
func (p *Page) service(ctx context.Context, q question) (*setup.Service, error) {
	if q.Choice >= 0 && q.Choice < len(p.choices) {
		return p.choices[q.Choice].Service, nil
	}
	ref := strings.TrimSpace(q.Reference)
	if len(ref) > 4<<10 {
		return nil, errors.New("the reference has more than 4 KiB")
	}
	s := p.base.Clone()
	s.From = setup.Flags
	if ref == "" {
		return s.Open(ctx), nil
	}
	if aud := strings.TrimSpace(q.Audience); aud != "" {
		s.Audience = []string{aud}
	}
	s.Keys = ref
	svc := s.Open(ctx)
	if len(svc.Faults) > 0 || len(s.Audience) == 0 {
		whole := p.base.Clone()
		whole.Issuers, whole.From = ref, setup.Flags
		if other := whole.Open(ctx); len(other.Faults) == 0 {
			return other, nil
		}
	}
	return svc, nil
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v)
}
