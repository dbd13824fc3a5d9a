package config

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/inndx/runs/internal/fault"
)

// A configuration can be written and read back, and Resolve is idempotent.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawConfig(t)
		checkRoundTrip(t, c)
	})
}

// checkRoundTrip is shared with the fuzz target.
func checkRoundTrip(t interface{ Fatalf(string, ...any) }, c Config) {
	canonical := c.Canonical()
	again, err := Parse(canonical, "config")
	if err != nil {
		t.Fatalf("the canonical form is refused: %v\n%s", err, canonical)
	}
	if diff := cmp.Diff(c, again); diff != "" {
		t.Fatalf("read back (-want +got):\n%s", diff)
	}
	resolved := c.Resolve()
	if diff := cmp.Diff(resolved, resolved.Resolve()); diff != "" {
		t.Fatalf("resolved twice (-want +got):\n%s", diff)
	}
	again, err = Parse(resolved.Canonical(), "config")
	if err != nil {
		t.Fatalf("the resolved form is refused: %v\n%s", err, resolved.Canonical())
	}
	if !bytes.Equal(again.Resolve().Canonical(), resolved.Canonical()) {
		t.Fatalf("not a fixed point:\n%s\n%s", resolved.Canonical(), again.Resolve().Canonical())
	}
	if !bytes.Equal(c.Canonical(), canonical) {
		t.Fatalf("resolving changed the configuration")
	}
}

// drawParams draws the params of each kind. The test file of a kind sets its function.
var drawParams = map[string]func(*rapid.T) any{}

func drawConfig(t *rapid.T) Config {
	return Config{
		UserAgent:        maybe(t, rapid.StringMatching(`[!-~]([ -~]{0,99}[!-~])?`)),
		Seeds:            drawParts(t, seeds),
		StoppingCriteria: drawParts(t, stoppingCriteria),
		StartingCriteria: drawParts(t, startingCriteria),
		Filters:          drawParts(t, filters),
		Policies:         drawParts(t, policies),
		Speed:            drawGroup(t, drawSpeed),
		Fetcher:          drawGroup(t, drawFetcher),
		Traps:            drawGroup(t, drawTraps),
		MaxQueueSize:     maybe(t, rapid.Int64Range(1, MaxQueueSize)),
		Ranker:           drawRanker(t),
		Mutators:         drawParts(t, mutators),
		Pipelines:        drawPipelines(t),
		External:         maybe(t, rapid.SampledFrom([]string{ExternalIgnore, ExternalCheck})),
		Record:           drawGroup(t, func(t *rapid.T) *Record { return &Record{maybe(t, rapid.Bool()), maybe(t, rapid.Bool())} }),
	}
}

// drawParts draws a list of some parts, nil for a list that is not given.
func drawParts(t *rapid.T, l list) []Part {
	if !rapid.Bool().Draw(t, "given") {
		return nil
	}
	parts := []Part{}
	for range rapid.IntRange(0, 4).Draw(t, l.name) {
		k := rapid.SampledFrom(l.kinds).Draw(t, "kind")
		if !k.once || !slices.ContainsFunc(parts, func(p Part) bool { return p.Kind == k.name }) {
			draw, ok := drawParams[k.name]
			if !ok {
				t.Fatalf("the test file of %s does not set drawParams", k.name)
			}
			parts = append(parts, Part{k.name, draw(t)})
		}
	}
	return parts
}

// drawGroup draws a group, nil for one that is not given.
func drawGroup[G any](t *rapid.T, draw func(*rapid.T) *G) *G {
	if !rapid.Bool().Draw(t, "given") {
		return nil
	}
	return draw(t)
}

func maybe[T any](t *rapid.T, g *rapid.Generator[T]) *T {
	if !rapid.Bool().Draw(t, "given") {
		return nil
	}
	v := g.Draw(t, "value")
	return &v
}

func maybeList[T any](t *rapid.T, g *rapid.Generator[[]T]) []T {
	if !rapid.Bool().Draw(t, "given") {
		return nil
	}
	return append([]T{}, g.Draw(t, "list")...)
}

func drawDuration(t *rapid.T, min, max Duration) Duration {
	unit := rapid.SampledFrom([]Duration{1, Duration(time.Millisecond), Duration(time.Second), Duration(time.Minute), Duration(time.Hour)}).Draw(t, "unit")
	d := Duration(rapid.Int64Range(int64(min), int64(max)).Draw(t, "duration"))
	if d = d / unit * unit; d < min {
		return min
	}
	return d
}

// FuzzParse checks that Parse accepts only what can be stored and read back, and otherwise fails
// with the right kind of error.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		full, defaults, fullFetcher, `{"pipelines":[` + fullPipeline + `]}`, `{}`, `{"seeds":null}`, `{"seeds":[{"kind":"static_list","params":{"urls":["http://[::1]:80/%zz"]}}]}`,
		`{"filters":[{"kind":"regex_patterns","params":{"allow":["(?i)[[:alpha:]]{2,}\\pL"]}}]}`,
		`{"stopping_criteria":[{"kind":"max_urls","params":{"max_urls":1e2}}],"a":{"a":1,"a":2}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse(data, "config")
		switch {
		case err == nil:
			checkRoundTrip(t, c)
		case fault.Is(err, fault.Malformed) == json.Valid(data) && bytes.Equal(data, bytes.ToValidUTF8(data, nil)):
			t.Fatalf("got %v for %q", err, data)
		case !fault.Is(err, fault.Malformed) && !fault.Is(err, fault.Invalid):
			t.Fatalf("got %v", err)
		}
	})
}
