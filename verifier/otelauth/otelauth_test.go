package otelauth_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/otelauth"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

// newObserver returns an Observer with a reader of the real SDK.
func newObserver(t *testing.T, opts ...otelauth.Option) (*otelauth.Observer, *sdkmetric.ManualReader) {
	t.Helper()
	reader := sdkmetric.NewManualReader()
	o, err := otelauth.New(append(opts, otelauth.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))))...)
	if err != nil {
		t.Fatal(err)
	}
	return o, reader
}

// collect returns the points of each instrument by its attributes: the value of a
// counter, or how many values a histogram has.
func collect(t *testing.T, reader *sdkmetric.ManualReader) map[string]int64 {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	points := map[string]int64{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				if !data.IsMonotonic {
					t.Errorf("%s is not monotonic", m.Name)
				}
				for _, p := range data.DataPoints {
					points[m.Name+" "+text(p.Attributes.ToSlice())] = p.Value
				}
			case metricdata.Histogram[float64]:
				if m.Unit != "s" {
					t.Errorf("%s is in %q", m.Name, m.Unit)
				}
				for _, p := range data.DataPoints {
					points[m.Name+" "+text(p.Attributes.ToSlice())] = int64(p.Count)
					if p.Sum <= 0 || p.Sum > 60*float64(p.Count) {
						t.Errorf("%s: %v seconds", m.Name, p.Sum)
					}
				}
			default:
				t.Errorf("%s is a %T", m.Name, data)
			}
		}
	}
	return points
}

// text writes attributes in the order of their keys.
func text(attrs []attribute.KeyValue) string {
	list := make([]string, len(attrs))
	for i, a := range attrs {
		list[i] = string(a.Key) + "=" + a.Value.String()
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

// TestWholeProgram observes a server, its verifier and its keys, and reads what the real
// SDK has recorded.
func TestWholeProgram(t *testing.T) {
	issuer := verifiertest.NewIssuer(t, verifiertest.WithAlgorithm(keys.ES256))
	o, reader := newObserver(t)
	src, err := keys.NewOIDC(issuer.URL, keys.WithHTTPClient(issuer.Client()), keys.WithObserver(o.Refresh))
	if err != nil {
		t.Fatal(err)
	}
	v, err := verifier.New(src, verifier.WithAnyAudience(), verifier.WithCache(8), verifier.WithObserver(o.Token))
	if err != nil {
		t.Fatal(err)
	}
	spans := tracetest.NewSpanRecorder()
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)).Tracer("test")
	auth := httpauth.New(v, httpauth.WithObserver(o.Request))
	protected := auth.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, span := tracer.Start(r.Context(), r.Method)
		defer span.End()
		protected.ServeHTTP(w, r.WithContext(ctx))
	}))
	t.Cleanup(srv.Close)
	get := func(field string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		if field != "" {
			r.Header.Set("Authorization", field)
		}
		resp, err := srv.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	good := issuer.Sign(map[string]any{"iss": issuer.URL, "sub": "jane", "exp": time.Now().Unix() + 60, "azp": "app"})
	expired := issuer.Sign(map[string]any{"iss": issuer.URL, "sub": "jane", "exp": 1})
	get("Bearer " + good)
	get("Bearer " + good)
	get("Bearer " + expired)
	get("Bearer bad")
	get("")
	get("Bearer a b")
	srv.Close() // waits for the spans

	alg := "jwtverify.algorithm=" + "ES256"
	iss := " jwtverify.issuer=" + issuer.URL
	want := map[string]int64{}
	for metric, points := range map[string]map[string]int64{
		"jwtverify.token": {
			alg + " jwtverify.cached=false" + iss + " jwtverify.verdict=trusted":                         1,
			alg + " jwtverify.cached=true" + iss + " jwtverify.verdict=trusted":                          1,
			"error.type=expired " + alg + " jwtverify.cached=false" + iss + " jwtverify.verdict=invalid": 1,
			"error.type=malformed jwtverify.cached=false jwtverify.verdict=invalid":                      1,
		},
		"jwtverify.request": {
			"jwtverify.issuer=" + issuer.URL + " jwtverify.outcome=trusted jwtverify.token.from=Bearer":                    2,
			"error.type=expired jwtverify.issuer=" + issuer.URL + " jwtverify.outcome=invalid jwtverify.token.from=Bearer": 1,
			"error.type=malformed jwtverify.outcome=invalid jwtverify.token.from=Bearer":                                   1,
			"error.type=no_token jwtverify.outcome=no_token":                                                               1,
			"error.type=bad_request jwtverify.outcome=bad_request jwtverify.token.from=Bearer":                             1,
		},
	} {
		for attrs, n := range points {
			want[metric+".decisions "+attrs], want[metric+".duration "+attrs] = n, n
		}
	}
	source := " jwtverify.keys.source=" + src.Status().Source
	want["jwtverify.keys.refreshes"+source], want["jwtverify.keys.duration"+source] = 1, 1
	if diff := cmp.Diff(want, collect(t, reader)); diff != "" {
		t.Errorf("metrics (-want +got)\n%s", diff)
	}

	var got []string
	for _, span := range spans.Ended() {
		got = append(got, text(span.Attributes()))
		if span.Status().Code != codes.Unset {
			t.Errorf("a span has the status %v", span.Status())
		}
	}
	bearer := " jwtverify.token.from=Bearer jwtverify.verdict="
	if diff := cmp.Diff([]string{
		alg + " jwtverify.cached=false jwtverify.client=app" + iss + " jwtverify.outcome=trusted" + bearer + "trusted",
		alg + " jwtverify.cached=true jwtverify.client=app" + iss + " jwtverify.outcome=trusted" + bearer + "trusted",
		"error.type=expired " + alg + " jwtverify.cached=false" + iss + " jwtverify.outcome=invalid" + bearer + "invalid",
		"error.type=malformed jwtverify.cached=false jwtverify.outcome=invalid" + bearer + "invalid",
		"error.type=no_token jwtverify.outcome=no_token",
		"error.type=bad_request jwtverify.outcome=bad_request jwtverify.token.from=Bearer",
	}, got); diff != "" {
		t.Errorf("spans (-want +got)\n%s", diff)
	}
}

