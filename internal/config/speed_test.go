package config

import (
	"testing"

	"pgregory.net/rapid"
)

func TestSpeedInvalid(t *testing.T) {
	checkInvalid(t, []invalidCase{
		{"speed", `{"speed":{"concurrency":257,"per_host_concurrency":0,"x":1}}`, []string{
			"config.speed.concurrency range between 1 and 256", "config.speed.per_host_concurrency range between 1 and 256",
			"config.speed.x unknown concurrency, per_host_concurrency"}},
		{"more per host than in total", `{"speed":{"concurrency":4,"per_host_concurrency":5}}`, []string{"config.speed.per_host_concurrency range between 1 and 4, the concurrency"}},
		{"more per host than in total by default", `{"speed":{"per_host_concurrency":17}}`, []string{"config.speed.per_host_concurrency range between 1 and 16, the concurrency"}},
	})
}

func drawSpeed(t *rapid.T) *Speed {
	n := rapid.IntRange(DefaultConcurrency, MaxConcurrency).Draw(t, "concurrency")
	return &Speed{maybe(t, rapid.Just(n)), maybe(t, rapid.IntRange(1, DefaultConcurrency))}
}
