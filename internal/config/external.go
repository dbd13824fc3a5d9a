package config

import "github.com/inndx/runs/internal/strictjson"

// The values of external.
const (
	// ExternalIgnore excludes a link to a URL that the filters refuse. It is the default.
	ExternalIgnore = "ignore"
	// ExternalCheck checks that such a URL responds. Nothing follows from it.
	ExternalCheck = "check"
)

var externalField = field{
	read: func(_ *reader, o *strictjson.Object, c *Config) {
		c.External = enum(o, "external", ExternalCheck, ExternalIgnore)
	},
	resolve: func(c *Config) {
		if !c.ChecksExternal() {
			c.External = nil
		}
	},
}

// ChecksExternal reports whether the links to URLs that the filters refuse are checked.
func (c Config) ChecksExternal() bool { return c.External != nil && *c.External == ExternalCheck }
