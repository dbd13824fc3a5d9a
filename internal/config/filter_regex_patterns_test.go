package config

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestRegexPatternsInvalid(t *testing.T) {
	checkInvalid(t, []invalidCase{
		{"regex", part("filters", "regex_patterns", `{"allow":["ok","a(b"],"deny":["x**"],"default_allow":1}`), []string{
			"config.filters[0].params.allow[1] format missing closing ) at \"a(b\"",
			"config.filters[0].params.deny[0] format invalid nested repetition operator at \"**\"",
			"config.filters[0].params.default_allow type true or false"}},
		{"empty and long regex", part("filters", "regex_patterns", `{"allow":["","`+long+`"]}`), []string{
			"config.filters[0].params.allow[0] length between 1 and 1000 bytes", "config.filters[0].params.allow[1] length between 1 and 1000 bytes"}},
		{"large regex", part("filters", "regex_patterns", `{"allow":["(\\w{100}\\d{100}){10}(a{1000}){1}b{1000}c{1000}d{1000}"]}`),
			[]string{"config.filters[0].params.allow[0] too_large 1600 instructions"}},
		{"too many patterns", part("filters", "regex_patterns", `{"deny":`+many(1001, `"a"`)+`}`), []string{"config.filters[0].params.deny too_many 1000"}},
	})
}

// The size of all expressions together is bounded. A wrong expression is reported even behind the
// one that exceeds the bound.
func TestRegexPatternsTotalSize(t *testing.T) {
	_, err := Parse([]byte(part("filters", "regex_patterns",
		`{"allow":`+many(51, `"a{990}"`)+`,"deny":["["]}`)), "config")
	checkFaults(t, err, []string{
		"config.filters[0].params.allow[50] too_large all expressions together to at most 50000",
		`config.filters[0].params.deny[0] format missing closing ] at "["`,
	})
}

// Expressions that would take a worker minutes for one page are refused. An earlier version
// accepted them, so they are valid in a stored configuration.
func TestRegexPatternsSize(t *testing.T) {
	heavy := part("filters", "regex_patterns", `{"deny":`+many(25, `"(?:.?){990}1zz$"`)+`}`)
	if len(heavy) > 2048 {
		t.Errorf("the configuration has %d bytes", len(heavy))
	}
	_, err := Parse([]byte(heavy), "config")
	var want []string
	for i := range 25 {
		want = append(want, fmt.Sprintf("config.filters[0].params.deny[%d] too_large must compile to at most 1600 instructions", i))
	}
	checkFaults(t, err, want)
	if _, err := ParseStored([]byte(heavy)); err != nil {
		t.Errorf("ParseStored: %v", err)
	}
}

// An expression without counted repetitions is never too large.
func TestRegexSizeWithoutRepetitions(t *testing.T) {
	for _, unit := range []string{"a", "ab|", "(a)", "[a-c]", ".*", "a?", "()", "(?i)k", "(?:a|)", "é"} {
		t.Run(unit, func(t *testing.T) {
			longest := strings.TrimSuffix(strings.Repeat(unit, MaxPatternBytes/len(unit)), "|")
			if size, err := RegexSize(longest); err != nil || size > MaxPatternSize {
				t.Errorf("got %d instructions, %v", size, err)
			}
		})
	}
}

func init() {
	drawParams["regex_patterns"] = func(t *rapid.T) any {
		patterns := rapid.SliceOfN(rapid.StringMatching(`[a-z/]{1,9}(\.\*|\[a-z\]\+)?`), 0, 3)
		return &RegexPatterns{maybeList(t, patterns), maybeList(t, patterns), maybe(t, rapid.Bool())}
	}
}
