package main_test

import (
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/export"
	"github.com/inndx/runs/internal/run"
)

// A turnstile admits a number of requests. Other requests wait until it admits more or their client
// leaves.
type turnstile struct {
	mu   sync.Mutex
	left int
	more chan struct{} // closed when more requests are admitted
}

// admit admits n more requests, and no others.
func (s *turnstile) admit(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left = n
	if s.more != nil {
		close(s.more)
	}
	s.more = make(chan struct{})
}

// pass waits until the request is admitted. It returns false if the client leaves before.
func (s *turnstile) pass(r *http.Request) bool {
	for {
		s.mu.Lock()
		ok, more := s.left > 0, s.more
		if ok {
			s.left--
		}
		s.mu.Unlock()
		if ok {
			return true
		}
		select {
		case <-more:
		case <-r.Context().Done():
			return false
		}
	}
}

// A killTest crawls one run with a service that is killed repeatedly, each time with its database.
// Each round starts the service on the same data folder.
type killTest struct {
	t      *testing.T
	random *rand.Rand
	folder string // the data folder
	pages  int
	gate   turnstile
	site   *sitetest.Server

	rounds  int      // completed
	id      string   // of the run
	seen    response // the last response with the run
	jobs    []string // whose creation was confirmed
	exports int      // whose creation was confirmed
}

// The pages have so many assets, which are only checked.
const (
	assets    = 40
	assetPath = "/asset/"
)

func newKillTest(t *testing.T, pages int, seed uint64) *killTest {
	v := &killTest{t: t, random: rand.New(rand.NewPCG(seed, 0)), folder: t.TempDir(), pages: pages}
	routes := sitetest.Generate(pages, 6)
	v.site = sitetest.Start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !v.gate.pass(r):
		case strings.HasPrefix(r.URL.Path, assetPath):
			w.Header().Set("Content-Type", "image/png")
		default:
			routes.ServeHTTP(w, r)
			fmt.Fprintf(w, "<img src=%q>", asset(r.URL.Path))
		}
	}))
	v.site.SetDelay(10 * time.Millisecond)
	return v
}

// asset returns the path of the asset of a page.
func asset(page string) string {
	return fmt.Sprint(assetPath, crc32.ChecksumIEEE([]byte(page))%assets)
}

// env returns the environment of the service. Its database starts fast rather than runs fast.
func (v *killTest) env() []string {
	return []string{"PORT=0", "DATA_DIR=" + v.folder, "JAVA_TOOL_OPTIONS=-XX:TieredStopAtLevel=1"}
}

// admitted bounds the pages that the site serves in a round, so that even a long round does not
// complete the crawl.
const admitted = 30

// A moment is when a round kills the service.
type moment int

const (
	starting   moment = iota // during the start, or just after it
	fetching                 // after a request for a page, most likely before a commit
	storing                  // after an object appeared, most likely before the commit that names it
	committing               // after a commit
)

// moments are those of the rounds, in turns. A run is abandoned after five workers in a row commit
// nothing, so at most two rounds in a row end before a commit.
var moments = []moment{committing, starting, storing, committing, fetching, storing}

// round starts the service and kills it.
func (v *killTest) round() {
	v.t.Helper()
	defer func() { v.rounds++ }()
	v.gate.admit(admitted)
	moment := moments[v.rounds%len(moments)]
	if moment == starting {
		p := command(v.t, v.env(), "serve").start()
		time.Sleep(v.upTo(2 * time.Second))
		v.kill(p)
		return
	}
	hits, stored := v.hits(), v.stored()
	s := serve(v.t, v.env()...)
	if v.rounds == 0 {
		v.create(s)
	} else {
		v.compare(s)
	}
	switch moment {
	case storing: // a request would take longer than the commit
		for end := time.Now().Add(patience); v.stored() == stored && time.Now().Before(end); {
			time.Sleep(time.Millisecond)
		}
		v.kill(s.process)
		return
	case fetching:
		await(v.t, "a request for a page", func() bool { return v.hits() > hits })
		time.Sleep(v.upTo(300 * time.Millisecond))
	default:
		before := v.seen.Progress.Processed()
		v.seen = s.awaitRun(v.id, "the run to continue", func(a response) bool { return a.Progress.Processed() > before })
		time.Sleep(v.upTo(500 * time.Millisecond))
	}
	v.change(s)
	v.kill(s.process)
}

// upTo returns a random duration below d.
func (v *killTest) upTo(d time.Duration) time.Duration {
	return time.Duration(v.random.Int64N(int64(d)))
}

// hits returns the number of requests to the site.
func (v *killTest) hits() (n int) {
	for _, hits := range v.site.All() {
		n += hits
	}
	return n
}

