package config

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/inndx/runs/internal/fault"
)

func TestParseInvalid(t *testing.T) {
	checkInvalid(t, []invalidCase{
		{"not an object", `[]`, []string{"config type an object"}},
		{"null", `null`, []string{"config type an object"}},
		{"null field", `{"seeds":null,"speed":null}`, []string{"config.seeds type a list", "config.speed type an object"}},
		{"unknown member", `{"seed":[]}`, []string{"config.seed unknown known: user_agent, seeds, stopping_criteria, starting_criteria, filters, policies, speed, fetcher, traps, max_queue_size"}},
		{"duplicate member", `{"seeds":[],"seeds":[]}`, []string{"config.seeds duplicate once"}},
		{"duplicate param", part("policies", "robots_txt", `{"default_delay":"1s","default_delay":"2s"}`),
			[]string{"config.policies[0].params.default_delay duplicate once"}},
		{"several members", `{"seeds":[{"kind":"x"}],"speed":1,"fetcher":{"timeout":"1"},"y":0}`, []string{
			"config.seeds[0].kind unknown known", "config.speed type an object", "config.fetcher.timeout format duration", "config.y unknown known"}},
		{"too large", `{"seeds":` + many(65, `{"kind":"static_list","params":{"urls":["http://a/`+long[:2000]+`"]}}`) + `}`,
			[]string{"config too_large 131072 bytes"}},
	})
}

func TestParseMalformed(t *testing.T) {
	for _, given := range []string{``, ` `, `{`, `{} {}`, `{"a":}`, "{\"user_agent\":\"\xff\"}", strings.Repeat("[", 20000)} {
		t.Run(fmt.Sprintf("%.20q", given), func(t *testing.T) {
			_, err := Parse([]byte(given), "config")
			if !fault.Is(err, fault.Malformed) {
				t.Errorf("got %v, want an error of kind Malformed", err)
			}
		})
	}
}

// The error for hostile JSON is bounded.
func TestParseManyFaults(t *testing.T) {
	var b strings.Builder
	b.WriteString("{")
	for i := range 30_000 {
		fmt.Fprintf(&b, `"%d":0,`, i)
	}
	b.WriteString(`"` + strings.Repeat("é", 10_000) + `":0}`)
	_, err := Parse([]byte(b.String()), "config")
	var e *fault.Error
	if !errors.As(err, &e) || len(e.Fields) == 0 || len(e.Fields) > 1000 {
		t.Fatalf("got %.200v", err)
	}
}
