package grpcauth

import (
	"context"
	"errors"
	"log/slog"
	"regexp"
	"strings"

	"google.golang.org/grpc/metadata"

	"github.com/jwtverify/jwtverify/verifier"
)

// WithLogger logs every refused call as "call refused", with the attributes verdict,
// reason, code, method and error, and with iss, sub and jti if the signature of the
// token verified. It never logs the token.
//
// An outage is a warning, and a panic of a verifier, validator or requirement is an
// error with its stack. A refusal is information, and so is a client that hangs up
// before the answer. A verifier with a logger of its own logs its refusals there too.
func WithLogger(l *slog.Logger) Option {
	return func(c *config) {
		if l == nil {
			c.mistakes.add("the logger of WithLogger is nil; leave it out")
			return
		}
		c.log = l
	}
}

// refuse logs err and returns what answers it.
func (i *Interceptors) refuse(ctx context.Context, method string, err error) error {
	s := Status(err)
	if i.log != nil {
		i.logRefusal(ctx, method, s.Code().String(), err)
	}
	return s.Err()
}

func (i *Interceptors) logRefusal(ctx context.Context, method, code string, err error) {
	level, verdict, reason := slog.LevelInfo, verifier.Classify(err), verifier.Reason(err)
	if verdict == verifier.Undecided && !(reason == "canceled" && ctx.Err() != nil) {
		level = slog.LevelWarn
	}
	attrs := []slog.Attr{
		slog.String("verdict", verdict.String()), slog.String("reason", reason), slog.String("code", code),
		slog.String("method", line(method)), slog.String("error", line(withoutToken(ctx, err.Error()))),
	}
	var p *panicked
	if errors.As(err, &p) {
		level = slog.LevelError
		attrs = append(attrs, slog.String("stack", string(p.stack)))
	}
	if set, ok := verifier.RefusedClaims(err); ok {
		for _, a := range []struct{ name, value string }{{"iss", set.Issuer}, {"sub", set.Subject}, {"jti", set.ID}} {
			if a.value != "" {
				attrs = append(attrs, slog.String(a.name, line(a.value)))
			}
		}
	}
	i.log.LogAttrs(ctx, level, "call refused", attrs...)
}

// withoutToken returns text without the token of the call, and without anything else
// that may be part of a JWT. The errors of this module never quote one, but those of
// another Verifier may.
func withoutToken(ctx context.Context, text string) string {
	const leftOut = "[token]"
	if values := metadata.ValueFromIncomingContext(ctx, "authorization"); len(values) == 1 {
		if _, token, _ := strings.Cut(values[0], " "); token != "" {
			text = strings.ReplaceAll(text, token, leftOut)
		}
	}
	return jwt.ReplaceAllLiteralString(text, leftOut)
}

// jwt matches a JWT from its beginning, which is {" in base64url.
var jwt = regexp.MustCompile(`eyJ[A-Za-z0-9_.~+/=-]*`)

// line returns at most 256 bytes of text, on one line of printable characters.
func line(text string) string {
	const most = 256
	if len(text) > most {
		text = text[:most] + "…"
	}
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f || c == '\uFFFD' {
			return ' '
		}
		return c
	}, text)
}
