package verifier

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jwtverify/jwtverify/claims"
	"github.com/jwtverify/jwtverify/internal/absent"
)

// A Report shows people what a verifier thinks of a token: every check that could
// be made, not only the first that failed. It never holds the token or its
// signature, but it does hold claims, so mind where it is shown.
type Report struct {
	At     time.Time     // as of when dates were checked; zero if none were
	Leeway time.Duration // by how much dates may be off; see [WithLeeway]
	Checks []Check       // in the order in which Verify makes them
	// Err is what Verify returns, or nil if it accepts the token. Validators of
	// your own that did not run are not in it; see [WithOwnChecks].
	Err error
}

// A Check is one check of a Report.
type Check struct {
	Name    string
	Passed  bool
	Skipped bool   // it was not decided, so that it neither passed nor failed
	Detail  string // one line: why it failed or was skipped, or what was seen
	Setting string // if it failed, the option of New that decides it, such as "WithAudience"; "" for none
}

// String returns the report as a table with one check per line and the verdict
// last. Checks that failed are marked FAIL, and those that were not decided with a
// question mark.
func (r *Report) String() string {
	var b strings.Builder
	skipped := 0
	if !r.At.IsZero() {
		fmt.Fprintf(&b, "as of %s, leeway %v\n", r.At.UTC().Format(time.RFC3339), r.Leeway)
	}
	for _, c := range r.Checks {
		mark := "FAIL"
		switch {
		case c.Passed:
			mark = "ok  "
		case c.Skipped:
			mark = "?   "
			skipped++
		}
		fmt.Fprintf(&b, "%s  %-12s %s\n", mark, c.Name, c.Detail)
	}
	switch {
	case r.Err != nil:
		fmt.Fprintf(&b, "=> %s (%s): %v\n", Classify(r.Err), Reason(r.Err), r.Err)
	case skipped > 0:
		fmt.Fprintf(&b, "=> %s, as far as the checks have run\n", Trusted)
	default:
		fmt.Fprintf(&b, "=> %s\n", Trusted)
	}
	return b.String()
}

// add appends a check, which failed if err is not nil. The first error becomes
// that of the report.
func (r *Report) add(c Check, err error) {
	var option see
	switch {
	case err == nil:
		c.Passed, c.Setting = true, ""
	case errors.As(err, &option):
		c.Setting = option.setting
	}
	if err != nil {
		c.Detail = err.Error()
		c.Skipped = Classify(err) == Undecided
		r.Err = cmp.Or(r.Err, err)
	}
	r.Checks = append(r.Checks, c)
}

// skip adds a check that could not be made because an earlier one failed.
func (r *Report) skip(name, why string) {
	r.Checks = append(r.Checks, Check{Name: name, Skipped: true, Detail: why})
}

// Named gives v a name, by which a [Report] lists it, for [WithClaims] and
// [WithHeader]. [Keyed.Explain] runs it without being asked for your own checks, so
// v must have no effects. It panics if v is nil or name is empty.
func Named(name string, v claims.Validator) claims.Validator {
	if name == "" || absent.Is(v) {
		panic("verifier: Named: the name is empty or the validator is nil")
	}
	return named{name, v}
}

type named struct {
	name string
	claims.Validator
}
