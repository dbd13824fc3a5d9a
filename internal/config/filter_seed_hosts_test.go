package config

import (
	"testing"

	"pgregory.net/rapid"
)

func TestSeedHostsInvalid(t *testing.T) {
	checkInvalid(t, []invalidCase{
		{"params has more", part("filters", "seed_hosts", `{"hosts":[]}`), []string{"config.filters[0].params.hosts unknown is not known"}},
	})
}

func init() {
	drawParams["seed_hosts"] = func(*rapid.T) any {
		return &SeedHosts{}
	}
}
