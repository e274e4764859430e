package conformance_test

import (
	"slices"
	"strconv"
	"strings"
)

// readClaims notes the rules that the payload breaks.
func (m *reading) readClaims() {
	object, flaws := readObject(m.payload)
	m.addFlaws(flaws, claimsSyntax, claimsMore, claimsUTF8, claimsSurrogate, claimsTwice, claimsTwiceBelow)
	if flaws&badSyntax != 0 {
		return
	}
	last := m.claimRules(object.last)
	broken, readings := last, []rules{last}
	if flaws&twice != 0 {
		first := m.claimRules(object.first)
		broken, readings = broken&first, append(readings, first)
	}
	if last != 0 && object.hasOtherCase() {
		anyCase := m.claimRules(object.lastInAnyCase)
		readings = append(readings, anyCase|setOf(otherCase))
		if broken&^anyCase != 0 {
			broken = broken&anyCase | setOf(otherCase) // which alone makes the token good for some readers
		}
	}
	if len(readings) > 1 {
		for _, r := range readings {
			m.readings = append(m.readings, m.rules|r)
		}
	}
	m.rules |= broken
}

// hasOtherCase reports whether a name is that of a registered claim, but for its case.
func (o object) hasOtherCase() bool {
	return slices.ContainsFunc(o, func(m member) bool {
		return slices.ContainsFunc([]string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti"}, func(name string) bool {
			return m.name != name && strings.EqualFold(m.name, name)
		})
	})
}

// claimRules are those that the claims break, as get finds them.
func (m *reading) claimRules(get lookup) rules {
	c := &reading{stance: m.stance}
	for _, name := range []string{"iss", "sub", "jti"} {
		if v, ok := get(name); ok {
			c.addIf(v.kind == 'n', textNull)
			c.addIf(v.kind != '"' && v.kind != 'n', textType)
		}
	}
	if iss, ok := get("iss"); m.issuers != nil {
		c.addIf(!ok, issMissing)
		c.addIf(ok && iss.kind == '"' && !slices.Contains(m.issuers, iss.text), issOther)
	}
	c.checkAudience(get)
	if act, ok := get("act"); ok {
		c.addIf(!soundActor(act, 32), actUnsound)
	}

	if _, ok := get("exp"); !ok && m.needExpiry {
		c.add(expMissing)
	}
	now, leeway := float64(m.now.Unix())+float64(m.now.Nanosecond())/1e9, m.leeway.Seconds()
	// late is by how many seconds a date is on the wrong side.
	check := func(name string, late func(date float64) float64, passed, edge rule) {
		v, ok := get(name)
		switch {
		case !ok:
			return
		case v.kind == 'n':
			c.add(dateNull)
			return
		case v.kind != '0':
			c.add(dateType)
			return
		}
		date, _ := strconv.ParseFloat(string(v.raw), 64) // ±Inf where it is out of range
		c.addIf(date < -62135596800 || date >= 253402300800, dateRange)
		by := late(date)
		c.addIf(by >= 1, passed)
		c.addIf(by >= 0 && by < 1, edge)
	}
	check("exp", func(exp float64) float64 { return now - (exp + leeway) }, expPassed, expEdge)
	early := func(date float64) float64 {
		if by := date - leeway - now; by != 0 { // at the very second it is good
			return by
		}
		return -1
	}
	check("nbf", early, nbfFuture, nbfEdge)
	check("iat", early, iatFuture, iatEdge)
	return c.rules
}

func (m *reading) checkAudience(get lookup) {
	aud, ok := get("aud")
	if !ok {
		m.addIf(m.audiences != nil, audMissing)
		return
	}
	var names []string
	switch aud.kind {
	case '"':
		names = []string{aud.text}
	case '[':
		for _, v := range readArray(aud.raw) {
			if v.kind != '"' {
				m.add(audType)
				return
			}
			names = append(names, v.text)
		}
	case 'n':
		m.add(audNull)
		return
	default:
		m.add(audType)
		return
	}
	known := func(name string) bool { return slices.Contains(m.audiences, name) }
	m.addIf(m.audiences != nil && !slices.ContainsFunc(names, known), audOther)
}

// soundActor: each actor is an object that names somebody (RFC 8693 §4.1).
func soundActor(act value, most int) bool {
	if act.kind != '{' || most == 0 {
		return false
	}
	o, _ := readObject(act.raw)
	if len(o) == 0 {
		return false
	}
	for _, name := range []string{"sub", "iss", "client_id"} {
		if v, ok := o.last(name); ok && v.kind != '"' {
			return false
		}
	}
	inner, ok := o.last("act")
	return !ok || soundActor(inner, most-1)
}
