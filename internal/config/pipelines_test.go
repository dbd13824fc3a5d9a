package config

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// fullPipeline is a pipeline with every kind of step and action, in canonical form.
const fullPipeline = `{"id":"pages","navigator":{"kind":"anchor","params":{}},` +
	`"steps":[{"kind":"condition","params":[` +
	`{"kind":"regex_patterns","params":{"allow":["https://example\\.com/products/.+"],"deny":[],"default_allow":false}},` +
	`{"kind":"url_patterns","params":{"allow":[{"pathname":"/products/*"}],"deny":[],"default_allow":false}},` +
	`{"kind":"expression","params":{"expression":"content_type.subtype == 'html'"}}]},` +
	`{"kind":"extractor","params":{"kind":"markdown","params":{"content_xpath":"//main","skip_tags":["nav","footer"]}}}],` +
	`"actions":[{"kind":"to_blob","params":{"directory":"output","key_strategy":"hash"}},` +
	`{"kind":"log","params":{"level":"info","event":"DataExtracted"}}]}`

// pipelines returns a configuration with the pipelines.
func pipelines(list ...string) string { return `{"pipelines":[` + strings.Join(list, ",") + `]}` }

// resolvedPipelines returns the resolved form of a configuration with pipelines.
func resolvedPipelines(list ...string) string {
	return strings.TrimSuffix(defaults, "}") + `,"pipelines":[` + strings.Join(list, ",") + `]}`
}

// extractor returns a pipeline with one extractor.
func extractor(kind, params string) string {
	return fmt.Sprintf(`{"steps":[{"kind":"extractor","params":{"kind":%q,"params":%s}}]}`, kind, params)
}

// action returns a pipeline that extracts and then has one action.
func action(kind, params string) string {
	return fmt.Sprintf(`{"steps":[{"kind":"extractor","params":{"kind":"raw"}}],"actions":[{"kind":%q,"params":%s}]}`, kind, params)
}

func TestPipelines(t *testing.T) {
	const dataMap = `{"map":{"fields":[` +
		`{"name":"title","source":{"type":"extractor","kind":"xpath","params":{"expressions":["//h1/text()","//title"]}}},` +
		`{"name":"links","source":{"type":"extractor","kind":"selector","params":{"expressions":["a[href]"],"all":true}}}]}}`
	checkForms(t, []formsCase{
		{"everything", pipelines(fullPipeline), pipelines(fullPipeline), resolvedPipelines(fullPipeline)},
		{"none", `{"pipelines":[]}`, `{"pipelines":[]}`, defaults},
		{
			"ids by position",
			pipelines(`{}`, `{"id":"pages","navigator":{"kind":"assets"}}`, `{"navigator":{"kind":"anchor"}}`),
			pipelines(`{}`, `{"id":"pages","navigator":{"kind":"assets","params":{}}}`, `{"navigator":{"kind":"anchor","params":{}}}`),
			resolvedPipelines(`{"id":"pipeline-1","steps":[],"actions":[]}`,
				`{"id":"pages","navigator":{"kind":"assets","params":{}},"steps":[],"actions":[]}`,
				`{"id":"pipeline-3","navigator":{"kind":"anchor","params":{}},"steps":[],"actions":[]}`),
		},
		{
			"defaults of params",
			pipelines(`{"id":"p","steps":[{"kind":"condition","params":[{"kind":"regex_patterns","params":{"allow":["a"]}}]},` +
				`{"kind":"extractor","params":{"kind":"raw"}}],` +
				`"actions":[{"kind":"to_blob"},{"kind":"log","params":{"event":"Kept"}}]}`),
			pipelines(`{"id":"p","steps":[{"kind":"condition","params":[{"kind":"regex_patterns","params":{"allow":["a"]}}]},` +
				`{"kind":"extractor","params":{"kind":"raw","params":{}}}],` +
				`"actions":[{"kind":"to_blob","params":{}},{"kind":"log","params":{"event":"Kept"}}]}`),
			resolvedPipelines(`{"id":"p","steps":[{"kind":"condition","params":[{"kind":"regex_patterns","params":{"allow":["a"],"deny":[],"default_allow":false}}]},` +
				`{"kind":"extractor","params":{"kind":"raw","params":{}}}],` +
				`"actions":[{"kind":"to_blob","params":{"key_strategy":"hash"}},{"kind":"log","params":{"level":"info","event":"Kept"}}]}`),
		},
		{
			"data_map", pipelines(extractor("data_map", dataMap)), pipelines(extractor("data_map", dataMap)),
			resolvedPipelines(`{"id":"pipeline-1",` + strings.TrimSuffix(extractor("data_map", dataMap)[1:], "}") + `,"actions":[]}`),
		},
		{
			"tags are stored in lower case",
			pipelines(extractor("markdown", `{"skip_tags":["NAV"]}`)), pipelines(extractor("markdown", `{"skip_tags":["nav"]}`)),
			resolvedPipelines(`{"id":"pipeline-1",` + strings.TrimSuffix(extractor("markdown", `{"skip_tags":["nav"]}`)[1:], "}") + `,"actions":[]}`),
		},
	})
}

