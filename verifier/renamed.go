package verifier

// The name below was replaced before the first release; see CHANGELOG.md.

// Local is a [Keyed].
//
// Deprecated: use Keyed.
type Local = Keyed
