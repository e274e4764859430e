package command

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/diagnose"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/found"
)

var errInterrupted = errors.New("interrupted")

// A style colours text on a terminal.
type style string

const (
	bold  style = "1"
	dim   style = "2"
	red   style = "31"
	green style = "32"
	amber style = "33"
)

// in returns text in a style, if colours are shown.
func (e *Env) in(s style, text string) string {
	if !e.Colour || text == "" {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}

// safe keeps control characters of a token away from the terminal.
func safe(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == utf8.RuneError || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x200e || r == 0x200f {
			return '·'
		}
		return r
	}, text)
}

const maxValue = 120 // bytes of a member's value

// value is the JSON of a member, cut.
func value(m found.Member) string {
	text := safe(string(m.Value))
	if len(text) > maxValue {
		cut := maxValue
		for !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut] + "…"
	}
	return text
}

// render is a diagnosis for a terminal.
func (e *Env) render(d *diagnose.Diagnosis) string {
	var b strings.Builder
	e.object(&b, "Header", d.Header)
	e.object(&b, "Claims", d.Claims)
	if len(d.Checks) > 0 {
		fmt.Fprintf(&b, "%s", e.in(bold, "Checks"))
		if !d.At.IsZero() {
			fmt.Fprintf(&b, "%s", e.in(dim, fmt.Sprintf("  as of %s, leeway %gs", d.At.UTC().Format("2006-01-02 15:04:05 UTC"), d.Leeway)))
		}
		if d.Preset != "" {
			fmt.Fprintf(&b, "%s", e.in(dim, ", rules of "+safe(message.Short(d.Preset))))
		}
		b.WriteString("\n")
		for _, c := range d.Checks {
			e.check(&b, c)
		}
		b.WriteString("\n")
	}
	if len(d.Keys) > 0 && d.Verdict != "trusted" {
		fmt.Fprintln(&b, e.in(bold, "Keys at hand"))
		for _, k := range d.Keys {
			e.source(&b, k)
		}
		b.WriteString("\n")
	}
	for _, n := range d.Notes {
		fmt.Fprintf(&b, "%s %s\n", e.in(amber, "note:"), safe(n))
	}
	if len(d.Notes) > 0 {
		b.WriteString("\n")
	}
	e.verdict(&b, d)
	return b.String()
}

func (e *Env) object(b *strings.Builder, title string, members []found.Member) {
	if len(members) == 0 {
		return
	}
	fmt.Fprintln(b, e.in(bold, title))
	wide := 0
	for _, m := range members {
		wide = max(wide, min(len(m.Name), 24))
	}
	for _, m := range members {
		name := safe(message.Plain(m.Name))
		fmt.Fprintf(b, "  %-*s  %s", wide, name, value(m))
		if m.Means != "" {
			fmt.Fprintf(b, "  %s", e.in(dim, m.Means))
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
}

func (e *Env) check(b *strings.Builder, c diagnose.Check) {
	mark := map[string]string{"ok": e.in(green, "ok  "), "fail": e.in(red, "FAIL"), "undecided": e.in(amber, "?   ")}[c.State]
	detail := c.Got
	if c.State != "ok" {
		detail = c.Detail
	}
	fmt.Fprintf(b, "  %s  %-11s  %s\n", mark, safe(c.Name), safe(detail))
	if c.State == "fail" && c.Expected != "" {
		fmt.Fprintf(b, "        %s\n", e.in(dim, fmt.Sprintf("%-11s  expected %s; got %s", "", safe(c.Expected), safe(orDash(c.Got)))))
	}
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func (e *Env) source(b *strings.Builder, s diagnose.Source) {
	line := safe(s.Source) + ": " + safe(strings.Join(s.Keys[:min(len(s.Keys), 8)], ", "))
	if len(s.Keys) == 0 {
		line = safe(s.Source) + ": none"
	}
	if len(s.Keys) > 8 {
		line += fmt.Sprintf(" and %d more", len(s.Keys)-8)
	}
	if s.Age != "" {
		line += ", seen " + s.Age + " ago"
	}
	fmt.Fprintf(b, "  %s\n", line)
	for _, k := range s.Skipped {
		fmt.Fprintf(b, "    %s %s\n", e.in(amber, "not used:"), safe(k))
	}
	if s.Error != "" {
		fmt.Fprintf(b, "    %s %s\n", e.in(red, "last fetch:"), safe(s.Error))
	}
}

// verdict is what everybody reads first, so it is last on a terminal.
func (e *Env) verdict(b *strings.Builder, d *diagnose.Diagnosis) {
	colour := red
	switch d.Verdict {
	case "trusted":
		colour = green
	case "undecided":
		colour = amber
	}
	head := d.Verdict
	if d.Reason != "" {
		head += " (" + d.Reason + ")"
	}
	fmt.Fprintf(b, "%s\n", e.in(colour, "=> "+head))
	for i, f := range d.Faults {
		label := "cause:   "
		if i > 0 {
			label = "also:    "
			b.WriteString("\n")
		}
		fmt.Fprintf(b, "%s %s\n", e.in(bold, label), safe(f.Cause))
		fmt.Fprintf(b, "%s %s: %s\n", e.in(bold, "setting: "), safe(f.Setting), safe(f.Name))
		fmt.Fprintf(b, "%s %s\n", e.in(bold, "do:      "), safe(f.Advice))
		for _, w := range f.Write {
			fmt.Fprintf(b, "%s %s\n", e.in(bold, "write:   "), safe(w))
		}
	}
}
