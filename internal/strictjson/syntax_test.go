package strictjson_test

import (
	"strings"
	"testing"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/strictjson"
)

func TestParseNamesWhereJSONGoesWrong(t *testing.T) {
	for _, tt := range []struct{ data, want string }{
		{"{", "line 1, column 1: unexpected end"},
		{"{\n  \"a\": 1,\n  \"b\" 2}", `line 3, column 7: invalid character '2' after object key`},
		{"{\"ü\": x}", "line 1, column 7: invalid character 'x'"},
		{"{} {}", "line 1, column 4: invalid character '{' after top-level value"},
		{"\ufeff{}", "line 1, column 1: invalid character"},
		{"{\"a\": \"\xff\"}", "not UTF-8"},
		{strings.Repeat("[", 100_000), "exceeded max depth"},
		{`{"a": "\ud800"}`, "line 1, column 8: half of a surrogate pair"},
		{`["\\", "\u00e9\ud83d\ude00", "\udc00\ud800"]`, "line 1, column 31: half of a surrogate pair"},
		{`["\ud83dx"]`, "half of a surrogate pair"},
		{`["\ud83d\n"]`, "half of a surrogate pair"},
		{`["\ud83d"]`, "half of a surrogate pair"},
	} {
		var faults fault.Fields
		_, err := strictjson.Parse([]byte(tt.data), "", &faults)
		if !fault.Is(err, fault.Malformed) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%.40q: %v, want %q", tt.data, err, tt.want)
		}
	}
}

func TestParseTakesEscapes(t *testing.T) {
	var faults fault.Fields
	v, err := strictjson.Parse([]byte(`"\\ud800 \\\\ \" \u00e9 \ud83d\ude00"`), "", &faults)
	if err != nil {
		t.Fatal(err)
	}
	if s, _ := v.String(); s != `\ud800 \\ " é 😀` {
		t.Errorf("%q", s)
	}
}
