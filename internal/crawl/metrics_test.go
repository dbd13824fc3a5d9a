package crawl_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/metrics"
	"github.com/inndx/runs/internal/wake"
)

// The commits and the use of the store are recorded, under the name of the function only.
func TestMetricsOfACrawl(t *testing.T) {
	const pages = 20
	var recorded bytes.Buffer
	s := &stack{t: t, store: sharedStore(t), queue: wake.NewLocal(wake.LocalOptions{})}
	r := s.create(fastConfig(sitetest.Start(t, sitetest.Generate(pages, 3)).URL + "/"))
	recorder := metrics.New(&recorded, "test")
	c := s.crawler()
	h := wake.Instrument(crawl.Function, s.keeper(s.queue).Handler(c.Crawl), testLogger(), recorder)
	if err := h(t.Context(), wake.Delivery{Run: refTo(r.ID)}); err != nil {
		t.Fatal(err)
	}
	if r = s.run(r.ID); !isFinished(r) || r.Progress.URLsFetched != pages {
		t.Fatalf("%+v", r)
	}
	if bytes.Contains(recorded.Bytes(), []byte(acme)) || bytes.Contains(recorded.Bytes(), []byte(r.ID.String())) {
		t.Errorf("the metrics name the tenant or the run: %s", &recorded)
	}
	sum := map[string]float64{}
	for line := range bytes.Lines(recorded.Bytes()) {
		var members map[string]any
		if err := json.Unmarshal(line, &members); err != nil || members["Function"] != "crawl" {
			t.Errorf("%s: %v", line, err)
		}
		for name, value := range members {
			if n, ok := value.(float64); ok {
				sum[name] += n
			}
		}
	}
	if sum["Requests"] != 1 || sum["PagesCrawled"] != pages || sum["Commits"] < 1 || sum["ReadUnits"] == 0 || sum["WriteUnits"] == 0 {
		t.Errorf("recorded %v, want 1 request, %d pages, and some of everything else", sum, pages)
	}
}