func TestPipelinesInvalid(t *testing.T) {
	const p = "config.pipelines[0]"
	step := func(kind, params string) string {
		return fmt.Sprintf(`{"steps":[{"kind":%q,"params":%s}]}`, kind, params)
	}
	field := func(source string) string {
		return extractor("data_map", `{"map":{"fields":[{"name":"a","source":`+source+`}]}}`)
	}
	const source = p + ".steps[0].params.params.map.fields[0].source"
	toBlob := func(params string) string { return action("to_blob", params) }
	for _, tt := range []struct {
		name, pipeline string
		want           []string
	}{
		{"not an object", `[]`, []string{p + " type an object"}},
		{"unknown member", `{"step":[]}`, []string{p + ".step unknown known: id, navigator, steps, actions"}},
		{"id", `{"id":"a/b"}`, []string{p + ".id format letter"}},
		{"long id", `{"id":"` + long[:65] + `"}`, []string{p + ".id length between 1 and 64"}},
		{"navigator", `{"navigator":{"kind":"form"}}`, []string{p + ".navigator.kind unknown known: anchor, assets"}},
		{"navigator is a list", `{"navigator":[{"kind":"anchor"}]}`, []string{p + ".navigator type an object"}},
		{"navigator with params", `{"navigator":{"kind":"anchor","params":{"a":1}}}`, []string{p + ".navigator.params.a unknown known"}},
		{"step", step("browser", `{}`), []string{p + ".steps[0].kind unknown known: condition, extractor, asset_resolver"}},
		{"too many steps", `{"steps":` + many(21, `{"kind":"extractor","params":{"kind":"raw"}}`) + `}`, []string{p + ".steps too_many 20"}},
		{"too many actions", `{"actions":` + many(21, `{"kind":"log","params":{"event":"a"}}`) + `}`, []string{p + ".actions too_many 20"}},

		{"condition without params", `{"steps":[{"kind":"condition"}]}`, []string{p + ".steps[0].params required "}},
		{"condition is an object", step("condition", `{"kind":"expression","params":{"expression":"true"}}`), []string{p + ".steps[0].params type a list"}},
		{"no conditions", step("condition", `[]`), []string{p + ".steps[0].params empty "}},
		{"too many conditions", step("condition", many(21, `{"kind":"url_patterns"}`)), []string{p + ".steps[0].params too_many 20"}},
		{"heuristics", step("condition", `[{"kind":"heuristics"}]`),
			[]string{p + ".steps[0].params[0].kind unsupported is not supported; supported: regex_patterns, url_patterns, expression"}},
		{"regex", step("condition", `[{"kind":"regex_patterns","params":{"allow":["("]}}]`), []string{p + ".steps[0].params[0].params.allow[0] format RE2"}},
		{"expression", step("condition", `[{"kind":"expression","params":{}}]`), []string{p + ".steps[0].params[0].params.expression required "}},
		{"long expression", step("condition", `[{"kind":"expression","params":{"expression":"`+long[:1001]+`"}}]`),
			[]string{p + ".steps[0].params[0].params.expression length 1000"}},

		{"two extractors", `{"steps":` + many(2, `{"kind":"extractor","params":{"kind":"raw"}}`) + `}`, []string{p + ".steps[1] duplicate only extractor"}},
		{"extractor without kind", `{"steps":[{"kind":"extractor","params":{}}],"actions":[{"kind":"to_blob"}]}`, []string{p + ".steps[0].params.kind required "}},
		{"extractor without params", `{"steps":[{"kind":"extractor"}],"actions":[{"kind":"to_blob"}]}`, []string{p + ".steps[0].params required "}},
		{"host_data_map", extractor("host_data_map", `{}`),
			[]string{p + ".steps[0].params.kind unsupported is not supported; supported: raw, markdown, data_map, text"}},
		{"raw with params", extractor("raw", `{"a":1}`), []string{p + ".steps[0].params.params.a unknown known"}},
		{"markdown", extractor("markdown", `{"content_xpath":"","skip_tags":["<nav>"]}`),
			[]string{p + ".steps[0].params.params.content_xpath length ", p + ".steps[0].params.params.skip_tags[0] format HTML element"}},
		{"data_map without map", extractor("data_map", `{}`), []string{p + ".steps[0].params.params.map required "}},
		{"no fields", extractor("data_map", `{"map":{"fields":[]}}`), []string{p + ".steps[0].params.params.map.fields empty "}},
		{"too many fields", extractor("data_map", `{"map":{"fields":`+many(101, `{}`)+`}}`), []string{p + ".steps[0].params.params.map.fields too_many 100"}},
		{"empty field", extractor("data_map", `{"map":{"fields":[{}]}}`),
			[]string{p + ".steps[0].params.params.map.fields[0].name required ", p + ".steps[0].params.params.map.fields[0].source required "}},
		{"same field", extractor("data_map", `{"map":{"fields":`+many(2, `{"name":"a","source":{"type":"extractor","kind":"xpath","params":{"expressions":["a"]}}}`)+`}}`),
			[]string{p + ".steps[0].params.params.map.fields[1].name duplicate "}},
		{"constant", field(`{"type":"constant","kind":"xpath","params":{"expressions":["a"]}}`), []string{source + ".type unsupported supported: extractor"}},
		{"source", field(`{"type":"extractor","kind":"css","params":{"expressions":[]}}`),
			[]string{source + ".kind enum xpath, selector", source + ".params.expressions empty "}},
		{"empty source", field(`{}`), []string{source + ".type required ", source + ".kind required ", source + ".params required "}},
		{"field expressions", field(`{"type":"extractor","kind":"xpath","params":{"expressions":` + many(21, `"a"`) + `,"a":1}}`),
			[]string{source + ".params.expressions too_many 20", source + ".params.a unknown expressions, all"}},

		{"resolver", `{"steps":[{"kind":"asset_resolver","params":{"concurrency":33,"max_retries":11,"timeout":"1ms","resolvers":[]}}]}`, []string{
			p + ".steps[0].params.concurrency range between 1 and 32", p + ".steps[0].params.max_retries range between 0 and 10",
			p + ".steps[0].params.timeout range between 100ms and 5m", p + ".steps[0].params.resolvers empty "}},
		{"resolver kind", step("asset_resolver", `{"resolvers":[{"kind":"selector"},{"kind":"xpath","params":{"xpaths":[],"max_items":0}}]}`), []string{
			p + ".steps[0].params.resolvers[0].kind unknown known: xpath",
			p + ".steps[0].params.resolvers[1].params.max_items range between 1 and 1000", p + ".steps[0].params.resolvers[1].params.xpaths empty "}},

		{"label_url", action("label_url", `{"labels":{"delivered":"true"}}`), []string{p + ".actions[0].kind unsupported supported: to_blob, log"}},
		{"to_blob without extractor", `{"actions":[{"kind":"to_blob"}]}`, []string{p + ".actions required extractor"}},
		{"two to_blob", `{"steps":[{"kind":"extractor","params":{"kind":"raw"}}],"actions":` + many(2, `{"kind":"to_blob"}`) + `}`,
			[]string{p + ".actions[1] duplicate only to_blob"}},
		{"key_strategy", toBlob(`{"key_strategy":"1h"}`), []string{p + ".actions[0].params.key_strategy enum hash, 5min"}},
		{"include_assets", toBlob(`{"include_assets":true}`), []string{p + ".actions required navigator assets"}},
		{"assets are not included", `{"steps":[{"kind":"asset_resolver","params":{"resolvers":[{"kind":"xpath","params":{"xpaths":["a"]}}]}}],"actions":[{"kind":"to_blob"}]}`,
			[]string{p + ".actions required include_assets"}},
		{"absolute directory", toBlob(`{"directory":"/etc"}`), []string{p + ".actions[0].params.directory format relative"}},
		{"parent directory", toBlob(`{"directory":"a/../../b"}`), []string{p + ".actions[0].params.directory format .."}},
		{"directory ends in a slash", toBlob(`{"directory":"a/"}`), []string{p + ".actions[0].params.directory format slash"}},
		{"directory with a backslash", toBlob(`{"directory":"..\\a"}`), []string{p + ".actions[0].params.directory format backslash"}},
		{"directory with a control character", toBlob(`{"directory":"a\u0000b"}`), []string{p + ".actions[0].params.directory format printable"}},
		{"directory that turns text around", toBlob(`{"directory":"a\u202eb"}`), []string{p + ".actions[0].params.directory format printable"}},
		{"long directory", toBlob(`{"directory":"` + long[:201] + `"}`), []string{p + ".actions[0].params.directory length 200"}},
		{"log", action("log", `{"level":"warning"}`), []string{p + ".actions[0].params.level enum debug, info, warn, error", p + ".actions[0].params.event required "}},
		{"event with a line break", action("log", `{"event":"a\nb"}`), []string{p + ".actions[0].params.event format printable"}},
	} {
		checkInvalid(t, []invalidCase{{tt.name, pipelines(tt.pipeline), tt.want}})
	}
	checkInvalid(t, []invalidCase{
		{"not a list", `{"pipelines":{}}`, []string{"config.pipelines type a list"}},
		{"too many", pipelines(slices.Repeat([]string{`{}`}, 21)...), []string{"config.pipelines too_many 20"}},
		{"same id", pipelines(`{"id":"a"}`, `{"id":"a"}`), []string{"config.pipelines[1].id duplicate pipelines[0]"}},
		{"id of another by position", pipelines(`{"id":"pipeline-2"}`, `{}`), []string{"config.pipelines[0].id duplicate pipelines[1]"}},
		{"an id hides no other fault", pipelines(`{"id":"a"}`, `1`, `{"id":"a","x":1}`), []string{
			"config.pipelines[1] type an object", "config.pipelines[2].x unknown known", "config.pipelines[2].id duplicate pipelines[0]"}},
		{"too many expressions", tooManyExpressions(), []string{"config.pipelines[10].steps[0].params.params.content_xpath too_many at most 500 expressions"}},
	})
}

