package config

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/inndx/runs/internal/fault"
)

// A configuration survives being written and read, and resolving it twice is resolving it
// once.
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

func drawConfig(t *rapid.T) Config {
	seeds := rapid.Custom(func(t *rapid.T) Part {
		urls := rapid.SliceOfN(rapid.StringMatching(`https?://[a-z]{1,9}(\.[a-z]{2,3})?(:8[0-9]{0,3})?(/[a-zé&<"]{0,9})?`), 1, 5).Draw(t, "urls")
		if rapid.Bool().Draw(t, "sitemap") {
			hosts := rapid.SliceOfN(rapid.StringMatching(`(https?://)?[a-z]{1,9}(\.[a-z]{2,3})?(:8[0-9]{0,3})?/?`), 1, 3).Draw(t, "hosts")
			s := &Sitemap{URLs: urls, Hosts: hosts, Limit: rapid.IntRange(0, MaxSitemapURLs).Draw(t, "limit")}
			switch rapid.IntRange(0, 2).Draw(t, "only") {
			case 1:
				s.URLs = nil
			case 2:
				s.Hosts = nil
			}
			return Part{"sitemap", s}
		}
		return Part{"static_list", &StaticList{urls}}
	})
	filter := rapid.Custom(func(t *rapid.T) Part {
		if rapid.Bool().Draw(t, "regex") {
			patterns := rapid.SliceOfN(rapid.StringMatching(`[a-z/]{1,9}(\.\*|\[a-z\]\+)?`), 0, 3)
			return Part{"regex_patterns", &RegexPatterns{maybeList(t, patterns), maybeList(t, patterns), maybe(t, rapid.Bool())}}
		}
		patterns := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) URLPattern {
			return URLPattern{
				rapid.StringMatching(`(\*\.)?[a-z]{1,9}|\[::1\]|`).Draw(t, "hostname"),
				rapid.StringMatching(`[/*][a-z*%.]{0,9}`).Draw(t, "pathname"),
			}
		}), 0, 3)
		return Part{"url_patterns", &URLPatterns{maybeList(t, patterns), maybeList(t, patterns), maybe(t, rapid.Bool())}}
	})
	c := Config{
		UserAgent: maybe(t, rapid.StringMatching(`[!-~]([ -~]{0,99}[!-~])?`)),
		Seeds:     maybeList(t, rapid.SliceOfN(seeds, 0, 4)),
		StoppingCriteria: someOf(t,
			Part{"max_urls", &MaxURLs{rapid.Int64Range(1, MaxMaxURLs).Draw(t, "max_urls")}},
			Part{"max_depth", &MaxDepth{rapid.IntRange(0, MaxMaxDepth).Draw(t, "max_depth")}},
			Part{"max_age", &MaxAge{drawDuration(t, MinMaxAge, MaxMaxAge)}},
			Part{"max_empty_evaluations", &MaxEmptyEvaluations{rapid.IntRange(1, MaxMaxEmptyEvaluations).Draw(t, "max_empty_evaluations")}}),
		StartingCriteria: someOf(t, Part{"exclusive", &Exclusive{"job_id", rapid.IntRange(1, MaxExclusiveRuns).Draw(t, "exclusive")}}),
		Filters: someOf(t, Part{"seed_hosts", &SeedHosts{}}, filter.Draw(t, "filter"), filter.Draw(t, "filter"),
			Part{"budget", &Budget{"host", rapid.Int64Range(1, MaxHostURLs).Draw(t, "budget")}}),
		Policies: someOf(t, Part{"robots_txt", &RobotsTxt{maybe(t, rapid.Just(drawDuration(t, 0, MaxDelay)))}}),
	}
	if rapid.Bool().Draw(t, "speed") {
		n := rapid.IntRange(DefaultConcurrency, MaxConcurrency).Draw(t, "concurrency")
		c.Speed = &Speed{maybe(t, rapid.Just(n)), maybe(t, rapid.IntRange(1, DefaultConcurrency))}
	}
	if rapid.Bool().Draw(t, "fetcher") {
		c.Fetcher = &Fetcher{
			maybe(t, rapid.Just(drawDuration(t, MinTimeout, MaxTimeout))),
			maybe(t, rapid.Int64Range(MinBodyBytes, MaxBodyBytes)),
			maybe(t, rapid.IntRange(0, MaxRedirects)),
			maybe(t, rapid.IntRange(0, MaxRetries)),
			maybe(t, rapid.Bool()),
		}
	}
	if rapid.Bool().Draw(t, "traps") {
		c.Traps = &Traps{
			maybe(t, rapid.IntRange(1, MaxPathSegments)),
			maybe(t, rapid.IntRange(1, MaxPathSegments)),
			maybe(t, rapid.Int64Range(1, MaxURLVariants)),
			maybe(t, rapid.Int64Range(1, MaxURLVariants)),
			maybe(t, rapid.IntRange(1, MaxTrapDepth)),
			maybe(t, rapid.Int64Range(1, MaxHostURLs)),
		}
	}
	c.MaxQueueSize = maybe(t, rapid.Int64Range(1, MaxQueueSize))
	return c
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

func someOf(t *rapid.T, parts ...Part) []Part {
	if !rapid.Bool().Draw(t, "given") {
		return nil
	}
	some := []Part{}
	for _, p := range rapid.Permutation(parts).Draw(t, "order") {
		if rapid.Bool().Draw(t, "part") {
			some = append(some, p)
		}
	}
	return some
}

func drawDuration(t *rapid.T, least, most Duration) Duration {
	unit := rapid.SampledFrom([]Duration{1, Duration(time.Millisecond), Duration(time.Second), Duration(time.Minute), Duration(time.Hour)}).Draw(t, "unit")
	d := Duration(rapid.Int64Range(int64(least), int64(most)).Draw(t, "duration"))
	return max(least, d/unit*unit)
}

// FuzzParse shows that Parse takes any bytes, answers with an error of the right kind, and
// accepts only what can be stored and read again.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		full, defaults, `{}`, `{"seeds":null}`, `{"seeds":[{"kind":"static_list","params":{"urls":["http://[::1]:80/%zz"]}}]}`,
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
