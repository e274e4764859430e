package httpauth

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/verifier"
)

// WithLogger logs every request that is refused: with verdict, reason, status and
// detail, and who it was where the signature of the token verified, but never the
// token. What could not be decided is a warning; a refusal, and a client that
// hangs up before the answer, is information. A verifier with a logger of its
// own logs its refusals there too. It panics when l is nil.
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

// maxDetail is how much of an error is searched for tokens.
const maxDetail = 4 << 10

// detail is the message of err, cut, without the token of r: an [Extractor] or a
// verifier of the caller's may quote it.
func (m *Middleware) detail(r *http.Request, err error) string {
	text := err.Error()
	if c, _ := m.find(r); c.raw != "" {
		text = strings.ReplaceAll(text, c.raw, leftOut)
	}
	text = withoutJWTs(text[:min(len(text), maxDetail)])
	return message.Foreign(errors.New(text)).Error()
}

const leftOut = "[token]"

// withoutJWTs replaces all that may be a part of a JWT: its header begins as
// that of {" in base64url does.
func withoutJWTs(text string) string {
	var b strings.Builder
	for {
		i := strings.Index(text, "eyJ")
		if i < 0 {
			return b.String() + text
		}
		b.WriteString(text[:i] + leftOut)
		for text = text[i:]; text != "" && isTokenByte(text[0]); text = text[1:] {
		}
	}
}
