package providers

import (
	_ "embed"
	"encoding/json"
	"testing"
)

// A Fact is what is known about the tokens of one kind of issuer. It is written
// from the issuers' documentation and source, and not from the presets, which are
// held against it. It speaks of the issuer of the first [Provider] of its preset.
type Fact struct {
	Preset     string
	Issuer     string   // an example of "iss"; "" for none
	Metadata   string   // where its metadata are; "" for none, or when the preset needs none
	Keys       string   // where its keys are, with {kid} for a key ID; "" for a secret
	Algorithms []string // nil: any
	Typ        []string // in the header; "" for none
	RefusedTyp []string `json:"refused_typ"` // of tokens for something else
	Location   struct{ Schemes, Headers, Cookies []string }
	Audience   string // what "aud" names
	SignsFor   string `json:"signs_for"` // who can get a token of this issuer
	Subject    string // required, or when not
	Claims     []RequiredClaim
	Source     []string
	Unverified []string // what is from memory or from third parties
}

// A RequiredClaim is a claim without which, or with another value, a token must be
// refused.
type RequiredClaim struct {
	Name     []string // of several, one is enough
	Path     []string // of a member further down, whose name is the last
	Header   bool     // it is in the header
	Present  bool     // its value is not checked
	Optional bool     // it may be absent
	Absent   bool     // it must be absent
	Wrong    any      // another value; nil for one that no issuer has
}

//go:embed facts.json
var facts []byte

// Facts returns all facts, by preset.
func Facts(tb testing.TB) []Fact {
	tb.Helper()
	var all []Fact
	if err := json.Unmarshal(facts, &all); err != nil {
		tb.Fatal(err)
	}
	return all
}
