package claims

import (
	"errors"
	"math"
	"strconv"
	"time"

	"github.com/jwtverify/jwtverify/internal/strictjson"
)

// The years 1 to 9999, in seconds of the Unix epoch: all that time.Time and
// RFC 3339 both can express.
const (
	firstSecond = -62135596800
	lastSecond  = 253402300799
)

var (
	errNotDate      = malformed{errors.New("it is not a number of seconds (RFC 7519 §2)")}
	errMilliseconds = malformed{errors.New("it is beyond the year 9999; is it in milliseconds? A date is in seconds (RFC 7519 §2)")}
)

// date reads a NumericDate (RFC 7519 §2): any finite JSON number of seconds,
// fractions and negatives allowed. The result is in UTC.
func date(dst *time.Time, v strictjson.Value) error {
	if v.Kind != '0' {
		return errNotDate
	}
	seconds, nanos, ok := int64(0), int64(0), true
	if n, err := strconv.Atoi(v.Text); err == nil { // quicker than ParseInt
		seconds = int64(n)
	} else {
		seconds, nanos, ok = fraction(v.Text)
	}
	switch {
	case !ok || seconds < firstSecond:
		return errNotDate
	case seconds > lastSecond:
		return errMilliseconds
	}
	*dst = time.Unix(seconds, nanos).UTC()
	return nil
}

// fraction reads a number with a fraction or exponent, or one too large for an
// int. Beyond the year 9999 it is some second after it.
func fraction(text string) (seconds, nanos int64, ok bool) {
	f, err := strconv.ParseFloat(text, 64)
	switch {
	case f >= lastSecond+1: // also what is out of range
		return lastSecond + 1, 0, true
	case err != nil || f < firstSecond:
		return 0, 0, false
	}
	whole := math.Floor(f)
	return int64(whole), int64((f - whole) * 1e9), true
}
