package config

import (
	"encoding/json"
	"time"

	"github.com/inndx/runs/internal/fault"
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
	DefaultDelay *Delay `json:"default_delay,omitzero"`
}

// A Delay is a duration between Min and Max, both inclusive, which is drawn for each fetch. Its
// JSON is a duration if they are equal, and otherwise a list of both.
type Delay struct{ Min, Max Duration }

// MarshalJSON implements [json.Marshaler].
func (d Delay) MarshalJSON() ([]byte, error) {
	if d.Min == d.Max {
		return json.Marshal(d.Min)
	}
	return json.Marshal([]Duration{d.Min, d.Max})
}

var robotsTxtKind = kind{
	name: "robots_txt",
	once: true,
	read: func(_ *reader, o *strictjson.Object) any {
		p := &RobotsTxt{}
		if v, ok := o.Member("default_delay"); ok {
			p.DefaultDelay = delay(v)
		}
		o.Unsupported("scope")
		return p
	},
}

func (p RobotsTxt) resolve() any {
	p.DefaultDelay = or(p.DefaultDelay, Delay{DefaultDelay, DefaultDelay})
	return &p
}

var defaultRobotsTxt = Part{robotsTxtKind.name, &RobotsTxt{}}

// delay reads a duration, or a list of the least and the greatest one.
func delay(v strictjson.Value) *Delay {
	if !v.IsList() {
		d, ok := durationValue(v, 0, MaxDelay)
		if !ok {
			return nil
		}
		return &Delay{d, d}
	}
	values, ok := v.List(2)
	if !ok {
		return nil
	}
	bounds := make([]Duration, len(values))
	for i, v := range values {
		var valid bool
		bounds[i], valid = durationValue(v, 0, MaxDelay)
		ok = ok && valid
	}
	switch {
	case !ok:
		return nil
	case len(bounds) < 2 || bounds[0] > bounds[1]:
		v.Fail(fault.Format("delay-range", "must be a duration, or a list of the least and the greatest one such as [1s, 5s]"))
		return nil
	}
	return &Delay{bounds[0], bounds[1]}
}