// tooManyExpressions returns a configuration with one expression too many, the last one.
func tooManyExpressions() string {
	field := func(name string, n int) string {
		return fmt.Sprintf(`{"name":%q,"source":{"type":"extractor","kind":"xpath","params":{"expressions":%s}}}`, name, many(n, `"a"`))
	}
	fifty := extractor("data_map", `{"map":{"fields":[`+field("a", 20)+","+field("b", 20)+","+field("c", 10)+`]}}`)
	return pipelines(append(slices.Repeat([]string{fifty}, 10), extractor("markdown", `{"content_xpath":"//main"}`))...)
}

// The patterns of conditions count as the patterns of filters do.
func TestPatternsOfConditionsAreBounded(t *testing.T) {
	big := `{"kind":"regex_patterns","params":{"allow":` + many(34, `"(?:a?){500}"`) + `}}`
	_, err := Parse([]byte(`{"filters":[`+big+`],"pipelines":[{"steps":[{"kind":"condition","params":[`+big+`]}]}]}`), "config")
	if err == nil || strings.Contains(err.Error(), "config.filters") ||
		!strings.Contains(err.Error(), "config.pipelines[0].steps[0].params[0].params.allow[33]: must compile to at most") {
		t.Errorf("got %v", err)
	}
}

func TestKeeps(t *testing.T) {
	for given, want := range map[string]bool{
		`{}`: false, pipelines(`{"navigator":{"kind":"anchor"}}`): false, pipelines(extractor("raw", `{}`)): false,
		pipelines(`{}`, action("to_blob", `{}`)): true,
	} {
		c, err := Parse([]byte(given), "config")
		if err != nil || c.Keeps() != want || c.Resolve().Keeps() != want {
			t.Errorf("%s: got %v, %v", given, c.Keeps(), err)
		}
	}
}

