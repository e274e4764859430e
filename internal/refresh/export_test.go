package refresh

// Remembered returns how many missing key IDs are kept.
func (s *Schedule) Remembered() int { return len(s.missing.ids) }
