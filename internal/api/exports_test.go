package api_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/api"
	"github.com/inndx/runs/internal/export"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/warc"
)

type exportBody struct {
	ID          uuid.UUID
	RunID       uuid.UUID `json:"run_id"`
	Format      string
	State       string
	Entries     int64
	Size        *int64
	DownloadURL *string `json:"download_url"`
	Error       *string
	Progress    struct{ Parts, Of, Bytes int64 }
}

func (r response) export(t testing.TB) (e exportBody) {
	t.Helper()
	if err := json.Unmarshal(r.body, &e); err != nil {
		t.Fatalf("%s: %v", r.body, err)
	}
	return e
}

type exportPage struct {
	Items    []exportBody
	NextPage *string `json:"next_page"`
}

func (r response) exportPage(t testing.TB) (p exportPage) {
	t.Helper()
	if err := json.Unmarshal(r.body, &p); err != nil {
		t.Fatalf("%s: %v", r.body, err)
	}
	return p
}

// work makes the exports that the API sent wake-ups for.
func (c client) work() {
	c.t.Helper()
	w := &export.Worker{Store: c.store, Objects: c.bucket, Logger: slog.New(slog.DiscardHandler)}
	c.queue.mu.Lock()
	refs := c.queue.exports
	c.queue.exports = nil
	c.queue.mu.Unlock()
	for _, ref := range refs {
		if done, err := w.Work(c.t.Context(), ref); !done || err != nil {
			c.t.Fatal(done, err)
		}
	}
}

func TestExportsOfARun(t *testing.T) {
	c := newArtifactService(t).as("acme")
	w := c.artifactWriter()
	w.keep(
		page{url: "https://a.example/", contentType: "text/html", body: digits},
		page{url: "https://a.example/b", contentType: "text/html", body: digits + digits, markdown: "# b"},
	)
	w.keep(page{url: "https://a.example/c", contentType: "text/plain", body: "c"})
	path := runPathOf(w) + "/exports"
	logs := c.do("GET", runPathOf(w)+"/logs", nil).want(200)

	made := map[string]string{} // the path of an export by its format
	for _, format := range []string{"ndjson", "csv", "warc", "wacz"} {
		r := c.do("POST", path, `{"format":"`+format+`"}`).want(201)
		e := r.export(t)
		if e.State != "pending" || e.Format != format || e.DownloadURL != nil || e.Size != nil || e.Progress.Of == 0 {
			t.Errorf("created %s", r.body)
		}
		if r.header.Get("Location") != "exports/"+e.ID.String() {
			t.Errorf("Location: %s", r.header.Get("Location"))
		}
		made[format] = path + "/" + e.ID.String()
		c.do("GET", made[format]+"/file", nil).want(409)
		c.work()
		r = c.do("GET", made[format], nil).want(200)
		e = r.export(t)
		if e.State != "finished" || *e.DownloadURL != made[format]+"/file" || e.Progress.Parts != e.Progress.Of {
			t.Fatalf("finished %s", r.body)
		}
		file := c.do("GET", *e.DownloadURL, nil).want(200)
		if int64(len(file.body)) != *e.Size || !strings.HasPrefix(file.header.Get("Content-Disposition"), "attachment; filename=") {
			t.Errorf("%s: %d bytes, %v", format, len(file.body), file.header)
		}
		part := c.do("GET", *e.DownloadURL, nil, "Range", "bytes=3-9").want(206)
		if !bytes.Equal(part.body, file.body[3:10]) {
			t.Errorf("%s: bytes 3 to 9 are %q", format, part.body)
		}
		checkFile(t, format, file.body, logs.body)
	}

	t.Run("list", func(t *testing.T) {
		list := c.in(t).do("GET", path+"?formats=csv&formats=warc&states=finished", nil).want(200).exportPage(t)
		if len(list.Items) != 2 {
			t.Errorf("listed %v", list.Items)
		}
		c.in(t).do("GET", path+"?states=broken", nil).want(422)
	})
	t.Run("pages", func(t *testing.T) {
		c := c.in(t)
		var all, walked []uuid.UUID
		for _, perPage := range []string{"100", "1", "3"} {
			walked = nil
			next := path + "?states=finished&per_page=" + perPage
			for next != "" && len(walked) < 10 {
				r := c.do("GET", next, nil).want(200)
				page := r.exportPage(t)
				for _, e := range page.Items {
					walked = append(walked, e.ID)
				}
				link := r.header.Get("Link")
				if next = ""; page.NextPage != nil {
					next = path + "?states=finished&per_page=" + perPage + "&page=" + *page.NextPage
					if !strings.Contains(link, *page.NextPage) {
						t.Errorf("Link: %s", link)
					}
				} else if link != "" {
					t.Errorf("the last page has the Link %s", link)
				}
			}
			if all == nil {
				all = walked
			}
			if len(walked) != 4 || !slices.Equal(walked, all) {
				t.Errorf("per_page=%s: %v, want %v", perPage, walked, all)
			}
		}
		page := c.do("GET", path+"?states=finished&states=failed&per_page=1", nil).want(200).exportPage(t)
		c.do("GET", path+"?states=failed&states=finished&states=failed&per_page=2&page="+*page.NextPage, nil).want(200)
		for query, want := range map[string]string{
			"per_page=0": "per_page:range", "per_page=101": "per_page:range", "page=x": "page:cursor",
			"states=finished&page=" + *page.NextPage: "page:cursor",
		} {
			c.do("GET", path+"?"+query, nil).wantFields(want)
		}
	})
	t.Run("other tenants", func(t *testing.T) {
		other := c.service.as("rival").in(t)
		for _, p := range []string{path, made["csv"], made["csv"] + "/file"} {
			other.do("GET", p, nil).want(404)
		}
		other.do("POST", path, `{"format":"csv"}`).want(404)
		other.do("DELETE", made["csv"], nil).want(404)
	})
	t.Run("wrong requests", func(t *testing.T) {
		c := c.in(t)
		for _, body := range []string{`{}`, `{"format":"pdf"}`, `{"format":1}`, `{"format":"csv","x":1}`, `{"format":"csv","id":"x"}`} {
			c.do("POST", path, body).want(422)
		}
		if r := c.do("GET", path+"/"+uuid.NewString(), nil).want(404); r.errorBody().Reason != "no_such_export" {
			t.Errorf("%s", r.body)
		}
		c.do("GET", path+"/x", nil).want(422)
	})
	t.Run("key", func(t *testing.T) {
		c := c.in(t)
		first := c.do("POST", path, `{"format":"csv"}`, keyHeader, "k").want(201).export(t)
		again := c.do("POST", path, `{"format":"csv"}`, keyHeader, "k").want(201).export(t)
		if first.ID != again.ID {
			t.Error("a repeated request created another export")
		}
		c.do("POST", path, `{"format":"warc"}`, keyHeader, "k").want(422)
	})
	t.Run("delete", func(t *testing.T) {
		c := c.in(t)
		c.do("DELETE", made["csv"], nil, "If-Match", `"x"`).want(412)
		c.do("DELETE", made["csv"], nil).want(204)
		for _, p := range []string{made["csv"], made["csv"] + "/file"} {
			c.do("GET", p, nil).want(404)
		}
		c.do("DELETE", made["csv"], nil).want(404)
	})
	t.Run("deleted run", func(t *testing.T) {
		c := c.in(t)
		c.do("DELETE", runPathOf(w), nil).want(204)
		c.do("GET", made["warc"]+"/file", nil).want(404)
	})
}

