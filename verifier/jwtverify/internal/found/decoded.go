package found

import (
	"bytes"
	"encoding/json"
	"strings"
)

// A Decoded token is what header and payload say, as far as they can be read. It is
// for people: nothing in it is verified.
type Decoded struct {
	Header, Claims Object
	Signed         string // what the signature covers
	Signature      []byte
}

// An Object is a JSON object. Numbers are json.Number.
type Object struct {
	Members map[string]any
	Order   []Member
	Err     error // why it cannot be read
}

// A Member is one member of an object, in the order of the text.
type Member struct {
	Name  string          `json:"name"`
	Value json.RawMessage `json:"value"`
	Means string          `json:"means,omitempty"` // in words
}

// Read decodes a token.
func Read(token string) Decoded {
	var d Decoded
	parts := strings.SplitN(token, ".", 4)
	d.Header = object(parts[0])
	if len(parts) > 1 {
		d.Claims = object(parts[1])
	}
	if len(parts) > 2 {
		d.Signed = parts[0] + "." + parts[1]
		d.Signature, _ = Decode(parts[2])
	}
	return d
}

func object(part string) (o Object) {
	o.Members = map[string]any{}
	text, err := Decode(part)
	if err != nil {
		o.Err = err
		return o
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if o.Err = dec.Decode(&o.Members); o.Err != nil {
		o.Members = map[string]any{}
		return o
	}
	o.Order = members(text)
	return o
}

// members lists the members of an object that is valid JSON.
func members(text []byte) (all []Member) {
	dec := json.NewDecoder(bytes.NewReader(text))
	if _, err := dec.Token(); err != nil {
		return nil
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return all
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return all
		}
		text, _ := name.(string)
		all = append(all, Member{Name: text, Value: value})
	}
	return all
}

// At returns the member that path leads to.
func (o Object) At(path ...string) (any, bool) {
	var v any = o.Members
	for _, name := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil, false
		}
		if v, ok = m[name]; !ok {
			return nil, false
		}
	}
	return v, true
}

// Has reports whether a member of that name is there.
func (o Object) Has(name string) bool { _, ok := o.Members[name]; return ok }

// Text returns a member that is a string, or "".
func (o Object) Text(path ...string) string {
	v, _ := o.At(path...)
	s, _ := v.(string)
	return s
}

// Word returns a member that can be compared as text: a string, true, false or a
// number.
func (o Object) Word(path ...string) (string, bool) {
	v, _ := o.At(path...)
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		if v {
			return "true", true
		}
		return "false", true
	}
	return "", false
}

// Texts returns a member that is a string or a list of them.
func (o Object) Texts(path ...string) []string {
	v, _ := o.At(path...)
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var all []string
		for _, e := range v {
			if s, ok := e.(string); ok {
				all = append(all, s)
			}
		}
		return all
	}
	return nil
}

// Date returns a member that is a date in seconds.
func (o Object) Date(name string) (seconds float64, ok bool) {
	n, is := o.Members[name].(json.Number)
	if !is {
		return 0, false
	}
	seconds, err := n.Float64()
	return seconds, err == nil
}
