package diagnose

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"os"
	"strings"

	"github.com/jwtverify/jwtverify/internal/files"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// A reading is one way to make a secret of the text in the settings.
type reading struct {
	setting string
	cause   string
	advice  string
	ref     func(s *situation) string // the reference to write, or nil
	secret  func(text string) ([]byte, bool)
}

func encoded(name string) func(*situation) string {
	return func(s *situation) string { return s.withQuery("encoding", name) }
}

// readings are tried in this order.
var readings = []reading{
	{"secret encoding", "the secret is in base64, and its text is used as the secret", "decode it", encoded("base64"), base64With(base64.StdEncoding)},
	{"secret encoding", "the secret is in base64url, and its text is used as the secret", "decode it", encoded("base64url"), base64With(base64.URLEncoding)},
	{"secret encoding", "the secret is in hex, and its text is used as the secret", "decode it", encoded("hex"), fromHex},
	{"secret encoding", "the secret is decoded, and its signer uses the text itself", "leave the encoding out", encoded(""), func(t string) ([]byte, bool) { return []byte(strings.TrimRight(t, "\r\n")), true }},
	{"secret", "the signer has a line end after the secret", "remove the line end there, as with echo -n", nil, func(t string) ([]byte, bool) { return []byte(strings.TrimRight(t, "\r\n") + "\n"), true }},
	{"secret", "there is white space around the secret", "remove it", nil, func(t string) ([]byte, bool) { return []byte(strings.TrimSpace(t)), true }},
	{"secret", "the secret is in quotes, which count as a part of it", "remove the quotes", nil, func(t string) ([]byte, bool) { return []byte(strings.Trim(strings.TrimSpace(t), "\"'")), true }},
	{"secret", "there is a literal \\n in the secret", "write a line end, or remove it", nil, func(t string) ([]byte, bool) {
		return []byte(strings.ReplaceAll(t, `\n`, "\n")), strings.Contains(t, `\n`)
	}},
	{"secret", "there is a literal \\n after the secret", "remove it", nil, func(t string) ([]byte, bool) { return []byte(strings.TrimSuffix(t, `\n`)), strings.HasSuffix(t, `\n`) }},
	{"secret encoding", "the secret has the word base64: before it", "cut that word, and decode the rest", encoded("base64"), func(t string) ([]byte, bool) {
		rest, ok := strings.CutPrefix(t, "base64:")
		b, decodes := base64With(base64.StdEncoding)(rest)
		return b, ok && decodes
	}},
	{"secret encoding", "the secret is in base64 twice, as in a Secret of Kubernetes that was encoded by hand", "encode it once", encoded("base64"), func(t string) ([]byte, bool) {
		once, ok := base64With(base64.StdEncoding)(t)
		if !ok {
			return nil, false
		}
		return base64With(base64.StdEncoding)(string(once))
	}},
	{"secret", "the secret has percent escapes", "decode them", nil, func(t string) ([]byte, bool) {
		u, err := url.QueryUnescape(t)
		return []byte(u), err == nil && u != t
	}},
	{"secret", "the signer has the secret in base64, as a text", "give the signer the same secret, or give the base64 text here", nil, func(t string) ([]byte, bool) {
		return []byte(base64.StdEncoding.EncodeToString([]byte(strings.TrimRight(t, "\r\n")))), true
	}},
	{"secret", "the signer has the secret in hex, as a text", "give the signer the same secret, or give the hex text here", nil, func(t string) ([]byte, bool) {
		return []byte(hex.EncodeToString([]byte(strings.TrimRight(t, "\r\n")))), true
	}},
	{"secret", "the case of the secret is another at the signer", "write it alike", nil, func(t string) ([]byte, bool) { return []byte(strings.ToLower(t)), true }},
	{"secret", "the case of the secret is another at the signer", "write it alike", nil, func(t string) ([]byte, bool) { return []byte(strings.ToUpper(t)), true }},
}

