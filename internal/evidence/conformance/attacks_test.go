package conformance_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// An attack is one group of advisories, and the test that the library
// withstands it. The input is built in the test.
type attack struct {
	id   string // as advisories.json names the group
	note string // why it cannot concern the library, whose test is then the nearest that can
	test func(t *testing.T)
}

var attacks = slices.Concat(
	unsignedAttacks, confusionAttacks, keyAttacks, embeddedAttacks, endpointAttacks, refreshAttacks,
	shapeAttacks, encryptedAttacks, sizeAttacks, claimAttacks, policyAttacks, handlingAttacks,
)

func TestAttacks(t *testing.T) {
	notes := 0
	for _, a := range attacks {
		t.Run(strings.ReplaceAll(a.id, "/", "+"), func(t *testing.T) {
			if a.note != "" {
				notes++
				fmt.Fprintf(t.Output(), "%s cannot concern the library: %s\n", a.id, a.note)
			}
			a.test(t)
		})
	}
	fmt.Fprintf(t.Output(), "%d groups of advisories, each with its test; %d of them with a reason why no more than the nearest thing can be tested\n", len(attacks), notes)
}

// TestEveryAdvisoryHasItsTest compares with the groups of advisories.json, in
// both directions.
func TestEveryAdvisoryHasItsTest(t *testing.T) {
	var doc struct {
		Cases []struct {
			ID string `json:"id"`
		} `json:"cases"`
	}
	readShared(t, "advisories.json", &doc)
	tested := map[string]int{}
	for _, a := range attacks {
		tested[a.id]++
	}
	for _, c := range doc.Cases {
		if tested[c.ID] != 1 {
			t.Errorf("%s has %d tests, want 1", c.ID, tested[c.ID])
		}
		delete(tested, c.ID)
	}
	for id := range tested {
		t.Errorf("%s has a test, and is not a group of advisories.json", id)
	}
}