// stored returns the number of the WARC objects in the data folder.
func (v *killTest) stored() (n int) {
	for _, path := range filesBelow(v.t, filepath.Join(v.folder, "objects")) {
		if strings.HasSuffix(path, ".warc.gz") {
			n++
		}
	}
	return n
}

// create creates the run.
func (v *killTest) create(s *server) {
	v.t.Helper()
	body := fmt.Sprintf(`{"name": "killed", "config": {
		"seeds": [{"kind": "static_list", "params": {"urls": [%q]}}], "policies": [],
		"pipelines": [{"id": "pages", "navigator": {"kind": "anchor"},
			"steps": [{"kind": "extractor", "params": {"kind": "raw"}}], "actions": [{"kind": "to_blob", "params": {}}]},
			{"id": "assets", "navigator": {"kind": "assets"}}],
		"speed": {"concurrency": 4, "per_host_concurrency": 4}, "fetcher": {"timeout": "5m"}}}`, v.site.URL+"/")
	created := s.call("POST", "/v1/jobs?create_run=true", body, 201)
	v.id = created.Run.ID
	v.seen = *created.Run
}

// change makes changes that are confirmed just before the service is killed.
func (v *killTest) change(s *server) {
	v.t.Helper()
	v.jobs = append(v.jobs, s.call("POST", "/v1/jobs", `{"name": "kept", "config": {}}`, 201).ID)
	if formats := export.Formats(); v.exports < export.MaxPerRun {
		body := fmt.Sprintf(`{"format": %q}`, formats[v.exports%len(formats)])
		s.call("POST", "/v1/runs/"+v.id+"/exports", body, 201)
		v.exports++
	}
	if v.random.IntN(2) == 0 {
		v.seen = s.call("PUT", "/v1/runs/"+v.id+"/pause", "", 200)
	} else {
		v.seen = s.call("GET", "/v1/runs/"+v.id, "", 200)
	}
}

// compare checks that the changes confirmed in earlier rounds hold, and resumes the run if it is
// paused.
func (v *killTest) compare(s *server) {
	v.t.Helper()
	now := s.call("GET", "/v1/runs/"+v.id, "", 200)
	was, is := v.seen.Progress, now.Progress
	if is.URLsFetched < was.URLsFetched || is.BytesFetched < was.BytesFetched || is.Depth < was.Depth || is.URLsFailed != 0 {
		v.t.Errorf("round %d: the progress was %+v, and is %+v", v.rounds, was, is)
	}
	if v.seen.Status == run.Paused && now.Status != run.Paused || now.Status == run.Finished {
		v.t.Fatalf("round %d: the run was %s, and is %s %s", v.rounds, v.seen.Status, now.Status, now.StopReason)
	}
	for _, id := range v.jobs {
		s.call("GET", "/v1/jobs/"+id, "", 200)
	}
	v.jobs = nil
	v.seen = now
	if now.Status == run.Paused {
		v.seen = s.call("PUT", "/v1/runs/"+v.id+"/resume", "", 200)
	}
}

// kill kills the process and its database, in random order and a few milliseconds apart.
func (v *killTest) kill(p *process) {
	v.t.Helper()
	pids := append(children(p.cmd.Process.Pid), p.cmd.Process.Pid)
	v.random.Shuffle(len(pids), func(i, j int) { pids[i], pids[j] = pids[j], pids[i] })
	for _, pid := range pids {
		_ = syscall.Kill(pid, syscall.SIGKILL) // the database ends with the process
		time.Sleep(v.upTo(20 * time.Millisecond))
	}
	<-p.exited
}

// children returns the child processes of a process, from /proc.
func children(pid int) (pids []int) {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, task := range tasks {
		list, _ := os.ReadFile(task)
		for _, field := range strings.Fields(string(list)) {
			if child, err := strconv.Atoi(field); err == nil {
				pids = append(pids, child)
			}
		}
	}
	return pids
}

// After twenty kills of the whole service in one crawl, all confirmed changes hold, and every page
// is recorded once.
func TestServeSurvivesKills(t *testing.T) {
	t.Parallel()
	const kills, pages = 20, 800
	v := newKillTest(t, pages, 1)
	for v.rounds < kills {
		v.round()
	}
	killed := v.seen.Progress.Processed()
	h := v.finish()
	if lost := v.lost(h); len(lost) > 0 || len(h.Doubled) > 0 || len(h.Outcomes) != pages+assets {
		t.Errorf("%d URLs recorded of %d; lost: %v; doubled: %v", len(h.Outcomes), pages, lost, h.Doubled)
	}
	t.Logf("killed %d times in the first %d URLs; %d requests for %d pages; %d parts", v.rounds, killed, v.hits(), pages, h.Parts)
}
