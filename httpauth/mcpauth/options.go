package mcpauth

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/jwtverify/jwtverify/httpauth"
)

// An Option configures [New], which reports what is wrong with it.
type Option func(*config)

type config struct {
	scopes   []string            // every request needs them
	tools    map[string][]string // by name
	others   []string            // of tools that are not listed; nil: they cannot be called
	need     func(*http.Request, Call) (httpauth.Need, error)
	options  []httpauth.Option
	audience []string // nil: the resource
	loopback bool
	maxBody  int64
	mistakes []string
}

const (
	defaultMaxBody = 4 << 20 // that of the SDK
	offline        = "offline_access"
)

func (c *config) fail(format string, args ...any) {
	c.mistakes = append(c.mistakes, fmt.Sprintf(format, args...))
}

func (c *config) check(wrong bool, format string, args ...any) {
	if wrong {
		c.fail(format, args...)
	}
}

// must records what is wrong with the scopes of an option.
func (c *config) must(option string, scopes []string) {
	for _, s := range scopes {
		c.check(!isScope(s), "%s: %.64q is not a scope; give each as one word without spaces", option, s)
		c.check(s == offline, "%s: no request needs the scope %s; leave it out", option, offline)
	}
}

// isScope reports whether s is a scope-token (RFC 6749 §3.3).
func isScope(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c > '~' || c == '"' || c == '\\' })
}

// WithScopes makes every request need all of the scopes, also those that call no
// tool. Given several times, the lists add up.
func WithScopes(all ...string) Option {
	return func(c *config) {
		c.must("WithScopes", all)
		c.scopes = append(c.scopes, all...)
	}
}

// WithTool makes calls of the tool need all of the scopes, beside those of
// [WithScopes]. Without scopes it lists a tool that needs no more than these.
//
// As soon as one tool is listed, those that are not cannot be called: they are
// answered with an error of JSON-RPC. See [WithOtherTools].
func WithTool(name string, all ...string) Option {
	all = slices.Clone(all)
	return func(c *config) {
		_, twice := c.tools[name]
		c.check(name == "", "WithTool: the name of the tool is empty")
		c.check(twice, "WithTool: %.64q is listed twice; list it once", name)
		c.must("WithTool", all)
		c.tools[name] = all
	}
}

// WithOtherTools makes calls of tools that are not listed need all of the scopes,
// beside those of [WithScopes]. Without scopes they need no more than these.
func WithOtherTools(all ...string) Option {
	return func(c *config) {
		c.must("WithOtherTools", all)
		c.check(c.others != nil, "WithOtherTools is given twice; leave one out")
		c.others = append([]string{}, all...)
	}
}

// WithNeed computes what a call needs beside the scopes of [WithScopes], such as
// from the name of a prompt, the URI of a resource, or arguments. It takes the place
// of WithTool and WithOtherTools.
//
// need is called once for each request or notification of JSON-RPC, after the token
// was found good; httpauth.FromContext(r.Context()) returns the token. r is read-only,
// and its body must not be read. If need panics or returns an error, the answer is
// 503, as that of httpauth.Middleware.RequireFor. Goroutines share need.
func WithNeed(need func(r *http.Request, c Call) (httpauth.Need, error)) Option {
	return func(c *config) {
		c.check(need == nil, "WithNeed: the function is nil; leave the option out")
		c.check(c.need != nil, "WithNeed is given twice; leave one out")
		c.need = need
	}
}

// WithHTTPAuth passes options on to httpauth.New, such as httpauth.WithProof for
// DPoP, httpauth.WithScopesFrom, httpauth.WithScopeHierarchy and
// httpauth.WithLogger. WithResourceMetadata and WithoutCredential are always set.
func WithHTTPAuth(opts ...httpauth.Option) Option {
	return func(c *config) { c.options = append(c.options, opts...) }
}

// WithAudience accepts tokens that name one of audiences in "aud", byte for byte,
// instead of the resource. It is for authorization servers without resource
// indicators (RFC 8707), which MCP demands of them. Each audience must stand for
// this server alone: a token for another server must not be good here.
func WithAudience(audiences ...string) Option {
	return func(c *config) {
		c.check(len(audiences) == 0 || slices.Contains(audiences, ""), "WithAudience: an audience is empty; is a variable unset?")
		c.audience = append(c.audience, audiences...)
	}
}

// WithLoopback allows http URLs of this machine in the metadata, for development.
func WithLoopback() Option { return func(c *config) { c.loopback = true } }

// WithMaxBody limits the body of a request, in bytes; the default is 4 MiB, as that
// of the SDK. A longer one is answered with 413. It must be positive.
func WithMaxBody(bytes int64) Option {
	return func(c *config) {
		c.check(bytes <= 0, "WithMaxBody: %d is not positive", bytes)
		c.maxBody = bytes
	}
}
