package main_test

import (
	"fmt"
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

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/dynamolocal"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/store/storetest"
)

// A turnstile lets so many requests in; others wait, for as long as their client does.
type turnstile struct {
	mu   sync.Mutex
	left int
	more chan struct{} // closed when more are let in
}

func (g *turnstile) admit(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.left = n
	if g.more != nil {
		close(g.more)
	}
	g.more = make(chan struct{})
}

// pass returns false when the client left.
func (g *turnstile) pass(r *http.Request) bool {
	for {
		g.mu.Lock()
		ok, more := g.left > 0, g.more
		if ok {
			g.left--
		}
		g.mu.Unlock()
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

// A victim is a service that is killed again and again while it crawls one run, each time
// with its database. Its lives share one data folder.
type victim struct {
	t      *testing.T
	random *rand.Rand
	data   string
	pages  int
	gate   turnstile
	site   *sitetest.Server

	lives int
	id    string
	seen  answer   // the last answer about the run
	jobs  []string // that were answered to be created
}

func newVictim(t *testing.T, pages int, seed uint64) *victim {
	v := &victim{t: t, random: rand.New(rand.NewPCG(seed, 0)), data: "DATA_DIR=" + t.TempDir(), pages: pages}
	routes := sitetest.Generate(pages, 6)
	v.site = sitetest.Start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if v.gate.pass(r) {
			routes.ServeHTTP(w, r)
		}
	}))
	v.site.SetDelay(10 * time.Millisecond)
	return v
}

// env makes the database start fast rather than run fast.
func (v *victim) env() []string {
	return []string{"PORT=0", v.data, "JAVA_TOOL_OPTIONS=-XX:TieredStopAtLevel=1"}
}

// admitted is how many pages are answered in one life, so that no life crawls the whole site
// however long it takes.
const admitted = 30

// A way is when a life ends.
type way int

const (
	starting   way = iota // while the service starts, or just after
	fetching              // when pages are asked for, most likely before a commit
	committing            // after a commit
)

// ways are those of the lives, in turns. A run is given up when five workers in a row achieve
// nothing, so not more than two lives in a row end before they can.
var ways = []way{committing, starting, committing, fetching, starting}

// live lives once, and ends by SIGKILL at some instant.
func (v *victim) live() {
	v.t.Helper()
	defer func() { v.lives++ }()
	v.gate.admit(admitted)
	way := ways[v.lives%len(ways)]
	if way == starting {
		p := command(v.t, v.env(), "serve").start()
		time.Sleep(v.upTo(2 * time.Second))
		v.kill(p)
		return
	}
	hits := v.hits()
	s := serve(v.t, v.env()...)
	if v.lives == 0 {
		v.create(s)
	} else {
		v.compare(s)
	}
	if way == fetching {
		await(v.t, "a page to be asked for", func() bool { return v.hits() > hits })
		time.Sleep(v.upTo(300 * time.Millisecond))
	} else {
		before := v.seen.Progress.Processed()
		v.seen = s.awaitRun(v.id, "the run to go on", func(a answer) bool { return a.Progress.Processed() > before })
		time.Sleep(v.upTo(500 * time.Millisecond))
	}
	v.change(s)
	v.kill(s.process)
}

func (v *victim) upTo(d time.Duration) time.Duration {
	return time.Duration(v.random.Int64N(int64(d)))
}

func (v *victim) hits() (n int) {
	for _, hits := range v.site.All() {
		n += hits
	}
	return n
}

func (v *victim) create(s *server) {
	v.t.Helper()
	body := fmt.Sprintf(`{"name": "killed", "config": {
		"seeds": [{"kind": "static_list", "params": {"urls": [%q]}}], "policies": [],
		"speed": {"concurrency": 4, "per_host_concurrency": 4}, "fetcher": {"timeout": "5m"}}}`, v.site.URL+"/")
	created := s.call("POST", "/v1/jobs?create_run=true", body, 201)
	v.id = created.Run.ID
	v.seen = *created.Run
}

