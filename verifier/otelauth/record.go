package otelauth

import (
	"context"
	"net/http"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// Token records e, for verifier.WithObserver.
func (o *Observer) Token(ctx context.Context, e verifier.Event) {
	attrs := []attribute.KeyValue{
		attribute.String("jwtverify.verdict", e.Verdict().String()),
		attribute.Bool("jwtverify.cached", e.Cached),
	}
	if e.Verified {
		attrs = append(attrs, attribute.String("jwtverify.algorithm", string(e.Algorithm)))
	}
	attrs = o.outcome(attrs, e.Err, e.Issuer(), e.Err == nil)
	o.token.record(ctx, e.Duration, attrs)
	if span := trace.SpanFromContext(ctx); span.IsRecording() {
		o.onSpan(span, attrs, e.Client(), e.Subject(), e.Actor())
	}
}

// Request records e, for httpauth.WithObserver.
func (o *Observer) Request(r *http.Request, e httpauth.Event) {
	ctx := r.Context()
	attrs := []attribute.KeyValue{attribute.String("jwtverify.outcome", e.Outcome())}
	if e.From != "" {
		attrs = append(attrs, attribute.String("jwtverify.token.from", e.From))
	}
	err := e.Err
	if e.Anonymous {
		err = nil // the request goes on: nothing failed
	}
	attrs = o.outcome(attrs, err, e.Issuer(), e.Err == nil)
	o.request.record(ctx, e.Duration, attrs)
	if span := trace.SpanFromContext(ctx); span.IsRecording() {
		o.onSpan(span, attrs, e.Client(), e.Subject(), e.Actor())
	}
}

// Refresh records e, for keys.WithObserver. It belongs to no request and no span.
func (o *Observer) Refresh(e keys.RefreshEvent) {
	attrs := []attribute.KeyValue{attribute.String("jwtverify.keys.source", o.sources.bounded(e.Source, true))}
	switch {
	case e.Misconfigured():
		attrs = append(attrs, semconv.ErrorTypeKey.String("configuration"))
	case e.Err != nil:
		attrs = append(attrs, semconv.ErrorTypeKey.String("unavailable"))
	}
	o.keys.record(context.Background(), e.Duration, attrs)
}

// outcome adds the reason of err, and a verified issuer. Only trusted ones become
// values of the attribute.
func (o *Observer) outcome(attrs []attribute.KeyValue, err error, issuer string, trusted bool) []attribute.KeyValue {
	if err != nil {
		attrs = append(attrs, semconv.ErrorTypeKey.String(verifier.Reason(err)))
	}
	if issuer != "" {
		attrs = append(attrs, attribute.String("jwtverify.issuer", o.issuers.bounded(issuer, trusted)))
	}
	return attrs
}

func (i *instruments) record(ctx context.Context, d time.Duration, attrs []attribute.KeyValue) {
	with := metric.WithAttributeSet(attribute.NewSet(attrs...))
	i.count.Add(ctx, 1, with)
	i.duration.Record(ctx, d.Seconds(), with)
}

// onSpan sets attrs on a span, and those that are for spans only.
func (o *Observer) onSpan(span trace.Span, attrs []attribute.KeyValue, client, subject, actor string) {
	add := func(key attribute.Key, value string) {
		if value != "" {
			attrs = append(attrs, key.String(cut(value)))
		}
	}
	add("jwtverify.client", client)
	if o.subjects {
		add(semconv.EnduserIDKey, subject)
		add("jwtverify.actor", actor)
	}
	span.SetAttributes(attrs...)
}

const (
	maxValues = 100
	maxLength = 256 // bytes of a value
	other     = "_OTHER"
)

// values bounds how many different values an attribute has.
type values struct {
	mu    sync.RWMutex
	known map[string]bool
}

// bounded returns value if it is one of the first maxValues that were trusted, and
// "_OTHER" if not.
func (v *values) bounded(value string, trusted bool) string {
	v.mu.RLock()
	known, room := v.known[value], len(v.known) < maxValues
	v.mu.RUnlock()
	switch {
	case known:
		return value
	case !trusted || !room || len(value) > maxLength:
		return other
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.known == nil {
		v.known = map[string]bool{}
	}
	if len(v.known) >= maxValues && !v.known[value] {
		return other
	}
	v.known[value] = true
	return value
}

// cut returns at most maxLength bytes of s, and no part of a character.
func cut(s string) string {
	if len(s) <= maxLength {
		return s
	}
	for i := range s { // where characters begin
		if i > maxLength-4 {
			return s[:i]
		}
	}
	return s[:maxLength]
}
