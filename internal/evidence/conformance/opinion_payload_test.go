package conformance_test

import (
	"fmt"
	"strings"
)

func claimTweaks() []*tweak {
	at := func(seconds float64) string { return fmt.Sprintf("%.1f", float64(now.Unix())+seconds) }
	second := func(n int64) string { return fmt.Sprint(now.Unix() + n) }
	types := []string{`"1700000060"`, `""`, `true`, `{}`, `[]`, `[1700000060]`, `"2033-01-01T00:00:00Z"`, `"1e400"`}
	ours, other := `"`+ourAudience+`"`, `"https://other.example"`
	cs := []*tweak{
		without(inClaims, "exp", expMissing), without(inClaims, "iss", issMissing), without(inClaims, "aud", audMissing),
		without(inClaims, "sub", 0),
		set(inClaims, "exp", expPassed, second(-31), second(-3600), `0`, `-0`, `1`, `-1`, `0.0`, `1e9`, `1.6E+9`, `-62135596800`),
		set(inClaims, "exp", expEdge, second(-30), at(-30.5), at(-30.1)),
		set(inClaims, "exp", 0, second(-29), second(0), second(3600), `253402300799`, `1.7000036e9`, `17000036e2`, `170000360000e-2`, `1E11`, `1700003600.000000000`),
		set(inClaims, "exp", 0, at(-29.5), at(-29.1)).also("exp comes in less than a second", func(*draft) {}),
		set(inClaims, "exp", dateRange, `1e400`, `253402300800`, `1700000060000`, `1e18`, `9223372036854775807`, `9223372036854775808`, `18446744073709551616`, `1e308`),
		set(inClaims, "nbf", nbfFuture, second(31), second(3600), `253402300799`, at(31.5)),
		set(inClaims, "nbf", nbfEdge, at(30.5), at(30.9)),
		set(inClaims, "nbf", 0, second(30), second(0), `0`, `-0`, `-1`, `-1.5`, `0.1`, `1e-400`, `-62135596800`, at(29.5), `1.7e9`),
		set(inClaims, "nbf", dateRange, `-1e400`, `-62135596801`, `-1e18`, `-9223372036854775808`, `-1e30`),
		set(inClaims, "nbf", dateRange, `1e400`, `9.2e18`, `9223372036854774784`, `9223372036854775807`, `9223372036854775808`, `18446744073709551616`, `1e19`, `253402300800`).also("nbf far away", func(*draft) {}),
		set(inClaims, "iat", iatFuture, second(31), second(3600)),
		set(inClaims, "iat", iatEdge, at(30.5), at(30.9)),
		set(inClaims, "iat", 0, second(30), `0`, `-1`, `-0.0`, `1e9`),
		set(inClaims, "iat", dateRange, `1e400`, `9.2e18`, `9223372036854774784`, `9223372036854775807`, `1e19`, `-1e400`, `-9.2e18`),
		set(inClaims, "iss", issOther, other, `""`, `"https://issuer.example/"`, `"HTTPS://issuer.example"`, `" https://issuer.example"`, `"https://issuer.example\u0000"`, `"https://issuer.example "`),
		set(inClaims, "iss", 0, `"https:\/\/issuer.example"`, `"\u0068ttps://issuer.example"`),
		set(inClaims, "iss", textType, `1`, `true`, `{}`, `["`+ourIssuer+`"]`, `[]`),
		set(inClaims, "aud", audOther, other, `""`, `[]`, `[""]`, `["https://other.example"]`, `"https://API.example"`, `"https://api.example/"`, `["https://api.example "]`, `"https://api.example https://other.example"`, `"https://api.example,x"`),
		set(inClaims, "aud", 0, ours, "["+ours+"]", "["+other+","+ours+"]", "["+ours+","+ours+"]", `"https:\/\/api.example"`, "["+strings.Repeat(other+",", 200)+ours+"]"),
		set(inClaims, "aud", audType, `1`, `true`, `{}`, "["+ours+",1]", "[1,"+ours+"]", "["+ours+",null]", "[["+ours+"]]", "{"+ours+":true}", "["+ours+",{}]"),
		set(inClaims, "act", actUnsound, `"x"`, `null`, `{}`, `[]`, `{"sub":1}`, `{"sub":"a","act":null}`),
		set(inClaims, "act", 0, `{"sub":"a"}`, `{"x":1}`, `{"sub":"a","act":{"sub":"b"}}`),
		set(inClaims, "cnf", 0, `{"jkt":"x"}`), set(inClaims, "events", 0, `{}`),

		{name: "claim twice, the good one first or last", breaks: claimsTwice, apply: func(d *draft) {
			claim := pick(d.Rand, []field{{"exp", `0`}, {"aud", other}, {"iss", other}, {"nbf", `9e9`}, {"sub", `"admin"`}, {"aud", `[]`}, {"exp", `null`}})
			d.set(inClaims, "sub", `"user-123"`)
			d.set(inClaims, "nbf", `0`)
			d.put(inClaims, pick(d.Rand, []string{`"` + claim.name + `"`, `"\u00` + hexOf(claim.name[0]) + claim.name[1:] + `"`}), claim.value)
		}},
		{name: "private claim twice", breaks: claimsTwice, apply: func(d *draft) {
			d.put(inClaims, `"admin"`, `false`)
			d.put(inClaims, `"admin"`, `true`)
		}},
		{name: "claim in another case beside the good one", apply: func(d *draft) {
			name := pick(d.Rand, []string{`"EXP"`, `"Aud"`, `"ISS"`, `"Nbf"`, `"iſs"`})
			d.put(inClaims, name, pick(d.Rand, []string{`0`, `"x"`, `null`, `9e9`, other}))
		}},
		{name: "claim under an escaped name", apply: func(d *draft) {
			for i, f := range d.fields[inClaims] {
				if f.name[1] != '\\' {
					d.fields[inClaims][i].name = `"\u00` + hexOf(f.name[1]) + f.name[2:]
				}
			}
		}},
	}
	for _, name := range []string{"exp", "nbf", "iat"} {
		cs = append(cs, set(inClaims, name, dateType, types...), set(inClaims, name, dateNull, `null`))
	}
	for _, name := range []string{"sub", "jti"} {
		cs = append(cs, set(inClaims, name, textType, `1`, `1.5`, `true`, `{}`, `[]`, `["x"]`, `1e400`),
			set(inClaims, name, 0, `""`, `"\u0000"`, `"é"`, `"\ud83d\ude00"`))
	}
	for _, name := range []string{"iss", "sub", "jti"} {
		cs = append(cs, set(inClaims, name, textNull, `null`))
	}
	cs = append(cs, set(inClaims, "aud", audNull, `null`))
	// The claim is bad or absent, and its name in another case is good.
	for _, c := range []struct{ name, bad, good string }{
		{"exp", "0", second(60)}, {"aud", other, ours}, {"iss", other, `"` + ourIssuer + `"`}, {"nbf", second(3600), `0`},
		{"exp", "", second(60)}, {"aud", "", ours}, {"iss", "", `"` + ourIssuer + `"`},
	} {
		cs = append(cs, &tweak{name: strings.ToUpper(c.name) + " for " + c.name, breaks: otherCase, apply: func(d *draft) {
			d.remove(inClaims, c.name)
			if c.bad != "" {
				d.fields[inClaims] = append(d.fields[inClaims], field{`"` + c.name + `"`, c.bad})
			}
			d.fields[inClaims] = append(d.fields[inClaims], field{pick(d.Rand, []string{`"` + strings.ToUpper(c.name) + `"`, `"` + strings.ToUpper(c.name[:1]) + c.name[1:] + `"`}), c.good})
		}})
	}
	return cs
}
