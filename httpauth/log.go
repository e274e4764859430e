package httpauth

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/verifier"
)

// WithLogger logs every refused request as "request refused", with the
// attributes verdict, reason, status and error, and with iss, sub and jti if the
// signature of the token verified. It never logs the token.
//
// An outage is a warning. A refusal is information, and so is a client that
// hangs up before the answer. A verifier with a logger of its own logs its
// refusals there too. It panics if l is nil.
func WithLogger(l *slog.Logger) Option {
	if l == nil {
		panic("httpauth: WithLogger: the logger is nil; leave the option out")
	}
	return func(c *config) { c.log = l }
}

func (m *Middleware) logRefusal(r *http.Request, err error, status int) {
	if m.log == nil {
		return
	}
	ctx, level := r.Context(), slog.LevelInfo
	verdict, reason := verifier.Classify(err), verifier.Reason(err)
	if verdict == verifier.Undecided && !(reason == "canceled" && ctx.Err() != nil) {
		level = slog.LevelWarn
	}
	if !m.log.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("verdict", verdict.String()), slog.String("reason", reason),
		slog.Int("status", status), slog.String("error", m.detail(r, err)),
	}
	if set, ok := verifier.RefusedClaims(err); ok {
		for _, a := range []struct{ name, value string }{{"iss", set.Issuer}, {"sub", set.Subject}, {"jti", set.ID}} {
			if a.value != "" {
				attrs = append(attrs, slog.String(a.name, message.Plain(a.value)))
			}
		}
	}
	m.log.LogAttrs(ctx, level, "request refused", attrs...)
}

// maxDetail is how many bytes of an error are searched for tokens. More of it
// is never logged.
const maxDetail = 4 << 10

// detail returns the message of err, cut, and without the token of r. The
// errors of this module never quote a token, but those of a caller's Extractor,
// Verifier or Proof may.
func (m *Middleware) detail(r *http.Request, err error) string {
	text := err.Error()
	if c, _ := m.find(r); c.raw != "" {
		text = strings.ReplaceAll(text, c.raw, leftOut)
	}
	text = redactJWTs(text[:min(len(text), maxDetail)])
	return message.Foreign(errors.New(text)).Error()
}

const leftOut = "[token]"

// redactJWTs replaces everything that may be part of a JWT. A JWT begins with
// {" in base64url, which is eyJ.
func redactJWTs(text string) string {
	var b strings.Builder
	for {
		i := strings.Index(text, "eyJ")
		if i < 0 {
			return b.String() + text
		}
		b.WriteString(text[:i] + leftOut)
		for text = text[i:]; text != "" && notTokenByte[text[0]] == 0; text = text[1:] {
		}
	}
}
