package config

import "github.com/inndx/runs/internal/strictjson"

// MaxMaxDepth bounds max_depth, in links from a seed.
const MaxMaxDepth = 1000

// MaxDepth (max_depth) ends a run when all URLs up to MaxDepth links from a seed were processed and
// a deeper one was seen.
type MaxDepth struct {
	MaxDepth int `json:"max_depth"`
}

var maxDepthKind = kind{
	name: "max_depth",
	once: true,
	read: func(_ *reader, o *strictjson.Object) any {
		return &MaxDepth{required(o, "max_depth", 0, MaxMaxDepth)}
	},
}
