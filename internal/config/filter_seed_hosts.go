package config

import "github.com/inndx/runs/internal/strictjson"

// SeedHosts (seed_hosts) passes URLs whose host is the host of a seed, or of the target of a
// redirected seed. It is the filter of a configuration that gives no filters.
type SeedHosts struct{}

var seedHostsKind = kind{
	name: "seed_hosts",
	once: true,
	read: func(*reader, *strictjson.Object) any { return &SeedHosts{} },
}

var defaultSeedHosts = Part{seedHostsKind.name, &SeedHosts{}}
