package main

import (
	"bytes"
	"encoding/xml"
	"fmt"

	"github.com/jwtverify/jwtverify/internal/evidence/bench"
)

// Lengths in the chart. Colours are of medium lightness and the background is
// left open, so that it reads on white and on black.
const (
	chartWidth = 720
	nameWidth  = 210
	barHeight  = 14
	rowHeight  = 20
	panelHead  = 30

	textColour = "#6e7781"
	bareColour = "#8c959f"
	oursColour = "#2da44e"
	peerColour = "#bf8700"
)

// chart draws a panel for each algorithm of the group that decodes custom
// claims or, when that was not measured, of the first. The part of a bar that
// the signature alone takes is grey.
func chart(groups []bench.Group, rs results) []byte {
	group := groups[0]
	for _, g := range groups {
		if g.Name == "custom" {
			group = g
		}
	}
	var panels bytes.Buffer
	y := 44
	for _, alg := range bench.Algorithms() {
		var rows []*result
		for _, r := range rs {
			if r.group == group.Name && r.Algorithm == alg {
				rows = append(rows, r)
			}
		}
		if len(rows) > 0 {
			y = panel(&panels, y, string(alg), rows, rs)
		}
	}
	var doc bytes.Buffer
	fmt.Fprintf(&doc, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" `+
		`font-family="system-ui,sans-serif" font-size="12" fill="%s">`+"\n", chartWidth, y, chartWidth, y, textColour)
	fmt.Fprintf(&doc, `<text x="0" y="14" font-size="14" font-weight="600">%s</text>`+"\n", escaped(group.Title))
	fmt.Fprintf(&doc, `<text x="0" y="32">µs for one token, median of interleaved rounds; grey is the signature alone. Shorter is better.</text>`+"\n")
	panels.WriteTo(&doc)
	fmt.Fprintln(&doc, "</svg>")
	return doc.Bytes()
}

// panel draws one algorithm from y on, and returns where it ends.
func panel(w *bytes.Buffer, y int, alg string, rows []*result, rs results) int {
	longest, bare := 0.0, 0.0
	for _, r := range rows {
		longest = max(longest, r.micros())
		if r.Contender == bench.Bare {
			bare = r.micros()
		}
	}
	const space = chartWidth - nameWidth - 60 // for the bars; figures stand behind
	width := func(micros float64) float64 { return micros / longest * space }
	fmt.Fprintf(w, `<text x="0" y="%d" font-weight="600">%s</text>`+"\n", y+20, escaped(alg))
	y += panelHead
	for _, r := range rows {
		colour, weight := peerColour, "400"
		if r.Contender == bench.Ours {
			colour, weight = oursColour, "600"
		}
		whole, crypto := width(r.micros()), width(min(bare, r.micros()))
		fmt.Fprintf(w, `<text x="%d" y="%d" text-anchor="end" font-weight="%s">%s</text>`, nameWidth-8, y+11, weight, escaped(title(r.Contender, rs)))
		fmt.Fprintf(w, `<rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/>`, nameWidth, y, crypto, barHeight, bareColour)
		fmt.Fprintf(w, `<rect x="%.1f" y="%d" width="%.1f" height="%d" fill="%s"/>`, nameWidth+crypto, y, whole-crypto, barHeight, colour)
		fmt.Fprintf(w, `<text x="%.1f" y="%d" font-weight="%s">%.1f</text>`+"\n", nameWidth+whole+6, y+11, weight, r.micros())
		y += rowHeight
	}
	return y
}

func escaped(s string) string {
	var b bytes.Buffer
	xml.EscapeText(&b, []byte(s))
	return b.String()
}
