package grpcauth_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/reflection"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/httpauth/grpcauth"
	"github.com/jwtverify/jwtverify/verifier"
)

func withHealth(s *grpc.Server) {
	grpc_health_v1.RegisterHealthServer(s, health.NewServer())
	reflection.Register(s)
}

// ofSystem are the calls of health and reflection.
var ofSystem = map[string]func(ctx context.Context, conn *grpc.ClientConn) error{
	"health": func(ctx context.Context, conn *grpc.ClientConn) error {
		_, err := grpc_health_v1.NewHealthClient(conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{})
		return err
	},
	"health, List": func(ctx context.Context, conn *grpc.ClientConn) error {
		_, err := grpc_health_v1.NewHealthClient(conn).List(ctx, &grpc_health_v1.HealthListRequest{})
		return err
	},
	"health, Watch": func(ctx context.Context, conn *grpc.ClientConn) error {
		s, err := grpc_health_v1.NewHealthClient(conn).Watch(ctx, &grpc_health_v1.HealthCheckRequest{})
		if err == nil {
			_, err = s.Recv()
		}
		return err
	},
	"reflection": func(ctx context.Context, conn *grpc.ClientConn) error {
		s, err := reflectionv1.NewServerReflectionClient(conn).ServerReflectionInfo(ctx)
		if err == nil {
			s.Send(&reflectionv1.ServerReflectionRequest{MessageRequest: &reflectionv1.ServerReflectionRequest_ListServices{}})
			_, err = s.Recv()
		}
		return err
	},
	"reflection, v1alpha": func(ctx context.Context, conn *grpc.ClientConn) error {
		// Its messages are those of v1.
		s, err := conn.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")
		if err == nil {
			s.SendMsg(&reflectionv1.ServerReflectionRequest{MessageRequest: &reflectionv1.ServerReflectionRequest_ListServices{}})
			err = s.RecvMsg(&reflectionv1.ServerReflectionResponse{})
		}
		return err
	},
}

// TestPublicByNameOnly: health and reflection need a token like any other method, unless
// an option names them.
func TestPublicByNameOnly(t *testing.T) {
	s := newSite(t)
	for _, test := range []struct {
		name   string
		opts   []grpcauth.Option
		public string // which of ofSystem
	}{
		{"none", nil, "none"},
		{"health", []grpcauth.Option{grpcauth.WithPublicHealth()}, "health"},
		{"reflection", []grpcauth.Option{grpcauth.WithPublicReflection()}, "reflection"},
	} {
		conn := serve(t, s.auth(t, test.opts...).ServerOptions(), withHealth)()
		for call, do := range ofSystem {
			for _, values := range [][]string{nil, {"Bearer bad"}} {
				got := read("", do(sending(t, values...), conn)).Code
				want := codes.Unauthenticated
				if strings.HasPrefix(call, test.public) {
					want = codes.OK
				}
				if got != want {
					t.Errorf("%s public: %s with %q is %v, want %v", test.name, call, values, got, want)
				}
			}
			if err := do(sending(t, "Bearer "+s.token(nil)), conn); err != nil {
				t.Errorf("%s public: %s with a good token: %v", test.name, call, err)
			}
		}
		if diff := cmp.Diff(noToken, unary(sending(t), conn)); diff != "" {
			t.Errorf("%s public: another method (-want +got):\n%s", test.name, diff)
		}
	}
}

// TestPublicMethod: it looks at no token, and its handler finds none.
func TestPublicMethod(t *testing.T) {
	s := newSite(t)
	conn := serve(t, s.auth(t, grpcauth.WithPublic(unaryCall, serverStream, clientStream, bidiStream),
		grpcauth.WithRequirements(func(context.Context, string) (grpcauth.Requirement, error) {
			t.Error("the requirement of a public method is asked for")
			return grpcauth.Requirement{Scopes: []string{"x"}}, nil
		})).ServerOptions())()
	for method, call := range shapes {
		for _, values := range [][]string{nil, {"Bearer bad"}, {"a", "b"}, {"Bearer " + s.token(nil)}} {
			if diff := cmp.Diff(hello("anonymous"), call(sending(t, values...), conn)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", method, diff)
			}
		}
	}
}

