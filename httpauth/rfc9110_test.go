package httpauth_test

import (
	"fmt"
	"strings"
	"testing"
)

// A parsed challenge has its parameters by their names in lower case.
type parsed struct {
	Scheme string
	Params map[string]string
}

// parseChallenges parses a WWW-Authenticate field strictly by the grammar of RFC
// 9110 §11.6.1: #challenge, each a scheme and, after one space, parameters made of
// a token, "=", and a token or quoted-string.
func parseChallenges(field string) (list []parsed, err error) {
	p := &grammar{rest: field}
	for {
		name, ok := p.token()
		if !ok {
			return nil, fmt.Errorf("no scheme or parameter at %q", p.rest)
		}
		switch {
		case p.take(" "): // 1*SP: a scheme
			list = append(list, parsed{name, map[string]string{}})
			if name, ok = p.token(); !ok {
				return nil, fmt.Errorf("%s has no parameter at %q", list[len(list)-1].Scheme, p.rest)
			}
		case len(list) == 0:
			return nil, fmt.Errorf("no scheme at the front")
		}
		if !p.take("=") {
			return nil, fmt.Errorf("no = after %q at %q", name, p.rest)
		}
		value, ok := p.value()
		params := list[len(list)-1].Params
		if _, twice := params[strings.ToLower(name)]; twice || !ok {
			return nil, fmt.Errorf("the value of %q: twice %v, at %q", name, twice, p.rest)
		}
		params[strings.ToLower(name)] = value
		if p.rest == "" {
			return list, nil
		}
		if !p.take(", ") {
			return nil, fmt.Errorf("no comma at %q", p.rest)
		}
	}
}

type grammar struct{ rest string }

func (p *grammar) take(s string) (ok bool) {
	p.rest, ok = strings.CutPrefix(p.rest, s)
	return ok
}

// token is 1*tchar (RFC 9110 §5.6.2).
func (p *grammar) token() (string, bool) {
	n := 0
	for n < len(p.rest) && (strings.IndexByte("!#$%&'*+-.^_`|~", p.rest[n]) >= 0 || alphanumeric(p.rest[n])) {
		n++
	}
	t := p.rest[:n]
	p.rest = p.rest[n:]
	return t, n > 0
}

func alphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func (p *grammar) value() (string, bool) {
	if strings.HasPrefix(p.rest, `"`) {
		return p.quoted()
	}
	return p.token()
}

// quoted is a quoted-string (RFC 9110 §5.6.4).
func (p *grammar) quoted() (string, bool) {
	if !p.take(`"`) {
		return "", false
	}
	var b strings.Builder
	for i := 0; i < len(p.rest); i++ {
		switch c := p.rest[i]; {
		case c == '"':
			p.rest = p.rest[i+1:]
			return b.String(), true
		case c == '\\':
			if i++; i == len(p.rest) || p.rest[i] < ' ' && p.rest[i] != '\t' || p.rest[i] == 0x7f {
				return "", false
			}
			b.WriteByte(p.rest[i])
		case c == '\t', c >= ' ' && c != 0x7f:
			b.WriteByte(c)
		default:
			return "", false
		}
	}
	return "", false
}

// TestParseChallenges: the parser that other tests rely on is strict.
func TestParseChallenges(t *testing.T) {
	for field, want := range map[string]int{
		`Bearer realm="a"`: 1,
		`Bearer realm="a", error="b", DPoP algs="ES256", x=y`: 2,
		`Bearer realm="a\"b"`:            1,
		``:                               0,
		`Bearer`:                         0,
		`Bearer `:                        0,
		`Bearer realm`:                   0,
		`Bearer realm=`:                  0,
		`Bearer realm="a`:                0,
		`Bearer realm="a" error="b"`:     0,
		`Bearer realm="a",error="b"`:     0,
		`Bearer realm="a", `:             0,
		`Bearer realm="a", realm="b"`:    0,
		`Bearer realm="a", REALM="b"`:    0,
		"Bearer realm=\"a\r\nX: y\"":     0,
		"Bearer realm=\"a\x00\"":         0,
		`Bearer realm="a"b"`:             0,
		`Bearer  realm="a"`:              0,
		`realm="a"`:                      0,
		`Bearer realm="a\`:               0,
		"Bearer realm=\"a\"\nSet-Cookie": 0,
	} {
		if list, err := parseChallenges(field); len(list) != want || (err == nil) != (want > 0) {
			t.Errorf("%q: %v, %v; want %d challenges", field, list, err, want)
		}
	}
}