// checkFile checks the file against the first page of the log.
func checkFile(t *testing.T, format string, file, logs []byte) {
	t.Helper()
	var page struct{ Items []json.RawMessage }
	if err := json.Unmarshal(logs, &page); err != nil {
		t.Fatal(err)
	}
	switch format {
	case "ndjson":
		lines := bytes.Split(bytes.TrimSpace(file), []byte("\n"))
		if len(lines) != len(page.Items) {
			t.Fatalf("%d lines for %d entries", len(lines), len(page.Items))
		}
		for _, line := range lines {
			found := false
			for _, item := range page.Items {
				found = found || bytes.Equal(item, line)
			}
			if !found {
				t.Errorf("no entry of the log is %s", line)
			}
		}
	case "csv":
		if got := bytes.Count(file, []byte("\r\n")); got != len(page.Items)+1 {
			t.Errorf("%d lines for %d entries", got, len(page.Items))
		}
	case "warc":
		r, n := warc.NewReader(bytes.NewReader(file)), 0
		for ; ; n++ {
			if _, err := r.Next(); err != nil {
				break
			}
		}
		if n != 4 {
			t.Errorf("%d records", n)
		}
	}
}

// An archive of a run that keeps nothing is refused. A log is not.
func TestExportsOfWhatIsNotKept(t *testing.T) {
	c := newService(t).as("acme")
	for config, allowed := range map[string][]string{
		`{}`: {"ndjson", "csv"},
		`{"pipelines":[{"steps":[{"kind":"extractor","params":{"kind":"markdown"}}],"actions":[{"kind":"to_blob","params":{"directory":"d"}}]}]}`: {"ndjson", "csv", "warc"},
	} {
		j := c.createJob(`{"name":"x","config":` + config + `}`)
		path := "/v1/runs/" + c.createRun(j.ID).ID.String() + "/exports"
		for _, format := range export.Formats() {
			r := c.do("POST", path, `{"format":"`+string(format)+`"}`)
			if strings.Contains(strings.Join(allowed, " "), string(format)) {
				r.want(201)
			} else if got := r.want(409).errorBody(); got.Reason != "not_kept" {
				t.Errorf("%s: %s", r.call, r.body)
			}
		}
	}
}

// A service with a bound on its responses redirects to the bucket.
func TestExportFileByRedirect(t *testing.T) {
	c := newServiceWith(t, api.Options{MaxContent: 1000}, store.WithClock(noonClock)).as("acme")
	w := c.artifactWriter()
	w.keep(page{url: "https://a.example/", contentType: "text/html", body: digits})
	path := runPathOf(w) + "/exports"
	e := c.do("POST", path, `{"format":"csv"}`).want(201).export(t)
	c.work()
	req, err := http.NewRequestWithContext(t.Context(), "GET", c.url+path+"/"+e.ID.String()+"/file", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Tenant-Id", "acme")
	resp, err := http.DefaultTransport.RoundTrip(req) // a client would follow the redirect
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	name := export.Export{ID: e.ID, Run: run.Ref{Tenant: "acme", ID: e.RunID}, RunCreatedAt: w.created}.File()
	if want := "https://bucket.example/" + name + "?expires=5m0s"; resp.StatusCode != http.StatusTemporaryRedirect || resp.Header.Get("Location") != want {
		t.Errorf("%d, Location %s, want %s", resp.StatusCode, resp.Header.Get("Location"), want)
	}
}

func runPathOf(w *artifactWriter) string { return "/v1/runs/" + w.lease.Ref.ID.String() }
