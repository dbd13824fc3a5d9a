package config

import (
	"time"

	"github.com/inndx/runs/internal/strictjson"
)

// MinMaxAge and MaxMaxAge bound max_age.
const (
	MinMaxAge = Duration(time.Second)
	MaxMaxAge = Duration(30 * 24 * time.Hour)
)

// MaxAge (max_age) ends a run MaxAge after its start. Time spent paused does not count.
type MaxAge struct {
	MaxAge Duration `json:"max_age"`
}

var maxAgeKind = kind{
	name: "max_age",
	once: true,
	read: func(_ *reader, o *strictjson.Object) any {
		o.Required("max_age")
		return &MaxAge{deref(duration(o, "max_age", MinMaxAge, MaxMaxAge))}
	},
}
