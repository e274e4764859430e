package jws

// Remembered is how many headers are remembered.
func (p *Parser) Remembered() (n int) {
	for i := range p.headers.places {
		if p.headers.places[i].Load() != nil {
			n++
		}
	}
	return n
}
