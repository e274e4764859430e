package grpcauth_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/jwtverify/jwtverify/httpauth/grpcauth"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
	"github.com/jwtverify/jwtverify/verifier/verifiertest"
)

const (
	unaryCall    = "/grpc.testing.TestService/UnaryCall"
	emptyCall    = "/grpc.testing.TestService/EmptyCall"
	serverStream = "/grpc.testing.TestService/StreamingOutputCall"
	clientStream = "/grpc.testing.TestService/StreamingInputCall"
	bidiStream   = "/grpc.testing.TestService/FullDuplexCall"
)

// service answers with the subject of the token, or panics.
type service struct {
	grpc_testing.UnimplementedTestServiceServer
}

// caller is the subject of the token in a context.
func caller(ctx context.Context) string {
	if tok, ok := verifier.FromContext(ctx); ok {
		return tok.Subject
	}
	return "anonymous"
}

func (service) UnaryCall(ctx context.Context, _ *grpc_testing.SimpleRequest) (*grpc_testing.SimpleResponse, error) {
	return &grpc_testing.SimpleResponse{Username: caller(ctx)}, nil
}

func (service) EmptyCall(context.Context, *grpc_testing.Empty) (*grpc_testing.Empty, error) {
	return &grpc_testing.Empty{}, nil
}

func (service) StreamingOutputCall(_ *grpc_testing.StreamingOutputCallRequest, s grpc.ServerStreamingServer[grpc_testing.StreamingOutputCallResponse]) error {
	for range 2 {
		if err := s.Send(said(caller(s.Context()))); err != nil {
			return err
		}
	}
	return nil
}

func (service) StreamingInputCall(s grpc.ClientStreamingServer[grpc_testing.StreamingInputCallRequest, grpc_testing.StreamingInputCallResponse]) error {
	n := 0
	for {
		if _, err := s.Recv(); err == io.EOF {
			break
		} else if err != nil {
			return err
		}
		n += len(caller(s.Context()))
	}
	return s.SendAndClose(&grpc_testing.StreamingInputCallResponse{AggregatedPayloadSize: int32(n)})
}

