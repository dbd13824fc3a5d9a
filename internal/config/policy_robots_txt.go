package config

import (
	"time"

	"github.com/inndx/runs/internal/strictjson"
)

const (
	// MaxDelay bounds default_delay, which may be 0s.
	MaxDelay = Duration(time.Hour)
	// DefaultDelay is the default of default_delay.
	DefaultDelay = Duration(time.Second)
)

// RobotsTxt (robots_txt) obeys robots.txt by RFC 9309. Between two fetches from one host it waits
// for the host's Crawl-delay or, if the host has none, for DefaultDelay. It is the policy of a
// configuration that gives no policies.
type RobotsTxt struct {
	DefaultDelay *Duration `json:"default_delay,omitzero"`
}

var robotsTxtKind = kind{
	name: "robots_txt",
	once: true,
	read: func(_ *reader, o *strictjson.Object) any {
		return &RobotsTxt{DefaultDelay: duration(o, "default_delay", 0, MaxDelay)}
	},
}

func (p RobotsTxt) resolve() any {
	p.DefaultDelay = or(p.DefaultDelay, DefaultDelay)
	return &p
}

var defaultRobotsTxt = Part{robotsTxtKind.name, &RobotsTxt{}}
