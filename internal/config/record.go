package config

import "github.com/inndx/runs/internal/strictjson"

// Record says what the log of a run has beside the outcomes.
type Record struct {
	// Edges says whether the log has every link of every page. The default is false: it has the
	// first referrer of each URL.
	Edges *bool `json:"edges,omitzero"`
	// Digests says whether outcomes have digests of their bodies. The default is true. A digest
	// takes 32 bytes of the log.
	Digests *bool `json:"digests,omitzero"`
}

var recordField = field{
	read:    func(_ *reader, o *strictjson.Object, c *Config) { c.Record = readRecord(o) },
	resolve: func(c *Config) { c.Record = deref(c.Record).resolve() },
}

func readRecord(o *strictjson.Object) *Record {
	p, ok := group(o, "record")
	if !ok {
		return nil
	}
	defer p.Close()
	return &Record{Edges: boolean(p, "edges"), Digests: boolean(p, "digests")}
}

// resolve returns nil if every member has its default, because versions without record must read
// resolved configurations.
func (r Record) resolve() *Record {
	if !deref(r.Edges) {
		r.Edges = nil
	}
	if r.Digests != nil && *r.Digests {
		r.Digests = nil
	}
	if r == (Record{}) {
		return nil
	}
	return &r
}

// RecordsEdges reports whether the log has every link of every page.
func (c Config) RecordsEdges() bool { return deref(deref(c.Record).Edges) }

// RecordsDigests reports whether outcomes have digests of their bodies.
func (c Config) RecordsDigests() bool {
	return c.Record == nil || c.Record.Digests == nil || *c.Record.Digests
}
