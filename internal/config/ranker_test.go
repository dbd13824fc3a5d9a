package config

import (
	"testing"

	"pgregory.net/rapid"
)

// Earlier versions read resolved configurations in which ranker and mutators have their defaults.
func TestRankerAndMutators(t *testing.T) {
	with := func(member string) string { return defaults[:len(defaults)-1] + "," + member + "}" }
	const sanitize = `"mutators":[{"kind":"sanitize","params":{"strip_fragment":true,"strip_query":true}}]`
	checkForms(t, []formsCase{
		{"breadth", `{"ranker":{"kind":"breadth"}}`, `{"ranker":{"kind":"breadth","params":{}}}`, defaults},
		{"depth", `{"ranker":{"kind":"depth","params":{}}}`, `{"ranker":{"kind":"depth","params":{}}}`, with(`"ranker":{"kind":"depth","params":{}}`)},
		{"no mutators", `{"mutators":[]}`, `{"mutators":[]}`, defaults},
		{"sanitize", `{"mutators":[{"kind":"sanitize","params":{"strip_query":true}}]}`, `{"mutators":[{"kind":"sanitize","params":{"strip_query":true}}]}`, with(sanitize)},
		{"everything", `{` + sanitize + `}`, `{` + sanitize + `}`, with(sanitize)},
	})
	checkInvalid(t, []invalidCase{
		{"page_rank", `{"ranker":{"kind":"page_rank","params":{"damping_factor":0.85}}}`, []string{"config.ranker.kind unsupported supported: breadth, depth"}},
		{"ranker", `{"ranker":"depth"}`, []string{"config.ranker type an object"}},
		{"ranker with params", `{"ranker":{"kind":"depth","params":{"max":1}}}`, []string{"config.ranker.params.max unknown known"}},
		{"mutator", `{"mutators":[{"kind":"lower"}]}`, []string{"config.mutators[0].kind unknown known: sanitize"}},
		{"fragment", `{"mutators":[{"kind":"sanitize","params":{"strip_fragment":false,"strip_query":"yes"}}]}`, []string{
			"config.mutators[0].params.strip_query type true or false", "config.mutators[0].params.strip_fragment unsupported whatever its fragment"}},
		{"twice", `{"mutators":[{"kind":"sanitize"},{"kind":"sanitize"}]}`, []string{"config.mutators[1] duplicate only sanitize"}},
	})
	for given, want := range map[string][2]bool{ // depth first, strips queries
		`{}`: {false, false}, `{"ranker":{"kind":"breadth"},"mutators":[{"kind":"sanitize"}]}`: {false, false},
		`{"ranker":{"kind":"depth"},"mutators":[{"kind":"sanitize","params":{"strip_query":true}}]}`: {true, true},
	} {
		c, err := Parse([]byte(given), "config")
		if got := [2]bool{c.DepthFirst(), c.StripsQueries()}; err != nil || got != want {
			t.Errorf("%s: got %v, %v", given, got, err)
		}
	}
}

func init() {
	drawParams["breadth"] = func(*rapid.T) any { return &Breadth{} }
	drawParams["depth"] = func(*rapid.T) any { return &Depth{} }
	drawParams["sanitize"] = func(t *rapid.T) any {
		return &Sanitize{maybe(t, rapid.Just(true)), maybe(t, rapid.Bool())}
	}
}

func drawRanker(t *rapid.T) *Part {
	return drawGroup(t, func(t *rapid.T) *Part {
		k := rapid.SampledFrom(rankers.kinds).Draw(t, "ranker")
		return &Part{k.name, drawParams[k.name](t)}
	})
}
