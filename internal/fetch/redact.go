package fetch

import (
	"cmp"
	"encoding/base64"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/jwtverify/jwtverify/internal/message"
)

// Redacted returns raw without user, password, query and fragment, on one line and
// cut: a name for the endpoint that any log may hold.
func Redacted(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "an unreadable URL"
	}
	return message.Short(bare(u))
}

// Public returns raw without user, password, query and fragment, and otherwise as
// it was written: for an identifier that the reader has to compare or copy. It is
// not cut; quote it.
func Public(raw string) string {
	if !strings.ContainsAny(raw, "@?#") {
		return raw
	}
	u, err := url.Parse(raw)
	if err != nil {
		return "an unreadable URL"
	}
	return bare(u)
}

// bare returns u without user, password, query and fragment. Braces, which package
// url escapes, stay readable: they are the placeholders of a template.
func bare(u *url.URL) string {
	u.User, u.RawQuery, u.ForceQuery, u.Fragment = nil, "", false, ""
	return braces.Replace(u.String())
}

var braces = strings.NewReplacer("%7B", "{", "%7D", "}")

// fromClient returns an error of the HTTP client for rawURL in a form that may be
// shown: without the secrets of the URL, which package http and some transports put
// in, without the bearer token of the request, and cut, since the endpoint chooses
// some of the text. It wraps the cause, but no *url.Error: these hold the URL.
func fromClient(err error, rawURL, token string) error {
	var ours refusal
	if errors.As(err, &ours) {
		return ours
	}
	hide := secretsOf(rawURL)
	if token != "" {
		hide = append(hide, secret{token, "xxxxx"})
	}
	for { // a redirect adds a *url.Error with another URL
		var ue *url.Error
		if !errors.As(err, &ue) {
			break
		}
		hide = append(hide, secretsOf(ue.URL)...)
		err = ue.Err
	}
	// Package http quotes the whole field.
	if strings.Contains(err.Error(), "Location header") {
		return errors.New("redirected to a URL that cannot be read")
	}
	if text := conceal(err.Error(), hide); text != err.Error() {
		err = message.Reword(err, text)
	}
	return message.Foreign(err)
}

// A secret is a text that must not be shown, and what is shown in its place.
type secret struct{ text, shown string }

// bareLength is the length in bytes from which a secret is also found inside words.
// Replacing a shorter one everywhere, such as the user "u", would garble every
// message.
const bareLength = 8

// secretsOf lists the secrets of a URL in each form that a message may have them:
// escaped and not, alone and within the URL, and as Basic credentials (RFC 7617
// §2), as a transport may log them.
func secretsOf(rawURL string) (list []secret) {
	u, err := url.Parse(rawURL)
	if err != nil || u.Host == "" {
		return nil
	}
	add := func(shown string, texts ...string) {
		for _, text := range texts {
			if text != "" {
				list = append(list, secret{text, shown})
			}
		}
	}
	add(Redacted(rawURL), rawURL, u.String(), u.Redacted())
	if u.RawQuery != "" {
		add("", "?"+u.RawQuery)
		add("xxxxx", u.RawQuery)
		for pair := range strings.SplitSeq(u.RawQuery, "&") {
			_, value, _ := strings.Cut(pair, "=")
			plain, _ := url.QueryUnescape(value)
			add("xxxxx", value, plain)
		}
	}
	if u.User != nil {
		name, password := u.User.Username(), ""
		password, _ = u.User.Password()
		escapedName, escapedPassword, _ := strings.Cut(u.User.String(), ":")
		add("", u.User.String()+"@")
		add("xxxxx", name, escapedName, password, escapedPassword,
			base64.StdEncoding.EncodeToString([]byte(name+":"+password)))
	}
	return list
}

// conceal replaces the secrets in text. The longest that begins at a place wins,
// so that a whole URL is replaced as one.
func conceal(text string, hide []secret) string {
	slices.SortStableFunc(hide, func(a, b secret) int { return cmp.Compare(len(b.text), len(a.text)) })
	var b strings.Builder
	// hide is short, so trying each secret at each byte is cheap enough.
	for i := 0; i < len(text); {
		at := slices.IndexFunc(hide, func(s secret) bool { return s.isAt(text, i) })
		if at < 0 {
			b.WriteByte(text[i])
			i++
			continue
		}
		b.WriteString(hide[at].shown)
		i += len(hide[at].text)
	}
	return b.String()
}

// isAt reports whether s is at i of text. A short secret counts only as a whole
// word.
func (s secret) isAt(text string, i int) bool {
	if !strings.HasPrefix(text[i:], s.text) {
		return false
	}
	end := i + len(s.text)
	return len(s.text) >= bareLength ||
		!(i > 0 && isWord(text[i-1]) && isWord(text[i])) &&
			!(end < len(text) && isWord(text[end-1]) && isWord(text[end]))
}

// isWord reports whether c may be part of a word. Bytes of other alphabets are.
func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' || c >= 0x80
}
