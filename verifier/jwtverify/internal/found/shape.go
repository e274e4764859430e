package found

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/jwtverify/jwtverify/internal/message"
)

// Decode undoes base64url or base64, padded or not, as lenient as people are.
func Decode(part string) ([]byte, error) {
	part = strings.NewReplacer("+", "-", "/", "_").Replace(strings.TrimRight(part, "="))
	return base64.RawURLEncoding.DecodeString(part)
}

// signatureSizes are the sizes of signatures in bytes, where the algorithm fixes
// them (RFC 7518 §3, RFC 8037 §3.1).
var signatureSizes = map[string]int{
	"HS256": 32, "HS384": 48, "HS512": 64, "ES256": 64, "ES384": 96, "ES512": 132, "EdDSA": 64, "Ed25519": 64,
}

// Shape says what is wrong with the shape of a token, or nil. Whether a verifier
// accepts padding is not its matter.
func Shape(token string) *Problem {
	parts := strings.Split(token, ".")
	cut := func(cause string) *Problem {
		return &Problem{client, cause, "copy the whole token: three parts with dots"}
	}
	if strings.Contains(token, "...") {
		return cut("it is cut: it was shortened with dots for display")
	}
	header, err := Decode(parts[0])
	var h struct {
		Alg  string `json:"alg"`
		Enc  any    `json:"enc"`
		Crit any    `json:"crit"`
		B64  any    `json:"b64"`
	}
	switch bad := err != nil || json.Unmarshal(header, &h) != nil; {
	case bad && len(parts) == 5:
		return &Problem{client, "it has five parts, and its header cannot be read: it is a damaged encrypted token (JWE), or two tokens run together", "give one whole signed token alone"}
	case len(parts) == 5 && h.Enc == nil:
		return &Problem{client, "it has five parts, but its header is not that of an encrypted token: two tokens run together", "give one token alone"}
	case len(parts) == 5:
		return &Problem{"signer", "it is encrypted (JWE): it has five parts and an enc of " + message.Quote(fmt.Sprint(h.Enc)), "turn the encryption of access tokens off at the issuer; with Auth0, let the client ask for an audience"}
	case bad && len(parts) == 3:
		return &Problem{client, "its header is damaged: it is not a JSON object in base64url", "copy the whole token from its source again"}
	case len(parts) < 3:
		return cut("it is cut: it has " + count(len(parts)) + ", not 3")
	case len(parts) > 3:
		return &Problem{client, fmt.Sprintf("it has %d parts, not 3: something was appended to it", len(parts)), "give one token alone"}
	}
	if h.Crit != nil || h.B64 != nil {
		return &Problem{"signer", "its header demands extensions with crit or b64, and none is supported", "let the issuer sign plain tokens, without crit and b64"}
	}
	return shapeOfParts(parts, h.Alg)
}

func count(n int) string {
	if n == 1 {
		return "1 part"
	}
	return fmt.Sprintf("%d parts", n)
}

// shapeOfParts looks at payload and signature.
func shapeOfParts(parts []string, alg string) *Problem {
	joined := strings.Join(parts, "")
	payload, err := Decode(parts[1])
	trimmed := strings.TrimSpace(string(payload))
	sig, sigErr := Decode(parts[2])
	want, fixed := signatureSizes[alg]
	switch {
	case strings.ContainsAny(joined, "+/"):
		return &Problem{"signer", "it is in base64, with + and /, and a token is in base64url", "let the signer write base64url without padding (RFC 7515 §2)"}
	case strings.EqualFold(alg, "none"):
		return nil // the verifier says it
	case err != nil, strings.HasPrefix(trimmed, "{") && !json.Valid(payload):
		return &Problem{client, "its payload is damaged: it does not decode to JSON", "copy the whole token from its source again"}
	case parts[2] == "":
		return &Problem{client, "its signature is cut off: nothing follows the second dot", "copy the whole token: three parts with dots"}
	case sigErr != nil && len(strings.TrimRight(parts[2], "="))%4 == 1:
		return &Problem{client, "its end is cut: the signature does not decode", "copy the whole token"}
	case strings.HasPrefix(alg, "ES") && len(sig) > 8 && sig[0] == 0x30 && int(sig[1]) == len(sig)-2 && len(sig) != want:
		return &Problem{"signer", "its ECDSA signature is in DER, and a token has R and S side by side (RFC 7518 §3.4)", "let the signer convert it, such as with dsaEncoding: 'ieee-p1363'"}
	case sigErr == nil && fixed && len(sig) < want, sigErr == nil && isRSA(alg) && len(sig) < 256:
		return &Problem{client, fmt.Sprintf("its end is cut: the signature has %d bytes, fewer than %s has", len(sig), alg), "copy the whole token"}
	case sigErr == nil && fixed && len(sig) > want:
		return &Problem{client, fmt.Sprintf("something follows it: the signature has %d bytes, more than %s has", len(sig), alg), "give the token alone"}
	}
	return nil
}

func isRSA(alg string) bool { return strings.HasPrefix(alg, "RS") || strings.HasPrefix(alg, "PS") }
