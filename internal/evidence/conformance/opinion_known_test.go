package conformance_test

import (
	"regexp"
	"slices"
)

// A lapse is a rule that other libraries do not hold, and why.
type lapse struct {
	rule rule
	by   []library
	why  string

	when func(s *stance, broken rules) bool // explains it only then; nil: always
}

// beside is for what a library only lets pass beside something else.
func beside(r rule) func(*stance, rules) bool {
	return func(_ *stance, broken rules) bool { return broken.has(r) }
}

// inJWSOrBesideCrit is for jwx: with crit that is null, jwt.Parse is jws.Verify.
func inJWSOrBesideCrit(s *stance, broken rules) bool {
	return s.signatureOnly || broken.has(critical)
}

// freely is for what it only lets pass where nothing is asked of the claims.
func freely(s *stance, _ rules) bool { return s.issuers == nil && s.audiences == nil && !s.needExpiry }

var allOthers = []library{goJOSE, jwx, golangJWT}

// lapses are the reviewed list. A token that a library accepts although it breaks
// rules is explained if each of these rules is here with that library; anything
// else fails the test. Nothing explains jwtverify.
var lapses = []lapse{
	{whiteSpace, allOthers, "encoding/base64 skips line breaks wherever they are; jwx trims white space around the token too", nil},
	{tooPadded, []library{jwx}, "it guesses among four base64 encodings", nil},
	{standardAlphabet, []library{jwx}, "it guesses among four base64 encodings", nil},
	{unusedBits, []library{goJOSE, jwx}, "encoding/base64 ignores them unless it is strict, which only golang-jwt offers: a token has several spellings", nil},
	{signatureRespelled, []library{goJOSE}, "it verifies what it has encoded again, and not what was received: anybody can spell a token otherwise", nil},
	{signatureRespelled, []library{jwx}, "jws.Verify does the same, and jwt.Parse beside crit that is null", inJWSOrBesideCrit},
	{overSize, allOthers, "no limit", nil},

	{headerSyntax, []library{jwx}, "a fast path looks only for alg, with a reader that takes raw control characters and numbers such as 01", nil},
	{headerUTF8, allOthers, "encoding/json replaces bad bytes, so that two names may become one", nil},
	{headerSurrogate, allOthers, "encoding/json replaces them", nil},
	{headerTwice, []library{jwx, golangJWT}, "in golang-jwt the last counts, which RFC 7515 §4 allows, in jwx the first: they may read different algorithms", nil},
	{headerTwiceBelow, []library{jwx, golangJWT}, "only go-jose's JSON refuses them, and only in the header", nil},
	{critical, []library{golangJWT}, "it does not know crit: a token whose issuer demands more is taken for an ordinary one", nil},
	{critical, []library{goJOSE, jwx}, "crit that is null is no crit; go-jose also takes an empty list, and b64 where there is none", nil},
	{unencoded, []library{goJOSE, golangJWT}, "golang-jwt does not know b64; go-jose ignores what is not a boolean, and takes false without crit", nil},
	{encodedNamed, []library{goJOSE, golangJWT}, "it changes nothing", nil},
	{algMissing, []library{jwx}, "jws.Verify takes the caller's algorithm and does not look at alg, and so does jwt.Parse beside crit that is null; the signature has to be right all the same", inJWSOrBesideCrit},
	{algNone, []library{jwx}, "as where alg is missing", inJWSOrBesideCrit},
	{algOther, []library{jwx}, "as where alg is missing", inJWSOrBesideCrit},
	{encodedNamed, []library{jwx}, "it changes nothing", inJWSOrBesideCrit},
	{kidType, allOthers, "jwx and golang-jwt do not read it; in go-jose null is none", nil},
	{kidLong, allOthers, "no limit", nil},
	{typType, allOthers, "typ is the caller's to read", nil},
	{typOther, allOthers, "typ is the caller's to compare", nil},

	{saltLength, []library{goJOSE, golangJWT}, "rsa.PSSSaltLengthAuto takes every length; it needs the private key all the same", nil},

	{claimsSyntax, []library{goJOSE, golangJWT}, "null is taken for claims of which there are none", freely},
	{claimsMore, []library{jwx}, "a json.Decoder stops after the object", nil},
	{claimsUTF8, allOthers, "encoding/json replaces bad bytes", nil},
	{claimsSurrogate, allOthers, "encoding/json replaces them", nil},
	{claimsTwice, []library{jwx, golangJWT}, "the last one counts, which RFC 7519 §4 allows", nil},
	{claimsTwiceBelow, allOthers, "encoding/json takes the last", nil},
	{otherCase, []library{golangJWT}, "encoding/json matches the fields of RegisteredClaims in any case", nil},
	{dateType, []library{jwx, golangJWT}, "a number in quotes is taken", nil},
	{dateNull, []library{goJOSE, golangJWT}, "null is the same as absent", nil},
	{dateRange, allOthers, "any number that fits", nil},
	{nbfFuture, []library{jwx, golangJWT}, "an nbf that time.Unix cannot hold wraps around into the past", beside(dateRange)},
	{expEdge, []library{goJOSE}, "the second of exp itself still counts", nil},
	{nbfEdge, []library{goJOSE, golangJWT}, "fractions are cut off", nil},
	{iatFuture, []library{jwx, golangJWT}, "an iat that time.Unix cannot hold wraps around into the past", beside(dateRange)},
	{iatEdge, []library{goJOSE, golangJWT}, "fractions are cut off", nil},
	{textNull, []library{goJOSE, golangJWT}, "null is the same as absent", nil},
	{audNull, []library{golangJWT}, "null is the same as absent; where an audience is expected, it is refused", func(s *stance, _ rules) bool { return s.audiences == nil }},
	{actUnsound, allOthers, "act is the caller's to read", nil},
}

