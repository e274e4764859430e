package resilience

import "context"

// An Adapter is a Library made of its parts.
type Adapter struct {
	Called string
	Of     []string // its modules
	Set    func(context.Context, Setting) (Verifier, error)
}

// Name returns Called.
func (a Adapter) Name() string { return a.Called }

// Modules returns Of.
func (a Adapter) Modules() []string { return a.Of }

// Open calls Set.
func (a Adapter) Open(ctx context.Context, s Setting) (Verifier, error) { return a.Set(ctx, s) }
