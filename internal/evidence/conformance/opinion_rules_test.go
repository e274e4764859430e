package conformance_test

import (
	"math/bits"
	"strings"
)

// A rule is one reason to refuse a token, of those that the model knows. The
// mutations are labelled with it.
type rule uint8

// A duty says who refuses a token that breaks a rule.
type duty uint8

const (
	mandatory duty = iota // an RFC says that a verifier refuses it, always or where it was told what to expect
	choice                // the RFCs allow either; jwtverify refuses
)

const (
	_ rule = iota // 0 stands for "breaks nothing"

	partCount
	encrypted
	serialization
	whiteSpace
	tooPadded
	standardAlphabet
	otherCharacter
	impossibleLength
	unusedBits
	overSize

	headerSyntax
	headerMore
	headerUTF8
	headerSurrogate
	headerTwice
	headerTwiceBelow
	algMissing
	algNone
	algOther
	critical
	unencoded
	encodedNamed
	kidType
	kidLong
	typType
	typOther

	signatureWrong
	signatureEmpty
	signatureLength
	signatureRange
	signatureDER
	signatureRespelled
	saltLength
	confusion

	claimsSyntax
	claimsMore
	claimsUTF8
	claimsSurrogate
	claimsTwice
	claimsTwiceBelow
	otherCase
	dateType
	dateNull
	dateRange
	expPassed
	expEdge
	expMissing
	nbfFuture
	nbfEdge
	iatFuture
	iatEdge
	textType
	textNull
	audType
	audNull
	audOther
	audMissing
	issOther
	issMissing
	actUnsound

	ruleCount
)

