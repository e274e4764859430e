package conformance_test

import (
	"slices"
	"strings"
	"testing"
)

// TestTokenVectors judges every token of the shared files twice: as a JWT with
// the options of its case, and its signature and header alone.
func TestTokenVectors(t *testing.T) {
	t.Parallel()
	for _, file := range tokenFiles {
		t.Run(file, func(t *testing.T) {
			y := &tally{file: file}
			for _, c := range readTokens(t, file) {
				y.run(t, c)
			}
			y.report(t)
		})
	}
}

func (y *tally) run(t *testing.T, c *tokenCase) {
	t.Helper()
	_, err := c.verify(t, c.signatureOptions())
	signature := due{c.asJWS(), judgeSignature(c.Name, err)}
	if option := c.Options.inexpressible(); option != "" {
		y.skip(option)
		y.settle(signature)
		return
	}
	tok, err := c.verify(t, c.options())
	if err == nil && b64(string(tok.Raw())) != strings.Split(c.raw(), ".")[1] {
		t.Errorf("%s: the claims are %q, which is not its payload", c.Name, tok.Raw())
	}
	token := due{c.asJWT(), judge(c.Name, err)}
	y.settle(token, signature)
	if token.want != nil && !*token.want && !token.accepted {
		checkStage(t, c, token.judgement)
	}
}

// stages are the Reasons that may come of a token that a strict verifier stops
// at that stage: a bad token must not be refused by an accident of its options.
var stages = map[string]string{
	"structure":      "malformed",
	"base64":         "malformed",
	"crit":           "malformed",
	"header-type":    "malformed",
	"json":           "malformed claim_malformed",
	"json-dup":       "malformed claim_malformed",
	"json-surrogate": "malformed claim_malformed",
	"alg":            "algorithm malformed config", // some are malformed besides
	"key":            "algorithm unknown_key",
	"weak-key":       "unknown_key malformed type", // some are malformed, or of another type, besides
	"kid":            "unknown_key",
	"signature":      "signature algorithm unknown_key", // some name algorithms that are not allowed
	"claim-type":     "exp_malformed nbf_malformed iat_malformed aud_malformed iss_malformed sub_malformed jti_malformed config",
	"claim-missing":  "exp_missing nbf_missing iat_missing aud_missing iss_missing sub_missing jti_missing claim_missing",
	"exp":            "expired",
	"nbf":            "not_yet_valid nbf_malformed",
	"iat":            "not_yet_valid expired",
	"iss":            "iss_mismatch config",
	"aud":            "aud_mismatch config",
	"sub":            "sub_mismatch sub_missing",
	"jti":            "jti_mismatch jti_missing",
	"nonce":          "claim_mismatch claim_missing",
	"typ":            "type config",
}

func checkStage(t *testing.T, c *tokenCase, j judgement) {
	t.Helper()
	allowed, ok := stages[c.Stage]
	if ok && !slices.Contains(strings.Fields(allowed), j.reason) {
		t.Errorf("%s: refused for another reason (%s: %v) than its own (%s)", c.Name, j.reason, j.err, c.Stage)
	}
}
