package verifier

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/jwtverify/jwtverify/internal/message"
)

// LogValue returns a group of what may stand in a log: iss, sub, aud, jti and exp as
// [claims.Set.LogValue] has them, kid, alg and typ. Every text is cut at 64 bytes, and
// quoted if it is not a plain word, so that no token can forge or flood a log. Other
// claims are left out, since they may be personal, and so is what is empty.
func (t Token) LogValue() slog.Value {
	var attrs []slog.Attr
	if t.Set != nil {
		attrs = t.Set.LogValue().Group()
	}
	return slog.GroupValue(append(attrs, plain("kid", t.KeyID, "alg", string(t.Algorithm), "typ", t.Type)...)...)
}

// Format writes what LogValue returns on one line, for every verb. Without it,
// package fmt would print all claims.
func (t Token) Format(s fmt.State, _ rune) {
	io.WriteString(s, "verifier.Token"+fmt.Sprint(t.LogValue().Group()))
}

// plain returns an attribute for each name whose value is not empty.
func plain(pairs ...string) (attrs []slog.Attr) {
	for i := 0; i < len(pairs); i += 2 {
		if name, value := pairs[i], pairs[i+1]; value != "" {
			attrs = append(attrs, slog.String(name, message.Plain(value)))
		}
	}
	return attrs
}
