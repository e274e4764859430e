package conformance_test

import "crypto/fips140"

// A deviation is a reviewed difference between the library and the label of
// one or more vectors: the library chose otherwise on purpose, and says by
// which rule. Labels are never edited.
type deviation struct {
	file   string // as its line names it
	cases  string // a regular expression for the whole name
	reason string // what Reason says of a refusal; "" where the library accepts
	rule   string // of DESIGN.md
	count  int    // exactly so many cases
}

// refusedByRule are vectors that are called good, and refused all the same.
var refusedByRule = []deviation{
	{recordedFile, `tink/tink-0046`, "malformed", "rule 1: at most 16 KiB; this one has 880,068 bytes", 1},
	{signatureFile, `tc37[23] base64/InvalidCharacterInserted.*`, "malformed", "rule 1: only A-Z a-z 0-9 - _ in a part; Wycheproof drops a question mark first", 2},
	{cryptoFile, `tc(50|67) .*/acceptsValid`, "malformed", "rule 1: five parts are an encrypted token, which is not read", 2},

	{recordedFile, `panva-jose/panva-0077`, "malformed", "rule 3: b64 is refused, true as well as false", 1},
	{signatureFile, `tc3(46|50) rfc7520.*`, "algorithm", "rule 3: alg must be that of the key; the JWK says PS256, the token PS384", 2},
	{signatureFile, `tc3(47|51) rfc7520.*`, "unknown_key", "rule 3: the JWK says ES521, which is not an algorithm", 2},
	{recordedFile, `(pyjwt/pyjwt-0056|joserfc/joserfc-0030|authlib/authlib-0020)`, "config", "Public API, Algorithm: no ES256K", 3},
	{recordedFile, `joserfc/joserfc-0017`, "config", "Public API, Algorithm: no Ed448", 1},
	{recordedFile, `(joserfc/joserfc-0034|fast-jwt/fastjwt-(0061|0172))`, "unknown_key", "Public API, Algorithm: no Ed448, also not under the name EdDSA", 3},

	{rfcFile, `rfc/rfc9068-typ-space`, "type", "rule 4: a typ with a space after it is another", 1},
	{recordedFile, `tink/tink-0051`, "type", "rule 4: typ absent, JWT, at+jwt or JOSE, others only by WithType", 1},
	{harvestFile, `(java-jwt|libjwt|fast-jwt)/static/.*`, "type", "rule 4: typ absent, JWT, at+jwt or JOSE, others only by WithType", 4},
	{negativesFile, `libjwt/negative/jwt_builder\.c:0-rekeyed`, "type", "rule 4: typ absent, JWT, at+jwt or JOSE, others only by WithType", 1},

	{harvestFile, `jose4j/static/.*`, "unknown_key", "RFC 7515 §2: the k of the JWK is not canonical base64url; jwks_documents.json calls such keys unusable", 3},

	{recordedFile, `(jsonwebtoken/jsonwebtoken-(0112|0116|0124|0128|0166|0361|0363)-rekeyed|fast-jwt/fastjwt-0065-rekeyed|tink/tink-0030)`, "not_yet_valid", "rule 7: iat is honoured: none from the future", 9},
	{harvestFile, `fast-jwt/static/signer\.spec\.js:0#6-rekeyed`, "not_yet_valid", "rule 7: iat is honoured: none from the future", 1},
	{harvestFile, `(libjwt/static/jwt_security\.c:1155|jwt_verify_lib/static/jwt_test\.cc:437-rekeyed)`, "exp_malformed", "rule 7: dates are in the years 1 to 9999", 2},
	{harvestFile, `jwt_verify_lib/static/jwt_test\.cc:328-rekeyed`, "iat_malformed", "rule 7: dates are in the years 1 to 9999", 1},
	{negativesFile, `(jsonwebtoken/negative/custom_time\.rs:0-rekeyed#2|go-jose/negative/jwt_test\.go:0-rekeyed#12)`, "exp_malformed", "rule 7: dates are in the years 1 to 9999", 2},
	{recordedFile, `(panva-jose/panva-0171|jsonwebtoken/jsonwebtoken-(0168|0174)-rekeyed)`, "expired", "rule 7: an end is over from its own second on, that of MaxAge too", 3},

	{recordedFile, `tink/tink-0017`, "config", "rule 8: an empty WithIssuer is an error of New", 1},
}

// acceptedByChoice are vectors that are called bad, and accepted all the same.
// None of them is a forgery.
var acceptedByChoice = []deviation{
	{signatureFile, `tc3(67|70) base64/invalidBase64Padding(InPayload)?`, "", "the very bytes of tc357, which is called valid, and with the same key", 2},
	{keyFile, `tc4 jws_duplicate_kid/rejectsDuplicateKid`, "", "remote rules, one odd key: duplicate kids are all kept; flagged Ambiguous", 1},
	{keyFile, `tc1 jws_mixedSymmetryKeyset/rejectsValid`, "", "rule 3: a key has one algorithm, so that a mixed local set confuses nothing; flagged Ambiguous", 1},
	{cryptoFile, `tc47 jws_mixedSymmetryKeyset/rejectsValid`, "", "as tc1 of the key file", 1},
	{publishedSets, `go-spiffe/.*: use=jwt-svid`, "", "rule 6, honour use: jwt-svid is the use of SPIFFE for what verifies tokens", 12},
	{localSets, `go-spiffe/.*: use=jwt-svid`, "", "rule 6, honour use: jwt-svid is the use of SPIFFE for what verifies tokens", 12},
	{publishedSets, `libjwt/mldsa_key_.*: unsupported kty AKP`, "", "Public API, Algorithm: ML-DSA of RFC 9964 is verified", unlessFIPSOnly(3)},
	{localSets, `.*: coordinate length != .*`, "", "RFC 7518 §6.2.1.2: leading zeros that a writer left out are put back in a document of one's own", 9},
	{localSets, `libjwt/mldsa_key_.*: unsupported kty AKP`, "", "Public API, Algorithm: ML-DSA of RFC 9964 is verified", unlessFIPSOnly(6)},
}

// unlessFIPSOnly is 0 with GODEBUG=fips140=only: then ML-DSA is refused.
func unlessFIPSOnly(count int) int {
	if fips140.Enforced() {
		return 0
	}
	return count
}

// knownBugs are vectors that the library answers wrongly. Mending one takes
// its line away; the test fails until then.
var knownBugs = []deviation{}

// The files, as the lines name them.
const (
	rfcFile       = "rfc_vectors.json"
	recordedFile  = "recorded_peer_suites.json"
	harvestFile   = "static_harvest.json"
	negativesFile = "static_negatives.json"
	parsingFile   = "json_parsing_suite.json"
	publishedSets = "jwks_documents.json, published"
	localSets     = "jwks_documents.json, local"
	signatureFile = "json_web_signature_test.json"
	keyFile       = "json_web_key_test.json"
	cryptoFile    = "json_web_crypto_test.json"
	shapesFile    = "http_shapes.json"
)

// peerSuites are the files of ../../../../shared/vectors/peers, but shapesFile.
var peerSuites = []string{
	"auth0_http.json", "auth0_htu.json", "auth0_tokens.json", "aws_jwt_verify.json", "cap.json", "envoy.json",
	"firebase.json", "fulcio.json", "goidc.json", "istio.json", "k8s_oidc.json", "k8s_serviceaccount.json",
	"mcp_http.json", "minters.json", "oathkeeper.json", "spiffe.json", "zitadel.json",
}