func init() {
	drawParams["anchor"] = func(*rapid.T) any { return &Anchor{} }
	drawParams["assets"] = func(*rapid.T) any { return &Assets{} }
	drawParams["expression"] = func(t *rapid.T) any { return &Expression{drawExpression(t)} }
	drawParams["log"] = func(t *rapid.T) any {
		return &LogEvent{rapid.SampledFrom([]string{"", "debug", "error"}).Draw(t, "level"), rapid.StringMatching(`[ -~]{1,50}`).Draw(t, "event")}
	}
	drawParams["condition"] = func(t *rapid.T) any {
		return Conditions(append(drawParts(t, conditions), Part{"expression", &Expression{drawExpression(t)}}))
	}
	drawParams["extractor"] = func(t *rapid.T) any {
		k := rapid.SampledFrom(extractors.kinds).Draw(t, "kind")
		return &Extractor{k.name, drawParams[k.name](t)}
	}
	drawParams["asset_resolver"] = func(t *rapid.T) any {
		return &AssetResolver{
			maybe(t, rapid.IntRange(1, MaxAssetConcurrency)), maybe(t, rapid.IntRange(0, MaxRetries)),
			maybe(t, rapid.Just(drawDuration(t, MinTimeout, MaxTimeout))),
			[]Part{{"xpath", &XPathResolver{[]string{drawExpression(t)}, maybe(t, rapid.IntRange(1, MaxAssetItems))}}},
		}
	}
	drawParams["raw"] = func(*rapid.T) any { return &Raw{} }
	drawParams["text"] = func(*rapid.T) any { return &Text{} }
	drawParams["markdown"] = func(t *rapid.T) any {
		return &Markdown{rapid.SampledFrom([]string{"", "//main"}).Draw(t, "xpath"),
			maybeList(t, rapid.SliceOfN(rapid.StringMatching(`[a-z][a-z0-9-]{0,5}`), 0, 3))}
	}
	drawParams["data_map"] = func(t *rapid.T) any {
		d := &DataMap{}
		for _, name := range rapid.SliceOfNDistinct(rapid.StringMatching(`[ -~]{1,9}`), 1, 3, rapid.ID[string]).Draw(t, "names") {
			d.Map.Fields = append(d.Map.Fields, DataField{name, DataSource{"extractor",
				rapid.SampledFrom([]string{"xpath", "selector"}).Draw(t, "kind"),
				DataSourceParams{[]string{drawExpression(t)}, rapid.Bool().Draw(t, "all")}}})
		}
		return d
	}
}

