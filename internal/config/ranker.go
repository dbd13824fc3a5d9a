package config

import "github.com/inndx/runs/internal/strictjson"

type (
	// Breadth (breadth) is a ranker that prefers the URLs that are the fewest links from a seed. It
	// is the default.
	Breadth struct{}
	// Depth (depth) is a ranker that prefers the URLs that are the most links from a seed.
	Depth struct{}
)

var (
	breadthKind = kind{name: "breadth", read: func(*reader, *strictjson.Object) any { return &Breadth{} }}
	depthKind   = kind{name: "depth", read: func(*reader, *strictjson.Object) any { return &Depth{} }}
)

var rankers = list{name: "ranker", kinds: []kind{breadthKind, depthKind}, other: []string{"page_rank"}}

var rankerField = field{
	read: func(r *reader, o *strictjson.Object, c *Config) { c.Ranker = rankers.readOne(r, o) },
	resolve: func(c *Config) {
		if !c.DepthFirst() {
			c.Ranker = nil
		}
	},
}

// DepthFirst reports whether the ranker is depth.
func (c Config) DepthFirst() bool { return c.Ranker != nil && c.Ranker.Kind == depthKind.name }