func base64With(e *base64.Encoding) func(string) ([]byte, bool) {
	return func(t string) ([]byte, bool) {
		t = strings.TrimRight(strings.TrimSpace(t), "=")
		b, err := e.WithPadding(base64.NoPadding).DecodeString(t)
		return b, err == nil && len(b) > 0
	}
}

func fromHex(t string) ([]byte, bool) {
	b, err := hex.DecodeString(strings.TrimSpace(t))
	return b, err == nil && len(b) > 0
}

// secret tries other readings of a shared secret.
func (s *situation) secret(verifier.Check) (Fault, bool) {
	if !strings.HasPrefix(s.alg, "HS") {
		return Fault{}, false
	}
	if f, ok := s.secretFor(); ok {
		return f, true
	}
	for _, text := range s.secretTexts() {
		for _, r := range readings {
			secret, ok := r.secret(text)
			if !ok || !s.verifiedBy(secret) {
				continue
			}
			f := s.fault(r.setting, r.cause, r.advice)
			if r.ref != nil && !strings.Contains(s.svc.Settings.Keys, ",") {
				f.Write = []string{s.write("keys", r.ref(s))}
			}
			return f, true
		}
	}
	for _, k := range s.atHand() { // a secret from elsewhere, such as a JWK
		for _, v := range keys.Variants(k) {
			if v.Key.Verify([]byte(s.d.Signed), s.d.Signature) == nil {
				return s.fault("secret encoding", "it verifies with the secret "+v.Name, v.Advice), true
			}
		}
	}
	return Fault{}, false
}

// secretFor is a secret that is said to be for another algorithm.
func (s *situation) secretFor() (Fault, bool) {
	for _, k := range s.atHand() {
		if !isSecret(k) {
			continue
		}
		if k.Accepts(keys.Algorithm(s.alg)) {
			return Fault{}, false
		}
	}
	text := ""
	for _, k := range s.atHand() {
		if isSecret(k) {
			text = string(k.Algorithm())
		}
	}
	if text == "" {
		return Fault{}, false
	}
	f := s.fault("keys", "it is signed with "+s.alg+", and the secret is for "+text, "say what the secret is for; it must be as long as that hash")
	if !strings.Contains(s.svc.Settings.Keys, ",") {
		f.Write = []string{s.write("keys", s.withQuery("alg", s.alg))}
	}
	return f, true
}

func (s *situation) verifiedBy(secret []byte) bool {
	k, err := keys.NewSecret("", keys.Algorithm(s.alg), secret)
	return err == nil && k.Verify([]byte(s.d.Signed), s.d.Signature) == nil
}

// secretTexts are the texts that the references to raw secrets lead to.
func (s *situation) secretTexts() (all []string) {
	for ref := range strings.SplitSeq(s.svc.Settings.Keys, ",") {
		where, query, _ := strings.Cut(strings.TrimSpace(ref), "?")
		if !strings.Contains(query, "alg=") {
			continue
		}
		if name, ok := strings.CutPrefix(where, "env:"); ok {
			all = append(all, os.Getenv(name))
		} else if path, ok := strings.CutPrefix(where, "file:"); ok {
			if doc, _, err := files.Read(path, 64<<10, nil); err == nil {
				all = append(all, string(doc))
			}
		}
	}
	return all
}

// withQuery is the reference to the keys with another parameter, or without it.
func (s *situation) withQuery(name, value string) string {
	where, query, _ := strings.Cut(s.svc.Settings.Keys, "?")
	var kept []string
	for part := range strings.SplitSeq(query, "&") {
		if part != "" && !strings.HasPrefix(part, name+"=") {
			kept = append(kept, part)
		}
	}
	if value != "" {
		kept = append(kept, name+"="+value)
	}
	if len(kept) == 0 {
		return where
	}
	return where + "?" + strings.Join(kept, "&")
}
