package resilience

import (
	"context"
	"errors"
)

// A Scenario is something that happens to a service.
type Scenario struct {
	ID    string
	Group string
	Title string
	// EverySecond: keys are to be fetched again every second.
	EverySecond bool
	// Shows are the figures that mean something, in the order of a table.
	Shows []Metric
	// Judged are those that rank the library.
	Judged []Metric
	// Budget is how many fetches rank as Best.
	Budget int
	// Alone: others that run at the same time would disturb it.
	Alone bool

	run func(ctx context.Context, k *Kit, lib Library) (Figures, error)
}

// Run tries a library. An error says that nothing was measured, because the
// library did not even verify a good token of a healthy issuer.
func (s Scenario) Run(ctx context.Context, k *Kit, lib Library) (Figures, error) {
	f, err := s.run(ctx, k, lib)
	if errors.Is(err, ErrCannot) {
		return Figures{Cannot: true}, nil
	}
	return f, err
}

// Level ranks the figures: the lowest of those that are judged.
func (s Scenario) Level(f Figures) Level {
	if f.Cannot {
		return None
	}
	lowest := Best
	for _, m := range s.Judged {
		lowest = min(lowest, f.level(m, s.Budget))
	}
	return lowest
}

// Scenarios are all of them, in the order of the report.
func Scenarios() []Scenario {
	var all []Scenario
	for _, group := range [][]Scenario{outages, coldStarts, rotations, floods, oddSets, hostile, coldCaches, issuers, tellings} {
		all = append(all, group...)
	}
	return all
}