// event is that of a token of an issuer.
func event(t *testing.T, payload string, err error) verifier.Event {
	t.Helper()
	set, bad := claims.Parse([]byte(payload))
	if bad != nil {
		t.Fatal(bad)
	}
	return verifier.Event{Claims: set, Verified: true, Algorithm: keys.ES256, KeyID: "kid-1", Err: err, Duration: time.Millisecond}
}

// TestAttributesAreBounded: neither tokens that anybody can write nor issuers that write
// what they like make a new attribute set each.
func TestAttributesAreBounded(t *testing.T) {
	o, reader := newObserver(t)
	for i := range 1000 {
		id := fmt.Sprintf("%d", i)
		o.Token(t.Context(), verifier.Event{KeyID: "kid-" + id, Algorithm: keys.Algorithm("alg-" + id), Duration: 1,
			Err: fmt.Errorf("%w: %s", verifier.ErrInvalidToken, id)})
		o.Token(t.Context(), event(t, `{"iss":"https://refused.example/`+id+`","sub":"s-`+id+`","azp":"c-`+id+`"}`, claims.ErrExpired))
		o.Token(t.Context(), event(t, `{"iss":"https://trusted.example/`+id+`","sub":"s-`+id+`","azp":"c-`+id+`"}`, nil))
		o.Refresh(keys.RefreshEvent{Source: "https://source.example/" + id, Duration: 1, Err: fmt.Errorf("%w: %s", keys.ErrUnavailable, id)})
		o.Request(httptest.NewRequest("GET", "/"+id, nil), httpauth.Event{Err: fmt.Errorf("%w: %s", httpauth.ErrRequest, id), Status: 400, Duration: 1})
	}
	o.Token(t.Context(), event(t, `{"iss":"`+strings.Repeat("x", 300)+`"}`, nil))
	sets := map[string]int{}
	for point := range collect(t, reader) {
		name, attrs, _ := strings.Cut(point, " ")
		sets[name]++
		for _, leak := range []string{"kid-", "alg-", "s-", "c-", "refused.example", "xxx"} {
			if strings.Contains(strings.ReplaceAll(attrs, "https:", ""), "="+leak) || strings.Contains(attrs, "refused.example") {
				t.Errorf("%s has %s", point, leak)
			}
		}
	}
	want := map[string]int{"jwtverify.token.decisions": 103, "jwtverify.token.duration": 103, // 100 issuers, others trusted and not, no issuer
		"jwtverify.keys.refreshes": 101, "jwtverify.keys.duration": 101, "jwtverify.request.decisions": 1, "jwtverify.request.duration": 1}
	if diff := cmp.Diff(want, sets); diff != "" {
		t.Errorf("attribute sets (-want +got)\n%s", diff)
	}
}

