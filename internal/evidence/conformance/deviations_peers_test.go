package conformance_test

// The reviewed differences from the suites of other projects. Their labels are
// what the suite itself says of its own verifier.

// peersRefusedByRule are cases that a suite calls good, and that are refused
// all the same.
var peersRefusedByRule = []deviation{
	{"peers/auth0_http.json", `auth0/http-dpop-(example|required)/.*_ValidDPoPToken(_POST)?`, "401 for 200", "RFC 9449 §4.3 (7): the proof has a private key in its header; without it, it passes", 3},
	{"peers/auth0_http.json", `auth0/http-dpop-disabled/.*_BearerDPoPToken(_WithProof)?(#mended)?`, "401 for 200", "rule 9: a bound token without proof", 3},
	{"peers/auth0_htu.json", `.*/(prefix_without_leading_slash|multiple_proxies_-_takes_leftmost_value|RFC_7239_.*multiple_entries_takes_leftmost)`, "503 for 200", "dpop.WithProxy: of a field that is believed there is one, with one value, and a prefix is a path", 3},
	{"peers/auth0_tokens.json", `auth0/http-dpop-(disabled|example|required)/.*`, "unproven", "rule 9: a bound token, outside of a place that proves it", 20},
	{"peers/aws_jwt_verify.json", `.* ES256 padded#1`, "malformed", "rule 1: base64url is unpadded", 1},
	{"peers/aws_jwt_verify.json", `.* Ed448#[123]`, "unknown_key", "Public API, Algorithm: no Ed448", 7},
	{"peers/aws_jwt_verify.json", `.* Ed448#1`, "unknown", "Public API, Algorithm: no Ed448; the key document", 2},
	{"peers/aws_jwt_verify.json", `.* just enough graceSeconds#1`, "config", "verifier.WithLeeway: at most 10 minutes", 2},
	{"peers/cap.json", `.*/valid_jwt_exp_after_clock_skew_leeway.*`, "expired", "rule 7: an end is over from its own second on", 3},
	{"peers/envoy.json", `envoy/http in the query`, "401 for 200", "RFC 6750 §5.3: a token in a query is logged; there is no extractor for it", 1},
	{"peers/goidc.json", `goidc/oidc\.Test(VerifierAlg|CanceledContext)`, "unknown_key", "rule 6, honour use: the JWK says sign, which is not a use of RFC 7517 §4.2", 2},
	{"peers/goidc.json", `.*/google_accounts_without_scheme`, "iss_mismatch", "rule 8: iss is compared byte for byte", 1},
	{"peers/goidc.json", `.*/nbf_in_future_within_clock_skew_tolerance`, "not_yet_valid", "rule 7: the leeway is the one that is given, here 0", 1},
	{"peers/istio.json", `istio/expired token in a preflight`, "401 for 200", "Fetch §4.8: a request with a credential is not a preflight", 1},
	{"peers/k8s_oidc.json", `k8s/accounts\.google\.com issuer`, "iss_mismatch", "rule 8: iss is compared byte for byte", 1},
	{"peers/k8s_oidc.json", `.* - success - service account payload`, "not_yet_valid", "rule 7: iat is honoured: none from the future", 1},
	{"peers/k8s_oidc.json", `k8s/non-string jti claim .*`, "jti_malformed", "RFC 7519 §4.1.7: jti is a string", 1},
	{"peers/mcp_http.json", `mcp/ts/two fields joined`, "400 for 200", "RFC 9110 §5.3: Authorization is not a list; two tokens are a malformed request", 1},
	{"peers/minters.json", `minters/(dgrijalva/jwt-go|kataras/jwt)#\d+`, "signature", "RFC 7518 §3.5: the salt of PSS is as long as the hash", 120},
	{"peers/oathkeeper.json", `.*/description=should_pass_when_scope_is_keyed_as_scopes`, "insufficient_scope", "claims.Scope: the claims are scope and scp", 1},
}

