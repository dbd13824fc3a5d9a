package api_test

import (
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/run"
)

// A logWriter writes the log of a running run, as a worker does.
type logWriter struct {
	client
	lease *run.Lease
}

// logWriter starts a run of the job and returns the writer of its log.
func (c client) logWriter(jobID uuid.UUID) logWriter {
	c.t.Helper()
	return c.logWriterOf(c.createRun(jobID).ID)
}

// logWriterOf starts the run and returns the writer of its log.
func (c client) logWriterOf(id uuid.UUID) logWriter {
	c.t.Helper()
	c.moveTo(id, run.Running)
	lease, err := c.store.Acquire(c.t.Context(), run.Ref{Tenant: c.tenant, ID: id}, "worker", time.Minute)
	if err != nil {
		c.t.Fatal(err)
	}
	return logWriter{c, lease}
}

// append appends a part to the log.
func (r logWriter) append(records ...crawllog.Record) {
	r.t.Helper()
	if err := r.store.Commit(r.t.Context(), r.lease, crawllog.Commit{Parts: crawllog.Encode(records)}); err != nil {
		r.t.Fatal(err)
	}
}

func (r logWriter) path() string { return "/v1/runs/" + r.lease.Ref.ID.String() + "/logs" }

// urls follows the Link headers of a log and returns the URLs of its entries.
func (c client) urls(path string) (urls []string) {
	c.t.Helper()
	for {
		r := c.do("GET", path, nil).want(200)
		var page pageBody[map[string]any]
		r.decode(&page)
		for _, item := range page.Items {
			urls = append(urls, item["url"].(string))
		}
		m := next.FindStringSubmatch(r.header.Get("Link"))
		if (m == nil) != (page.NextPage == nil) || len(urls) > 1000 {
			c.t.Fatalf("%s: Link %v, next_page %v, %d entries", path, m, page.NextPage, len(urls))
		}
		if m == nil {
			return urls
		}
		path = r.resolve(m[1])
	}
}
