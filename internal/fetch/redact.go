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

// Redacted is raw without user, password, query and fragment, and short.
func Redacted(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "an unreadable URL"
	}
	u.User, u.RawQuery, u.ForceQuery, u.Fragment = nil, "", false, ""
	return message.Short(u.String())
}

// fromClient is an error of the HTTP client for rawURL, as it may be shown:
// without what is secret in the URL, which package http and some transports put
// in, and short, since the endpoint has a say in it.
func fromClient(err error, rawURL string) error {
	var ours refusal
	if errors.As(err, &ours) {
		return ours
	}
	hide := secretsOf(rawURL)
	for {
		var ue *url.Error
		if !errors.As(err, &ue) {
			break
		}
		hide = append(hide, secretsOf(ue.URL)...)
		err = ue.Err
	}
	if strings.Contains(err.Error(), "Location header") {
		return errors.New("redirected to a URL that cannot be read")
	}
	if text := conceal(err.Error(), hide); text != err.Error() {
		err = message.Reword(err, text)
	}
	return message.Foreign(err)
}

// A secret is a text that must not be shown, and what is shown instead.
type secret struct{ text, shown string }

// bareLength is from when on a secret is found inside of words too. A shorter
// one, such as the user "u", would rewrite every message.
const bareLength = 8

// secretsOf lists what is secret in a URL, in each form that it may take.
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

// conceal replaces the secrets in text, the longest first.
func conceal(text string, hide []secret) string {
	slices.SortStableFunc(hide, func(a, b secret) int { return cmp.Compare(len(b.text), len(a.text)) })
	var b strings.Builder
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

// isAt reports whether s is at i of text: a short one only as a word.
func (s secret) isAt(text string, i int) bool {
	if !strings.HasPrefix(text[i:], s.text) {
		return false
	}
	end := i + len(s.text)
	return len(s.text) >= bareLength ||
		!(i > 0 && isWord(text[i-1]) && isWord(text[i])) &&
			!(end < len(text) && isWord(text[end-1]) && isWord(text[end]))
}

func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' || c >= 0x80
}
