package fromenv

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jwtverify/jwtverify/verifier/issuers"
)

// String returns the settings in force, one per line. It never shows a secret, nor
// the reference to one.
func (c *Config) String() string {
	var b strings.Builder
	fetching := 0
	for _, s := range c.Sources() {
		if s.file {
			fmt.Fprintf(&b, "  issuers   %s, read again when it changes\n", strconv.Quote(s.Name))
			continue
		}
		fetching++
		fmt.Fprintf(&b, "  keys      %s\n", strconv.Quote(s.Name))
	}
	if n := c.opened() - fetching; n > 0 {
		fmt.Fprintf(&b, "  keys      %d given directly, not shown\n", n)
	}
	if c.issuers != nil {
		c.describeIssuers(&b)
		return b.String()
	}
	for _, v := range []struct{ name, value, unset string }{
		{"issuer", c.issuer, "JWT_ISSUER is not set: the issuer of the keys, or none"},
		{"audience", c.audience, "JWT_AUDIENCE is not set: none"},
	} {
		if v.value == "" {
			fmt.Fprintf(&b, "  %-9s %s\n", v.name, v.unset)
		} else {
			fmt.Fprintf(&b, "  %-9s %s\n", v.name, strconv.Quote(v.value))
		}
	}
	return b.String()
}

// describeIssuers writes what is checked of the tokens of each preset, and where they
// are in a request. It shows no value of a parameter: one may lead to a secret.
func (c *Config) describeIssuers(b *strings.Builder) {
	all := issuers.Presets()
	names := c.issuers.Names()
	for i, name := range names {
		at := slices.IndexFunc(all, func(p issuers.Preset) bool { return p.Name == name })
		if at < 0 || slices.Contains(names[:i], name) {
			continue
		}
		p := all[at]
		checks := []string{"issuer, dates and signature"}
		for _, need := range p.Needs {
			checks = append(checks, strings.ReplaceAll(need, "|", " or ")+" as given")
		}
		checks = append(checks, p.Checks...)
		fmt.Fprintf(b, "  preset    %s, %s: %s\n", p.Name, p.Title, strings.Join(checks, "; "))
	}
	fmt.Fprintf(b, "  tokens in %s\n", strings.Join(c.fields("TOKEN"), ", or "))
}

// Field returns a field of a request that carries token, as the first issuer expects
// it, such as "Authorization: Bearer TOKEN".
func (c *Config) Field(token string) string { return c.fields(token)[0] }

// fields returns the fields that may carry token. There is at least one.
func (c *Config) fields(token string) (all []string) {
	l := c.Location()
	if len(l.Schemes)+len(l.Headers)+len(l.Cookies) == 0 {
		l.Schemes = []string{"Bearer"}
	}
	for _, scheme := range l.Schemes {
		all = append(all, "Authorization: "+scheme+" "+token)
	}
	for _, name := range l.Headers {
		all = append(all, name+": "+token)
	}
	for _, name := range l.Cookies {
		all = append(all, "Cookie: "+name+"="+token)
	}
	return all
}
