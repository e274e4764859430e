package diagnose

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/setup"
)

// A form is how one setting is written in each of the forms of settings.
type form struct{ flag, variable, option string }

// forms are the settings of a service. The last member is Go code, with %s for the
// value.
var forms = map[string]form{
	"issuer":            {"--issuer", "JWT_ISSUER", "verifier.WithIssuer(%s)"},
	"audience":          {"--audience", "JWT_AUDIENCE", "verifier.WithAudience(%s)"},
	"keys":              {"--keys", "JWT_KEYS", "keys.Open(ctx, %s)"},
	"secret encoding":   {"--keys", "JWT_KEYS", "keys.Open(ctx, %s)"},
	"secret":            {"--keys", "JWT_KEYS", "keys.Open(ctx, %s)"},
	"issuers":           {"--issuers", "JWT_ISSUERS", "issuers.Open(ctx, %s)"},
	"type":              {"--type", "", "verifier.WithType(%s)"},
	"algorithms":        {"--alg", "", "verifier.WithAlgorithms(%s)"},
	"leeway":            {"--leeway", "", "verifier.WithLeeway(%s)"},
	"size":              {"--max-size", "", "verifier.WithMaxSize(%s)"},
	"subject":           {"--optional-subject", "", "verifier.WithOptionalSubject()"},
	"integer subject":   {"--integer-subject", "", "verifier.WithIntegerSubject()"},
	"expiry":            {"--optional-expiry", "", "verifier.WithOptionalExpiry()"},
	"padding":           {"--padded", "", "verifier.WithPaddedBase64()"},
	"possession":        {"--proven", "", "verifier.WithPossessionProven()"},
	"events":            {"--events", "", "verifier.WithEvents()"},
	"access token":      {"--access-token", "", "verifier.AccessToken()"},
	"default algorithm": {"--default-alg", "", "keys.WithDefaultAlgorithm(%s)"},
	"certificate":       {"--ca", "", "keys.WithCAFile(%s)"},
	"scope":             {"--scope", "", "claims.Scope(%s)"},
}

// elsewhere are the settings that are not those of the service.
var elsewhere = map[string]string{
	"client":        "which token the client sends, and how",
	"signer":        "how the issuer signs its tokens",
	"published key": "how the issuer publishes its keys",
	"opaque":        "the kind of access token that the issuer gives out",
	"token":         "the token itself",
	"clock":         "the clock of this machine or of the issuer",
	"network":       "the network, or the endpoint of the keys",
	"settings":      "the settings",
	"verifier":      "the verifier",
}

// fault is one of a setting that is not looked at further.
func fault(svc *setup.Service, setting, cause, advice string, write ...string) Fault {
	write = slices.DeleteFunc(write, func(line string) bool { return line == "" })
	return Fault{Setting: setting, Name: nameOf(svc, setting), Cause: message.Line(cause), Advice: message.Line(advice), Write: write}
}

func (s *situation) fault(setting, cause, advice string, write ...string) Fault {
	return fault(s.svc, setting, cause, advice, write...)
}

// nameOf is how the settings at hand call a setting.
func nameOf(svc *setup.Service, setting string) string {
	if name, ok := elsewhere[setting]; ok {
		return name
	}
	f, ok := forms[setting]
	if !ok {
		return setting
	}
	option, _, _ := strings.Cut(f.option, "(")
	switch {
	case svc.Settings.From == setup.Variables && f.variable != "":
		return f.variable + " (" + option + ")"
	case svc.Settings.From == setup.FromPolicy:
		return option
	case f.flag != "":
		return f.flag + " (" + option + ")"
	}
	return option
}

// write is the line to write for a setting with values.
func (s *situation) write(setting string, values ...string) string {
	f := forms[setting]
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = strconv.Quote(v)
	}
	code := f.option
	if strings.Contains(code, "%s") {
		code = fmt.Sprintf(code, strings.Join(quoted, ", "))
	}
	switch {
	case s.svc.Settings.From == setup.Variables && f.variable != "" && len(values) == 1:
		return f.variable + "=" + setup.Shell(values[0])
	case s.svc.Settings.From == setup.Flags && f.flag != "":
		if len(values) == 0 {
			return f.flag
		}
		var all []string
		for _, v := range values {
			all = append(all, f.flag+" "+setup.Shell(v))
		}
		return strings.Join(all, " ")
	}
	return code
}
