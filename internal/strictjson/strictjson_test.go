package strictjson_test

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/internal/strictjson"
)

func walk(text string) (ms []strictjson.Member, err error) {
	o := strictjson.Walk(text)
	for o.Next() {
		ms = append(ms, o.Member)
	}
	if err := o.Err(); err != nil {
		return nil, err
	}
	return ms, nil
}

// oracle reads the members with jsontext alone.
func oracle(text string) (ms []strictjson.Member, err error) {
	d := jsontext.NewDecoder(strings.NewReader(text))
	if tok, err := d.ReadToken(); err != nil || tok.Kind() != '{' {
		return nil, fmt.Errorf("no object: %v", err)
	}
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return nil, err
		}
		m := strictjson.Member{Name: name.String(), Value: strictjson.Value{Integer: -1}}
		v, err := d.ReadValue()
		if err != nil {
			return nil, err
		}
		m.Kind, m.Text = v.Kind(), string(v)
		if digits := strings.TrimLeft(m.Text, "0123456789") == ""; digits && len(m.Text) <= 18 {
			if m.Integer, err = strconv.ParseInt(m.Text, 10, 64); err != nil {
				return nil, err
			}
		}
		if m.Kind == '"' {
			b, err := jsontext.AppendUnquote(nil, v)
			if err != nil {
				return nil, err
			}
			m.Text = string(b)
		}
		ms = append(ms, m)
	}
	if _, err := d.ReadToken(); err != nil {
		return nil, err
	}
	if _, err := d.ReadToken(); err != io.EOF {
		return nil, fmt.Errorf("more after the object: %v", err)
	}
	return ms, nil
}

func deep(n int) string {
	return `{"a":` + strings.Repeat("[", n) + strings.Repeat("]", n) + `}`
}

func objects(n int) string {
	return `{"a":` + strings.Repeat(`{"b":`, n) + "1" + strings.Repeat("}", n) + `}`
}

func many(n int, last string) string {
	var b strings.Builder
	b.WriteString("{")
	for i := range n {
		fmt.Fprintf(&b, `"n%d":%d,`, i, i)
	}
	return b.String() + last + "}"
}