// TestSubjectsOnlyIfAskedFor, and then only on spans.
func TestSubjectsOnlyIfAskedFor(t *testing.T) {
	for _, test := range []struct {
		opts []otelauth.Option
		want string
	}{
		{nil, "jwtverify.algorithm=ES256 jwtverify.cached=false jwtverify.client=app jwtverify.issuer=i jwtverify.verdict=trusted"},
		{[]otelauth.Option{otelauth.WithSubjects()}, "enduser.id=" + strings.Repeat("ü", 127) + " jwtverify.actor=admin " +
			"jwtverify.algorithm=ES256 jwtverify.cached=false jwtverify.client=app jwtverify.issuer=i jwtverify.verdict=trusted"},
	} {
		o, reader := newObserver(t, test.opts...)
		spans := tracetest.NewSpanRecorder()
		ctx, span := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)).Tracer("test").Start(t.Context(), "x")
		o.Token(ctx, event(t, `{"iss":"i","sub":"`+strings.Repeat("ü", 200)+`","azp":"app","act":{"sub":"admin"}}`, nil))
		span.End()
		if got := text(spans.Ended()[0].Attributes()); got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
		for point := range collect(t, reader) {
			if strings.Contains(point, "enduser") || strings.Contains(point, "ü") || strings.Contains(point, "admin") || strings.Contains(point, "app") {
				t.Errorf("a metric has %s", point)
			}
		}
	}
}

// TestAnonymousIsNoError: a request that goes on has not failed.
func TestAnonymousIsNoError(t *testing.T) {
	o, reader := newObserver(t)
	o.Request(httptest.NewRequest("GET", "/", nil), httpauth.Event{Err: httpauth.ErrNoToken, Anonymous: true, Duration: 1})
	for point := range collect(t, reader) {
		if !strings.HasSuffix(point, " jwtverify.outcome=anonymous") {
			t.Error(point)
		}
	}
	o.Refresh(keys.RefreshEvent{Source: "s", Err: keys.ErrConfiguration, Duration: 1})
	if n := collect(t, reader)["jwtverify.keys.refreshes error.type=configuration jwtverify.keys.source=s"]; n != 1 {
		t.Errorf("%d faults", n)
	}
}

func TestNewReportsMistakes(t *testing.T) {
	o, err := otelauth.New(nil, otelauth.WithMeterProvider(nil), otelauth.WithMeterProvider((*sdkmetric.MeterProvider)(nil)))
	if o != nil || err == nil || strings.Count(err.Error(), "nil") != 3 {
		t.Errorf("got %v, %v", o, err)
	}
	if o, err := otelauth.New(); o == nil || err != nil {
		t.Errorf("got %v, %v", o, err)
	}
}

// BenchmarkToken measures one Event with the real SDK, without a span.
func BenchmarkToken(b *testing.B) {
	o, err := otelauth.New(otelauth.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()))))
	if err != nil {
		b.Fatal(err)
	}
	set, err := claims.Parse([]byte(`{"iss":"https://issuer.example","sub":"user"}`))
	if err != nil {
		b.Fatal(err)
	}
	e := verifier.Event{Claims: set, Verified: true, Algorithm: keys.ES256, Duration: time.Microsecond}
	b.ReportAllocs()
	for b.Loop() {
		o.Token(context.Background(), e)
	}
}
