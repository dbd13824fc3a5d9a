//go:build browser

package browsertest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/chromium"
	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/dynamolocal"
	"github.com/inndx/runs/internal/local"
)

// The browser and the service are those of all tests. Each test has a profile and a tenant of its
// own.
var (
	browser = sync.OnceValues(chromium.Start)
	service = sync.OnceValues(func() (*local.Stack, error) {
		return local.Start(context.Background(), local.Options{Addr: "127.0.0.1:0", Logger: slog.New(slog.DiscardHandler)})
	})
)

func TestMain(m *testing.M) {
	os.Unsetenv(dynamolocal.EndpointVariable) // the service needs a database of its own
	code := m.Run()
	if b, err := browser(); err == nil {
		b.Stop()
	}
	if s, err := service(); err == nil {
		s.Stop()
	}
	os.Exit(code)
}

// A user is a person with a tab of a browser, which shows the dashboard.
type user struct {
	*chromium.Tab
	t      *testing.T
	base   string // the URL of the service
	tenant string
}

// newUser returns a user of a new tenant.
func newUser(t *testing.T) *user {
	t.Helper()
	return newUserOf(t, "t"+strings.ReplaceAll(uuid.NewString(), "-", ""))
}

// newUserOf returns a user of a tenant, with a profile of their own.
func newUserOf(t *testing.T, tenant string) *user {
	t.Helper()
	_, err := browser()
	chromium.Skip(t, err)
	s, err := service()
	if err != nil {
		t.Fatal(err)
	}
	return newUserAt(t, s.URL, tenant)
}

// newUserAt returns a user of a tenant of the service at a URL, with a profile of their own.
func newUserAt(t *testing.T, base, tenant string) *user {
	t.Helper()
	b, err := browser()
	chromium.Skip(t, err)
	return &user{b.Tab(t), t, base, tenant}
}

// visit opens an address of the dashboard, such as /runs?statuses=running, for the user's tenant.
func (u *user) visit(address string) {
	u.t.Helper()
	u.Open(u.address(address))
	u.Role("main", "").Await()
	u.AwaitText("inndx runs")
}

// address returns the URL of an address of the dashboard for the user's tenant.
func (u *user) address(address string) string {
	path, query, _ := strings.Cut(address, "?")
	if query != "" {
		query += "&"
	}
	return u.base + "/#" + path + "?" + query + "tenant=" + url.QueryEscape(u.tenant)
}

// call calls the API for the user's tenant and decodes the response into out unless out is nil. The
// status of the response must be a success.
func (u *user) call(method, path string, body, out any) {
	u.t.Helper()
	resp := u.send(method, path, body)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= 300 {
		u.t.Fatalf("%s %s: %d %s (%v)", method, path, resp.StatusCode, text, err)
	}
	if out != nil {
		if err := json.Unmarshal(text, out); err != nil {
			u.t.Fatalf("%s %s: %v of %s", method, path, err, text)
		}
	}
}

// send calls the API for the user's tenant and returns the response, whose body the caller closes.
// It also works while the test cleans up.
func (u *user) send(method, path string, body any) *http.Response {
	u.t.Helper()
	var payload io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			u.t.Fatal(err)
		}
		payload = bytes.NewReader(text)
	}
	req, err := http.NewRequest(method, u.base+path, payload)
	if err != nil {
		u.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Tenant-Id", u.tenant)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		u.t.Fatal(err)
	}
	return resp
}

// object is a JSON object.
type object = map[string]any

// A job has the ids of a job and of its first run.
type job struct {
	ID  string
	Run struct{ ID string }
}

// create creates a job, and its first run, with the members of body besides those of a crawl of the
// seed as fast as possible. The run has not ended, nor even begun. An empty seed is a run without
// URLs.
func (u *user) create(name, seed string, more object) (created job) {
	u.t.Helper()
	config := object{"policies": []any{}, "speed": object{"concurrency": 4, "per_host_concurrency": 4}}
	if seed != "" {
		config["seeds"] = []any{object{"kind": "static_list", "params": object{"urls": []string{seed}}}}
	}
	body := object{"name": name, "config": config}
	for member, value := range more {
		if member == "config" {
			for part, value := range value.(object) {
				config[part] = value
			}
			continue
		}
		body[member] = value
	}
	u.call("POST", "/v1/jobs?create_run=true", body, &created)
	return created
}

// await waits until the run has the status, and returns it.
func (u *user) await(run, status string) (r object) {
	u.t.Helper()
	u.Await("the run to be "+status, func() bool {
		r = nil
		u.call("GET", "/v1/runs/"+run, nil, &r)
		return r["status"] == status
	})
	return r
}

// finished creates a job with a run that has finished.
func (u *user) finished(name, seed string, more object) job {
	u.t.Helper()
	created := u.create(name, seed, more)
	u.await(created.Run.ID, "finished")
	return created
}

// site serves a site on loopback and returns the URL of its first page. Each of the n pages links to
// the next one. If n is 0, the site is slow and has no end.
func (u *user) site(n int) string {
	u.t.Helper()
	title := func(i int) string { return fmt.Sprintf("<title>Page %d</title>", i) }
	if n == 0 {
		return sitetest.Start(u.t, endless(title)).URL + "/"
	}
	pages := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i := 0
		fmt.Sscanf(r.URL.Path, "/%d", &i)
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, title(i))
		if i+1 < n {
			fmt.Fprintf(w, `<a href="/%d">next</a>`, i+1)
		}
	})
	return sitetest.Start(u.t, pages).URL + "/"
}

// endless is a slow site whose page i has the content and links to four others. A chain of pages would
// end at the greatest depth that the crawler follows.
func endless(content func(i int) string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		i := 0
		fmt.Sscanf(r.URL.Path, "/%d", &i)
		time.Sleep(50 * time.Millisecond)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, content(i))
		for next := 4*i + 1; next <= 4*i+4; next++ {
			fmt.Fprintf(w, `<a href="/%d">next</a>`, next)
		}
	}
}
