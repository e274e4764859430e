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

	beside rule // explains it only if this is broken too; 0: always
}

var others3 = []library{goJOSE, jwx, golangJWT}

// lapses are the reviewed list. A token that a library accepts although it breaks
// rules is explained if each of these rules is here with that library; anything
// else fails the test. Nothing explains jwtverify.
var lapses = []lapse{
	{whiteSpace, others3, "encoding/base64 skips line breaks wherever they are; jwx trims white space around the token too", 0},
	{tooPadded, []library{jwx}, "it guesses among four base64 encodings", 0},
	{standardAlphabet, []library{jwx}, "it guesses among four base64 encodings", 0},
	{unusedBits, []library{goJOSE, jwx}, "encoding/base64 ignores them unless it is strict, which only golang-jwt offers: a token has several spellings", 0},
	{signatureRespelled, []library{goJOSE, jwx}, "go-jose encodes what it has decoded and compares the signature with that; jwx does where the header has crit", 0},
	{overSize, others3, "no limit", 0},

	{headerSyntax, []library{jwx}, "a fast path looks only for alg, with a reader that takes raw control characters and numbers such as 01", 0},
	{headerUTF8, others3, "encoding/json replaces bad bytes, so that two names may become one", 0},
	{headerSurrogate, others3, "encoding/json replaces them", 0},
	{headerTwice, []library{jwx, golangJWT}, "the last one counts, which RFC 7515 §4 allows; the first in jwx", 0},
	{headerTwiceBelow, []library{jwx, golangJWT}, "only go-jose's JSON refuses them, and only in the header", 0},
	{critical, []library{golangJWT}, "it does not know crit: a token whose issuer demands more is taken for an ordinary one", 0},
	{critical, []library{goJOSE, jwx}, "crit that is null is none, and go-jose takes an empty list", 0},
	{unencoded, []library{goJOSE, golangJWT}, "golang-jwt does not know b64; go-jose takes b64 that is not a boolean, and false", 0},
	{encodedNamed, []library{goJOSE, golangJWT}, "it changes nothing", 0},
	{algMissing, []library{jwx}, "beside crit that is null it verifies with the caller's algorithm and does not look at alg; the signature is good all the same", critical},
	{algNone, []library{jwx}, "as without alg", critical},
	{algOther, []library{jwx}, "as without alg", critical},
	{kidType, others3, "it is not read, or null is none", 0},
	{kidLong, others3, "no limit", 0},
	{typType, others3, "typ is not read", 0},
	{typOther, others3, "typ is the caller's to compare", 0},

	{saltLength, []library{goJOSE, golangJWT}, "rsa.PSSSaltLengthAuto takes every length; it needs the private key all the same", 0},

	{claimsMore, []library{jwx}, "a json.Decoder stops after the object", 0},
	{claimsUTF8, others3, "encoding/json replaces bad bytes", 0},
	{claimsSurrogate, others3, "encoding/json replaces them", 0},
	{claimsTwice, []library{jwx, golangJWT}, "the last one counts, which RFC 7519 §4 allows", 0},
	{claimsTwiceBelow, others3, "encoding/json takes the last", 0},
	{otherCase, []library{golangJWT}, "encoding/json matches the fields of RegisteredClaims in any case", 0},
	{dateType, []library{jwx, golangJWT}, "a number in quotes is taken", 0},
	{dateNull, []library{goJOSE, golangJWT}, "null is the same as absent", 0},
	{dateRange, others3, "any number that fits", 0},
	{nbfFuture, []library{jwx, golangJWT}, "an nbf that time.Unix cannot hold wraps around into the past", dateRange},
	{expEdge, []library{goJOSE}, "the second of exp itself still counts", 0},
	{nbfEdge, []library{goJOSE, golangJWT}, "fractions are cut off", 0},
	{iatFuture, []library{jwx, golangJWT}, "an iat that time.Unix cannot hold wraps around into the past", dateRange},
	{iatEdge, []library{goJOSE, golangJWT}, "fractions are cut off", 0},
	{textNull, []library{goJOSE, golangJWT}, "null is the same as absent", 0},
	{actUnsound, others3, "act is the caller's to read", 0},
}

// unexplained are the rules in broken that nothing says why l misses them.
func unexplained(l library, broken rules) rules {
	left := broken
	for _, known := range lapses {
		if slices.Contains(known.by, l) && (known.beside == 0 || broken.has(known.beside)) {
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
	{golangJWT, regexp.MustCompile(`cannot unmarshal number -?\d+e\d+ into Go value of type float64`), "a number that no float64 holds"},
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
