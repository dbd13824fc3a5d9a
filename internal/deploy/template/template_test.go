package template

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	for name, test := range map[string]struct {
		yaml string
		want map[string]any
	}{
		"scalars": {"{a: 1, b: true, c: text, d: '1'}", map[string]any{"a": 1, "b": true, "c": "text", "d": "1"}},
		"Ref":     {"a: !Ref B", map[string]any{"a": map[string]any{"Ref": "B"}}},
		"number":  {"a: !Ref 1", map[string]any{"a": map[string]any{"Ref": "1"}}},
		"GetAtt":  {"a: !GetAtt B.C.D", map[string]any{"a": map[string]any{"Fn::GetAtt": []any{"B", "C.D"}}}},
		"nested": {"a: !If [B, [!Ref C], !Sub '${D}']", map[string]any{"a": map[string]any{
			"Fn::If": []any{"B", []any{map[string]any{"Ref": "C"}}, map[string]any{"Fn::Sub": "${D}"}},
		}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Parse([]byte(test.yaml))
			if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
	for name, yaml := range map[string]string{
		"empty": "", "list": "[a]", "alias": "{a: &x 1, b: *x}", "key twice": "{a: 1, a: 2}", "syntax": "{",
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := Parse([]byte(yaml)); err == nil {
				t.Errorf("parsed as %v", got)
			}
		})
	}
}

func TestExpand(t *testing.T) {
	for name, test := range map[string]struct{ resources, want string }{
		"two resources": {
			"Fn::ForEach::L: [X, [A, B], {'${X}Route': {}, '${X}Permission': {}}]",
			"{ARoute: {}, APermission: {}, BRoute: {}, BPermission: {}}",
		},
		"Ref and Sub": {
			"Fn::ForEach::L: [X, [A], {'${X}': [!Ref X, !Ref Y, !Sub '${X}', !Sub '${X}${Y}', '${X}']}]",
			"{A: [A, !Ref Y, A, !Sub 'A${Y}', '${X}']}",
		},
		"Sub with variables": {
			"Fn::ForEach::L: [X, [A], {'${X}': !Sub ['${X}/${Y}/${Z}', {Y: !Ref X}]}]",
			"{A: !Sub ['A/${Y}/${Z}', {Y: A}]}",
		},
		"names of resources": {
			"Fn::ForEach::L: [X, [A], {'${X}': [{Ref: !Sub '${X}Function'}, !GetAtt [!Sub '${X}Function', Arn]]}]",
			"{A: [!Ref AFunction, !GetAtt AFunction.Arn]}",
		},
		"FindInMap": {
			"Fn::ForEach::L: [X, [A, B], {'${X}': [!FindInMap [M, !Ref X, K], !FindInMap [M, !Ref Y, K]]}]",
			"{A: [1, !FindInMap [M, !Ref Y, K]], B: [2, !FindInMap [M, !Ref Y, K]]}",
		},
		"loop in a loop": {
			"Fn::ForEach::L: [X, [A, B], {'Fn::ForEach::M': [Y, [C, D], {'${X}${Y}': !Sub '${Y}${X}'}]}]",
			"{AC: CA, AD: DA, BC: CB, BD: DB}",
		},
		"loop in properties": {
			"A: {'Fn::ForEach::L': [X, [B], {'${X}': !Ref X}], C: D}",
			"{A: {B: B, C: D}}",
		},
	} {
		t.Run(name, func(t *testing.T) {
			const rest = "\nMappings: {M: {A: {K: 1}, B: {K: 2}}}\n"
			parsed := mustParse(t, "Transform: [AWS::LanguageExtensions, Other]\nResources: {"+test.resources+"}"+rest)
			got, err := Expand(parsed)
			want := mustParse(t, "Transform: [Other]\nResources: "+test.want+rest)
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
	for name, resources := range map[string]string{
		"no fragment":      "Fn::ForEach::L: [X, [A]]",
		"no list":          "Fn::ForEach::L: [X, !Ref P, {'${X}': 1}]",
		"no string":        "Fn::ForEach::L: [X, [1], {'${X}': 1}]",
		"same key":         "Fn::ForEach::L: [X, [A, B], {C: 1}]",
		"key of the outer": "A: 1, Fn::ForEach::L: [X, [A], {'${X}': 1}]",
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := Expand(mustParse(t, "Resources: {"+resources+"}")); err == nil {
				t.Errorf("expanded to %v", got)
			}
		})
	}
}

func mustParse(t *testing.T, yaml string) map[string]any {
	t.Helper()
	parsed, err := Parse([]byte(yaml))
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}
