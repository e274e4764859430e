package claims

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/jwtverify/jwtverify/internal/message"
)

// LogValue returns a group of iss, sub, aud, jti and exp. Every text is cut at 64
// bytes, and quoted if it is not a plain word; of several audiences, the first four
// are in it. Other claims are left out, since they may be personal, and so is what is
// empty.
func (s *Set) LogValue() slog.Value {
	if s == nil {
		return slog.GroupValue()
	}
	var attrs []slog.Attr
	add := func(name, value string) {
		if value != "" {
			attrs = append(attrs, slog.String(name, message.Plain(value)))
		}
	}
	add("iss", s.Issuer)
	add("sub", s.Subject)
	switch len(s.Audience) {
	case 0:
	case 1:
		add("aud", s.Audience[0])
	default:
		attrs = append(attrs, slog.String("aud", message.List(s.Audience...)))
	}
	add("jti", s.ID)
	if !s.Expiry.IsZero() {
		attrs = append(attrs, slog.Time("exp", s.Expiry))
	}
	return slog.GroupValue(attrs...)
}

// Format writes what LogValue returns on one line, for every verb. Without it,
// package fmt would print the whole payload.
func (s *Set) Format(w fmt.State, _ rune) {
	io.WriteString(w, "claims.Set"+fmt.Sprint(s.LogValue().Group()))
}