// TestUnknownServiceNeedsAToken: the handler of grpc.UnknownServiceHandler is behind the
// stream interceptor.
func TestUnknownServiceNeedsAToken(t *testing.T) {
	s := newSite(t)
	proxy := grpc.UnknownServiceHandler(func(_ any, ss grpc.ServerStream) error {
		if err := ss.RecvMsg(&grpc_testing.SimpleRequest{}); err != nil {
			return err
		}
		return ss.SendMsg(&grpc_testing.SimpleResponse{Username: caller(ss.Context())})
	})
	conn := serve(t, append(s.auth(t, grpcauth.WithScope("/other.Service/Call", "x")).ServerOptions(), proxy))()
	call := func(method string, values ...string) result {
		var res grpc_testing.SimpleResponse
		err := conn.Invoke(sending(t, values...), method, &grpc_testing.SimpleRequest{}, &res)
		return read(res.Username, err)
	}
	for _, test := range []struct {
		name      string
		got, want result
	}{
		{"no token", call("/other.Service/Other"), noToken},
		{"a token", call("/other.Service/Other", "Bearer "+s.token(nil)), hello("user-1")},
		{"no scope", call("/other.Service/Call", "Bearer "+s.token(nil)), lacks("x")},
		{"another spelling", call("//other.Service/Call", "Bearer "+s.token(nil)), malformed},
	} {
		if diff := cmp.Diff(test.want, test.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

// TestNewReportsEveryMistake in one error, on one line.
func TestNewReportsEveryMistake(t *testing.T) {
	var none *verifier.Keyed
	var typedNil claims.ValidatorFunc
	_, err := grpcauth.New(none, nil, grpcauth.WithScope("UnaryCall", "a"), grpcauth.WithScope(unaryCall), grpcauth.WithScope(unaryCall, "a b"),
		grpcauth.WithRequirement(emptyCall, grpcauth.Requirement{}), grpcauth.WithRequirement(emptyCall, grpcauth.Requirement{Claims: typedNil}),
		grpcauth.WithRequirements(nil), grpcauth.WithPublic(), grpcauth.WithPublic("grpc.testing.TestService/EmptyCall"), grpcauth.WithPublic(emptyCall),
		grpcauth.WithClock(nil), grpcauth.WithLogger(nil))
	if err == nil {
		t.Fatal("New takes every mistake")
	}
	for _, want := range []string{
		"the verifier is nil", "option 1 is nil", `"UnaryCall" is not /SERVICE/METHOD`, "lists no scope", `"a b" is not a scope`,
		"needs nothing", "holds nil", "WithRequirements is given twice or with a nil function", "WithPublic names no method",
		`"grpc.testing.TestService/EmptyCall" is not`, emptyCall + " is public and has a requirement", "WithClock is nil", "WithLogger is nil",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("it lacks %q", want)
		}
	}
	if text := err.Error(); strings.Count(text, "grpcauth: ") != 1 || strings.Contains(text, "\n") {
		t.Errorf("it is not one line with one package name: %s", text)
	}
	var empty grpcauth.Interceptors
	for name, f := range map[string]func(){"Unary": func() { empty.UnaryServerInterceptor() }, "Stream": func() { empty.StreamServerInterceptor() }, "nil": func() { (*grpcauth.Interceptors)(nil).ServerOptions() }} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s of empty Interceptors does not panic", name)
				}
			}()
			f()
		}()
	}
}

// TestCheckFindsMisspeltMethods, which would go without their requirement.
func TestCheckFindsMisspeltMethods(t *testing.T) {
	s := newSite(t)
	server := grpc.NewServer()
	grpc_testing.RegisterTestServiceServer(server, service{})
	good := s.auth(t, grpcauth.WithScope(unaryCall, "a"), grpcauth.WithPublic(bidiStream), grpcauth.WithPublicHealth(), grpcauth.WithPublicReflection())
	if err := good.Check(server); err != nil {
		t.Error(err)
	}
	bad := s.auth(t, grpcauth.WithScope("/grpc.testing.TestService/unaryCall", "a"), grpcauth.WithPublic("/testing.TestService/EmptyCall"))
	const want = "grpcauth: Check: the server has no method /grpc.testing.TestService/unaryCall, /testing.TestService/EmptyCall; correct the names, or register the services first"
	if err := bad.Check(server); err == nil || err.Error() != want {
		t.Errorf("Check = %v, want %s", err, want)
	}
}
