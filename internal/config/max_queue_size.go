package config

import "github.com/inndx/runs/internal/strictjson"

const (
	// MaxQueueSize bounds max_queue_size. The text of that many queued URLs of usual length takes
	// half a gigabyte of a worker's memory, in addition to their entries.
	MaxQueueSize = 5_000_000
	// DefaultMaxQueueSize is the default of max_queue_size.
	DefaultMaxQueueSize = 1_000_000
)

var maxQueueSizeField = field{
	read: func(_ *reader, o *strictjson.Object, c *Config) {
		c.MaxQueueSize = integer[int64](o, "max_queue_size", 1, MaxQueueSize)
	},
	resolve: func(c *Config) { c.MaxQueueSize = or(c.MaxQueueSize, DefaultMaxQueueSize) },
}