// change makes changes that are answered just before the process is killed.
func (v *victim) change(s *server) {
	v.t.Helper()
	v.jobs = append(v.jobs, s.call("POST", "/v1/jobs", `{"name": "kept", "config": {}}`, 201).ID)
	if v.random.IntN(2) == 0 {
		v.seen = s.call("PUT", "/v1/runs/"+v.id+"/pause", "", 200)
	} else {
		v.seen = s.call("GET", "/v1/runs/"+v.id, "", 200)
	}
}

// compare checks that what was answered in the lives before holds, and lets the run go on.
func (v *victim) compare(s *server) {
	v.t.Helper()
	now := s.call("GET", "/v1/runs/"+v.id, "", 200)
	was, is := v.seen.Progress, now.Progress
	if is.URLsFetched < was.URLsFetched || is.BytesFetched < was.BytesFetched || is.Depth < was.Depth || is.URLsFailed != 0 {
		v.t.Errorf("life %d: the progress was %+v, and is %+v", v.lives, was, is)
	}
	if v.seen.Status == run.Paused && now.Status != run.Paused || now.Status == run.Finished {
		v.t.Fatalf("life %d: the run was %s, and is %s %s", v.lives, v.seen.Status, now.Status, now.StopReason)
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

// kill kills the process and its database, one or the other a moment before.
func (v *victim) kill(p *process) {
	v.t.Helper()
	pids := append(children(p.cmd.Process.Pid), p.cmd.Process.Pid)
	v.random.Shuffle(len(pids), func(i, j int) { pids[i], pids[j] = pids[j], pids[i] })
	for _, pid := range pids {
		_ = syscall.Kill(pid, syscall.SIGKILL) // one may have ended with the other
		time.Sleep(v.upTo(20 * time.Millisecond))
	}
	<-p.exited
}

// children returns the processes that a process started, as Linux tells it.
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

// finish lets the run come to its end, stops the service, and returns what the log says.
func (v *victim) finish() storetest.History {
	v.t.Helper()
	v.gate.admit(1 << 30)
	v.site.SetDelay(0)
	s := serve(v.t, v.env()...)
	v.compare(s)
	end := s.awaitRun(v.id, "the run to finish", func(a answer) bool { return a.Status == run.Finished })
	if end.StopReason != run.MaxEmptyEvaluations {
		v.t.Errorf("the run finished as %s", end.StopReason)
	}
	s.signal(syscall.SIGTERM)
	s.wait(0)

	db, err := dynamolocal.Start(v.t.Context(), dynamolocal.Options{DataDir: strings.TrimPrefix(v.data, "DATA_DIR=")})
	if err != nil {
		v.t.Fatal(err)
	}
	defer db.Stop()
	cfg, err := db.Config(v.t.Context())
	if err != nil {
		v.t.Fatal(err)
	}
	history, err := storetest.ReadHistory(v.t.Context(), store.New(store.NewClient(cfg), store.DefaultTable), run.Ref{Tenant: "acme", ID: uuid.MustParse(v.id)})
	if err != nil {
		v.t.Fatal(err)
	}
	if history.Progress != end.Progress {
		v.t.Errorf("the log counts %+v, the run %+v", history.Progress, end.Progress)
	}
	return history
}

// lost returns the pages that the log has no outcome of.
func (v *victim) lost(h storetest.History) (urls []string) {
	for i := range v.pages {
		if url := v.site.URL + sitetest.Path(i); h.Outcomes[url] == nil {
			urls = append(urls, url)
		}
	}
	return urls
}

// The whole service is killed twenty times in one crawl. What was answered before is true
// after, and in the end every page was recorded once.
func TestServeSurvivesKills(t *testing.T) {
	t.Parallel()
	const kills, pages = 20, 800
	v := newVictim(t, pages, 1)
	for v.lives < kills {
		v.live()
	}
	killed := v.seen.Progress.Processed()
	h := v.finish()
	if lost := v.lost(h); len(lost) > 0 || len(h.Doubled) > 0 || len(h.Outcomes) != pages {
		t.Errorf("%d URLs recorded of %d; lost: %v; doubled: %v", len(h.Outcomes), pages, lost, h.Doubled)
	}
	t.Logf("killed %d times in the first %d URLs; %d requests for %d pages; %d parts", v.lives, killed, v.hits(), pages, h.Parts)
}
