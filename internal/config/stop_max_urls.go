package config

import "github.com/inndx/runs/internal/strictjson"

// MaxMaxURLs bounds max_urls.
const MaxMaxURLs = 10_000_000

// MaxURLs (max_urls) ends a run when exactly MaxURLs URLs were processed.
type MaxURLs struct {
	MaxURLs int64 `json:"max_urls"`
}

var maxURLsKind = kind{
	name: "max_urls",
	once: true,
	read: func(_ *reader, o *strictjson.Object) any {
		return &MaxURLs{required[int64](o, "max_urls", 1, MaxMaxURLs)}
	},
}
