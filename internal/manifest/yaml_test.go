package manifest

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// An oracleCase is a text and its meaning to another implementation.
type oracleCase struct {
	Name string
	YAML string
	JSON json.RawMessage
	Fail bool // it is not YAML
}

// The yaml-test-suite (https://github.com/yaml/yaml-test-suite, MIT) defines YAML by examples. The
// other file holds what ruamel.yaml, a parser for YAML 1.2, returned for texts like manifests.
func TestYAMLAgainstOracles(t *testing.T) {
	for file, different := range map[string]map[string]string{
		"testdata/yaml-test-suite.json": {
			// A tag gives a value a type that is unknown here.
			"2XXW": "tag", "565N": "tag", "6CK3": "tag", "7FWL": "tag", "C4HZ": "tag", "CC74": "tag", "CUP7": "tag",
			"J7PZ": "tag", "M5C3": "tag", "P76L": "tag", "UGM3": "tag", "Z67P": "tag", "Z9M4": "tag",
			// The parser differs in what no manifest needs.
			"2LFX": "unknown directive", "6LVF": "unknown directive", "S4JQ": "the tag !",
			"2SXE": "name of an anchor", "8XYN": "name of an anchor", "W5VH": "name of an anchor",
			// The parser reads what is not ambiguous.
			"9C9N": "indentation", "DK95/1": "indentation", "QB6E": "indentation", "S98Z": "indentation", "Y79Y/3": "indentation",
		},
		"testdata/ruamel.json": {
			// Numbers of YAML 1.1.
			"a: 0o17\nb: 0x1F\nc: 017\nd: 0b1\ne: 1_000": "0b1 and 1_000 are strings in YAML 1.2", "a: =": "a string in YAML 1.2",
			"a: 1\na: 2":        "strictjson refuses it",
			"a: [x:y, \"q\":1]": "valid by YAML 1.2, section 7.4.2",
			"a: 1e400":          "a JSON number: its field bounds it",
		},
	} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var cases []oracleCase
		if err := json.Unmarshal(data, &cases); err != nil {
			t.Fatal(err)
		}
		for _, tc := range cases {
			if tc.Name == "" {
				tc.Name = strings.TrimSpace(tc.YAML)
			}
			t.Run(tc.Name, func(t *testing.T) {
				problem := compare(tc)
				if why, ok := different[tc.Name]; ok == (problem == "") {
					t.Errorf("%s (%s): %s", file, why, problem)
				}
			})
		}
	}
}

// compare returns how toJSON differs from the case, "" if it does not.
func compare(tc oracleCase) string {
	text, _, err := toJSON([]byte(tc.YAML))
	switch {
	case err != nil && tc.Fail:
		return ""
	case err != nil:
		return "it is refused: " + err.Error() + "\n" + tc.YAML
	case tc.Fail:
		return "it is read as " + string(text) + "\n" + tc.YAML
	}
	var got, want any
	if err := json.Unmarshal(text, &got); err != nil {
		return "it is not JSON: " + string(text)
	}
	if err := json.Unmarshal(tc.JSON, &want); err != nil {
		return err.Error()
	}
	return cmp.Diff(want, got)
}

func TestTextsThatJSONCannotExpress(t *testing.T) {
	bomb := "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c < 'k'; c++ {
		bomb += string(c) + ": &" + string(c) + " [" + strings.TrimSuffix(strings.Repeat("*"+string(c-1)+",", 10), ",") + "]\n"
	}
	merges := "a: &a {x: 1}\n"
	for c := 'b'; c < 'z'; c++ {
		merges += string(c) + ": &" + string(c) + " {<<: [*" + string(c-1) + ", *" + string(c-1) + "]}\n"
	}
	for name, tc := range map[string]struct{ text, want, at string }{
		"aliases that grow": {bomb, "too large", ""},
		"merges that grow":  {merges, "too large", ""},
		"itself":            {"a: &a [1, *a]\n", "contains itself", "1:11"},
		"itself, merged":    {"a: &a {<<: *a}\n", "too deep", ""},
		"deep":              {"a: " + strings.Repeat("[", 5000) + strings.Repeat("]", 5000), "too deep", ""},
		"infinity":          {"a: [1, -.inf]\n", "not a number in JSON", "1:8"},
		"key":               {"[a, b]: c\n", "must be text", "1:1"},
		"not an int":        {"a: !!int x\n", "not of the type !!int", ""},
		"two documents":     {"a: 1\n---\nb: 2\n", "more than one document", "2:1"},
		"unknown anchor":    {"a:\n  - *b\n", "unknown anchor", "2:5"},
		"tab":               {"a:\n\tb: 1\n", "cannot start", "2:1"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := toJSON([]byte(tc.text))
			e, ok := errors.AsType[*syntaxError](err)
			if !ok || !strings.Contains(e.problem, tc.want) || tc.at != "" && e.at.String() != tc.at {
				t.Fatalf("got %+v, want %q at %s", err, tc.want, tc.at)
			}
		})
	}
}
