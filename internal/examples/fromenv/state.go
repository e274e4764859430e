package fromenv

import (
	"errors"
	"strings"

	"github.com/jwtverify/jwtverify/keys"
)

// A Source is the state of one source of keys, or of the file of issuers.
type Source struct {
	Name  string `json:"source"`
	Keys  int    `json:"keys"`
	Stale bool   `json:"stale"`
	Fault Fault  `json:"fault,omitempty"`
	Error string `json:"error,omitempty"`

	ready bool // it has a key, or gets it when a token comes
	file  bool // it is the file of issuers
}

// A Fault is why a source has no fresh keys.
type Fault string

const (
	Configuration Fault = "configuration" // a setting is wrong: waiting does not help
	Outage        Fault = "outage"        // it may pass
	Starting      Fault = "starting"      // nothing has been fetched yet
)

// Sources returns the state of every source that fetches or reads a file. It makes no
// request.
func (c *Config) Sources() []Source {
	all := []Source{}
	for i, s := range keys.Statuses(c.Keys) {
		about := Source{Name: s.Source, Keys: len(s.Keys), Stale: s.Stale, file: c.file && i == 0}
		// Where each key is fetched by its ID, there is none before the first token.
		oneByOne := strings.HasSuffix(s.Source, "{kid}")
		switch {
		case about.file && s.Err != nil, errors.Is(s.Err, keys.ErrConfiguration):
			about.Fault = Configuration
		case s.Err != nil:
			about.Fault = Outage
		case len(s.Keys) == 0 && !about.file && !oneByOne:
			about.Fault, about.Error = Starting, "not fetched yet"
		}
		if s.Err != nil {
			about.Error = s.Err.Error()
		}
		about.ready = !about.file && (len(s.Keys) > 0 || oneByOne && s.Err == nil)
		all = append(all, about)
	}
	return all
}

// Ready reports whether there is a key to verify with now, given what Sources
// returned. If there is none, why is the fault: an outage or the start if any source
// may yet recover. A source without a state, such as a secret, has its keys from the
// start.
func (c *Config) Ready(sources []Source) (ready bool, why Fault) {
	fetching := 0
	for _, s := range sources {
		switch {
		case s.ready:
			return true, ""
		case s.file:
			continue
		case why == "" || why == Configuration:
			why = s.Fault
		}
		fetching++
	}
	if fetching < c.opened() {
		return true, ""
	}
	return false, why
}

// opened returns how many sources of keys there are.
func (c *Config) opened() int {
	if c.issuers != nil {
		return len(c.issuers.Names())
	}
	return c.sources
}
