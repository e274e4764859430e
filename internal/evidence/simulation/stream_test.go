package simulation_test

import "time"

type watched struct{ stop func() }

func (w *world) streams(e event, h *host, is *issuer) {}

func (w *world) checkStreams(h *host, now time.Duration) {}
