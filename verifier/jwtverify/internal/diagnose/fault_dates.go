package diagnose

import (
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

// dates is a token that is not valid now, and the other checks which that explains.
func (s *situation) dates(c verifier.Check) (Fault, []string) {
	also := []string{"expiry", "not before", "issued at"}
	exp, hasExp := s.d.Claims.Date("exp")
	iat, hasIat := s.d.Claims.Date("iat")
	nbf, hasNbf := s.d.Claims.Date("nbf")
	at := float64(s.at.Unix())
	if !s.d.Claims.Has("exp") && c.Name == "expiry" {
		if s.signer() != "" {
			return s.fault("signer", "it has no exp, so that it never ends", "send a token that expires: the issuer has newer ones, such as projected tokens of Kubernetes"), nil
		}
		return s.fault("expiry", "it has no exp, so that it never ends", "let the issuer write exp; to accept it all the same, make exp optional, and have a way to revoke it", s.write("expiry")), nil
	}
	begin := math.Max(orZero(iat, hasIat), orZero(nbf, hasNbf))
	ahead := begin - at
	early := c.Name != "expiry"
	if skew, host := s.skew(); skew != 0 && s.helps(skew) {
		direction := "behind"
		if skew < 0 {
			direction = "ahead"
		}
		return s.fault("clock", fmt.Sprintf("the clock of this machine is %s %s, compared with %s", Duration(skew.Abs()), direction, host), "set the clock, and let NTP or chrony keep it right; do not raise the leeway"), also
	}
	switch {
	case early && !s.o.At.IsZero():
		return s.fault("token", "it had not been issued yet at that time", "see whether the time given is the one when the job was enqueued"), also
	case !early && hasExp && begin > 0 && exp <= begin:
		return s.fault("token", "it expired "+Duration(seconds(at-exp))+" ago; its exp is not after its iat or nbf either, so that it was never valid", "get a new one, and see that the signer writes exp later than iat"), also
	case early && zone(ahead):
		return s.fault("signer", "it begins "+Duration(seconds(ahead))+" in the future, close to whole hours: its signer writes local time as UTC", "let the signer use Unix seconds, which have no time zone"), also
	case early && ahead <= 600:
		return s.fault("clock", "it begins "+Duration(seconds(ahead))+" in the future: the clock of this machine is behind, or that of the issuer is ahead", "set the clocks right with NTP; for a difference that stays, raise the leeway, at most to 10m", s.write("leeway", leewayFor(ahead))), also
	case early:
		return s.fault("token", "it is not valid yet: it begins in "+Duration(seconds(ahead)), "use it from "+time.Unix(int64(begin), 0).UTC().Format(time.RFC3339)+" on; if it should be valid now, the issuer's clock is wrong"), also
	case !s.o.At.IsZero():
		return s.fault("token", "it had expired "+Duration(seconds(at-exp))+" before that time", "see whether the time given is the one when the job was enqueued"), also
	case hasIat && exp-iat > 0 && exp-iat < 5:
		return s.fault("signer", fmt.Sprintf("it lives for %v only, from iat to exp", seconds(exp-iat)), "let the issuer give tokens a longer life, such as 5 minutes"), also
	}
	return s.fault("token", "it expired "+Duration(seconds(at-exp))+" ago", "get a new one: the client has to refresh it before it expires. A background job verifies as of the time when it was enqueued (--at, VerifyAt)"), also
}

func orZero(n float64, ok bool) float64 {
	if !ok {
		return 0
	}
	return n
}

func seconds(n float64) time.Duration {
	return time.Duration(math.Min(math.Abs(n), 1e9)) * time.Second
}

// zone reports whether a difference is close to a multiple of half an hour, as that
// of a time zone is.
func zone(diff float64) bool {
	if diff < 1500 || diff > 14*3600+120 {
		return false
	}
	rest := math.Mod(diff, 1800)
	return rest < 90 || rest > 1710
}

func leewayFor(diff float64) string {
	for _, d := range []time.Duration{time.Minute, 2 * time.Minute, 5 * time.Minute} {
		if diff < d.Seconds() {
			return strings.TrimSuffix(d.String(), "0s")
		}
	}
	return "10m"
}

// helps reports whether dates would hold if the clock were off by skew.
func (s *situation) helps(skew time.Duration) bool {
	if s.policy == nil {
		return false
	}
	r := verifier.Explain(s.ctx, s.svc.Verifier, s.raw, verifier.AsOf(s.now.Add(skew)))
	for _, c := range r.Checks {
		switch c.Name {
		case "expiry", "not before", "issued at":
			if !c.Passed {
				return false
			}
		}
	}
	return true
}

// skew is by how much the clock is behind that of an endpoint of the keys, which it
// asks, or 0 if it is right within half a minute or cannot be compared.
func (s *situation) skew() (by time.Duration, host string) {
	if !s.o.At.IsZero() || s.o.Offline || s.svc.Keys == nil {
		return 0, ""
	}
	for _, st := range keys.Statuses(s.svc.Keys) {
		if !strings.HasPrefix(st.Source, "http") {
			continue
		}
		req, err := http.NewRequestWithContext(s.ctx, http.MethodHead, st.Source, nil)
		if err != nil {
			continue
		}
		client := *s.client()
		client.Timeout = 3 * time.Second
		client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		resp, err := client.Do(req)
		if err != nil {
			continue
		}
		resp.Body.Close()
		at, err := http.ParseTime(resp.Header.Get("Date"))
		if err != nil {
			continue
		}
		if by = at.Sub(s.now); by.Abs() > 30*time.Second {
			return by, hostOf(st.Source)
		}
		return 0, ""
	}
	return 0, ""
}
