package refresh

// Remembered is how many missing key IDs are remembered.
func (s *Schedule) Remembered() int { return len(s.missing.ids) }