// about says what each rule refuses.
var about = [ruleCount]struct {
	name    string
	section string
	duty    duty
}{
	partCount:        {"not three parts", "RFC 7515 §7.1", mandatory},
	encrypted:        {"five parts (JWE) where a signature is expected", "RFC 7516 §9", mandatory},
	serialization:    {"the JSON serialization", "RFC 7519 §1", mandatory},
	whiteSpace:       {"white space or line breaks in or around a part", "RFC 7515 §2", mandatory},
	tooPadded:        {"padded base64url", "RFC 7515 §2", mandatory},
	standardAlphabet: {"+ and / of the other base64", "RFC 7515 §2", mandatory},
	otherCharacter:   {"any other character in a part", "RFC 4648 §3.3", mandatory},
	impossibleLength: {"a part with one digit too many", "RFC 7515 §2", mandatory},
	unusedBits:       {"unused bits of the last digit that are not zero", "RFC 4648 §3.5", choice},
	overSize:         {"more than 16 KiB", "RFC 8259 §9", choice},

	headerSyntax:     {"a header that is not a JSON object", "RFC 7515 §5.2 (3)", mandatory},
	headerMore:       {"a header with something after the object", "RFC 7515 §5.2 (3)", mandatory},
	headerUTF8:       {"a header that is not UTF-8", "RFC 7515 §5.2 (3)", mandatory},
	headerSurrogate:  {"half of a surrogate pair in the header", "RFC 7493 §2.1", choice},
	headerTwice:      {"a header parameter twice", "RFC 7515 §4", choice},
	headerTwiceBelow: {"a name twice, further down in the header", "RFC 7493 §2.3", choice},
	algMissing:       {"no alg, or one that is not a string", "RFC 7515 §4.1.1", mandatory},
	algNone:          {"alg none, however it is written", "RFC 8725 §3.2", mandatory},
	algOther:         {"an alg that is not the key's", "RFC 8725 §3.1", mandatory},
	critical:         {"crit, of which no extension is known", "RFC 7515 §4.1.11", mandatory},
	unencoded:        {"b64 that is not true", "RFC 7797 §7", mandatory},
	encodedNamed:     {"b64 that is true", "RFC 7797 §7", choice},
	kidType:          {"a kid that is not a string", "RFC 7515 §4.1.4", mandatory},
	kidLong:          {"a kid of more than 1 KiB", "RFC 8259 §9", choice},
	typType:          {"a typ that is not a string", "RFC 7515 §4.1.9", mandatory},
	typOther:         {"a typ of another kind of token", "RFC 8725 §3.11", choice},

	signatureWrong:     {"a signature that does not verify", "RFC 7515 §5.2 (8)", mandatory},
	signatureEmpty:     {"an empty signature", "RFC 7515 §5.2 (8)", mandatory},
	signatureLength:    {"a signature of another length than the algorithm's", "RFC 7518 §3", mandatory},
	signatureRange:     {"R, S or an RSA value out of its range", "RFC 7518 §3.4, RFC 8032 §5.1.7", mandatory},
	signatureDER:       {"ECDSA as ASN.1 instead of R‖S", "RFC 7518 §3.4", mandatory},
	signatureRespelled: {"a part spelled otherwise than it was signed", "RFC 7515 §5.2 (8)", mandatory},
	saltLength:         {"a PSS salt that is not as long as the hash", "RFC 7518 §3.5", mandatory},
	confusion:          {"an HMAC with the text of the public key", "RFC 8725 §2.1", mandatory},

	claimsSyntax:     {"claims that are not a JSON object", "RFC 7519 §7.2 (10)", mandatory},
	claimsMore:       {"claims with something after the object", "RFC 7519 §7.2 (10)", mandatory},
	claimsUTF8:       {"claims that are not UTF-8", "RFC 7519 §7.2 (10)", mandatory},
	claimsSurrogate:  {"half of a surrogate pair in the claims", "RFC 7493 §2.1", choice},
	claimsTwice:      {"a claim twice", "RFC 7519 §4", choice},
	claimsTwiceBelow: {"a name twice, further down in the claims", "RFC 7493 §2.3", choice},
	otherCase:        {"AUD or the like in the place of aud", "RFC 7519 §7.3", mandatory},
	dateType:         {"exp, nbf or iat that is not a number", "RFC 7519 §2", mandatory},
	dateNull:         {"exp, nbf or iat that is null", "RFC 7519 §2", mandatory},
	dateRange:        {"a date outside of the years 1 to 9999", "RFC 7519 §2", choice},
	expPassed:        {"exp has passed", "RFC 7519 §4.1.4", mandatory},
	expEdge:          {"exp has passed by less than a second", "RFC 7519 §4.1.4", mandatory},
	expMissing:       {"no exp where one is asked for", "RFC 7519 §4.1.4", choice},
	nbfFuture:        {"nbf has not come", "RFC 7519 §4.1.5", mandatory},
	nbfEdge:          {"nbf comes in less than a second", "RFC 7519 §4.1.5", mandatory},
	iatFuture:        {"iat in the future", "RFC 7519 §4.1.6", choice},
	iatEdge:          {"iat in the future by less than a second", "RFC 7519 §4.1.6", choice},
	textType:         {"iss, sub or jti that is not a string", "RFC 7519 §4.1", mandatory},
	textNull:         {"iss, sub or jti that is null", "RFC 7519 §4.1", mandatory},
	audType:          {"aud that is neither a string nor an array of strings", "RFC 7519 §4.1.3", mandatory},
	audNull:          {"aud that is null", "RFC 7519 §4.1.3", mandatory},
	audOther:         {"aud that does not name us", "RFC 7519 §4.1.3", mandatory},
	audMissing:       {"no aud where one is expected", "RFC 8725 §3.9", mandatory},
	issOther:         {"another iss", "RFC 8725 §3.8", mandatory},
	issMissing:       {"no iss where one is expected", "RFC 8725 §3.8", mandatory},
	actUnsound:       {"an act that cannot be read", "RFC 8693 §4.1", choice},
}

// rules is a set of them.
type rules uint64

func setOf(rs ...rule) (s rules) {
	for _, r := range rs {
		if r != 0 {
			s |= 1 << r
		}
	}
	return s
}

func (s rules) has(r rule) bool { return s>>r&1 != 0 }

// each iterates over the rules in s, in their order.
func (s rules) each(yield func(rule) bool) {
	for s != 0 {
		r := rule(bits.TrailingZeros64(uint64(s)))
		s &^= 1 << r
		if !yield(r) {
			return
		}
	}
}

// only is the one rule in s; 0 if there are more, or none.
func (s rules) only() rule {
	if bits.OnesCount64(uint64(s)) != 1 {
		return 0
	}
	return rule(bits.TrailingZeros64(uint64(s)))
}

func (s rules) String() string {
	var names []string
	for r := range s.each {
		names = append(names, about[r].name)
	}
	return strings.Join(names, "; ")
}