func drawExpression(t *rapid.T) string {
	return rapid.StringMatching(`[ -~é]{1,20}`).Draw(t, "expression")
}

// drawPipelines draws pipelines, nil for a configuration without the member.
func drawPipelines(t *rapid.T) []Pipeline {
	if !rapid.Bool().Draw(t, "given") {
		return nil
	}
	drawn := []Pipeline{}
	for i := range rapid.IntRange(0, 3).Draw(t, "pipelines") {
		p := Pipeline{Steps: drawParts(t, list{kinds: []kind{conditionKind}}), Actions: drawParts(t, list{kinds: []kind{logKind}})}
		if rapid.Bool().Draw(t, "named") {
			p.ID = fmt.Sprintf("p%d", i)
		}
		if rapid.Bool().Draw(t, "navigates") {
			k := rapid.SampledFrom(navigators.kinds).Draw(t, "navigator")
			p.Navigator = &Part{k.name, drawParams[k.name](t)}
		}
		if rapid.Bool().Draw(t, "keeps") {
			b := &ToBlob{
				rapid.SampledFrom([]string{"", "a", "a b/c.d"}).Draw(t, "directory"),
				rapid.SampledFrom([]string{"", KeyHash, Key5Min}).Draw(t, "key"), false,
			}
			p.Steps = append(p.Steps, Part{"extractor", drawParams["extractor"](t)})
			p.Actions = append(p.Actions, Part{"to_blob", b})
		}
		drawn = append(drawn, p)
	}
	return drawn
}
