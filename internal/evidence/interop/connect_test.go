package interop_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/jwtverify/jwtverify/httpauth"
	"github.com/jwtverify/jwtverify/verifier"
)

type text = wrapperspb.StringValue

const (
	sayOnce = "/greet.v1.Greeter/Say"
	sayAll  = "/greet.v1.Greeter/SayAll"
	talk    = "/greet.v1.Greeter/Talk"
)

// connectServer has a unary method, and two that stream. Each is behind auth, and Say
// takes a scope too.
func connectServer(auth *httpauth.Middleware) http.Handler {
	m := http.NewServeMux()
	m.Handle(sayOnce, auth.RequireScope("say")(connect.NewUnaryHandler(sayOnce, func(ctx context.Context, _ *connect.Request[text]) (*connect.Response[text], error) {
		return connect.NewResponse(wrapperspb.String(helloTo(ctx, ""))), nil
	})))
	m.Handle(sayAll, auth.Handler(connect.NewServerStreamHandler(sayAll, func(ctx context.Context, _ *connect.Request[text], s *connect.ServerStream[text]) error {
		return errors.Join(s.Send(wrapperspb.String("first")), s.Send(wrapperspb.String(helloTo(ctx, ""))))
	})))
	m.Handle(talk, auth.Handler(connect.NewBidiStreamHandler(talk, func(ctx context.Context, s *connect.BidiStream[text, text]) error {
		if _, err := s.Receive(); err != nil {
			return err
		}
		return s.Send(wrapperspb.String(helloTo(ctx, "")))
	})))
	return m
}

// connectErrors words refusals as connect's clients expect them.
func connectErrors() httpauth.Option {
	ew := connect.NewErrorWriter()
	codes := map[int]connect.Code{400: connect.CodeInvalidArgument, 401: connect.CodeUnauthenticated, 403: connect.CodePermissionDenied, 503: connect.CodeUnavailable}
	return httpauth.WithErrorHandler(func(w http.ResponseWriter, r *http.Request, err error) {
		if ew.IsSupported(r) {
			ew.Write(w, r, connect.NewError(codes[httpauth.Status(err)], errors.New("refused: "+verifier.Reason(err))))
		}
	})
}

// TestConnect: a server of connect-go is an http.Handler, so a Middleware protects it, in
// all three protocols and for streams too.
func TestConnect(t *testing.T) {
	v, sign := signing(t)
	down := verifier.Func(func(ctx context.Context, raw string) (*verifier.Token, error) {
		if raw == "outage" {
			return nil, verifier.ErrUnavailable
		}
		return v.Verify(ctx, raw)
	})
	good, weak := "Bearer "+sign(testSubject, "say"), "Bearer "+sign(testSubject, "other")
	hello := "hello " + testSubject
	protocols := map[string][]connect.ClientOption{"connect": nil, "grpc": {connect.WithGRPC()}, "grpc-web": {connect.WithGRPCWeb()}}
	for errorsBy, opts := range map[string][]httpauth.Option{"httpauth": nil, "connect": {connectErrors()}} {
		srv := httptest.NewUnstartedServer(connectServer(httpauth.New(down, opts...)))
		srv.EnableHTTP2 = true // for bidirectional streams
		srv.StartTLS()
		t.Cleanup(srv.Close)
		malformed := "invalid_argument"
		if errorsBy == "httpauth" {
			malformed = "internal" // what connect makes of a 400 that is not its own
		}
		for protocol, client := range protocols {
			for _, test := range []struct {
				name, authorization string
				once, stream        string
			}{
				{"good", good, hello, hello},
				{"without the scope", weak, "permission_denied", hello},
				{"no token", "", "unauthenticated", "unauthenticated"},
				{"a bad token", "Bearer bad", "unauthenticated", "unauthenticated"},
				{"malformed", "Bearer a b", malformed, malformed},
				{"an outage", "Bearer outage", "unavailable", "unavailable"},
			} {
				t.Run(errorsBy+"/"+protocol+"/"+test.name, func(t *testing.T) {
					for method, call := range connectCalls {
						want := test.stream
						if method == sayOnce {
							want = test.once
						}
						says, err := call(t.Context(), connect.NewClient[text, text](srv.Client(), srv.URL+method, client...), test.authorization)
						if err != nil {
							says = connect.CodeOf(err).String()
						}
						if says != want {
							t.Errorf("%s is %q (%v), want %q", method, says, err, want)
						}
					}
				})
			}
		}
	}
}

// connectCalls return the last answer of a method.
var connectCalls = map[string]func(ctx context.Context, c *connect.Client[text, text], authorization string) (string, error){
	sayOnce: func(ctx context.Context, c *connect.Client[text, text], authorization string) (string, error) {
		req := connect.NewRequest(wrapperspb.String(""))
		authorize(req.Header(), authorization)
		res, err := c.CallUnary(ctx, req)
		if err != nil {
			return "", err
		}
		return res.Msg.Value, nil
	},
	sayAll: func(ctx context.Context, c *connect.Client[text, text], authorization string) (string, error) {
		req := connect.NewRequest(wrapperspb.String(""))
		authorize(req.Header(), authorization)
		s, err := c.CallServerStream(ctx, req)
		if err != nil {
			return "", err
		}
		defer s.Close()
		last := ""
		for s.Receive() {
			last = s.Msg().Value
		}
		return last, s.Err()
	},
	talk: func(ctx context.Context, c *connect.Client[text, text], authorization string) (string, error) {
		s := c.CallBidiStream(ctx)
		authorize(s.RequestHeader(), authorization)
		s.Send(wrapperspb.String("")) // its error is that of Receive
		s.CloseRequest()
		defer s.CloseResponse()
		res, err := s.Receive()
		if err != nil {
			return "", err
		}
		return res.Value, nil
	},
}

func authorize(h http.Header, value string) {
	if value != "" {
		h.Set("Authorization", value)
	}
}
