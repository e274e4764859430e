package diagnose

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/found"
)

// known says what members mean.
var known = map[string]string{
	"iss": "who issued it", "sub": "who it is about", "aud": "whom it is for", "jti": "its ID",
	"azp": "the client that it was issued to", "client_id": "the client that it was issued to", "cid": "the client that it was issued to", "appid": "the client that it was issued to",
	"scope": "what it allows", "scp": "what it allows", "roles": "the roles of its subject",
	"nonce": "ties an ID token to a sign-in", "at_hash": "only ID tokens have it", "c_hash": "only ID tokens have it",
	"acr": "how strongly the user signed in", "amr": "how the user signed in",
	"cnf": "the key that its sender must prove to hold", "events": "it is a security event, not a credential",
	"alg": "how it is signed", "kid": "the ID of its key", "typ": "what kind of token it is",
	"jku": "never used: it could lead to anybody's keys", "x5u": "never used: it could lead to anybody's keys",
	"jwk": "never used: it could be anybody's key", "x5c": "never used: it could be anybody's certificate",
	"crit": "extensions that must be understood; none is", "enc": "how it is encrypted",
	"tid": "the tenant", "token_use": "what it may be used for", "act": "who acts for the subject",
}

var dateNames = map[string]string{"exp": "expires", "nbf": "valid from", "iat": "issued", "auth_time": "the user signed in", "updated_at": "the user was changed"}

// inWords lists the members of o and says what they mean.
func inWords(o found.Object, now time.Time) []found.Member {
	all := make([]found.Member, 0, len(o.Order))
	for _, m := range o.Order {
		m.Means = known[m.Name]
		if what, ok := dateNames[m.Name]; ok {
			m.Means = dateInWords(what, m.Value, now)
		}
		all = append(all, m)
	}
	return all
}

// dateInWords says when a date is.
func dateInWords(what string, value json.RawMessage, now time.Time) string {
	var n float64
	if err := json.Unmarshal(value, &n); err != nil {
		return "not a number of seconds"
	}
	if n > 1e11 {
		return "not in seconds: " + unitOf(n) + "?"
	}
	at, ok := date(n)
	if !ok {
		return "not a date"
	}
	return what + " " + at.UTC().Format("2006-01-02 15:04:05 UTC") + ", " + Relative(at, now)
}

// date converts seconds, unless they are out of range.
func date(seconds float64) (time.Time, bool) {
	if !(seconds > -6e10 && seconds < 2.5e11) {
		return time.Time{}, false
	}
	return time.Unix(int64(seconds), 0), true
}

// unitOf guesses the unit of a date that is too large to be in seconds.
func unitOf(n float64) string {
	switch {
	case n < 1e14:
		return "milliseconds"
	case n < 1e17:
		return "microseconds"
	}
	return "nanoseconds"
}

// Relative says how far t is from now.
func Relative(t, now time.Time) string {
	d := t.Sub(now).Round(time.Second)
	switch {
	case d == 0:
		return "now"
	case d < 0:
		return Duration(-d) + " ago"
	}
	return "in " + Duration(d)
}

// Duration writes d in its two largest units.
func Duration(d time.Duration) string {
	units := []struct {
		name string
		size time.Duration
	}{{"year", 365 * 24 * time.Hour}, {"day", 24 * time.Hour}, {"hour", time.Hour}, {"minute", time.Minute}, {"second", time.Second}}
	var parts []string
	for _, u := range units {
		if n := d / u.size; n > 0 {
			d -= n * u.size
			s := "s"
			if n == 1 {
				s = ""
			}
			parts = append(parts, fmt.Sprintf("%d %s%s", n, u.name, s))
		} else if len(parts) > 0 {
			break
		}
		if len(parts) == 2 {
			break
		}
	}
	if parts == nil {
		return d.String()
	}
	return strings.Join(parts, " ")
}

func dates(claims found.Object) (d Dates) {
	get := func(name string) *time.Time {
		n, ok := claims.Date(name)
		if !ok {
			return nil
		}
		at, ok := date(n)
		if !ok {
			return nil
		}
		at = at.UTC()
		return &at
	}
	return Dates{Issued: get("iat"), NotBefore: get("nbf"), Expires: get("exp")}
}

// kindOf says what kind of token it seems to be, or "".
func kindOf(d found.Decoded) string {
	typ := strings.TrimPrefix(strings.ToLower(d.Header.Text("typ")), "application/")
	use := strings.ToLower(d.Claims.Text("typ") + d.Claims.Text("token_use"))
	switch {
	case typ == "dpop+jwt" || d.Claims.Has("htu") && d.Claims.Has("htm"):
		return "DPoP proof"
	case typ == "logout+jwt" || strings.Contains(text(d, "events"), "backchannel-logout"):
		return "logout token"
	case typ == "secevent+jwt" || d.Claims.Has("events"):
		return "security event"
	case strings.HasSuffix(typ, "sd-jwt") || typ == "kb+jwt" || d.Claims.Has("vc") || d.Claims.Has("_sd"):
		return "verifiable credential"
	case typ == "oauth-authz-req+jwt":
		return "authorization request"
	case d.Header.Has("nonce") && strings.HasPrefix(d.Claims.Text("iss"), "https://sts.windows.net/"):
		return "Microsoft Graph token"
	case typ == "at+jwt":
		return "access token"
	case use == "refresh" || use == "offline":
		return "refresh token"
	case use == "id":
		return "ID token"
	case use == "bearer" || use == "access":
		return "access token"
	case d.Claims.Has("at_hash") || d.Claims.Has("c_hash") || d.Claims.Has("s_hash") || d.Claims.Has("nonce"):
		return "ID token"
	case d.Claims.Text("iss") != "" && d.Claims.Text("iss") == d.Claims.Text("sub") && strings.Contains(strings.Join(d.Claims.Texts("aud"), " "), "/token"):
		return "client assertion"
	case d.Claims.Has("scope") || d.Claims.Has("scp") || d.Claims.Has("permissions") || d.Claims.Has("cid") || d.Claims.Has("client_id") || d.Claims.Has("roles"):
		return "access token"
	case d.Claims.Has("amr") || d.Claims.Has("email") && d.Claims.Has("name"):
		return "ID token"
	}
	return ""
}

func text(d found.Decoded, claim string) string {
	v, ok := d.Claims.At(claim)
	if !ok {
		return ""
	}
	doc, _ := json.Marshal(v)
	return string(doc)
}
