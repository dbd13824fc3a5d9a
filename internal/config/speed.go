package config

import (
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/strictjson"
)

// MaxConcurrency bounds concurrency, in fetches in flight. It bounds per_host_concurrency too,
// which is at most concurrency.
const MaxConcurrency = 256

// The defaults of speed.
const (
	DefaultConcurrency        = 16
	DefaultPerHostConcurrency = 1
)

// Speed bounds how many fetches of a run are in flight at a time.
type Speed struct {
	Concurrency        *int `json:"concurrency,omitzero"`
	PerHostConcurrency *int `json:"per_host_concurrency,omitzero"`
}

var speedField = field{
	read:    func(_ *reader, o *strictjson.Object, c *Config) { c.Speed = readSpeed(o) },
	resolve: func(c *Config) { c.Speed = deref(c.Speed).resolve() },
}

func readSpeed(o *strictjson.Object) *Speed {
	p, ok := group(o, "speed")
	if !ok {
		return nil
	}
	defer p.Close()
	s := &Speed{
		Concurrency:        integer(p, "concurrency", 1, MaxConcurrency),
		PerHostConcurrency: integer(p, "per_host_concurrency", 1, MaxConcurrency),
	}
	concurrency := *or(s.Concurrency, DefaultConcurrency)
	if s.PerHostConcurrency != nil && *s.PerHostConcurrency > concurrency {
		v, _ := p.Member("per_host_concurrency")
		rule := fault.Range(1, concurrency)
		rule.Message += ", the concurrency"
		v.Fail(rule)
	}
	return s
}

func (s Speed) resolve() *Speed {
	return &Speed{
		Concurrency:        or(s.Concurrency, DefaultConcurrency),
		PerHostConcurrency: or(s.PerHostConcurrency, DefaultPerHostConcurrency),
	}
}
