package config

// Record says what the log of a run has beside the outcomes.
type Record struct {
	// Edges says whether the log has every link of every page. The default is false: it has the
	// first referrer of each URL.
	Edges bool `json:"edges,omitzero"`
	// Digests says whether outcomes have digests of their bodies. The default is true. A digest
	// takes 32 bytes of the log.
	Digests *bool `json:"digests,omitzero"`
}
