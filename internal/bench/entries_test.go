package bench

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/meter"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/store/storetest"
)

// BenchmarkPageOfFewMatches counts the read units of a page of 20 when one in a thousand of 100,000
// runs matches, and of a page when none matches. It fails when a page is not full although runs
// match. The count does not depend on the machine.
func BenchmarkPageOfFewMatches(b *testing.B) {
	bed := newTestbed(b)
	bed.fill(b, 100_000)
	rareJob := bed.createRareRuns(b, 100)
	for _, page := range []struct {
		name, query string
		items       int
	}{
		{"stop reason", "stop_reasons=unknown", 20},
		{"label", "labels[rare]=yes", 20},
		{"label and stop reason", "labels[rare]=yes&stop_reasons=unknown", 20},
		{"job and stop reason", "job_ids=" + rareJob.String() + "&stop_reasons=unknown", 20},
		{"unknown label", "labels[rare]=no", 0},
		{"time without runs", "started_after=9000-01-01T00:00:00Z", 0},
	} {
		b.Run(page.name, func(b *testing.B) {
			var usage meter.Usage
			for b.Loop() {
				bed.meter.Reset()
				if n := bed.count(b, page20+"&"+page.query); n != page.items {
					b.Fatalf("%d runs on the page, want %d", n, page.items)
				}
				usage = bed.meter.Reset()
			}
			b.ReportMetric(usage.Read, "RCU")
			b.ReportMetric(float64(usage.Requests), "requests")
		})
	}
}

// createRareRuns creates n runs, a thousand seconds apart, that have the label rare=yes and end as
// unknown, and returns their job. It marks the backfill as done, so that lists rely on index
// entries.
func (bed *testbed) createRareRuns(b *testing.B, n int) uuid.UUID {
	b.Helper()
	at := time.Now()
	past := store.New(bed.client, bed.table, store.WithClock(func() time.Time { return at }))
	j, err := past.CreateJob(b.Context(), tenant, job.Job{Name: "rare", Labels: map[string]string{"rare": "yes"}}, config.Config{}, nil)
	if err != nil {
		b.Fatal(err)
	}
	for range n {
		at = at.Add(-1001 * time.Second)
		r, err := past.CreateRun(b.Context(), job.Ref{Tenant: tenant, ID: j.ID}, uuid.Nil, nil)
		if err != nil {
			b.Fatal(err)
		}
		at = at.Add(time.Second)
		if _, _, err := past.Abandon(b.Context(), run.Ref{Tenant: tenant, ID: r.ID}, at); err != nil {
			b.Fatal(err)
		}
	}
	_, err = bed.client.PutItem(b.Context(), &dynamodb.PutItemInput{TableName: &bed.table, Item: map[string]types.AttributeValue{
		"pk": text("SYSTEM"), "sk": text("BACKFILL#ENTRIES"), "done": &types.AttributeValueMemberBOOL{Value: true},
	}})
	if err != nil {
		b.Fatal(err)
	}
	return j.ID
}

// BenchmarkBackfill measures for how many runs the backfill writes index entries in a second, and
// its write units per run.
func BenchmarkBackfill(b *testing.B) {
	const runs = 2000
	bed := newTestbed(b)
	bed.fill(b, runs)
	client := store.NewClient(bed.config, storetest.Metered(bed.meter))
	var took time.Duration
	for range b.N {
		bed.meter.Reset()
		forgetBackfill(b, bed)
		s := store.New(client, bed.table, store.WithBackfillGrace(0))
		took += timed(func() {
			if done, err := s.Backfill(b.Context(), 2*runs, time.Now().Add(time.Hour)); !done || err != nil {
				b.Fatal(done, err)
			}
		})
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(b.N)*runs/took.Seconds(), "runs/s")
	b.ReportMetric(bed.meter.Reset().Write/runs, "WCU/run")
}

// forgetBackfill removes the mark that the backfill is done.
func forgetBackfill(b *testing.B, bed *testbed) {
	b.Helper()
	_, err := bed.client.DeleteItem(b.Context(), &dynamodb.DeleteItemInput{TableName: &bed.table, Key: map[string]types.AttributeValue{
		"pk": text("SYSTEM"), "sk": text("BACKFILL#ENTRIES"),
	}})
	if err != nil {
		b.Fatal(err)
	}
}

// count returns the number of items of a page.
func (bed *testbed) count(b *testing.B, path string) int {
	b.Helper()
	resp, err := http.Get(bed.url + path)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	var page struct{ Items []struct{} }
	if err := json.NewDecoder(resp.Body).Decode(&page); err != nil || resp.StatusCode != http.StatusOK {
		b.Fatalf("GET %s: %s, %v", path, resp.Status, err)
	}
	return len(page.Items)
}
