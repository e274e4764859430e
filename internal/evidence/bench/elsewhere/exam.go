package main

import (
	"crypto/x509"
	"encoding/pem"
	"slices"
	"strings"

	"github.com/jwtverify/jwtverify/internal/evidence/bench"
)

// An exam is what everyone gets: the expectations, and a case for each kind of token
// and each algorithm.
type exam struct {
	Issuer   string     `json:"issuer"`
	Audience string     `json:"audience"`
	Leeway   int        `json:"leeway"` // seconds
	Cases    []examCase `json:"cases"`
}

// An examCase is one token and its key.
type examCase struct {
	Name      string `json:"name"`
	Algorithm string `json:"alg"`
	Key       string `json:"key"` // a secret, or a public key in PEM
	Token     string `json:"token"`

	group    string
	material *bench.Material
}

// The two kinds of token.
const (
	registered = "Registered claims only, beside other languages"
	custom     = "With three custom claims, decoded, beside other languages"
)

func newExam() (*exam, error) {
	all := &exam{Issuer: bench.Issuer, Audience: bench.Audience(), Leeway: int(bench.Leeway().Seconds())}
	for _, alg := range bench.Algorithms() {
		m, err := bench.NewMaterial(alg)
		if err != nil {
			return nil, err
		}
		key := string(m.Secret())
		if pub := m.PublicKey(); pub != nil {
			der, err := x509.MarshalPKIXPublicKey(pub)
			if err != nil {
				return nil, err
			}
			key = string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
		}
		for group, raw := range map[string]string{registered: m.Registered(), custom: m.Custom()} {
			all.Cases = append(all.Cases, examCase{group[:strings.IndexByte(group, ',')] + ", " + string(alg), string(alg), key, raw, group, m})
		}
	}
	return all, nil
}

func (all *exam) groups() []string { return []string{registered, custom} }

// of returns the case of a group and an algorithm.
func (all *exam) of(group, alg string) examCase {
	return all.Cases[slices.IndexFunc(all.Cases, func(c examCase) bool { return c.group == group && c.Algorithm == alg })]
}
