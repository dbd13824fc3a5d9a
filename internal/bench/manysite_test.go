package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/inndx/runs/internal/crawl/sitetest"
)

// The sites of BenchmarkManyRuns are served by another process, so that they do not count as usage
// of the service. It is this test binary with the number of polite sites in sitesVariable. The polite
// sites are equal, each at an address of its own.
const sitesVariable = "INNDX_BENCH_SITES"

// The links of a page of the polite sites, and of the fast one.
const (
	politeLinks = 10
	fastLinks   = siteLinks
)

// politeIP returns the address of the i-th polite site. On Linux all of 127.0.0.0/8 is loopback.
func politeIP(i int) string { return fmt.Sprintf("127.1.%d.%d", i/250, 1+i%250) }

// fastIP is the address of the fast site.
const fastIP = "127.2.0.1"

// A siteReport says what was requested from one address.
type siteReport struct {
	IP          string
	Requests    int             // for pages, so without robots.txt
	First, Last time.Time       // of these
	Gaps        []time.Duration // between the arrivals of these
	Pages       []string        // their paths
}

// serveSites serves the sites in a process that startSites started, until its input ends.
func serveSites(polites string) error {
	n, err := strconv.Atoi(polites)
	if err != nil {
		return err
	}
	log := &siteLog{requests: map[string][]siteRequest{}}
	polite := log.record(sitetest.Generate(politePages, politeLinks))
	fast := log.record(sitetest.Generate(fastPages, fastLinks))
	control, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	// A port that is free at one address may be taken at another one: then the parent tries again.
	port := control.Addr().(*net.TCPAddr).Port
	go http.Serve(control, log)
	for i := range n {
		if err := serveOn(politeIP(i), port, polite); err != nil {
			return err
		}
	}
	if err := serveOn(fastIP, port, fast); err != nil {
		return err
	}
	fmt.Println(port)
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

func serveOn(ip string, port int, h http.Handler) error {
	l, err := net.Listen("tcp", fmt.Sprintf("%s:%d", ip, port))
	if err != nil {
		return err
	}
	go http.Serve(l, h)
	return nil
}

// A siteLog records the requests for pages, by address.
type siteLog struct {
	mu       sync.Mutex
	requests map[string][]siteRequest
}

type siteRequest struct {
	path string
	at   time.Time
}

// record returns a handler that records the requests and passes them on.
func (l *siteLog) record(site sitetest.Routes) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/robots.txt" {
			now := time.Now()
			ip, _, _ := net.SplitHostPort(r.Host)
			l.mu.Lock()
			l.requests[ip] = append(l.requests[ip], siteRequest{r.URL.Path, now})
			l.mu.Unlock()
		}
		site.ServeHTTP(w, r)
	})
}

// ServeHTTP responds with the reports of all addresses, without gaps and pages unless the path is
// /details. After a request for /forget, the log has nothing of the address of the parameter ip.
func (l *siteLog) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r.URL.Path == "/forget" {
		delete(l.requests, r.FormValue("ip"))
	}
	reports := []siteReport{}
	for ip, requests := range l.requests {
		rep := siteReport{IP: ip, Requests: len(requests), First: requests[0].at, Last: requests[len(requests)-1].at}
		if r.URL.Path == "/details" {
			for i, req := range requests {
				rep.Pages = append(rep.Pages, req.path)
				if i > 0 {
					rep.Gaps = append(rep.Gaps, req.at.Sub(requests[i-1].at))
				}
			}
		}
		reports = append(reports, rep)
	}
	json.NewEncoder(w).Encode(reports)
}

// Sites are the sites of another process.
type sites struct {
	pid  int
	port string
}

// startSites starts the process of the sites, which ends with the benchmark.
func startSites(b *testing.B, polite int) *sites {
	b.Helper()
	for range 3 {
		if pid, port, err := startSelf(b, sitesVariable+"="+strconv.Itoa(polite)); err == nil {
			return &sites{pid, port}
		}
	}
	b.Fatal("the sites could not be served")
	return nil
}

func (s *sites) url(ip string) string { return "http://" + ip + ":" + s.port + "/" }

// reports returns what was requested so far, by address. The gaps and pages are empty.
func (s *sites) reports(b *testing.B) map[string]siteReport { return s.get(b, "/") }

// details is reports with the gaps and pages.
func (s *sites) details(b *testing.B) map[string]siteReport { return s.get(b, "/details") }

// forget drops what was requested from an address.
func (s *sites) forget(b *testing.B, ip string) { s.get(b, "/forget?ip="+ip) }

func (s *sites) get(b *testing.B, path string) map[string]siteReport {
	b.Helper()
	var all []siteReport
	fetchJSON(b, "GET", "http://127.0.0.1:"+s.port+path, "", &all)
	by := map[string]siteReport{}
	for _, r := range all {
		by[r.IP] = r
	}
	return by
}

// A siteCount counts the sites from which a page was requested, and these requests.
type siteCount struct{ sites, requests int }

// polite counts the polite sites.
func (s *sites) polite(b *testing.B) (n siteCount) {
	b.Helper()
	for ip, r := range s.reports(b) {
		if ip != fastIP {
			n.sites++
			n.requests += r.Requests
		}
	}
	return n
}
