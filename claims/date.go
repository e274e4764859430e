package claims

import (
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

// date reads a NumericDate (RFC 7519 §2): any finite JSON number of seconds,
// fractions and negatives allowed. The result is in UTC.
func date(dst *time.Time, v strictjson.Value) bool {
	if v.Kind != '0' {
		return false
	}
	seconds, nanos, ok := int64(0), int64(0), true
	if n, err := strconv.Atoi(v.Text); err == nil { // quicker than ParseInt
		seconds = int64(n)
	} else {
		seconds, nanos, ok = fraction(v.Text)
	}
	if !ok || seconds < firstSecond || seconds > lastSecond {
		return false
	}
	*dst = time.Unix(seconds, nanos).UTC()
	return true
}

func fraction(text string) (seconds, nanos int64, ok bool) {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f < firstSecond || f >= lastSecond+1 {
		return 0, 0, false
	}
	whole := math.Floor(f)
	return int64(whole), int64((f - whole) * 1e9), true
}