func (service) FullDuplexCall(s grpc.BidiStreamingServer[grpc_testing.StreamingOutputCallRequest, grpc_testing.StreamingOutputCallResponse]) error {
	for {
		if _, err := s.Recv(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if err := s.Send(said(caller(s.Context()))); err != nil {
			return err
		}
	}
}

func said(text string) *grpc_testing.StreamingOutputCallResponse {
	return &grpc_testing.StreamingOutputCallResponse{Payload: &grpc_testing.Payload{Body: []byte(text)}}
}

// A site is an issuer, a verifier of its tokens, and TLS for a server on loopback.
type site struct {
	*verifiertest.Issuer
	*verifier.Keyed
	world *verifiertest.World
}

func newSite(t testing.TB, opts ...verifier.Option) *site {
	t.Helper()
	world := verifiertest.NewWorld(t)
	iss := world.Issuer("https://issuer.example")
	src, err := keys.NewOIDC(iss.URL, keys.WithHTTPClient(world.Client()))
	if err != nil {
		t.Fatal(err)
	}
	v, err := verifier.New(src, append(opts, verifier.WithAudience("api"))...)
	if err != nil {
		t.Fatal(err)
	}
	return &site{iss, v, world}
}

// token returns a good token with further claims; a nil one takes a claim out.
func (s *site) token(further map[string]any) string {
	now := time.Now()
	claims := map[string]any{"iss": s.URL, "sub": "user-1", "aud": "api", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix()}
	for name, value := range further {
		if claims[name] = value; value == nil {
			delete(claims, name)
		}
	}
	return s.Sign(claims)
}

func (s *site) auth(t testing.TB, opts ...grpcauth.Option) *grpcauth.Interceptors {
	t.Helper()
	auth, err := grpcauth.New(s.Keyed, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return auth
}

// serve starts a server with TLS, and returns how to connect to it with the
// certificate of a client.
func serve(t testing.TB, opts []grpc.ServerOption, register ...func(*grpc.Server)) (connect func(certs ...tls.Certificate) *grpc.ClientConn) {
	t.Helper()
	server := certificate(t, "localhost")
	creds := credentials.NewTLS(&tls.Config{Certificates: []tls.Certificate{server}, ClientAuth: tls.RequestClientCert})
	s := grpc.NewServer(append([]grpc.ServerOption{grpc.Creds(creds)}, opts...)...)
	grpc_testing.RegisterTestServiceServer(s, service{})
	for _, r := range register {
		r(s)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go s.Serve(l)
	t.Cleanup(s.Stop)
	pool := x509.NewCertPool()
	pool.AddCert(server.Leaf)
	return func(certs ...tls.Certificate) *grpc.ClientConn {
		creds := credentials.NewTLS(&tls.Config{RootCAs: pool, ServerName: "localhost", Certificates: certs})
		conn, err := grpc.NewClient("passthrough:///"+l.Addr().String(), grpc.WithTransportCredentials(creds))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn
	}
}

// sending returns a context with these values of the authorization metadata.
func sending(t testing.TB, values ...string) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	for _, v := range values {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", v)
	}
	return ctx
}

// A result is what a client reads of a call.
type result struct {
	Code    codes.Code
	Says    string // the answer, or the message of the refusal
	Reason  string // of the ErrorInfo
	Scope   string // in its metadata
	Retries bool   // by a RetryInfo
}

func hello(name string) result { return result{Code: codes.OK, Says: name} }

// shapes are calls of every kind, each as what the client reads of it.
var shapes = map[string]func(ctx context.Context, conn *grpc.ClientConn) result{
	unaryCall:    unary,
	serverStream: serverStreaming,
	clientStream: clientStreaming,
	bidiStream:   bidi,
}

func unary(ctx context.Context, conn *grpc.ClientConn) result {
	res, err := grpc_testing.NewTestServiceClient(conn).UnaryCall(ctx, &grpc_testing.SimpleRequest{})
	return read(res.GetUsername(), err)
}

func serverStreaming(ctx context.Context, conn *grpc.ClientConn) result {
	s, err := grpc_testing.NewTestServiceClient(conn).StreamingOutputCall(ctx, &grpc_testing.StreamingOutputCallRequest{})
	if err != nil {
		return read("", err)
	}
	says := ""
	for {
		res, err := s.Recv()
		if err == io.EOF {
			return read(says, nil)
		} else if err != nil {
			return read("", err)
		}
		says = string(res.Payload.Body)
	}
}

// clientStreaming says the name whose size the handler has added up.
func clientStreaming(ctx context.Context, conn *grpc.ClientConn) result {
	s, err := grpc_testing.NewTestServiceClient(conn).StreamingInputCall(ctx)
	if err != nil {
		return read("", err)
	}
	for range 2 {
		s.Send(&grpc_testing.StreamingInputCallRequest{}) // its error is that of CloseAndRecv
	}
	res, err := s.CloseAndRecv()
	for _, name := range []string{"user-1", "anonymous"} {
		if int(res.GetAggregatedPayloadSize()) == 2*len(name) {
			return read(name, err)
		}
	}
	return read("", err)
}

func bidi(ctx context.Context, conn *grpc.ClientConn) result {
	s, err := grpc_testing.NewTestServiceClient(conn).FullDuplexCall(ctx)
	if err != nil {
		return read("", err)
	}
	says := ""
	for range 2 {
		s.Send(&grpc_testing.StreamingOutputCallRequest{}) // its error is that of Recv
		res, err := s.Recv()
		if err != nil {
			return read("", err)
		}
		says = string(res.Payload.Body)
	}
	s.CloseSend()
	_, err = s.Recv()
	if err == io.EOF {
		err = nil
	}
	return read(says, err)
}

func read(says string, err error) result {
	if err == nil {
		return hello(says)
	}
	s := status.Convert(err)
	r := result{Code: s.Code(), Says: s.Message()}
	for _, d := range s.Details() {
		switch d := d.(type) {
		case *errdetails.ErrorInfo:
			r.Reason, r.Scope = d.Reason, d.Metadata["scope"]
			if d.Domain != grpcauth.Domain {
				r.Reason += " of the domain " + d.Domain
			}
		case *errdetails.RetryInfo:
			r.Retries = d.RetryDelay.AsDuration() > 0
		}
	}
	return r
}

// down answers as an issuer that has an outage.
func down(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }
