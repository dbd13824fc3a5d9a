package api_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/inndx/runs/internal/api"
	"github.com/inndx/runs/internal/openapi"
)

// The routes are the operations of the OpenAPI document.
func TestRoutesAreDocumented(t *testing.T) {
	var document struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	if err := json.Unmarshal(openapi.JSON(), &document); err != nil {
		t.Fatal(err)
	}
	var documented, served []string
	for path, methods := range document.Paths {
		for method, text := range methods {
			if method == "parameters" {
				continue
			}
			var operation struct{ OperationID string }
			if err := json.Unmarshal(text, &operation); err != nil {
				t.Fatal(err)
			}
			documented = append(documented, strings.ToUpper(method)+" "+path+" "+operation.OperationID)
		}
	}
	for _, r := range api.Routes() {
		served = append(served, r.Method+" "+r.Pattern+" "+r.Name)
	}
	slices.Sort(documented)
	slices.Sort(served)
	if d := cmp.Diff(documented, served); d != "" {
		t.Errorf("(-documented +served):\n%s", d)
	}
}

func TestWellKnown(t *testing.T) {
	c := newService(t).as("not a tenant") // the routes ignore the tenant
	r := c.do("GET", "/.well-known/openapi.json", nil).want(200)
	if !json.Valid(r.body) || !strings.HasPrefix(members(t, r.body)["openapi"], `"3.1`) {
		t.Errorf("not an OpenAPI 3.1 document: %.100s", r.body)
	}
	r = c.do("GET", "/.well-known/docs", nil).want(200)
	if got := r.header.Get("Content-Type"); got != "text/html; charset=utf-8" || !bytes.Contains(r.body, []byte("<html")) {
		t.Errorf("Content-Type %q: %.100s", got, r.body)
	}
	if regexp.MustCompile(`(?i)(src|href)="(https?:)?//[^"]*\.(js|css)`).Match(r.body) {
		t.Error("the page loads scripts or styles of other sites")
	}
}

func TestHead(t *testing.T) {
	c := newService(t).as("acme")
	j := c.createJob(minimal)
	c.createRun(j.ID)
	c.createRun(j.ID)
	for _, path := range []string{"/v1/runs?per_page=1", "/v1/jobs/" + j.ID.String(), "/v1/runs/" + idA, "/v1/runs?x=1"} {
		t.Run(path, func(t *testing.T) {
			c := c.in(t)
			// Go's client sends Accept-Encoding: gzip with GET, but not with HEAD.
			get, head := c.do("GET", path, nil, "Accept-Encoding", "identity"), c.do("HEAD", path, nil)
			if len(head.body) != 0 {
				t.Errorf("HEAD %s: %s", path, head.body)
			}
			for _, name := range []string{"Content-Type", "Content-Length", "Link", "Cache-Control", "ETag", "Vary"} {
				if g, h := get.header.Get(name), head.header.Get(name); g != h || get.status != head.status {
					t.Errorf("%s: %s is %q for GET and %q for HEAD", path, name, g, h)
				}
			}
		})
	}
}

// The curl commands of the docs page have the base URL that the page was requested from.
func TestDocs(t *testing.T) {
	c := newService(t).as("acme").undocumented()
	page := c.do("GET", "/.well-known/docs", nil).want(200)
	if !strings.Contains(string(page.body), "curl -X PUT &#39;"+c.url+"/v1/runs/") || strings.Contains(string(page.body), "localhost:8022") {
		t.Error("the curl commands have another base URL")
	}
	if csp := page.header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") {
		t.Errorf("Content-Security-Policy %q", csp)
	}
	for _, host := range []string{`evil"><script>`, "a'b", "a$(b)", "a`b`"} {
		req, err := http.NewRequestWithContext(t.Context(), "GET", c.url+"/.well-known/docs", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = host
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			continue // the client rejects the Host
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if strings.Contains(string(body), host) {
			t.Errorf("the page contains the Host %s", host)
		}
	}
}
