package pipeline_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// resolvers is a pipeline whose asset_resolver has so many resolvers of images.
func resolvers(n, maxItems int) string {
	one := fmt.Sprintf("{kind: xpath, params: {xpaths: [//img/@src, //a/@href], max_items: %d}}", maxItems)
	return "- steps: [{kind: asset_resolver, params: {resolvers: [" + strings.Repeat(one+", ", n-1) + one + "]}}]\n"
}

// Each resolver finds at most max_items URLs besides those of the resolvers before it. The pipelines
// that need an asset are in one set.
func TestAssets(t *testing.T) {
	page := htmlPage(t, `<base href=/base/><img src=a><img src=b><img src=a><img src=""><img src="#x">
		<img src="data:image/png,x"><img src="mailto:x"><img src="http://[bad"><img src=c><a href=//other.example/d></a>`)
	one, two := parsePipelines(t, resolvers(1, 2)), parsePipelines(t, resolvers(2, 2))
	res, err := compile(t, append(one, two...)...).Apply(t.Context(), page)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]uint32{}
	for _, a := range res.Assets {
		got[a.URL.String()] = a.Of
	}
	want := map[string]uint32{
		"https://www.example.com/base/a": 3, "https://www.example.com/base/b": 3,
		"https://www.example.com/base/c": 2, "https://other.example/d": 2,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Short references with a long base stand for many bytes of URLs.
func TestAssetsAreBounded(t *testing.T) {
	var body strings.Builder
	body.WriteString("<base href=/" + strings.Repeat("a", 1900) + "/>")
	for i := range 10_000 {
		fmt.Fprintf(&body, "<img src=%d>", i)
	}
	_, err := compile(t, parsePipelines(t, resolvers(10, 1000))...).Apply(t.Context(), htmlPage(t, body.String()))
	if err == nil || !strings.Contains(err.Error(), "more than 16 MB") {
		t.Errorf("got %v", err)
	}
}