var texts = []string{
	``, ` `, `null`, `[]`, `"a"`, `{}`, ` { } `, `{`, `}`, `{}{}`, `{},`, `{} x`, "{}\x00", "\x00{}", "\ufeff{}",
	`{"a":1}`, `{"a":1,}`, `{,"a":1}`, `{"a" 1}`, `{"a":}`, `{a:1}`, `{'a':1}`, `{"a":1 "b":2}`, `{"a":1,"b":2}`,
	`{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, `{"a":{"b":1,"b":2}}`, `{"a":[{"b":1,"b":2}]}`, `{"a":[{"b":1},{"b":2}]}`,
	`{"a":-0,"b":0,"c":01}`, `{"a":1.5e+10,"b":-2E-3}`, `{"a":1.}`, `{"a":.5}`, `{"a":1e}`, `{"a":+1}`, `{"a":-}`, `{"a":1e400}`,
	`{"a":NaN}`, `{"a":Infinity}`, `{"a":0x10}`, `{"a":1_000}`,
	`{"a":true,"b":false,"c":null}`, `{"a":True}`, `{"a":nul}`, `{"a":truex}`,
	`{"a":"\n\t\"\\\/"}`, `{"a":"\q"}`, `{"a":"\ud83d\ude00"}`, `{"a":"\ud800"}`, `{"a":"\udc00\ud800"}`, `{"a":"\u12"}`, `{"a":"\`,
	"{\"a\":\"\x01\"}", "{\"a\":\"\x7f\"}", "{\"a\":\"\xff\"}", "{\"a\":\"\xed\xa0\x80\"}", "{\"a\":\"é\u2028\"}", "{\"\xff\":1}", "{\"a\":[\"\xff\"]}",
	`{"a":[1,2,{"b":"]}"}],"c":"x"}`, `{"a":[}`, `{"a":[1,]}`, `{"a":[`, `{"a":["`, `{"a":["\`, `{"a":{]}`, `{"a":"x`, `{"a`,
	`{"a";1}`, `{"a" 12}`, `{"x":{"b";1}}`, `{"x":{"b" 1}}`, `{:1}`, `{"a":1,:2}`, `{"x":{:1}}`, `{"a":nulx}`, `{"a":trux}`, `{"a":falsx}`, `{"a":[nulx]}`,
	`{"a":1`, `{"a":-1`, `{"a":1.5`, `{"a":1e5`, `{"a":true`, `{"a":"b"`, `{"a":{"b":1`, `{"a":[1`, `{a":1}`, `{"a":1,b":2}`, `{"x":{a":1}}`, `["a":1}`, `"a":1}`,
	"{\"a\"\t:\r\n1}", "{\"a\":1\v}", "{\"a\":1/**/}",
	deep(9998), deep(9999), deep(10000), deep(10001), objects(9998), objects(9999), objects(10000), objects(10001),
	`{"":1}`, `{"":1,"":2}`, `{"a":{"":1,"":2}}`, `{"a":{"b":1,}}`, `{"a":{,}}`, `{"a":{"b"}}`, `{"a":{"b":}}`, `{"a":[1 2]}`, `{"a":[{"b":1}`,
	`{"a":"0123456"}`, `{"a":"01234567"}`, `{"a":"012345678"}`, `{"a":"0123456\u0041"}`, "{\"a\":\"0123456\x1f\"}", "{\"a\":\"0123456\x80\"}",
	"{\"a\":\"01\xc3\xa9456789\"}", `{"a":"!#[]^~"}`, `{"a":"\\"}`, `{"a":"\\\\"}`, `{"a":"\\\""}`, `{"a":"x\\`, `{"01234567`,
	`{"a":123456789012345678}`, `{"a":1234567890123456789}`, `{"a":-123456789}`, `{"a":12.0}`, `{"a":99999999999999999999}`,
	`{"a":0}`, `{"a":00}`, `{"a":-01}`, `{"a":1e5}`, `{"a":1E+}`, `{"a":-`, `{"a":1.`, `{"a":1e`, `{"a":0e0}`, `{"a":[-]}`,
	`{"a":` + many(12, `"x":0`) + `}`, `{"a":` + many(12, `"n3":0`) + `}`, `{"a":` + many(30, `"n20":0`) + `}`, `{"a":[` + many(30, `"x":0`) + `,` + many(30, `"x":0`) + `]}`,
	`{"a":{"b":{"a":1,"b":2},"a":{"b":1}}}`, `{"a":{"b":{"c":1},"c":2,"b":3}}`, `{"a":` + many(20, `"x":`+many(20, `"n1":0`)) + `}`, `{"a":` + many(20, `"x":`+many(20, `"y":0`)+`,"n15":1`) + `}`,
	many(11, `"n3":0`), many(12, `"n3":0`), many(13, `"n3":0`), many(13, `"n13":0`), many(30, `"n29":0`), many(30, `"x":0`),
}

func check(t *testing.T, text string) {
	t.Helper()
	got, err := walk(text)
	want, wantErr := oracle(text)
	if (err == nil) != (wantErr == nil) {
		t.Fatalf("walk says %v, jsontext says %v, of %.200q", err, wantErr, text)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%.200q: (-jsontext +walk)\n%s", text, diff)
	}
}

func TestWalkAgreesWithJSONText(t *testing.T) {
	for _, text := range texts {
		check(t, text)
	}
}

func FuzzWalk(f *testing.F) {
	for _, text := range texts {
		f.Add(text)
	}
	f.Fuzz(check)
}

func TestErrors(t *testing.T) {
	for _, test := range []struct {
		text string
		want error
	}{
		{`{"a":1}`, nil},
		{`{"a":1,"a":1}`, strictjson.ErrDuplicate},
		{`{"a":{"b":1,"b":1}}`, strictjson.ErrDuplicate},
		{many(20, `"n1":1`), strictjson.ErrDuplicate},
		{`[1]`, strictjson.ErrSyntax},
		{`{"a":[1}`, strictjson.ErrSyntax},
		{"{\"a\":\"\xff\"}", strictjson.ErrUTF8},
		{"{\"a\":\"\\n\xff\"}", strictjson.ErrUTF8},
		{"{\"a\":[{\"\xe9\":1}]}", strictjson.ErrUTF8},
		{`{"a":"\ud83d"}`, strictjson.ErrSurrogate},
		{`{"a":"\udc00\ud800"}`, strictjson.ErrSurrogate},
		{`{"a":"\q"}`, strictjson.ErrSyntax},
	} {
		if _, err := walk(test.text); err != test.want {
			t.Errorf("walk(%q) = %v, want %v", test.text, err, test.want)
		}
	}
}

func TestStrings(t *testing.T) {
	for _, test := range []struct {
		array string
		want  []string
		ok    bool
	}{
		{`[]`, []string{}, true},
		{`[ ]`, []string{}, true},
		{`["a"]`, []string{"a"}, true},
		{`[ "a" , "\u0062" ]`, []string{"a", "b"}, true},
		{`["a",1]`, nil, false},
		{`["a",null]`, nil, false},
		{`[["a"]]`, nil, false},
		{`{"a":"b"}`, nil, false},
		{`{"a"]`, nil, false},
		{`["a"]x`, nil, false},
		{`["a"`, nil, false},
	} {
		got, ok := strictjson.Strings(test.array)
		if ok != test.ok || ok && !cmp.Equal(got, test.want) {
			t.Errorf("Strings(%s) = %q, %v; want %q, %v", test.array, got, ok, test.want, test.ok)
		}
	}
}

// FuzzStrings compares Strings with jsontext.
func FuzzStrings(f *testing.F) {
	for _, s := range []string{`["a","b"]`, `["\u0061", "é"]`, `[]`, `[1]`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, array string) {
		got, ok := strictjson.Strings(array)
		if !ok {
			return
		}
		text := `{"a":` + array + `}`
		want, err := oracle(text)
		if err != nil {
			t.Fatalf("Strings accepts %q, jsontext says %v", array, err)
		}
		if want[0].Kind != '[' || len(got) > strings.Count(array, `"`)/2 {
			t.Fatalf("Strings(%q) = %q", array, got)
		}
	})
}

func TestWalkDoesNotAllocate(t *testing.T) {
	text := `{"iss":"https://issuer.example","sub":"user-1","aud":"api","exp":1700000000,"iat":1699999000,"admin":true}`
	n := testing.AllocsPerRun(100, func() {
		o := strictjson.Walk(text)
		for o.Next() {
		}
	})
	if n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}
