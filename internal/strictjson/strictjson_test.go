package strictjson_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/strictjson"
)

func TestParseMalformed(t *testing.T) {
	for _, data := range []string{``, `{`, `[1,]`, `{} x`, "\"\xff\"", strings.Repeat("[", 11000) + strings.Repeat("]", 11000)} {
		t.Run(fmt.Sprintf("%.20q", data), func(t *testing.T) {
			_, err := strictjson.Parse([]byte(data), "", new(fault.Fields))
			if !fault.Is(err, fault.Malformed) || !strings.HasPrefix(err.Error(), "the body is not JSON: ") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestParseNamesThePlaceOfAnError(t *testing.T) {
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
		t.Run(fmt.Sprintf("%.40q", tt.data), func(t *testing.T) {
			_, err := strictjson.Parse([]byte(tt.data), "", new(fault.Fields))
			if !fault.Is(err, fault.Malformed) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestParseReadsEscapes(t *testing.T) {
	var faults fault.Fields
	v, err := strictjson.Parse([]byte(`"\\ud800 \\\\ \" \u00e9 \ud83d\ude00"`), "", &faults)
	if err != nil {
		t.Fatal(err)
	}
	if s, _ := v.String(); s != `\ud800 \\ " é 😀` {
		t.Errorf("got %q", s)
	}
}
