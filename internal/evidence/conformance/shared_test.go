package conformance_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/keys"
)

// sharedVectors is a folder next to the checkout, and not part of it.
const sharedVectors = "../../../../shared/vectors"

// readShared reads a file of the shared vectors, or skips the test.
func readShared(tb testing.TB, name string, into any) {
	tb.Helper()
	if !seedShared(tb, name, into) {
		tb.Skipf("%s is not in %s: these vectors are kept outside of the repository", name, sharedVectors)
	}
}

// seedShared reads a file of the shared vectors, if it is there.
func seedShared(tb testing.TB, name string, into any) (there bool) {
	tb.Helper()
	doc, err := os.ReadFile(filepath.Join(sharedVectors, name))
	if errors.Is(err, fs.ErrNotExist) {
		return false
	}
	if err == nil {
		err = json.Unmarshal(doc, into)
	}
	if err != nil {
		tb.Fatalf("%s: %v", name, err)
	}
	return true
}

// tokenFiles are the shared files of tokens.
var tokenFiles = []string{rfcFile, recordedFile, harvestFile, negativesFile, parsingFile}

// A tokenCase is one token with its key and the answer that is due.
type tokenCase struct {
	Name   string           `json:"name"`
	Level  string           `json:"level"` // jws: any payload; jwt: claims
	JWK    json.RawMessage  `json:"jwk"`
	JWKS   jwkSet           `json:"jwks"`
	Algs   []keys.Algorithm `json:"algs"`
	Token  string           `json:"token"`
	Recipe []recipePart     `json:"token_recipe"`

	Valid    *bool  `json:"valid"`     // at its level; null: either answer
	JWSValid *bool  `json:"jws_valid"` // of signature and header alone
	JWTValid *bool  `json:"jwt_valid"` // of a jws case, as a JWT
	Stage    string `json:"expect_stage"`

	Options caseOptions `json:"options"`
	Tags    []string    `json:"tags"`
}

type jwkSet struct {
	Keys []json.RawMessage `json:"keys"`
}

// A recipePart is a piece of a token that is too long to be written out.
type recipePart struct {
	Text   string       `json:"text"`
	Repeat string       `json:"repeat"`
	Count  int          `json:"count"`
	Of     []recipePart `json:"b64url_of"`
}

func cook(parts []recipePart) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(p.Text)
		b.WriteString(strings.Repeat(p.Repeat, p.Count))
		if p.Of != nil {
			b.WriteString(b64(cook(p.Of)))
		}
	}
	return b.String()
}

// raw is the token itself.
func (c *tokenCase) raw() string {
	if c.Recipe != nil {
		return cook(c.Recipe)
	}
	return c.Token
}

// asJWT is the answer that is due to the token as a JWT; nil: either.
func (c *tokenCase) asJWT() *bool {
	if c.Level == "jws" {
		return c.JWTValid
	}
	return c.Valid
}

// asJWS is the answer that is due to its signature and header; nil: either.
func (c *tokenCase) asJWS() *bool {
	if c.Level == "jws" {
		return c.Valid
	}
	return c.JWSValid
}

func readTokens(tb testing.TB, file string) []*tokenCase {
	tb.Helper()
	var doc struct {
		Cases []*tokenCase `json:"cases"`
	}
	readShared(tb, file, &doc)
	return doc.Cases
}