// peersAcceptedByChoice are cases that a suite calls bad, and that are accepted
// all the same. None of them is a forgery.
var peersAcceptedByChoice = []deviation{
	{"peers/auth0_http.json", `.*_BearerWithDPoPProof_NonDPoPToken(#mended)?`, "", "an unbound token by Bearer next to a DPoP field; RequireBound is for routes that accept none", 2},
	{"peers/aws_jwt_verify.json", `.* kid not in jwks#1`, "", "rule 5: the token has no kid, and the one key verifies it", 1},
	{"peers/firebase.json", `.*/NoKid`, "", "rule 5: the token has no kid, and one of the keys verifies it", 1},
	{"peers/firebase.json", `.*/TooLongSubject`, "", "how long a subject may be is the application's rule", 2},
	{"peers/goidc.json", `goidc/oidc\.TestDistributedClaims/1Name0Src`, "", "what distributed claims refer to is the application's matter", 1},
	{"peers/k8s_oidc.json", `k8s/groups-distributed-malformed-(claim-names|names-and-sources)`, "", "what distributed claims refer to is the application's matter", 2},
	{"peers/oathkeeper.json", `.*/description=should_fail_when_audience_mismatches`, "", "RFC 7519 §4.1.3: one audience of the token is expected; all of them are asked for there", 1},
	{"peers/spiffe.json", `.*/invalid_subject_claim`, "", "that a subject is a SPIFFE ID is the application's rule", 1},
	{"peers/spiffe.json", `.*/missing_key`, "", "rule 5: the token has no kid, and one of the keys verifies it", 1},
}

// peersAnsweredOtherwise are requests that are refused, as the suite expects,
// but with another status.
var peersAnsweredOtherwise = []deviation{
	{"peers/auth0_http.json", `.*(_RandomScheme|_UnsupportedScheme|_MalformedDPoPScheme|_MissingAuthorization)(_.*)?(#mended)?`, "401 for 400", "RFC 6750 §3.1: no token in a scheme that is accepted is no credential", 15},
	{"peers/auth0_http.json", `auth0/http-dpop-disabled/.*_DPoP(SchemeRejected|InvalidToken_WithProof|Token_InvalidProof)(#mended)?`, "401 for 400", "RFC 6750 §3.1: no token in a scheme that is accepted is no credential", 5},
	{"peers/auth0_http.json", `auth0/http-dpop-(example|required)/.*(_DPoPTokenWithoutProof|_DPoPWrong(HTTPMethod|URL)|_MultipleDPoPHeaders|DPoPProof|_DPoPProof(Expired|Future)|_WWWAuthenticate.*|_SymmetricAlgorithmRejected)(#mended)?`, "401 for 400", "RFC 9449 §7.1: invalid_dpop_proof is 401", 23},
	{"peers/auth0_http.json", `auth0/http-dpop-required/.*_Bearer(TokenRejected|Scheme_DPoPToken_WithProof|InvalidToken|InvalidToken_WithProof|DPoPToken)(#mended)?`, "401 for 400", "RFC 9449 §7.1, §7.2: a token that is not proven is invalid_token, 401", 7},
	{"peers/auth0_http.json", `.*/it_fails_to_validate_a_token_with_a_bad_format`, "401 for 400", "RFC 6750 §3.1: a malformed token is invalid_token, 401", 1},
	{"peers/envoy.json", `envoy/http (token and more after a space|in a field twice)`, "400 for 401", "RFC 6750 §3.1: two values are a malformed request", 2},
	{"peers/istio.json", `istio/(no-token|invalid-aud|field with a prefix)`, "401 for 403", "RFC 6750 §3.1: no token, or one that is not to be trusted", 3},
	{"peers/mcp_http.json", `mcp/ts/(scheme alone|scheme and blank)`, "400 for 401", "RFC 6750 §2.1: a scheme without a token is a malformed request", 2},
	{"peers/mcp_http.json", `mcp/ts/expired and lacks scope`, "401 for 403", "RFC 6750 §3.1: an expired token is invalid_token, regardless of its scope", 1},
}
