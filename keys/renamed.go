package keys

// The names below were replaced before the first release; see CHANGELOG.md.

// RemoteOption is an [Option].
//
// Deprecated: use Option.
type RemoteOption = Option

// FileOption is an [Option].
//
// Deprecated: use Option.
type FileOption = Option

// ParseSet is [Parse].
//
// Deprecated: use Parse.
func ParseSet(doc []byte) (ks []*Key, skipped []Skipped, err error) { return Parse(doc) }