// unexplained are the rules in broken that nothing says why l misses them.
func unexplained(l library, s *stance, broken rules) rules {
	left := broken
	for _, known := range lapses {
		if slices.Contains(known.by, l) && (known.when == nil || known.when(s, broken)) {
			left &^= setOf(known.rule)
		}
	}
	return left
}

// A strictness is why a library refuses tokens in which the model, and jwtverify,
// find nothing wrong.
type strictness struct {
	by   library
	says *regexp.Regexp // the library's error
	why  string
}

var strictnesses = []strictness{
	{goJOSE, regexp.MustCompile(`unmarshal (JWK|x5c|nonce)|embedded jwk`), "it reads jwk, x5c and nonce in the header, of which nothing is used; RFC 7515 lets a verifier ignore them"},
	{goJOSE, regexp.MustCompile(`cannot unmarshal number`), "a number that no float64 holds"},
	{jwx, regexp.MustCompile(`cannot unmarshal number`), "a number that no float64 holds"},
	{jwx, regexp.MustCompile(`unknown JWT format \(pedantic\)|expected nested encrypted/signed payload`), "cty is JWT, so that the payload has to be another token (RFC 7519 §7.2 (8)); the others read the claims that are there"},
	{jwx, regexp.MustCompile(`"nbf" not satisfied`), "the fraction of a negative date counts the other way"},
	{jwx, regexp.MustCompile(`failed to parse JOSE headers`), "jws.Verify reads jwk and x5c in the header, of which nothing is used"},
	{golangJWT, regexp.MustCompile(`cannot unmarshal number .* into Go value of type float64`), "a number that no float64 holds"},
	{jwx, regexp.MustCompile(`too big depth for the nested JSON|cannot parse JSON`), "a header of more than 300 levels"},
	{golangJWT, regexp.MustCompile(`token is expired`), "the fraction of exp is cut off, or EXP counts as exp"},
	{golangJWT, regexp.MustCompile(`JSON decode claim|invalid (issuer|audience)|not valid yet|claim is required|used before issued`), "a member such as ISS counts as iss"},
}

// whyStrict is what the list says of l's refusal; "" where it says nothing.
func whyStrict(l library, err error) string {
	for _, s := range strictnesses {
		if s.by == l && s.says.MatchString(err.Error()) {
			return s.why
		}
	}
	return ""
}
