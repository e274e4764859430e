package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"

	"github.com/jwtverify/jwtverify/internal/evidence/bench/resilience"
)

// Lengths in the picture. Labels are of medium lightness on an open background, so
// that they read on white and on black; a cell brings its own background.
const (
	labelWidth = 356
	cellWidth  = 118
	cellHeight = 28
	gap        = 2
	headHeight = 92
	groupHead  = 26

	labelColour = "#6e7781"
	cellText    = "#1f2328"
)

// A mark shows a level three times: by a sign, a pattern and a colour.
type mark struct{ sign, colour, pattern string }

var marks = map[resilience.Level]mark{
	resilience.Best:   {"●", "#aceebb", ""},
	resilience.Middle: {"◐", "#fae17d", "dots"},
	resilience.Worst:  {"○", "#ffaba8", "lines"},
	resilience.None:   {"–", "#d1d9e0", ""},
}

const patterns = `<defs>` +
	`<pattern id="lines" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="1.6" height="7" fill="#cf222e" fill-opacity=".38"/></pattern>` +
	`<pattern id="dots" width="8" height="8" patternUnits="userSpaceOnUse"><circle cx="2" cy="2" r="1.1" fill="#7d4e00" fill-opacity=".45"/></pattern>` +
	`</defs>` + "\n"

// heatMap draws a row for each scenario and a column for each library.
func heatMap(r *results) []byte {
	var rows bytes.Buffer
	y, group := headHeight, ""
	for _, sc := range r.scenarios() {
		if sc.Group != group {
			group = sc.Group
			fmt.Fprintf(&rows, `<text x="0" y="%d" font-weight="600">%s</text>`+"\n", y+groupHead-8, escaped(group))
			y += groupHead
		}
		fmt.Fprintf(&rows, `<text x="0" y="%d">%s</text><text x="0" y="%d" font-size="9.5">%s</text>`+"\n", y+11, escaped(sc.Title), y+23, escaped(judged(sc)))
		for i, lib := range r.Libraries {
			f, ok := r.find(sc.ID, lib.Name)
			draw(&rows, labelWidth+i*cellWidth, y, sc, f, ok)
		}
		y += cellHeight + gap
	}
	y += 6
	fmt.Fprintf(&rows, `<text x="0" y="%d" font-weight="600">● of the scenarios that could be run</text>`, y+14)
	for i, lib := range r.Libraries {
		best, of := r.best(lib.Name)
		fmt.Fprintf(&rows, `<text x="%d" y="%d" text-anchor="middle" font-weight="600">%d/%d</text>`, labelWidth+i*cellWidth+(cellWidth-gap)/2, y+14, best, of)
	}
	y += 22

	width := labelWidth + len(r.Libraries)*cellWidth
	var doc bytes.Buffer
	fmt.Fprintf(&doc, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="system-ui,sans-serif" font-size="11.5" fill="%s">`+"\n", width, y, width, y, labelColour)
	doc.WriteString(patterns)
	fmt.Fprintf(&doc, `<text x="0" y="14" font-size="14" font-weight="600">What happens to tokens while the key set is in trouble</text>`+"\n")
	x := 0
	for _, l := range []struct {
		level resilience.Level
		text  string
	}{{resilience.Best, "none of them, or within the bound"}, {resilience.Middle, "fewer than half, or up to ten times it"}, {resilience.Worst, "half or more, or beyond"}, {resilience.None, "cannot be set up"}} {
		box(&doc, x, 24, 26, 18, marks[l.level])
		fmt.Fprintf(&doc, `<text x="%d" y="37" text-anchor="middle" fill="%s">%s</text><text x="%d" y="37">%s</text>`+"\n", x+13, cellText, marks[l.level].sign, x+32, l.text)
		x += 48 + 6*len(l.text)
	}
	for i, lib := range r.Libraries {
		head(&doc, labelWidth+i*cellWidth+(cellWidth-gap)/2, lib)
	}
	rows.WriteTo(&doc)
	doc.WriteString("</svg>\n")
	return doc.Bytes()
}

// head writes a name and its versions, a line each, down to the first row.
func head(w *bytes.Buffer, x int, lib library) {
	lines := heading(lib)
	for i, line := range lines {
		weight := "600"
		if strings.HasPrefix(line, "v") {
			weight = "400"
		}
		fmt.Fprintf(w, `<text x="%d" y="%d" text-anchor="middle" font-weight="%s" font-size="10.5">%s</text>`, x, headHeight+14-13*(len(lines)-1-i), weight, escaped(line))
	}
	w.WriteByte('\n')
}

// judged says which figures a cell shows.
func judged(sc resilience.Scenario) string {
	words := make([]string, len(sc.Judged))
	for i, m := range sc.Judged {
		words[i] = string(m)
		if m == resilience.Fetches {
			words[i] += fmt.Sprintf(" (bound: %d)", sc.Budget)
		}
		if m == resilience.Held {
			words[i] += " (bound: 16 MiB)"
		}
	}
	if sc.EverySecond {
		words = append(words, everySecond)
	}
	return strings.Join(words, " · ")
}

func draw(w *bytes.Buffer, x, y int, sc resilience.Scenario, f resilience.Figures, ran bool) {
	level := resilience.None
	text := marks[level].sign
	if ran && !f.Cannot {
		level = sc.Level(f)
		figures := make([]string, len(sc.Judged))
		for i, m := range sc.Judged {
			figures[i] = f.Text(m)
		}
		text = marks[level].sign + " " + strings.Join(figures, " · ")
	}
	box(w, x, y, cellWidth-gap, cellHeight, marks[level])
	fmt.Fprintf(w, `<text x="%d" y="%d" text-anchor="middle" fill="%s">%s</text>`+"\n", x+(cellWidth-gap)/2, y+18, cellText, escaped(text))
}

func box(w *bytes.Buffer, x, y, width, height int, m mark) {
	fmt.Fprintf(w, `<rect x="%d" y="%d" width="%d" height="%d" rx="3" fill="%s"/>`, x, y, width, height, m.colour)
	if m.pattern != "" {
		fmt.Fprintf(w, `<rect x="%d" y="%d" width="%d" height="%d" rx="3" fill="url(#%s)"/>`, x, y, width, height, m.pattern)
	}
}

func escaped(s string) string {
	var b bytes.Buffer
	xml.EscapeText(&b, []byte(s))
	return b.String()
}
