package keys

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jwtverify/jwtverify/internal/fetch"
	"github.com/jwtverify/jwtverify/internal/message"
)

const kidPlaceholder = "{kid}"

// NewPerID provides keys that are published one by one, each at a URL with its key
// ID, as by the load balancers of AWS:
//
//	https://public-keys.auth.elb.eu-west-1.amazonaws.com/{kid}
//
// urlTemplate is an https URL, or an http one on loopback, in which {kid} stands
// once, as a whole segment of the path. A key ID has 1 to 128 of the characters A-Z,
// a-z, 0-9, "_" and "-"; a token with another one, or with none, finds no key, and
// nothing is requested.
//
// An answer is a PEM block with a public key or certificate, a JWK, or a JWK Set
// with one key. The key gets the ID that was asked for; one that states another ID
// is skipped. 404, 403 and 410 mean that there is no such key. Everything else is an
// outage.
//
// All rules of a [Remote] hold: an unknown ID costs one request on the budget of
// three and then one every ten seconds, all lookups of it wait for the same one, and
// one that does not exist is remembered for 30 seconds. Over the budget, the answer
// for an ID that was not asked for yet is [ErrUnavailable], not "no key". Up to 64
// keys are kept, those used last, and refreshed before they are stale, within one
// [WithTimeout]; whoever floods unknown IDs reaches neither that nor the known keys.
// A key that answers 404 at its refresh stops verifying.
//
// NewPerID makes no request. As long as no key was asked for, [Remote.Refresh] does
// nothing and returns nil. The keys are bound to no issuer: wrap the Remote in
// [ForIssuer] where they belong to one. NewPerID fails for another kind of template,
// an invalid option, and one that has no meaning here, such as [WithSeed] and
// [WithSnapshotFile]; it reports every mistake in one error.
func NewPerID(urlTemplate string, opts ...Option) (*Remote, error) {
	c, err := newConfig(opts)
	err = message.Join("keys: ", err, c.meaningless("a URL for each key ID", forOIDC, forSecret, forSet),
		checkTemplate(urlTemplate, c.insecure), c.settings(urlTemplate).Check())
	if err != nil {
		return nil, err
	}
	c.parser.remote = true         // rule 6: no secrets, no private keys
	c.parser.thumbprintIDs = false // the keys have their IDs
	c.seed, c.snapshot = nil, ""   // of a Mux, for other sources
	return newRemote(c, &perID{
		template: urlTemplate, client: fetch.NewClient(c.settings(urlTemplate)), parser: c.parser,
	})
}

// checkTemplate returns an error unless template is the URL of NewPerID.
func checkTemplate(template string, insecure bool) error {
	if err := fetch.CheckURL("the URL template", template, insecure); err != nil {
		return err
	}
	path, _, _ := strings.Cut(template, "?")
	whole := slices.Contains(strings.Split(path, "/"), kidPlaceholder)
	if !whole || strings.Count(template, kidPlaceholder) != 1 || strings.ContainsAny(strings.Replace(template, kidPlaceholder, "", 1), "{}") {
		return errors.New("the URL template must have {kid} once, as a whole segment of its path, as in https://host/{kid}")
	}
	return nil
}

// isPerID reports whether id may stand in the URL of a key.
func isPerID(id string) bool {
	const longest = 128
	for i := range len(id) {
		switch c := id[i]; {
		case '0' <= c && c <= '9', 'a' <= c|0x20 && c|0x20 <= 'z', c == '_', c == '-':
		default:
			return false
		}
	}
	return 0 < len(id) && len(id) <= longest
}

// A perID origin has a URL for each key ID.
type perID struct {
	template string
	client   *fetch.Client
	parser   parser
}

func (o *perID) name() string { return fetch.Redacted(o.template) }

// id is a hash, since the query of a URL may hold a secret.
func (o *perID) id() string { return fmt.Sprintf("kid:%x", sha256.Sum256([]byte(o.template))) }

// url returns where the key of that ID is, for which isPerID holds.
func (o *perID) url(keyID string) string {
	return strings.Replace(o.template, kidPlaceholder, keyID, 1)
}
