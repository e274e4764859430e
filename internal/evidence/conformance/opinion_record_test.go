package conformance_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"slices"
	"testing"
)

// A record is what the long runs have counted, all together. The tables of the
// README are made of it.
type record struct {
	Tokens  int            `json:"tokens"`
	Good    int            `json:"good"` // the model finds nothing wrong with them
	Seeds   map[string]int `json:"seeds"`
	Rules   []ruleRecord   `json:"rules"`
	Refused []strictRecord `json:"refused"`
	Vectors []vectorRecord `json:"vectors"`
}

type ruleRecord struct {
	Rule     string         `json:"rule"`
	Tokens   int            `json:"tokens"` // that break it, alone or with others
	Accepted map[string]int `json:"accepted"`
	Vectors  map[string]int `json:"vectors,omitempty"` // the same, of the vectors
}

type strictRecord struct {
	Library string `json:"library"`
	Why     string `json:"why"`
	Tokens  int    `json:"tokens"`
	Vectors int    `json:"vectors"`
}

// A vectorRecord is what became of the tokens of one source.
type vectorRecord struct {
	Source   string         `json:"source"`
	Bad      int            `json:"bad"`
	Accepted map[string]int `json:"accepted"` // bad ones
	Good     map[string]int `json:"good"`     // that the library was asked about
	Refused  map[string]int `json:"refused"`  // good ones
}

func readRecord(tb testing.TB, path string) (r record) {
	tb.Helper()
	doc, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(doc, &r)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		tb.Fatal(err)
	}
	return r
}

// addTo adds the counts of a run to the record at path, in which a seed is only once.
func (c *count) addTo(tb testing.TB, path, seed string) {
	tb.Helper()
	r := readRecord(tb, path)
	if _, again := r.Seeds[seed]; again {
		tb.Fatalf("%s has the seed %s already", path, seed)
	}
	if r.Seeds == nil {
		r.Seeds = map[string]int{}
	}
	r.Seeds[seed] = c.tokens
	r.Tokens += c.tokens
	r.Good += c.good
	for i := range ruleCount {
		if about[i].name != "" {
			one := r.rule(about[i].name)
			one.Tokens += c.breaking[i]
			for l, n := range c.accepted[i] {
				one.Accepted[library(l).String()] += n
			}
		}
	}
	for k, n := range c.refused {
		r.strict(k.by.String(), k.why).Tokens += n
	}
	r.write(tb, path)
}

// put puts what was said of one source into the record, in the place of what was.
func (o *saidOf) put(tb testing.TB, path, source string) {
	tb.Helper()
	r := readRecord(tb, path)
	named := func(counts [libraryCount]int) map[string]int {
		by := map[string]int{}
		for l, n := range counts {
			by[library(l).String()] = n
		}
		return by
	}
	r.Vectors = slices.DeleteFunc(r.Vectors, func(v vectorRecord) bool { return v.Source == source })
	r.Vectors = append(r.Vectors, vectorRecord{source, o.bad, named(o.accepted), named(o.asked), named(o.refused)})
	r.write(tb, path)
}

// addVectors sets the counts of all vectors, by rule and by why others are stricter.
func (c *count) addVectors(tb testing.TB, path string) {
	tb.Helper()
	r := readRecord(tb, path)
	for i := range ruleCount {
		if about[i].name != "" {
			one := r.rule(about[i].name)
			one.Vectors = map[string]int{}
			for l, n := range c.accepted[i] {
				one.Vectors[library(l).String()] = n
			}
		}
	}
	for _, s := range strictnesses {
		r.strict(s.by.String(), s.why).Vectors = c.refused[strictKey{s.by, s.why}]
	}
	r.write(tb, path)
}

func (r *record) write(tb testing.TB, path string) {
	tb.Helper()
	doc := must(json.MarshalIndent(r, "", "\t"))
	if err := os.WriteFile(path, append(doc, '\n'), 0o644); err != nil {
		tb.Fatal(err)
	}
}

// rule is the entry of that name, which is new if need be.
func (r *record) rule(name string) *ruleRecord {
	for i := range r.Rules {
		if r.Rules[i].Rule == name {
			return &r.Rules[i]
		}
	}
	r.Rules = append(r.Rules, ruleRecord{Rule: name, Accepted: map[string]int{}})
	return &r.Rules[len(r.Rules)-1]
}

func (r *record) strict(library, why string) *strictRecord {
	for i, s := range r.Refused {
		if s.Library == library && s.Why == why {
			return &r.Refused[i]
		}
	}
	r.Refused = append(r.Refused, strictRecord{Library: library, Why: why})
	return &r.Refused[len(r.Refused)-1]
}
