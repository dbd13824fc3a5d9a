package config

import (
	"strings"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/strictjson"
)

const (
	// MaxUserAgentBytes bounds user_agent.
	MaxUserAgentBytes = 256
	// DefaultUserAgent is the default of user_agent.
	DefaultUserAgent = "inndx/" + Version + " (+https://github.com/inndx/runs)"
)

var userAgentField = field{
	read:    func(r *reader, o *strictjson.Object, c *Config) { c.UserAgent = r.userAgent(o) },
	resolve: func(c *Config) { c.UserAgent = or(c.UserAgent, DefaultUserAgent) },
}

// randomUserAgent stands for a realistic agent for each request in other inndx services. Earlier
// versions took it for the agent's name.
const randomUserAgent = "random"

func (r *reader) userAgent(o *strictjson.Object) *string {
	v, ok := o.Member("user_agent")
	if !ok {
		return nil
	}
	s, ok := text(v, MaxUserAgentBytes)
	if !ok {
		return nil
	}
	if strings.TrimSpace(s) != s || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
		v.Fail(fault.Format("user-agent", "must be printable ASCII characters and neither begin nor end with a space"))
	}
	if s == randomUserAgent && !r.stored {
		v.Fail(fault.Unsupported("the agent as it is sent, such as mybot/1.0 (+https://example.com/bot)"))
		return nil
	}
	return &s
}
